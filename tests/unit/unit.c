#include "unit.h"

#include <stdlib.h>

struct arena *unit_arena;

static void set_up(void)
{
    unit_arena = arena_new();
}

static void tear_down(void)
{
    arena_free(unit_arena);
    unit_arena = NULL;
}

int unit_run(const char *name, const struct unit_case *cases, size_t count)
{
    Suite *suite = suite_create(name);
    TCase *tcase = tcase_create(name);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    for (size_t i = 0; i < count; i++) {
        if (cases[i].rows)
            tcase_add_loop_test(tcase, cases[i].test, 0, (int)cases[i].rows);
        else
            tcase_add_test(tcase, cases[i].test);
    }
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

void unit_str_eq(struct str actual, const char *expected)
{
    ck_assert_msg(str_eq_c(actual, expected), "got \"" STR_FMT "\", not \"%s\"", STR_ARG(actual),
                  expected);
}

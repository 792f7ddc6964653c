/* The retry table, code by code, and the cutting of migration files. No database. */
#include <check.h>
#include <stdlib.h>

#include "base/macros.h"
#include "db/retry.h"
#include "db/sqlsplit.h"

START_TEST(codes_have_their_class)
{
    static const struct {
        unsigned code;
        enum retry_class class;
    } cases[] = {
        {0, RETRY_NONE},           {1062, RETRY_DUPLICATE},  {1213, RETRY_ROLLED_BACK},
        {1020, RETRY_ROLLED_BACK}, {1205, RETRY_LOCK_WAIT},  {3572, RETRY_LOCK_WAIT},
        {2006, RETRY_NOT_SENT},    {2013, RETRY_LOST},       {2055, RETRY_LOST},
        {1927, RETRY_LOST},        {1053, RETRY_LOST},       {1047, RETRY_OTHER_NODE},
        {1290, RETRY_OTHER_NODE},  {1836, RETRY_OTHER_NODE}, {1969, RETRY_TOO_SLOW},
        {3024, RETRY_TOO_SLOW},    {1317, RETRY_TOO_SLOW},   {1615, RETRY_STALE},
        {1243, RETRY_STALE},       {2056, RETRY_STALE},      {2057, RETRY_STALE},
        {2002, RETRY_AWAY},        {1040, RETRY_AWAY},       {1064, RETRY_FATAL},
        {1146, RETRY_FATAL},       {1792, RETRY_FATAL},      {2000, RETRY_FATAL},
        {65535, RETRY_FATAL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        ck_assert_msg(retry_classify(cases[i].code) == cases[i].class, "code %u", cases[i].code);
}
END_TEST

START_TEST(delay_is_a_share_of_a_growing_ceiling)
{
    static const unsigned ceilings_ms[] = {10, 20, 40, 80, 160, 320, 500, 500};
    for (unsigned attempt = 0; attempt < ARRAY_LEN(ceilings_ms); attempt++) {
        ck_assert_uint_eq(retry_delay_ms(attempt, 0), 0);
        ck_assert_uint_eq(retry_delay_ms(attempt, UINT32_MAX), ceilings_ms[attempt]);
        ck_assert_uint_eq(retry_delay_ms(attempt, UINT32_MAX / 2), ceilings_ms[attempt] / 2);
    }
    ck_assert_uint_eq(retry_delay_ms(4000000000u, UINT32_MAX), 500);
}
END_TEST

START_TEST(files_are_cut_at_line_ends)
{
    struct str rest =
        STR("-- a comment;\n\nCREATE TABLE a (\n  -- note;\n  x INT -- ; inside\n);\r\n"
            "INSERT INTO a VALUES ('x;y');  \n--end\nDROP TABLE b");
    static const char *const expected[] = {
        "CREATE TABLE a (\n  -- note;\n  x INT -- ; inside\n)",
        "INSERT INTO a VALUES ('x;y')",
        "DROP TABLE b",
    };
    struct str statement;
    for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
        ck_assert(sqlsplit_next(&rest, &statement));
        ck_assert_msg(str_eq_c(statement, expected[i]), "'" STR_FMT "'", STR_ARG(statement));
    }
    ck_assert(!sqlsplit_next(&rest, &statement));
    rest = STR(" \n-- nothing\n");
    ck_assert(!sqlsplit_next(&rest, &statement));
    rest = STR("");
    ck_assert(!sqlsplit_next(&rest, &statement));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("retry");
    TCase *tests = tcase_create("pure");
    tcase_add_test(tests, codes_have_their_class);
    tcase_add_test(tests, delay_is_a_share_of_a_growing_ceiling);
    tcase_add_test(tests, files_are_cut_at_line_ends);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

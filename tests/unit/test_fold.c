/* Case folding: the table of odd letters, and rules that hold for every code point. */
#include <check.h>
#include <stdlib.h>
#include <utf8proc.h>

#include "filter/fold.h"

static struct arena *arena;

static void setup(void)
{
    arena = arena_new();
}

static void teardown(void)
{
    arena_free(arena);
}

static const struct {
    const char *text;
    const char *folded;
} cases[] = {
    {"", ""},
    {"plain ascii 123 %_", "plain ascii 123 %_"},
    {"Plain ASCII [@`{]", "plain ascii [@`{]"},
    {"AZaz", "azaz"},
    {"STRASSE", "strasse"},
    {"\u00df", "\u00df"},           /* ß: its full folding is two letters, so it stays */
    {"\u1e9e", "\u00df"},           /* ẞ → ß */
    {"Stra\u1e9ee", "stra\u00dfe"}, /* within a word */
    {"\u0130", "i"},                /* İ: full folding is i + dot, simple lower case is i */
    {"\u0131", "\u0131"},           /* ı is nobody's capital */
    {"\u212a", "k"},                /* Kelvin sign */
    {"\u212b", "\u00e5"},           /* Ångström sign */
    {"\u03a3\u03c3\u03c2", "\u03c3\u03c3\u03c3"}, /* Σ, σ and final ς are one */
    {"\ufb01", "\ufb01"},                         /* the fi ligature stays */
    {"\u017f", "s"},                              /* long s */
    {"\u00b5", "\u03bc"},                         /* micro sign → μ */
    {"\u01c5", "\u01c6"},                         /* titlecase Dž */
    {"\u1f88", "\u1f80"}, /* ᾈ: full folding is two letters, simple lower case is ᾀ */
    {"\u0149", "\u0149"}, /* ŉ has only a full folding */
    {"\u023a", "\u2c65"}, /* Ⱥ grows from two bytes to three */
    {"\u13a0\uab70", "\u13a0\u13a0"}, /* Cherokee folds upwards */
    {"\U00010400", "\U00010428"},     /* Deseret, four bytes */
    {"\u0391\u0301", "\u03b1\u0301"}, /* no normalisation: a combining accent stays apart */
    {"\u00c9 E\u0301", "\u00e9 e\u0301"},
    {"\u65e5\u672c", "\u65e5\u672c"},
    {"\U0001f600A", "\U0001f600a"},
};

START_TEST(folds_as_the_table_says)
{
    struct str text = str_from(cases[_i].text);
    struct str folded = fold_text(arena, text);
    struct buf out;

    ck_assert_msg(str_eq_c(folded, cases[_i].folded), "\"%s\" became \"" STR_FMT "\"",
                  cases[_i].text, STR_ARG(folded));
    buf_init(&out, 100);
    buf_add_c(&out, "x");
    fold_append(&out, text);
    ck_assert_str_eq(out.at, arena_printf(arena, "x%s", cases[_i].folded));
    buf_done(&out);
}
END_TEST

START_TEST(unchanged_text_is_returned_itself)
{
    static const char *const same[] = {"", "plain", "\u00df", "stra\u00dfe \u65e5"};

    for (size_t i = 0; i < ARRAY_LEN(same); i++)
        ck_assert_ptr_eq(fold_text(arena, str_from(same[i])).at, same[i]);
}
END_TEST

START_TEST(every_code_point_folds_to_one_that_stays)
{
    for (utf8proc_int32_t c = 1; c <= 0x10ffff; c++) {
        char text[4];
        struct str once, twice;
        utf8proc_int32_t folded = -1;

        if (c >= 0xd800 && c <= 0xdfff)
            continue;
        arena_reset(arena);
        once = (struct str){text, (size_t)utf8proc_encode_char(c, (utf8proc_uint8_t *)text)};
        once = fold_text(arena, once);
        ck_assert_msg(utf8proc_iterate((const utf8proc_uint8_t *)once.at,
                                       (utf8proc_ssize_t)once.len,
                                       &folded) == (utf8proc_ssize_t)once.len,
                      "U+%04X", (unsigned)c);
        twice = fold_text(arena, once);
        ck_assert_msg(str_eq(once, twice), "U+%04X", (unsigned)c);
    }
}
END_TEST

START_TEST(damaged_text_ends)
{
    const char bytes[] = {'A', (char)0xc3, (char)0xff, 'B', (char)0xf0, (char)0x9f};
    const char want[] = {'a', (char)0xc3, (char)0xff, 'b', (char)0xf0, (char)0x9f};
    struct str folded = fold_text(arena, (struct str){bytes, sizeof(bytes)});

    ck_assert_mem_eq(folded.at, want, sizeof(want));
    ck_assert_uint_eq(folded.len, sizeof(want));
}
END_TEST

START_TEST(the_limit_of_the_buffer_holds)
{
    struct buf out;

    buf_init(&out, 4);
    fold_append(&out, STR("ABCDE"));
    ck_assert(out.failed);
    buf_clear(&out);
    fold_append(&out, STR("ABCD"));
    ck_assert(!out.failed);
    buf_done(&out);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fold");
    TCase *cases_of = tcase_create("fold");
    SRunner *runner = NULL;
    int failed = 0;

    tcase_add_checked_fixture(cases_of, setup, teardown);
    tcase_set_timeout(cases_of, 60);
    tcase_add_loop_test(cases_of, folds_as_the_table_says, 0, (int)ARRAY_LEN(cases));
    tcase_add_test(cases_of, unchanged_text_is_returned_itself);
    tcase_add_test(cases_of, every_code_point_folds_to_one_that_stays);
    tcase_add_test(cases_of, damaged_text_ends);
    tcase_add_test(cases_of, the_limit_of_the_buffer_holds);
    suite_add_tcase(suite, cases_of);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

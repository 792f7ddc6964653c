/* Slugs: the table of names, and what holds for every name. */
#include <check.h>
#include <stdlib.h>
#include <utf8proc.h>

#include "base/slug.h"

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
    const char *name;
    const char *slug;
} cases[] = {
    {"VIP Customers", "vip-customers"},
    {"vip", "vip"},
    {"  VIP   Customers \t\n", "vip-customers"},
    {"--a--b - c--", "a-b-c"},
    {"A & B", "a-b"},
    {"a&b", "ab"},
    {"50% off!", "50-off"},
    {"snake_case_9", "snake_case_9"},
    {"a.b.c", "abc"},                                        /* a dot would split the event name */
    {"Caf\u00e9 Cr\u00e8me", "cafe-creme"},                  /* one code point */
    {"Cafe\u0301", "cafe"},                                  /* a combining accent */
    {"\u00c5ngstr\u00f6m \u212b", "angstrom-a"},             /* the Ångström sign too */
    {"\u1ea4", "a"},                                         /* two accents */
    {"\u0130stanbul", "istanbul"},                           /* İ */
    {"\u0142\u00f3d\u017a \u00d8l", "lodz-ol"},              /* strokes */
    {"Stra\u00dfe \u1e9e", "strasse-ss"},                    /* ß, capital ẞ */
    {"\u00c6on \u0153uvre", "aeon-oeuvre"},                  /* æ, œ */
    {"a\u00a0b\u2003c\u3000d\u2028e\ufefff", "a-b-c-d-e-f"}, /* white space of Unicode */
    {"a\u2014b", "ab"},                                      /* an em dash is no hyphen */
    {"VIP\u2122 \u2460", "vip"},                             /* signs are not spelled out */
    {"\u65e5\u672c", ""},
    {"\u65e5\u672c VIP", "vip"},
    {"- -", ""},
    {"", ""},
};

START_TEST(makes_what_the_table_says)
{
    struct str slug = slug_of(arena, str_from(cases[_i].name));
    ck_assert_msg(str_eq_c(slug, cases[_i].slug), "\"%s\" became \"" STR_FMT "\"", cases[_i].name,
                  STR_ARG(slug));
}
END_TEST

static bool is_slug(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        bool hyphen = c == '-';
        if (hyphen && (i == 0 || i + 1 == text.len || text.at[i - 1] == '-')) {
            return false;
        }
        if (!hyphen && c != '_' && !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9')) {
            return false;
        }
    }
    return true;
}

/* Every code point, alone and between letters; a slug of a slug is itself. */
START_TEST(is_a_slug_for_every_code_point)
{
    for (utf8proc_int32_t c = 1; c <= 0x10FFFF; c++) {
        char name[16] = "x";
        if (c >= 0xD800 && c <= 0xDFFF) {
            continue;
        }
        utf8proc_ssize_t len = utf8proc_encode_char(c, (utf8proc_uint8_t *)name + 1);
        name[1 + len] = 'y';
        struct str slug = slug_of(arena, (struct str){name, (size_t)len + 2});
        ck_assert_msg(is_slug(slug) && slug.at[0] == 'x' && slug.at[slug.len - 1] == 'y',
                      "U+%04X became \"" STR_FMT "\"", (unsigned)c, STR_ARG(slug));
        ck_assert(str_eq(slug_of(arena, slug), slug));
        ck_assert(is_slug(slug_of(arena, (struct str){name + 1, (size_t)len})));
        arena_reset(arena);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("slug");
    TCase *tcase = tcase_create("slug");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, makes_what_the_table_says, 0, (int)ARRAY_LEN(cases));
    tcase_add_test(tcase, is_a_slug_for_every_code_point);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

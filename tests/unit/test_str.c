/* str: comparison, splitting, trimming, UTF-8. */
#include "unit.h"

START_TEST(compares)
{
    ck_assert(str_eq(STR("ab"), STR("ab")));
    ck_assert(!str_eq(STR("ab"), STR("abc")));
    ck_assert(str_eq((struct str){0}, STR("")));
    ck_assert(str_eq_c(STR("ab"), "ab"));
    ck_assert(str_eq_c((struct str){0}, NULL));
    ck_assert_int_eq(str_cmp(STR("a"), STR("a")), 0);
    ck_assert_int_lt(str_cmp(STR("a"), STR("b")), 0);
    ck_assert_int_lt(str_cmp(STR("a"), STR("aa")), 0);
    ck_assert_int_gt(str_cmp(STR("b"), STR("aa")), 0);
    ck_assert_int_lt(str_cmp((struct str){0}, STR("a")), 0);
    ck_assert_int_gt(str_cmp(STR("\xc3\xa9"), STR("z")), 0); /* bytes are unsigned */
    ck_assert_int_gt(str_cmp(STR("\xf0\x9f\x98\x80"), STR("\xef\xbf\xbd")), 0);
}
END_TEST

START_TEST(finds_starts_and_ends)
{
    ck_assert(str_starts(STR("abc"), STR("ab")));
    ck_assert(str_starts(STR("abc"), STR("")));
    ck_assert(str_starts(STR("abc"), STR("abc")));
    ck_assert(!str_starts(STR("abc"), STR("abcd")));
    ck_assert(!str_starts(STR("abc"), STR("b")));
    ck_assert(str_starts((struct str){0}, (struct str){0}));
    ck_assert(str_ends(STR("abc"), STR("bc")));
    ck_assert(str_ends(STR("abc"), STR("")));
    ck_assert(!str_ends(STR("abc"), STR("ab")));
    ck_assert(!str_ends(STR("c"), STR("bc")));
}
END_TEST

START_TEST(trims_ascii_space_only)
{
    unit_str_eq(str_trim(STR(" \t\n\r\f\va b \t\n\r\f\v")), "a b");
    unit_str_eq(str_trim(STR("")), "");
    unit_str_eq(str_trim((struct str){0}), "");
    unit_str_eq(str_trim(STR("   ")), "");
    unit_str_eq(str_trim(STR("\xc2\xa0x")), "\xc2\xa0x");
}
END_TEST

START_TEST(lowers_ascii_only)
{
    unit_str_eq(str_lower_ascii(unit_arena, STR("AZaz09@[`{\xc3\x89")), "azaz09@[`{\xc3\x89");
    unit_str_eq(str_lower_ascii(unit_arena, STR("")), "");
}
END_TEST

START_TEST(splits_at_the_first)
{
    struct str rest;
    unit_str_eq(str_split(STR("a.b.c"), '.', &rest), "a");
    unit_str_eq(rest, "b.c");
    unit_str_eq(str_split(STR("a"), '.', &rest), "a");
    ck_assert_ptr_null(rest.at);
    unit_str_eq(str_split(STR("a."), '.', &rest), "a");
    ck_assert_ptr_nonnull(rest.at); /* an empty last part, not none */
    ck_assert_uint_eq(rest.len, 0);
    unit_str_eq(str_split(STR(".a"), '.', &rest), "");
    unit_str_eq(rest, "a");
    unit_str_eq(str_split((struct str){0}, '.', &rest), "");
    ck_assert_ptr_null(rest.at);
}
END_TEST

START_TEST(copies_end_with_nul)
{
    struct str copy = str_copy(unit_arena, (struct str){"abcdef", 3});
    ck_assert_str_eq(copy.at, "abc");
    ck_assert_str_eq(str_copy(unit_arena, (struct str){0}).at, "");
    ck_assert_ptr_null(str_from(NULL).at);
    ck_assert_uint_eq(str_from("xy").len, 2);
}
END_TEST

START_TEST(knows_control_bytes)
{
    ck_assert(!str_has_control(STR("plain \xc2\x85 text")));
    ck_assert(!str_has_control((struct str){0}));
    ck_assert(str_has_control(STR("a\x1f")));
    ck_assert(str_has_control(STR("a\x7f")));
    ck_assert(str_has_control((struct str){"a\0b", 3}));
}
END_TEST

static const struct {
    const char *bytes;
    bool valid;
} texts[] = {
    {"", true},
    {"ascii", true},
    {"\xc2\x80", true},
    {"\xdf\xbf", true},
    {"\xe0\xa0\x80", true},
    {"\xed\x9f\xbf", true},
    {"\xee\x80\x80", true},
    {"\xef\xbf\xbf", true},
    {"\xf0\x90\x80\x80", true},
    {"\xf4\x8f\xbf\xbf", true},
    {"\x80", false}, /* a continuation alone */
    {"\xbf", false},
    {"\xc0\xaf", false}, /* overlong */
    {"\xc1\xbf", false},
    {"\xe0\x9f\xbf", false},
    {"\xf0\x8f\xbf\xbf", false},
    {"\xed\xa0\x80", false}, /* surrogates */
    {"\xed\xbf\xbf", false},
    {"\xf4\x90\x80\x80", false}, /* above U+10FFFF */
    {"\xf5\x80\x80\x80", false},
    {"\xff", false},
    {"\xc2", false}, /* cut */
    {"\xe2\x82", false},
    {"\xf0\x9f\x98", false},
    {"\xc2x", false},
    {"\xe2\x82x", false},
    {"\xf0\x9f\x98x", false},
};

/* At every place of the eight-byte steps. */
START_TEST(judges_utf8)
{
    for (size_t before = 0; before < 20; before++) {
        for (size_t after = 0; after < 20; after += 3) {
            char text[64];
            size_t len = strlen(texts[_i].bytes);
            memset(text, 'x', sizeof text);
            memcpy(text + before, texts[_i].bytes, len);
            struct str whole = {text, before + len + after};
            ck_assert_msg(str_is_utf8(whole) == texts[_i].valid, "row %d, %zu before", _i, before);
        }
    }
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {
        {compares, 0},
        {finds_starts_and_ends, 0},
        {trims_ascii_space_only, 0},
        {lowers_ascii_only, 0},
        {splits_at_the_first, 0},
        {copies_end_with_nul, 0},
        {knows_control_bytes, 0},
        {judges_utf8, ARRAY_LEN(texts)},
    };
    return UNIT_RUN("str", cases);
}

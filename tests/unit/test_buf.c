/* buf: growth, the limit, the sticky error. */
#include "base/buf.h"
#include "unit.h"

START_TEST(appends_in_order)
{
    struct buf b;
    buf_init(&b, 1000);
    ck_assert_uint_eq(buf_str(&b).len, 0);
    buf_add(&b, "ab", 2);
    buf_add_c(&b, "cd");
    buf_add_char(&b, 'e');
    buf_add_str(&b, STR("fg"));
    buf_add_str(&b, (struct str){0});
    buf_printf(&b, "%d", 42);
    unit_str_eq(buf_str(&b), "abcdefg42");
    ck_assert_str_eq(b.at, "abcdefg42");
    ck_assert(!b.failed);
    buf_done(&b);
}
END_TEST

START_TEST(the_limit_is_exact_and_the_error_stays)
{
    struct buf b;
    buf_init(&b, 5);
    buf_add_c(&b, "12345");
    ck_assert(!b.failed);
    buf_add_c(&b, "");
    ck_assert(!b.failed);
    buf_add_char(&b, '6');
    ck_assert(b.failed);
    unit_str_eq(buf_str(&b), "12345");
    buf_clear(&b);
    ck_assert(!b.failed);
    buf_printf(&b, "%s", "123456");
    ck_assert(b.failed);
    buf_add_char(&b, '1'); /* would fit, but something before it is missing */
    ck_assert_uint_eq(b.len, 0);
    ck_assert_ptr_null(buf_grow(&b, 1));
    buf_done(&b);
    ck_assert(!b.failed);
    ck_assert_uint_eq(b.limit, 5);
}
END_TEST

START_TEST(html_is_harmless_between_tags_and_in_quotes)
{
    struct buf b;
    buf_init(&b, 100);
    buf_add_html(&b, STR("<a href=\"x\">O'Neil & S\xc3\xb6hne</a>"));
    unit_str_eq(buf_str(&b), "&lt;a href=&quot;x&quot;&gt;O&#39;Neil &amp; S\xc3\xb6hne&lt;/a&gt;");
    buf_done(&b);
}
END_TEST

START_TEST(a_limit_of_nothing_takes_nothing)
{
    struct buf b;
    buf_init(&b, 0);
    buf_add(&b, NULL, 0);
    ck_assert(!b.failed);
    buf_add_char(&b, 'x');
    ck_assert(b.failed);
    buf_done(&b);
}
END_TEST

START_TEST(grows_from_small_to_large)
{
    struct buf b;
    buf_init(&b, 4000000);
    for (int i = 0; i < 100000; i++)
        buf_printf(&b, "%06d ", i);
    ck_assert(!b.failed);
    ck_assert_uint_eq(b.len, 700000);
    ck_assert_int_eq(memcmp(b.at + 7 * 99999, "099999 ", 8), 0);
    char *zeros = buf_grow(&b, 1000);
    for (size_t i = 0; i < 1000; i++)
        ck_assert_int_eq(zeros[i], 0);
    ck_assert_uint_eq(b.len, 701000);
    buf_done(&b);
}
END_TEST

START_TEST(grown_bytes_are_zero_where_others_stood)
{
    struct buf b;
    buf_init(&b, 100);
    buf_add_c(&b, "xxxxxxxxxxxxxxxx");
    buf_clear(&b);
    const char *zeros = buf_grow(&b, 8);
    for (size_t i = 0; i < 8; i++)
        ck_assert_int_eq(zeros[i], 0);
    buf_done(&b);
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {
        {appends_in_order, 0},
        {the_limit_is_exact_and_the_error_stays, 0},
        {html_is_harmless_between_tags_and_in_quotes, 0},
        {a_limit_of_nothing_takes_nothing, 0},
        {grows_from_small_to_large, 0},
        {grown_bytes_are_zero_where_others_stood, 0},
    };
    return UNIT_RUN("buf", cases);
}

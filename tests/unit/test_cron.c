/* Schedules: what is one, and when it comes next. */
#include <check.h>

#include "base/macros.h"
#include "base/timeutil.h"
#include "flow/cron.h"

static int64_t at(const char *text)
{
    int64_t ms = 0;
    ck_assert_int_eq(timeutil_parse(str_from(text), &ms), TIMEUTIL_INSTANT);
    return ms;
}

static const struct {
    const char *text, *after, *next;
} runs[] = {
    {"* * * * *", "2026-11-21T13:00:00Z", "2026-11-21T13:01:00.000Z"},
    {"* * * * *", "2026-11-21T13:00:59.999Z", "2026-11-21T13:01:00.000Z"},
    {"0 9 * * *", "2026-11-21T08:59:59Z", "2026-11-21T09:00:00.000Z"},
    {"0 9 * * *", "2026-11-21T09:00:00Z", "2026-11-22T09:00:00.000Z"},
    {"*/15 * * * *", "2026-12-31T23:45:00Z", "2027-01-01T00:00:00.000Z"},
    {"5/20 3 * * *", "2026-11-21T03:05:00Z", "2026-11-21T03:25:00.000Z"},
    {"10-20/5,50 * * * *", "2026-11-21T13:20:00Z", "2026-11-21T13:50:00.000Z"},
    {"0 0 1 * *", "2026-11-21T13:00:00Z", "2026-12-01T00:00:00.000Z"},
    {"0 0 31 * *", "2026-11-01T00:00:00Z", "2026-12-31T00:00:00.000Z"},
    {"0 0 29 2 *", "2026-11-21T13:00:00Z", "2028-02-29T00:00:00.000Z"},
    {"0 0 29 2 *", "2096-03-01T00:00:00Z", "2104-02-29T00:00:00.000Z"},
    {"30 6 * * 1-5", "2026-11-20T06:30:00Z", "2026-11-23T06:30:00.000Z"}, /* a Friday */
    {"0 0 * * 0", "2026-11-21T13:00:00Z", "2026-11-22T00:00:00.000Z"},
    {"0 0 * * 7", "2026-11-21T13:00:00Z", "2026-11-22T00:00:00.000Z"},
    {"0 0 * * sun,WED", "2026-11-22T13:00:00Z", "2026-11-25T00:00:00.000Z"},
    {"0 0 * JAN-Mar *", "2026-11-22T13:00:00Z", "2027-01-01T00:00:00.000Z"},
    {"0 0 13 * FRI", "2026-11-21T13:00:00Z", "2026-11-27T00:00:00.000Z"},  /* either day */
    {"0 0 */2 * MON", "2026-11-21T13:00:00Z", "2026-11-23T00:00:00.000Z"}, /* both */
    {"  0\t9  * * *  ", "2026-11-21T08:00:00Z", "2026-11-21T09:00:00.000Z"},
    {"@hourly", "2026-11-21T13:00:00Z", "2026-11-21T14:00:00.000Z"},
    {"@daily", "2026-11-21T13:00:00Z", "2026-11-22T00:00:00.000Z"},
    {"@weekly", "2026-11-21T13:00:00Z", "2026-11-22T00:00:00.000Z"},
    {"@monthly", "2026-11-21T13:00:00Z", "2026-12-01T00:00:00.000Z"},
    {"@yearly", "2026-11-21T13:00:00Z", "2027-01-01T00:00:00.000Z"},
    {"0 0 1 1 *", "1969-06-01T00:00:00Z", "1970-01-01T00:00:00.000Z"},
};

START_TEST(comes_when_it_says)
{
    char next[25];
    struct err_info info = {0};
    struct str text = str_from(runs[_i].text);
    ck_assert_msg(cron_check(text, &info) == 0, "%s: %s", runs[_i].text, info.message);
    timeutil_format(cron_next(text, at(runs[_i].after)), next);
    ck_assert_msg(strcmp(next, runs[_i].next) == 0, "%s after %s: %s", runs[_i].text,
                  runs[_i].after, next);
}
END_TEST

static const struct {
    const char *text, *word; /* that the refusal must hold */
} wrong[] = {
    {"", "five fields"},
    {"* * * *", "five fields"},
    {"* * * * * *", "five fields"},
    {"@never", "one of @hourly"},
    {"60 * * * *", "have a minute that is"},
    {"-1 * * * *", "have a minute that is"},
    {"*/0 * * * *", "have a minute that is"},
    {"*/60 * * * *", "have a minute that is"},
    {"1,,2 * * * *", "have a minute that is"},
    {"x * * * *", "have a minute that is"},
    {"* 24 * * *", "have a hour that is"},
    {"* 9-8 * * *", "have a hour that is"},
    {"* * 0 * *", "have a day of the month that is"},
    {"* * 32 * *", "have a day of the month that is"},
    {"* * * 13 *", "have a month that is"},
    {"* * * JANUARY *", "have a month that is"},
    {"* * * MON *", "have a month that is"},
    {"* * * * 8", "have a day of the week that is"},
    {"* * * * JAN", "have a day of the week that is"},
    {"0 0 30 2 *", "a time that comes"},
    {"0 0 31 4,6 *", "a time that comes"},
};

START_TEST(refuses_with_the_field)
{
    struct err_info info = {0};
    struct str text = str_from(wrong[_i].text);
    ck_assert_int_eq(cron_check(text, &info), ERR_UNPROCESSABLE);
    ck_assert_msg(strstr(info.message, wrong[_i].word) != NULL, "%s: %s", wrong[_i].text,
                  info.message);
    ck_assert_int_eq(cron_next(text, 0), CRON_NEVER);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cron");
    TCase *tests = tcase_create("cron");
    tcase_add_loop_test(tests, comes_when_it_says, 0, (int)ARRAY_LEN(runs));
    tcase_add_loop_test(tests, refuses_with_the_field, 0, (int)ARRAY_LEN(wrong));
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

/* Dates of filters.md §4: what is one, what only looks like one, and the calendar. */
#include <stdlib.h>
#include <time.h>

#include "base/timeutil.h"
#include "unit.h"

#define UNTOUCHED INT64_C(-77)

static const struct {
    const char *text;
    enum timeutil_date is;
    const char *at; /* as timeutil_format writes it */
} dates[] = {
    {"2026-01-02", TIMEUTIL_DAY, "2026-01-02T00:00:00.000Z"},
    {"1970-01-01", TIMEUTIL_DAY, "1970-01-01T00:00:00.000Z"},
    {"0001-01-01", TIMEUTIL_DAY, "0001-01-01T00:00:00.000Z"},
    {"9999-12-31", TIMEUTIL_DAY, "9999-12-31T00:00:00.000Z"},
    {"2024-02-29", TIMEUTIL_DAY, "2024-02-29T00:00:00.000Z"},
    {"2000-02-29", TIMEUTIL_DAY, "2000-02-29T00:00:00.000Z"},
    {"2026-01-02T03:04Z", TIMEUTIL_INSTANT, "2026-01-02T03:04:00.000Z"},
    {"2026-01-02T03:04:05Z", TIMEUTIL_INSTANT, "2026-01-02T03:04:05.000Z"},
    {"2026-01-02T03:04:05.6Z", TIMEUTIL_INSTANT, "2026-01-02T03:04:05.600Z"},
    {"2026-01-02T03:04:05.06Z", TIMEUTIL_INSTANT, "2026-01-02T03:04:05.060Z"},
    {"2026-01-02T03:04:05.006Z", TIMEUTIL_INSTANT, "2026-01-02T03:04:05.006Z"},
    {"2026-01-02T03:04:05.0069Z", TIMEUTIL_INSTANT, "2026-01-02T03:04:05.006Z"},
    {"2026-01-02T03:04:05.999999999Z", TIMEUTIL_INSTANT, "2026-01-02T03:04:05.999Z"},
    {"1969-12-31T23:59:59.9999Z", TIMEUTIL_INSTANT, "1969-12-31T23:59:59.999Z"},
    {"2026-01-02T03:04:05+00:00", TIMEUTIL_INSTANT, "2026-01-02T03:04:05.000Z"},
    {"2026-01-02T03:04:05-00:00", TIMEUTIL_INSTANT, "2026-01-02T03:04:05.000Z"},
    {"2026-01-02T03:04+05:30", TIMEUTIL_INSTANT, "2026-01-01T21:34:00.000Z"},
    {"2026-12-31T20:00:00.5-09:30", TIMEUTIL_INSTANT, "2027-01-01T05:30:00.500Z"},
    {"2026-01-02T03:04:05+14:00", TIMEUTIL_INSTANT, "2026-01-01T13:04:05.000Z"},
    {"2026-01-02T03:04:05-14:00", TIMEUTIL_INSTANT, "2026-01-02T17:04:05.000Z"},
    {"2024-03-01T00:30:00+01:00", TIMEUTIL_INSTANT, "2024-02-29T23:30:00.000Z"},
    {"0001-01-01T14:00:00+14:00", TIMEUTIL_INSTANT, "0001-01-01T00:00:00.000Z"},
    {"9999-12-31T23:59:59.999Z", TIMEUTIL_INSTANT, "9999-12-31T23:59:59.999Z"},
    {"9999-12-31T09:59:59.999-14:00", TIMEUTIL_INSTANT, "9999-12-31T23:59:59.999Z"},

    /* Shaped like one, but no real instant. */
    {"0001-01-01T13:59:59.999+14:00", TIMEUTIL_BAD_DATE, NULL},
    {"9999-12-31T10:00:00-14:00", TIMEUTIL_BAD_DATE, NULL},
    {"0000-01-01", TIMEUTIL_BAD_DATE, NULL},
    {"2023-02-29", TIMEUTIL_BAD_DATE, NULL},
    {"1900-02-29", TIMEUTIL_BAD_DATE, NULL},
    {"2026-00-10", TIMEUTIL_BAD_DATE, NULL},
    {"2026-13-10", TIMEUTIL_BAD_DATE, NULL},
    {"2026-04-31", TIMEUTIL_BAD_DATE, NULL},
    {"2026-04-00", TIMEUTIL_BAD_DATE, NULL},
    {"2026-01-32T00:00Z", TIMEUTIL_BAD_DATE, NULL},
    {"2026-01-02T24:00Z", TIMEUTIL_BAD_DATE, NULL},
    {"2026-01-02T24:00:00Z", TIMEUTIL_BAD_DATE, NULL},
    {"2026-01-02T23:60Z", TIMEUTIL_BAD_DATE, NULL},
    {"2026-01-02T23:59:60Z", TIMEUTIL_BAD_DATE, NULL},
    {"2026-01-02T", TIMEUTIL_BAD_DATE, NULL},
    {"2026-01-02TZ", TIMEUTIL_BAD_DATE, NULL},
    {"2026-01-02T03Z", TIMEUTIL_BAD_DATE, NULL},
    {"2026-01-02T03:04", TIMEUTIL_BAD_DATE, NULL},
    {"2026-01-02T03:04:05", TIMEUTIL_BAD_DATE, NULL},
    {"2026-01-02T03:04:05z", TIMEUTIL_BAD_DATE, NULL},
    {"2026-01-02T03:04:05 Z", TIMEUTIL_BAD_DATE, NULL},
    {"2026-01-02T03:04:05ZZ", TIMEUTIL_BAD_DATE, NULL},
    {"2026-01-02T03:04:Z", TIMEUTIL_BAD_DATE, NULL},
    {"2026-01-02T03:04:5Z", TIMEUTIL_BAD_DATE, NULL},
    {"2026-01-02T3:04:05Z", TIMEUTIL_BAD_DATE, NULL},
    {"2026-01-02T03.04Z", TIMEUTIL_BAD_DATE, NULL},
    {"2026-01-02T03:04.5Z", TIMEUTIL_BAD_DATE, NULL},
    {"2026-01-02T03:04:05.Z", TIMEUTIL_BAD_DATE, NULL},
    {"2026-01-02T03:04:05,5Z", TIMEUTIL_BAD_DATE, NULL},
    {"2026-01-02T03:04:05.1234567890Z", TIMEUTIL_BAD_DATE, NULL},
    {"2026-01-02T03:04:05+14:01", TIMEUTIL_BAD_DATE, NULL},
    {"2026-01-02T03:04:05-15:00", TIMEUTIL_BAD_DATE, NULL},
    {"2026-01-02T03:04:05+01:60", TIMEUTIL_BAD_DATE, NULL},
    {"2026-01-02T03:04:05+0100", TIMEUTIL_BAD_DATE, NULL},
    {"2026-01-02T03:04:05+01", TIMEUTIL_BAD_DATE, NULL},
    {"2026-01-02T03:04:05 01:00", TIMEUTIL_BAD_DATE, NULL},
    {"2026-01-02T-3:04:05Z", TIMEUTIL_BAD_DATE, NULL},
    {"2026-01-02T03:04:05Z\n", TIMEUTIL_BAD_DATE, NULL},

    /* Not of the form. */
    {"", TIMEUTIL_NOT_DATE, NULL},
    {"pro", TIMEUTIL_NOT_DATE, NULL},
    {"2026", TIMEUTIL_NOT_DATE, NULL},
    {"2026-01", TIMEUTIL_NOT_DATE, NULL},
    {"2026-1-02", TIMEUTIL_NOT_DATE, NULL},
    {"2026-01-2", TIMEUTIL_NOT_DATE, NULL},
    {"2026-01-02 ", TIMEUTIL_NOT_DATE, NULL},
    {" 2026-01-02", TIMEUTIL_NOT_DATE, NULL},
    {"2026-01-02t03:04Z", TIMEUTIL_NOT_DATE, NULL},
    {"2026-01-02 03:04Z", TIMEUTIL_NOT_DATE, NULL},
    {"2026-01-023", TIMEUTIL_NOT_DATE, NULL},
    {"2026/01/02", TIMEUTIL_NOT_DATE, NULL},
    {"-026-01-02", TIMEUTIL_NOT_DATE, NULL},
    {"12026-01-02", TIMEUTIL_NOT_DATE, NULL},
    {"2026-0a-02", TIMEUTIL_NOT_DATE, NULL},
    {"20260102T0304Z", TIMEUTIL_NOT_DATE, NULL},
};

START_TEST(reads_what_the_table_says)
{
    int64_t ms = UNTOUCHED;
    enum timeutil_date is = timeutil_parse(str_from(dates[_i].text), &ms);
    ck_assert_msg(is == dates[_i].is, "%s is %d", dates[_i].text, (int)is);
    if (dates[_i].at) {
        char text[25];
        timeutil_format(ms, text);
        ck_assert_str_eq(text, dates[_i].at);
    } else
        ck_assert(ms == UNTOUCHED);
}
END_TEST

/* Nothing behind the length is looked at. */
START_TEST(every_cut_of_a_date_is_judged_by_itself)
{
    static const char whole[] = "2026-01-02T03:04:05.678+01:30";
    for (size_t len = 0; len < sizeof whole - 1; len++) {
        int64_t ms;
        char *exact = arena_xmalloc(len ? len : 1); /* no NUL: a sanitizer sees a read behind it */
        memcpy(exact, whole, len);
        enum timeutil_date is = timeutil_parse((struct str){exact, len}, &ms);
        free(exact);
        ck_assert_int_eq(is, len == 10  ? TIMEUTIL_DAY
                             : len < 10 ? TIMEUTIL_NOT_DATE
                                        : TIMEUTIL_BAD_DATE);
    }
    ck_assert_int_eq(timeutil_parse((struct str){0}, &(int64_t){0}), TIMEUTIL_NOT_DATE);
}
END_TEST

/* Every day of the calendar against libc. */
START_TEST(days_agree_with_libc)
{
    int64_t days = 0;
    for (int64_t ms = TIMEUTIL_MIN_MS; ms < TIMEUTIL_MAX_MS; ms += TIMEUTIL_DAY_MS, days++) {
        time_t seconds = (time_t)(ms / 1000);
        struct tm tm;
        int year, month, day;
        gmtime_r(&seconds, &tm);
        timeutil_civil(ms + TIMEUTIL_DAY_MS - 1, &year, &month, &day);
        if (year != tm.tm_year + 1900 || month != tm.tm_mon + 1 || day != tm.tm_mday)
            ck_abort_msg("day %lld is %d-%d-%d", (long long)days, year, month, day);
        if (timeutil_from_civil(year, month, day) != ms)
            ck_abort_msg("%d-%d-%d is another day", year, month, day);
    }
    ck_assert_int_eq(days, 3652059);
}
END_TEST

START_TEST(written_and_read_again)
{
    uint64_t state = 1;
    for (int i = 0; i < 200000; i++) {
        char text[25];
        int64_t again;
        state = state * UINT64_C(6364136223846793005) + 1;
        int64_t ms = TIMEUTIL_MIN_MS +
                     (int64_t)((state >> 1) % (uint64_t)(TIMEUTIL_MAX_MS - TIMEUTIL_MIN_MS + 1));
        timeutil_format(ms, text);
        ck_assert_int_eq(timeutil_parse(str_from(text), &again), TIMEUTIL_INSTANT);
        ck_assert(again == ms);
    }
}
END_TEST

START_TEST(writes_the_ends_of_the_calendar)
{
    char text[25];
    timeutil_format(TIMEUTIL_MIN_MS, text);
    ck_assert_str_eq(text, "0001-01-01T00:00:00.000Z");
    timeutil_format(TIMEUTIL_MAX_MS, text);
    ck_assert_str_eq(text, "9999-12-31T23:59:59.999Z");
    timeutil_format(-1, text);
    ck_assert_str_eq(text, "1969-12-31T23:59:59.999Z");
    timeutil_format(INT64_MIN, text);
    ck_assert_str_eq(text, "0001-01-01T00:00:00.000Z");
    timeutil_format(INT64_MAX, text);
    ck_assert_str_eq(text, "9999-12-31T23:59:59.999Z");
}
END_TEST

START_TEST(leap_years)
{
    ck_assert(timeutil_is_leap(2024) && timeutil_is_leap(2000) && timeutil_is_leap(4));
    ck_assert(!timeutil_is_leap(2023) && !timeutil_is_leap(1900) && !timeutil_is_leap(2100));
}
END_TEST

START_TEST(clocks_go)
{
    int64_t wall = timeutil_wall_ms(), mono = timeutil_mono_us();
    ck_assert_int_lt(llabs(wall - (int64_t)time(NULL) * 1000), 2000);
    while (timeutil_mono_us() - mono < 3000)
        ck_assert_int_ge(timeutil_mono_us(), mono);
    ck_assert_int_gt(timeutil_wall_ms(), wall);
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {
        {reads_what_the_table_says, ARRAY_LEN(dates)},
        {every_cut_of_a_date_is_judged_by_itself, 0},
        {days_agree_with_libc, 0},
        {written_and_read_again, 0},
        {writes_the_ends_of_the_calendar, 0},
        {leap_years, 0},
        {clocks_go, 0},
    };
    return UNIT_RUN("timeutil", cases);
}

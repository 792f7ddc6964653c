#include "base/timeutil.h"

#include <time.h>

bool timeutil_is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days since 1970-01-01 of a civil date, and back: H. Hinnant, "chrono-compatible low-level date
 * algorithms", days_from_civil and civil_from_days. */
static int64_t days_from_civil(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static void civil_from_days(int64_t days, int *ret_year, int *ret_month, int *ret_day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t doe = days - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    *ret_day = (int)(doy - (153 * mp + 2) / 5 + 1);
    *ret_month = (int)(mp < 10 ? mp + 3 : mp - 9);
    *ret_year = (int)(yoe + era * 400 + (*ret_month <= 2));
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

void timeutil_civil(int64_t ms, int *ret_year, int *ret_month, int *ret_day)
{
    civil_from_days(floor_div(ms, TIMEUTIL_DAY_MS), ret_year, ret_month, ret_day);
}

int64_t timeutil_from_civil(int year, int month, int day)
{
    return days_from_civil(year, month, day) * TIMEUTIL_DAY_MS;
}

/* `count` digits at `at` as a number; -1 when one is none. */
static int digits(const char *at, size_t count)
{
    int value = 0;
    for (size_t i = 0; i < count; i++) {
        if (at[i] < '0' || at[i] > '9')
            return -1;
        value = value * 10 + (at[i] - '0');
    }
    return value;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && timeutil_is_leap(year) ? 29 : days[month - 1];
}

/* ".f{1,9}" at the front of *rest: milliseconds, cut. Returns false when it is malformed. */
static bool take_fraction(struct str *rest, int64_t *ms)
{
    if (!rest->len || rest->at[0] != '.')
        return true;
    size_t count = 0;
    int value = 0;
    while (count + 1 < rest->len && rest->at[count + 1] >= '0' && rest->at[count + 1] <= '9')
        count++;
    if (count < 1 || count > 9)
        return false;
    for (size_t i = 0; i < 3; i++)
        value = value * 10 + (i < count ? rest->at[i + 1] - '0' : 0);
    *ms += value;
    rest->at += count + 1;
    rest->len -= count + 1;
    return true;
}

/* "Z" or "±HH:MM", the whole rest. Returns false when it is neither. */
static bool take_zone(struct str rest, int64_t *offset_ms)
{
    *offset_ms = 0;
    if (rest.len == 1)
        return rest.at[0] == 'Z';
    if (rest.len != 6 || (rest.at[0] != '+' && rest.at[0] != '-') || rest.at[3] != ':')
        return false;
    int hours = digits(rest.at + 1, 2), minutes = digits(rest.at + 4, 2);
    if (hours < 0 || minutes < 0 || minutes > 59 || hours * 60 + minutes > 14 * 60)
        return false;
    *offset_ms = (int64_t)(hours * 60 + minutes) * 60000 * (rest.at[0] == '-' ? -1 : 1);
    return true;
}

/* "HH:MM[:SS[.f]]" and the zone behind the T. Returns false when it is no real time. */
static bool parse_time(struct str rest, int64_t *ret_ms)
{
    int64_t ms, offset_ms;
    if (rest.len < 6 || rest.at[2] != ':')
        return false;
    int hour = digits(rest.at, 2), minute = digits(rest.at + 3, 2);
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59)
        return false;
    ms = (int64_t)(hour * 60 + minute) * 60000;
    rest.at += 5;
    rest.len -= 5;
    if (rest.len >= 3 && rest.at[0] == ':') {
        int second = digits(rest.at + 1, 2);
        if (second < 0 || second > 59)
            return false;
        ms += second * 1000;
        rest.at += 3;
        rest.len -= 3;
        if (!take_fraction(&rest, &ms))
            return false;
    }
    if (!take_zone(rest, &offset_ms))
        return false;
    *ret_ms = ms - offset_ms;
    return true;
}

enum timeutil_date timeutil_parse(struct str text, int64_t *ret_ms)
{
    if (text.len < 10 || text.at[4] != '-' || text.at[7] != '-' ||
        (text.len > 10 && text.at[10] != 'T'))
        return TIMEUTIL_NOT_DATE;
    int year = digits(text.at, 4), month = digits(text.at + 5, 2), day = digits(text.at + 8, 2);
    if (year < 0 || month < 0 || day < 0)
        return TIMEUTIL_NOT_DATE;
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
        return TIMEUTIL_BAD_DATE;
    int64_t ms = timeutil_from_civil(year, month, day), time_ms;
    if (text.len == 10) {
        *ret_ms = ms;
        return TIMEUTIL_DAY;
    }
    if (!parse_time((struct str){text.at + 11, text.len - 11}, &time_ms))
        return TIMEUTIL_BAD_DATE;
    ms += time_ms;
    if (ms < TIMEUTIL_MIN_MS || ms > TIMEUTIL_MAX_MS)
        return TIMEUTIL_BAD_DATE;
    *ret_ms = ms;
    return TIMEUTIL_INSTANT;
}

/* The digits of value, the last one at out[count - 1]. */
static void put_digits(char *out, size_t count, int value)
{
    while (count) {
        out[--count] = (char)('0' + value % 10);
        value /= 10;
    }
}

void timeutil_format(int64_t ms, char out[25])
{
    int year, month, day;
    if (ms < TIMEUTIL_MIN_MS)
        ms = TIMEUTIL_MIN_MS;
    if (ms > TIMEUTIL_MAX_MS)
        ms = TIMEUTIL_MAX_MS;
    timeutil_civil(ms, &year, &month, &day);
    int of_day = (int)(ms - floor_div(ms, TIMEUTIL_DAY_MS) * TIMEUTIL_DAY_MS);
    memcpy(out, "0000-00-00T00:00:00.000Z", 25);
    put_digits(out, 4, year);
    put_digits(out + 5, 2, month);
    put_digits(out + 8, 2, day);
    put_digits(out + 11, 2, of_day / 3600000);
    put_digits(out + 14, 2, of_day / 60000 % 60);
    put_digits(out + 17, 2, of_day / 1000 % 60);
    put_digits(out + 20, 3, of_day % 1000);
}

static int64_t clock_us(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t timeutil_wall_us(void)
{
    return clock_us(CLOCK_REALTIME);
}

int64_t timeutil_wall_ms(void)
{
    return timeutil_wall_us() / 1000;
}

int64_t timeutil_mono_us(void)
{
    return clock_us(CLOCK_MONOTONIC);
}

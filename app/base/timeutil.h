/*
 * Time. Instants of the domain (contacts, events, filters) are int64 milliseconds since 1970 UTC,
 * `_ms`: filters.md defines all of them to the millisecond. Durations that we measure are
 * microseconds, `_us`. Only main rooms read a clock; filter/ and column/ get `now_ms` as argument.
 */
#ifndef MUSTER_BASE_TIMEUTIL_H
#define MUSTER_BASE_TIMEUTIL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define TIMEUTIL_DAY_MS INT64_C(86400000)
/* First and last millisecond that a date of filters.md §4 can name: years 0001 to 9999. */
#define TIMEUTIL_MIN_MS INT64_C(-62135596800000)
#define TIMEUTIL_MAX_MS INT64_C(253402300799999)

/* What a text shaped like a date is. */
enum timeutil_date {
    TIMEUTIL_NOT_DATE, /* not of the form */
    TIMEUTIL_BAD_DATE, /* matches ^\d{4}-\d{2}-\d{2}($|T) but names no real instant */
    TIMEUTIL_DAY,      /* YYYY-MM-DD: that day at 00:00 UTC */
    TIMEUTIL_INSTANT   /* with a time and a zone */
};

/*
 * Reads a date of filters.md §4 "Dates": YYYY-MM-DD or YYYY-MM-DDTHH:MM[:SS[.f{1,9}]](Z|±HH:MM),
 * fraction cut to ms, upper-case T and Z, offsets to ±14:00, years 0001-9999 (the instant after
 * the offset is applied must lie in them too).
 * ret_ms is set for DAY and INSTANT only.
 */
enum timeutil_date timeutil_parse(struct str text, int64_t *ret_ms);

/* Writes "2026-01-02T03:04:05.006Z" (24 characters and NUL) into out[25]. An instant outside
 * TIMEUTIL_MIN_MS … TIMEUTIL_MAX_MS is written as the nearer of the two. */
void timeutil_format(int64_t ms, char out[25]);

/* Civil date of an instant (UTC) and back; month 1-12, day 1-31. */
void timeutil_civil(int64_t ms, int *ret_year, int *ret_month, int *ret_day);
int64_t timeutil_from_civil(int year, int month, int day);
bool timeutil_is_leap(int year);

/* Wall clock in ms and in µs and a monotonic clock in µs, for rooms that may look at one. */
int64_t timeutil_wall_ms(void);
int64_t timeutil_wall_us(void);
int64_t timeutil_mono_us(void);

#endif

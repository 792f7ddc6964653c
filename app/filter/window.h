/* Windows of time and counts in a leaf: N and a unit, a number of days, how many occurrences. */
#ifndef MUSTER_FILTER_WINDOW_H
#define MUSTER_FILTER_WINDOW_H

#include "filter/filter.h"
#include "filter/refusal.h"

/*
 * Reads N and its unit (NULL: absent) into amount, unit and span_ms of the leaf. Returns 0, or
 * ERR_INVAL: N is no number, negative or too large, the unit is missing or unknown.
 */
int window_span(const struct refusal *r, const struct jsonval *amount, const struct jsonval *unit,
                struct filter_leaf *leaf) MUST_CHECK;

/*
 * As window_span for a whole number of days up to a year; the unit is "days" or absent.
 * Returns 0 or ERR_INVAL.
 */
int window_days(const struct refusal *r, const struct jsonval *amount, const struct jsonval *unit,
                struct filter_leaf *leaf) MUST_CHECK;

/*
 * Reads a number of occurrences and the object {value, unit} of the window that they are counted in
 * (NULL: ever). Returns 0, or ERR_INVAL: the number is not whole or negative, the window is no
 * object or not as window_span wants it.
 */
int window_count(const struct refusal *r, const struct jsonval *count, const struct jsonval *window,
                 struct filter_leaf *leaf) MUST_CHECK;

#endif

#include "column/flip.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/timeutil.h"

/* Distance in ms to the next crossing; UINT64_MAX: none. Instants are less than 2^63 ms apart. */
static uint64_t nearest(const int64_t *values, uint32_t count, struct scan_range range)
{
    uint64_t above = UINT64_MAX, inside = UINT64_MAX;
    bool low_moves = range.low != INT64_MIN, high_moves = range.high != INT64_MAX;
    for (uint32_t i = 0; i < count; i++) {
        int64_t v = values[i];
        uint64_t to_high = (uint64_t)v - (uint64_t)range.high;
        uint64_t to_low = (uint64_t)v - (uint64_t)range.low;
        bool is_above = v > range.high, is_inside = v >= range.low && v <= range.high;
        above = is_above && to_high < above ? to_high : above;
        inside = is_inside && to_low < inside ? to_low : inside;
    }
    above = high_moves ? above : UINT64_MAX;
    /* The low bound passes a value one ms after it reached it. */
    inside = low_moves && inside != UINT64_MAX ? inside + 1 : UINT64_MAX;
    return above < inside ? above : inside;
}

/* Days change at midnight, whoever's they are. */
static uint64_t to_midnight(const struct predicate *p, int64_t now_ms)
{
    int64_t in_day = (now_ms + p->zone_ms) % TIMEUTIL_DAY_MS;
    if (in_day < 0)
        in_day += TIMEUTIL_DAY_MS;
    return (uint64_t)(TIMEUTIL_DAY_MS - in_day);
}

/* Of how many values it pays to say which day it is; of more, one is likely to be tomorrow's. */
#define FEW_VALUES 16

static int64_t day_of(const struct predicate *p, int64_t ms)
{
    int64_t local_ms = ms + p->zone_ms;
    return local_ms / TIMEUTIL_DAY_MS - (local_ms % TIMEUTIL_DAY_MS < 0);
}

/* Days until the date's recurrence comes into the window, or has passed. */
static int64_t days_to_recurrence(const struct predicate *p, int64_t date_ms, int64_t now_ms)
{
    int64_t today = day_of(p, now_ms), window = p->leaf->span_ms / TIMEUTIL_DAY_MS;
    int64_t best = INT64_MAX;
    int year, unused, month, day;
    timeutil_civil(date_ms + p->zone_ms, &unused, &month, &day);
    timeutil_civil(now_ms + p->zone_ms, &year, &unused, &unused);
    for (int y = year; y <= year + 3; y++) { /* a window is no longer than a leap year */
        bool no_leap_day = month == 2 && day == 29 && !timeutil_is_leap(y);
        int64_t then = timeutil_from_civil(y, month, no_leap_day ? 28 : day) / TIMEUTIL_DAY_MS;
        int64_t comes = then - window - today, has_passed = then + 1 - today;
        best = comes > 0 && comes < best ? comes : best;
        best = has_passed > 0 && has_passed < best ? has_passed : best;
    }
    return best;
}

static uint64_t to_recurrence(const struct predicate *p, const int64_t *values, uint32_t count,
                              int64_t now_ms)
{
    uint64_t best = UINT64_MAX;
    if (count > FEW_VALUES)
        return to_midnight(p, now_ms);
    for (uint32_t i = 0; i < count; i++) {
        if (values[i] == CHUNK_NO_INSTANT)
            continue;
        uint64_t days = (uint64_t)days_to_recurrence(p, values[i], now_ms);
        uint64_t one = to_midnight(p, now_ms) + (days - 1) * (uint64_t)TIMEUTIL_DAY_MS;
        best = one < best ? one : best;
    }
    return best;
}

static uint64_t of_values(const struct predicate *p, const int64_t *values, uint32_t count,
                          int64_t now_ms)
{
    uint64_t best = UINT64_MAX;
    if (p->anniversary)
        return to_recurrence(p, values, count, now_ms);
    for (size_t i = 0; i < p->range_count; i++) {
        uint64_t one = nearest(values, count, p->ranges[i]);
        best = one < best ? one : best;
    }
    return best;
}

static uint64_t of_column(const struct predicate *p, const struct chunk *chunk,
                          const struct chunk_column *column, int64_t now_ms)
{
    struct chunk_strings strings;
    if (column->kind == CHUNK_INSTANT)
        return of_values(p, chunk_instants(chunk, column), chunk->rows, now_ms);
    if (column->kind != CHUNK_STRING)
        return UINT64_MAX; /* only texts can be dates */
    chunk_strings(chunk, column, &strings);
    return strings.dates ? of_values(p, strings.dates, strings.count, now_ms) : UINT64_MAX;
}

static uint64_t of_levels(const struct predicate *p, const struct eval_column *column,
                          int64_t now_ms)
{
    uint64_t best = UINT64_MAX;
    if (column->base_column)
        best = of_column(p, column->base, column->base_column, now_ms);
    for (unsigned i = 0; i < column->level_count; i++) {
        if (!column->level_columns[i])
            continue;
        uint64_t one = of_column(p, column->levels[i], column->level_columns[i], now_ms);
        best = one < best ? one : best;
    }
    return best;
}

/* ---- occurrences --------------------------------------------------------------------------- */

/* The dates that occurrences hold under one property, against a window of a condition on it. */
static uint64_t of_entries(const struct predicate *p, const struct chunk *chunk,
                           const struct chunk_column *column, int64_t now_ms)
{
    struct chunk_values values;
    uint64_t best = UINT64_MAX;
    if (!column || !predicate_moves(p->leaf->op))
        return best;
    chunk_values(chunk, column, &values);
    for (uint32_t i = 0; i < values.count; i++) {
        struct str entry = chunk_values_entry(&values, i);
        int64_t date_ms;
        if (!entry.len || entry.at[0] != CHUNK_TAG_STRING ||
            timeutil_parse((struct str){entry.at + 1, entry.len - 1}, &date_ms) < TIMEUTIL_DAY)
            continue;
        uint64_t one = of_values(p, &date_ms, 1, now_ms);
        best = one < best ? one : best;
    }
    return best;
}

static uint64_t of_occurrences(const struct program_node *node, const struct eval_column *columns,
                               int64_t now_ms)
{
    const struct occurrence_test *test = &node->occurrence;
    struct occurrence_columns at;
    uint64_t best = UINT64_MAX;
    at.values = arena_xmalloc((test->where_count + 1) * sizeof *at.values);
    for (int level = -1; level < (int)columns[node->column].level_count; level++) {
        if (!eval_occurrences(node, columns, level, &at))
            continue;
        uint64_t one = occurrence_next(test, &at);
        best = one < best ? one : best;
        for (size_t i = 0; i < test->where_count; i++) {
            one = of_entries(&test->wheres[i].predicate, at.chunk, at.values[i], now_ms);
            best = one < best ? one : best;
        }
    }
    free(at.values);
    return best;
}

int64_t flip_next(const struct program *program, const struct eval_column *columns, int64_t now_ms)
{
    uint64_t best = UINT64_MAX;
    for (size_t i = 0; i < program->time_count; i++) {
        const struct program_node *node = program->time_nodes[i];
        int column = node->kind == PROGRAM_DATA ? node->types[KEY_TYPE_STRING] : node->column;
        uint64_t one = node->kind == PROGRAM_OCCURRENCES
                           ? of_occurrences(node, columns, now_ms)
                           : of_levels(&node->predicate, &columns[column], now_ms);
        best = one < best ? one : best;
    }
    return best > (uint64_t)(INT64_MAX - 1 - now_ms) ? FLIP_NEVER : now_ms + (int64_t)best;
}

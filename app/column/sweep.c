#include "column/sweep.h"

#include <stdlib.h>
#include <string.h>

#include "base/timeutil.h"

/* When an occurrence counts: first and last instant. */
struct span {
    int64_t from_ms, to_ms;
};

/* One more or one less: of those that count in the leaf's window, or before it. */
struct step {
    int64_t at_ms;
    int inside, before;
};

struct sweep {
    struct arena *arena;
    int64_t at_ms;
    struct step *steps;
    size_t count, room;
};

bool sweep_can(const struct occurrence_test *test)
{
    for (size_t i = 0; i < test->where_count; i++) {
        const struct predicate *p = &test->wheres[i].predicate;
        if (predicate_moves(p->leaf->op) && (p->range_count != 1 || p->leaf->negated))
            return false;
    }
    return true;
}

/* ---- when each counts ---------------------------------------------------------------------- */

/* The bounds move with the clock, so a date is between them from one instant to another. */
static void cut_moving(const struct sweep *s, const struct predicate *p, struct str entry,
                       struct span *span)
{
    const struct scan_range *range = &p->ranges[0];
    int64_t date_ms;
    if (!entry.len || entry.at[0] != CHUNK_TAG_STRING ||
        timeutil_parse((struct str){entry.at + 1, entry.len - 1}, &date_ms) < TIMEUTIL_DAY) {
        span->to_ms = INT64_MIN;
        return;
    }
    int64_t from_ms = range->high == INT64_MAX ? INT64_MIN : s->at_ms + (date_ms - range->high);
    int64_t to_ms = range->low == INT64_MIN ? INT64_MAX : s->at_ms + (date_ms - range->low);
    span->from_ms = from_ms > span->from_ms ? from_ms : span->from_ms;
    span->to_ms = to_ms < span->to_ms ? to_ms : span->to_ms;
}

/* Leaves of each span what one condition leaves. */
static void cut_spans(const struct sweep *s, const struct predicate *p, const struct chunk *chunk,
                      const struct chunk_column *column, struct span *spans, uint32_t count)
{
    struct chunk_values values = {0};
    bool moves = predicate_moves(p->leaf->op);
    if (column)
        chunk_values(chunk, column, &values);
    uint32_t held = column ? values.offsets[1] - values.offsets[0] : 0;
    uint8_t *match = moves ? NULL : occurrence_judge(p, &values);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t code = i < held ? chunk_values_code(&values, values.offsets[0] + i) : 0;
        struct str entry = {0};
        if (moves && code)
            entry = chunk_values_entry(&values, code - 1);
        if (moves)
            cut_moving(s, p, entry, &spans[i]);
        else if (!match[code])
            spans[i].to_ms = INT64_MIN;
    }
    free(match);
}

/* ---- how many at each instant -------------------------------------------------------------- */

static void add_step(struct sweep *s, int64_t at_ms, int inside, int before)
{
    s->steps = arena_grow(s->arena, s->steps, s->count, &s->room, sizeof *s->steps);
    s->steps[s->count++] = (struct step){at_ms, inside, before};
}

static void add_between(struct sweep *s, int64_t from_ms, int64_t to_ms, int inside, int before)
{
    if (to_ms < from_ms || to_ms < s->at_ms)
        return;
    add_step(s, from_ms < s->at_ms ? s->at_ms : from_ms, inside, before);
    if (to_ms != INT64_MAX)
        add_step(s, to_ms + 1, -inside, -before);
}

static void add_steps(struct sweep *s, const struct occurrence_test *test, const int64_t *times,
                      const struct span *spans, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        int64_t leaves_ms =
            test->since_ms == INT64_MIN ? INT64_MAX : s->at_ms + (times[i] - test->since_ms);
        int64_t to_ms = spans[i].to_ms < leaves_ms ? spans[i].to_ms : leaves_ms;
        add_between(s, spans[i].from_ms, to_ms, 1, 0);
        if (leaves_ms != INT64_MAX)
            add_between(s, spans[i].from_ms > leaves_ms ? spans[i].from_ms : leaves_ms + 1,
                        spans[i].to_ms, 0, 1);
    }
}

static int compare_steps(const void *a, const void *b)
{
    int64_t x = ((const struct step *)a)->at_ms, y = ((const struct step *)b)->at_ms;
    return (x > y) - (x < y);
}

static bool answer(const struct occurrence_test *test, uint64_t inside, uint64_t before)
{
    switch (test->kind) {
    case OCCURRENCE_COUNT:
        return inside >= test->low && inside <= test->high;
    case OCCURRENCE_LAST_BEFORE:
        return before && !inside;
    case OCCURRENCE_FIRST_SINCE:
        return inside && !before;
    case OCCURRENCE_FIRST_BEFORE:
        return before;
    }
    return false;
}

void sweep_occurrences(struct arena *arena, const struct occurrence_test *test,
                       const struct occurrence_columns *columns, int64_t at_ms,
                       struct timeline *ret)
{
    struct sweep s = {.arena = arena, .at_ms = at_ms};
    struct chunk_times times;
    int inside = 0, before = 0;
    chunk_times(columns->chunk, columns->times, &times);
    uint32_t count = times.offsets[1];
    struct span *spans = arena_array(arena, count, sizeof *spans);
    for (uint32_t i = 0; i < count; i++)
        spans[i] = (struct span){INT64_MIN, INT64_MAX};
    for (size_t w = 0; w < test->where_count; w++)
        cut_spans(&s, &test->wheres[w].predicate, columns->chunk, columns->values[w], spans, count);
    add_steps(&s, test, times.ms, spans, count);
    if (s.count)
        qsort(s.steps, s.count, sizeof *s.steps, compare_steps);
    *ret = (struct timeline){0};
    for (size_t i = 0; i < s.count;) {
        int64_t step_ms = s.steps[i].at_ms; /* what happens at one instant happens together */
        for (; i < s.count && s.steps[i].at_ms == step_ms; i++) {
            inside += s.steps[i].inside;
            before += s.steps[i].before;
        }
        bool now = answer(test, (uint64_t)inside, (uint64_t)before);
        if (step_ms == at_ms)
            ret->first = now;
        else if (step_ms <= TIMEUTIL_MAX_MS)
            timeline_add(arena, ret, step_ms, now);
    }
}

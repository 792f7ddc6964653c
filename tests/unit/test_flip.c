/*
 * Flips: random instants under every window operator. Up to the instant that flip_next tells no row
 * may change its answer; at that instant some row does.
 */
#include "column/flip.h"

#include <stdio.h>

#include "base/timeutil.h"
#include "cells.h"
#include "column/draftwrite.h"
#include "column/match.h"
#include "unit.h"

#define NOW_MS INT64_C(1781524800000) /* 2026-06-15T12:00:00Z */
#define KEY KEY_CREATED

static const enum filter_op windows[] = {FILTER_WITHIN,
                                         FILTER_OLDER_THAN,
                                         FILTER_WITHIN_NEXT,
                                         FILTER_MORE_THAN_AHEAD,
                                         FILTER_TRIGGERED_WITHIN,
                                         FILTER_TRIGGERED_OLDER_THAN,
                                         FILTER_ANNIVERSARY_WITHIN_NEXT};
#define WINDOWS (sizeof windows / sizeof windows[0])

/* One program with one leaf over one column. */
struct scene {
    struct filter_leaf leaf;
    struct program_node node;
    struct program_node *nodes[1];
    struct program program;
    struct chunk base;
    struct eval_column column;
};

static void set_leaf(struct scene *s, enum filter_op op, int64_t span_ms, int64_t at_ms)
{
    struct predicate_clock clock = {.now_ms = at_ms};
    s->leaf = (struct filter_leaf){.column = FILTER_CREATED_AT, .op = op, .span_ms = span_ms};
    s->node = (struct program_node){.kind = PROGRAM_INSTANT, .column = 0};
    predicate_init(&s->node.predicate, unit_arena, &s->leaf, &clock);
    s->nodes[0] = &s->node;
    s->program = (struct program){.time_nodes = s->nodes, .time_count = 1};
}

/* Values within three spans of now, some rows without one. */
static void set_values(struct scene *s, struct cells_random *random, uint32_t rows, int64_t span_ms)
{
    AUTO(draft) draft = draft_new();
    struct buf bytes;
    for (uint32_t row = 0; row < rows; row++) {
        uint32_t index = draft_row(draft, row);
        int64_t off = (int64_t)(cells_next(random) % (uint64_t)(6 * span_ms + 1)) - 3 * span_ms;
        if (cells_below(random, 4) || !row)
            draft_put_ms(draft, index, KEY, NOW_MS + off);
    }
    buf_init(&bytes, 1 << 20);
    draftwrite_small(draft, &bytes);
    s->base = cells_open(cells_take(&bytes));
    s->column = (struct eval_column){.base = &s->base, .base_column = chunk_find(&s->base, KEY)};
}

/* The answer for each row if the clock stood at at_ms. */
static void answer(struct scene *s, enum filter_op op, int64_t span_ms, int64_t at_ms,
                   uint64_t out[BITS_WORDS])
{
    set_leaf(s, op, span_ms, at_ms);
    memset(out, 0, BITS_WORDS * sizeof *out);
    match_column(&s->node, &s->base, s->column.base_column, out);
}

static bool same_at(struct scene *s, enum filter_op op, int64_t span_ms, int64_t at_ms,
                    const uint64_t *as)
{
    uint64_t then[BITS_WORDS];
    answer(s, op, span_ms, at_ms, then);
    return memcmp(then, as, sizeof then) == 0;
}

START_TEST(nothing_changes_before_and_something_does_then)
{
    enum filter_op op = windows[_i];
    struct cells_random random = {.state = 77u + (unsigned)_i};
    struct scene s;
    for (int round = 0; round < 300; round++) {
        uint64_t now[BITS_WORDS];
        int64_t span_ms = op == FILTER_ANNIVERSARY_WITHIN_NEXT
                              ? (1 + cells_below(&random, 20)) * TIMEUTIL_DAY_MS
                              : 1 + cells_below(&random, round % 2 ? 20 : 1000000);
        set_values(&s, &random, 1 + cells_below(&random, 12), span_ms);
        set_leaf(&s, op, span_ms, NOW_MS);
        int64_t flip_ms = flip_next(&s.program, &s.column, NOW_MS);
        answer(&s, op, span_ms, NOW_MS, now);
        int64_t until_ms = flip_ms == FLIP_NEVER ? NOW_MS + 10 * span_ms : flip_ms - 1;
        ck_assert_int_ge(until_ms, NOW_MS);
        for (int probe = 0; probe < 20; probe++) {
            int64_t at =
                NOW_MS + (int64_t)(cells_next(&random) % (uint64_t)(until_ms - NOW_MS + 1));
            ck_assert(same_at(&s, op, span_ms, probe ? at : until_ms, now));
        }
        /* Days may change without a birthday among them. */
        if (flip_ms != FLIP_NEVER && op != FILTER_ANNIVERSARY_WITHIN_NEXT)
            ck_assert(!same_at(&s, op, span_ms, flip_ms, now));
    }
}
END_TEST

START_TEST(a_program_without_windows_never_flips)
{
    struct program none = {0};
    ck_assert_int_eq(flip_next(&none, NULL, NOW_MS), FLIP_NEVER);
}
END_TEST

START_TEST(dates_in_texts_flip_too)
{
    AUTO(draft) draft = draft_new();
    struct scene s;
    struct buf bytes;
    uint64_t key = KEY_DATA(KEY_TYPE_STRING, 5);
    draft_put_text(draft, draft_row(draft, 3), key, CHUNK_STRING, STR("2026-06-14T12:00:01Z"));
    draft_put_text(draft, draft_row(draft, 9), key, CHUNK_STRING, STR("no date"));
    buf_init(&bytes, 1 << 20);
    draftwrite_small(draft, &bytes);
    s.base = cells_open(cells_take(&bytes));
    struct eval_column columns[KEY_TYPES] = {
        {.base = &s.base, .base_column = chunk_find(&s.base, key)}};
    set_leaf(&s, FILTER_WITHIN, TIMEUTIL_DAY_MS, NOW_MS);
    s.node.kind = PROGRAM_DATA;
    ck_assert_int_eq(flip_next(&s.program, columns, NOW_MS), NOW_MS + 1001);
}
END_TEST

START_TEST(newer_levels_count)
{
    AUTO(draft) draft = draft_new();
    struct scene s;
    struct buf bytes;
    draft_put_ms(draft, draft_row(draft, 1), KEY, NOW_MS - 400);
    buf_init(&bytes, 1 << 20);
    draftwrite_small(draft, &bytes);
    struct chunk level = cells_open(cells_take(&bytes));
    struct eval_column column = {
        .level_count = 1, .levels = {&level}, .level_columns = {chunk_find(&level, KEY)}};
    set_leaf(&s, FILTER_WITHIN, 1000, NOW_MS);
    ck_assert_int_eq(flip_next(&s.program, &column, NOW_MS), NOW_MS + 601);
}
END_TEST

/* An occurrence that leaves the window in a level, and before that a date that it holds. */
START_TEST(occurrences_flip_too)
{
    const uint64_t times = KEY_EVENT_TIMES(7), due = KEY_EVENT_VALUES(7, 3);
    AUTO(draft) draft = draft_new();
    struct scene s;
    struct buf bytes;
    int64_t at_ms[] = {NOW_MS - 5000, NOW_MS - 400};
    struct str held[] = {STR("s2026-06-14T12:00:01Z"), {0}};
    uint32_t index = draft_row(draft, 4);
    draft_put_times(draft, index, times, at_ms, 2);
    draft_put_values(draft, index, due, held, 2);
    buf_init(&bytes, 1 << 20);
    draftwrite_small(draft, &bytes);
    struct chunk level = cells_open(cells_take(&bytes));
    struct eval_column columns[] = {
        {.level_count = 1, .levels = {&level}, .level_columns = {chunk_find(&level, times)}},
        {.level_count = 1, .levels = {&level}, .level_columns = {chunk_find(&level, due)}}};
    struct predicate_clock clock = {.now_ms = NOW_MS};
    struct filter_value one = {.type = FILTER_VALUE_NUMBER, .number = 1};
    struct filter_leaf where = {
        .column = FILTER_DATA, .op = FILTER_WITHIN, .span_ms = TIMEUTIL_DAY_MS};
    struct filter_leaf leaf = {.column = FILTER_EVENT,
                               .op = FILTER_COUNT_AT_LEAST,
                               .values = &one,
                               .value_count = 1,
                               .has_window = true,
                               .span_ms = 10000};
    bool complement;
    s.node = (struct program_node){.kind = PROGRAM_OCCURRENCES};
    s.nodes[0] = &s.node;
    s.program = (struct program){.time_nodes = s.nodes, .time_count = 1};
    occurrence_init(&s.node.occurrence, unit_arena, &leaf, &clock, &complement);
    ck_assert_int_eq(flip_next(&s.program, columns, NOW_MS), NOW_MS - 400 + 10001);
    leaf.where = &where;
    leaf.where_count = 1;
    occurrence_init(&s.node.occurrence, unit_arena, &leaf, &clock, &complement);
    s.node.occurrence.wheres[0].column = 1;
    ck_assert_int_eq(flip_next(&s.program, columns, NOW_MS), NOW_MS + 1001);
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {
        {nothing_changes_before_and_something_does_then, WINDOWS},
        {a_program_without_windows_never_flips, 0},
        {dates_in_texts_flip_too, 0},
        {newer_levels_count, 0},
        {occurrences_flip_too, 0},
    };
    return UNIT_RUN("flip", cases);
}

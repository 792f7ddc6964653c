#include "column/forecast.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/timeutil.h"
#include "column/flip.h"
#include "column/sweep.h"

/*
 * Anniversaries go on for ever. Whether one lies in a window follows from the day of the year and
 * from which of this year and the next have a leap day; within ten years each such day has come,
 * also about 2100. So between two instants at which anything else changes, what does not change in
 * the first RECURRING_YEARS does not change at all, and the rest need not be looked at.
 */
#define RECURRING_YEARS 13
#define RECURRING_MS (RECURRING_YEARS * 366 * TIMEUTIL_DAY_MS)

/* Mostly the next anniversary is enough: so far the first round looks. */
#define FIRST_ROUND_MS (370 * TIMEUTIL_DAY_MS)

struct instants {
    int64_t *at;
    size_t count, room;
};

struct forecasting {
    const struct forecast *asked;
    struct arena *step; /* of one program */
    struct known {
        const struct program_segment *segment;
        struct forecast_node *node; /* NULL: at work on it */
    } * segments;
    size_t segment_count, segment_room;
    struct forecast_node **recurring; /* leaves with anniversaries: they come last */
    size_t recurring_count, recurring_room;
    struct instants breaks; /* at which something else may change */
    unsigned round;
    int64_t known_ms; /* up to when the round's timelines are whole */
    bool open;        /* it leaves a node without its flip */
    struct err_info *info;
};

static void instants_add(struct arena *arena, struct instants *instants, int64_t at_ms)
{
    instants->at =
        arena_grow(arena, instants->at, instants->count, &instants->room, sizeof *instants->at);
    instants->at[instants->count++] = at_ms;
}

static int compare_instants(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* ---- one leaf at one instant --------------------------------------------------------------- */

static int compile_at(struct forecasting *f, struct arena *arena, const struct filter *leaf,
                      bool mixed, int64_t at_ms, struct program **ret)
{
    struct predicate_clock clock = {.now_ms = at_ms};
    int err = program_compile(arena, leaf, &clock, f->asked->names, ret, f->info);
    for (size_t i = 0; !err && i < (*ret)->data_count; i++)
        (*ret)->data_nodes[i]->mixed = mixed;
    return err;
}

struct eval_column *forecast_columns(struct arena *arena, const struct program *program,
                                     const struct chunk *row)
{
    struct eval_column *columns = arena_array(arena, program->column_count, sizeof *columns);
    for (size_t i = 0; i < program->column_count; i++) {
        columns[i].level_count = 1;
        columns[i].levels[0] = row;
        columns[i].level_columns[0] = chunk_find(row, program->columns[i]);
    }
    return columns;
}

static bool holds(const struct forecasting *f, const struct program *program,
                  const struct eval_column *columns)
{
    struct bits in;
    AUTO(eval) eval = eval_new(program);
    eval_run(eval, columns, &in);
    return bits_test(&in, f->asked->row->ordinals[0]);
}

/* The answer of a leaf at an instant, and the next one at which it may be another. */
static int look(struct forecasting *f, const struct filter *leaf, bool mixed, int64_t at_ms,
                bool *ret, int64_t *ret_next_ms)
{
    struct program *program;
    arena_reset(f->step);
    int err = f->asked->check(f->asked->ctx, f->info);
    if (!err)
        err = compile_at(f, f->step, leaf, mixed, at_ms, &program);
    if (err)
        return err;
    struct eval_column *columns = forecast_columns(f->step, program, f->asked->row);
    *ret = holds(f, program, columns);
    *ret_next_ms = flip_next(program, columns, at_ms);
    return 0;
}

/* Adds what a leaf answers from one instant to another. `breaks` (may be NULL) gets every instant
 * that was looked at behind the first. */
static int follow(struct forecasting *f, const struct filter *leaf, bool mixed, int64_t from_ms,
                  int64_t to_ms, struct timeline *timeline, struct instants *breaks)
{
    for (int64_t at_ms = from_ms; at_ms <= to_ms;) {
        bool answer;
        int64_t next_ms;
        int err = look(f, leaf, mixed, at_ms, &answer, &next_ms);
        if (err)
            return err;
        timeline_add(f->asked->arena, timeline, at_ms, answer);
        if (breaks && at_ms > from_ms)
            instants_add(f->asked->arena, breaks, at_ms);
        at_ms = next_ms;
    }
    return 0;
}

/* ---- leaves -------------------------------------------------------------------------------- */

static bool recurs(const struct filter_leaf *leaf)
{
    bool recurs = leaf->op == FILTER_ANNIVERSARY_WITHIN_NEXT;
    for (size_t i = 0; i < leaf->where_count; i++)
        recurs |= leaf->where[i].op == FILTER_ANNIVERSARY_WITHIN_NEXT;
    return recurs;
}

/* When occurrences leave the leaf's own window, whatever they hold. */
static void break_at_times(struct forecasting *f, const struct forecast_node *node)
{
    const struct filter_leaf *leaf = &node->filter->leaf;
    const struct chunk *row = f->asked->row;
    for (size_t i = 0; i < node->program->column_count; i++) {
        const struct chunk_column *column = chunk_find(row, node->program->columns[i]);
        struct chunk_times times;
        if (!column || column->kind != CHUNK_TIMES)
            continue;
        chunk_times(row, column, &times);
        for (uint32_t t = 0; t < times.total; t++)
            instants_add(f->asked->arena, &f->breaks, times.ms[t] + leaf->span_ms + 1);
    }
}

/* What else changes about a leaf with anniversaries: its window, and its other conditions, each
 * asked for alone. */
static int break_beside(struct forecasting *f, const struct forecast_node *node)
{
    const struct filter_leaf *leaf = &node->filter->leaf;
    int err = 0;
    if (predicate_moves(leaf->op) || leaf->has_window)
        break_at_times(f, node);
    for (size_t i = 0; !err && i < leaf->where_count; i++) {
        struct filter alone = *node->filter;
        struct timeline unused = {0};
        if (leaf->where[i].op == FILTER_ANNIVERSARY_WITHIN_NEXT ||
            !predicate_moves(leaf->where[i].op))
            continue;
        alone.leaf.op = FILTER_TRIGGERED;
        alone.leaf.value_count = 0;
        alone.leaf.has_window = false;
        alone.leaf.where = &leaf->where[i];
        alone.leaf.where_count = 1;
        err = follow(f, &alone, false, f->asked->at_ms, TIMEUTIL_MAX_MS, &unused, &f->breaks);
    }
    return err;
}

/* Fills the timeline of a leaf that looks at occurrences, if that goes in one pass. */
static bool swept(struct forecasting *f, struct forecast_node *node)
{
    const struct program_node *test = node->program->root;
    struct arena *arena = f->asked->arena;
    struct occurrence_columns at;
    if (test->kind != PROGRAM_OCCURRENCES || !sweep_can(&test->occurrence))
        return false;
    const struct eval_column *columns = forecast_columns(arena, node->program, f->asked->row);
    at.values =
        arena_array(arena, test->occurrence.where_count, sizeof(const struct chunk_column *));
    if (!eval_occurrences(test, columns, 0, &at))
        return true; /* there are none, and the answer stays */
    sweep_occurrences(arena, &test->occurrence, &at, f->asked->at_ms, &node->timeline);
    node->timeline.first ^= test->complement;
    return true;
}

static int leaf_node(struct forecasting *f, struct forecast_node *node)
{
    struct arena *arena = f->asked->arena;
    const struct filter *leaf = node->filter;
    struct program *program;
    if (leaf->leaf.column == FILTER_DATA)
        node->mixed = f->asked->is_mixed(f->asked->ctx, leaf);
    int err = compile_at(f, arena, leaf, node->mixed, f->asked->at_ms, &program);
    if (err)
        return err;
    node->program = program;
    node->timeline.first = holds(f, program, forecast_columns(arena, program, f->asked->row));
    node->final = !program->time_count || !recurs(&leaf->leaf);
    if (!program->time_count)
        return 0;
    if (!recurs(&leaf->leaf)) {
        if (!swept(f, node))
            err = follow(f, leaf, node->mixed, f->asked->at_ms, TIMEUTIL_MAX_MS, &node->timeline,
                         NULL);
        for (size_t i = 0; !err && i < node->timeline.count; i++)
            instants_add(arena, &f->breaks, node->timeline.flips[i]);
        return err;
    }
    f->recurring = arena_grow(arena, f->recurring, f->recurring_count, &f->recurring_room,
                              sizeof(struct forecast_node *));
    f->recurring[f->recurring_count++] = node;
    return leaf->leaf.where_count ? break_beside(f, node) : 0;
}

/* ---- the tree ------------------------------------------------------------------------------ */

static int build(struct forecasting *f, const struct filter *filter, struct forecast_node **ret);

/* What a dynamic segment's filter says: once, however often it is named. */
static int build_segment(struct forecasting *f, struct forecast_node *node)
{
    const struct program_segment *segment = node->segment;
    size_t mine = f->segment_count;
    for (size_t i = 0; i < mine; i++) {
        if (f->segments[i].segment->segment_id != segment->segment_id)
            continue;
        node->inside = f->segments[i].node;
        return node->inside ? 0
                            : err_set_at(f->info, ERR_INVAL, "BAD_REQUEST", node->filter->path.at,
                                         "Circular segment reference detected");
    }
    if (mine == LIMIT_NESTED_SEGMENTS)
        return err_set_at(f->info, ERR_INVAL, "BAD_REQUEST", node->filter->path.at,
                          "A filter may reach at most %d segments through one another",
                          LIMIT_NESTED_SEGMENTS);
    f->segments =
        arena_grow(f->asked->arena, f->segments, mine, &f->segment_room, sizeof *f->segments);
    f->segments[f->segment_count++] = (struct known){segment, NULL};
    int err = build(f, segment->filter, &node->inside);
    if (!err)
        f->segments[mine].node = node->inside;
    return err;
}

static int build_leaf(struct forecasting *f, struct forecast_node *node)
{
    const struct filter_leaf *leaf = &node->filter->leaf;
    const struct program_segment *segment =
        leaf->column == FILTER_SEGMENT ? f->asked->names->segment(f->asked->names->ctx, leaf->name)
                                       : NULL;
    if (!segment || !segment->filter)
        return leaf_node(f, node);
    node->segment = segment;
    return build_segment(f, node);
}

static int build(struct forecasting *f, const struct filter *filter, struct forecast_node **ret)
{
    struct forecast_node *node = arena_alloc(f->asked->arena, sizeof *node);
    node->filter = filter;
    *ret = node;
    if (filter->kind == FILTER_LEAF)
        return build_leaf(f, node);
    node->child_count = filter->child_count;
    node->children =
        arena_array(f->asked->arena, filter->child_count, sizeof(struct forecast_node *));
    int err = 0;
    for (size_t i = 0; !err && i < filter->child_count; i++)
        err = build(f, filter->children[i], &node->children[i]);
    return err;
}

/* Follows the leaf for RECURRING_YEARS behind each of the breaks, which ascend. */
static int follow_recurring(struct forecasting *f, struct forecast_node *node)
{
    int64_t seen_ms = INT64_MIN;
    int err = 0;
    for (size_t i = 0; !err && i < f->breaks.count; i++) {
        int64_t from_ms = f->breaks.at[i], to_ms = from_ms + RECURRING_MS;
        if (from_ms < f->asked->at_ms || from_ms > TIMEUTIL_MAX_MS)
            continue;
        from_ms = from_ms <= seen_ms ? seen_ms + 1 : from_ms;
        to_ms = to_ms > TIMEUTIL_MAX_MS ? TIMEUTIL_MAX_MS : to_ms;
        err = follow(f, node->filter, node->mixed, from_ms, to_ms, &node->timeline, NULL);
        seen_ms = to_ms;
    }
    return err;
}

static int join(struct forecasting *f, struct forecast_node *node);

static int join_children(struct forecasting *f, struct forecast_node *node)
{
    struct arena *arena = f->asked->arena;
    bool all = node->filter->kind != FILTER_ANY, decided = false;
    const struct timeline **parts =
        arena_array(arena, node->child_count, sizeof(const struct timeline *));
    int err = f->asked->check(f->asked->ctx, f->info);
    node->final = true;
    for (size_t i = 0; !err && i < node->child_count; i++) {
        struct forecast_node *child = node->children[i];
        err = join(f, child);
        parts[i] = &child->timeline;
        node->final &= child->final;
        decided |= child->final && !child->timeline.count && child->timeline.first != all;
    }
    if (err)
        return err;
    node->final |= decided;
    timeline_join(arena, all, parts, node->child_count, &node->timeline);
    node->timeline.first ^= node->filter->kind == FILTER_NOT;
    return 0;
}

/* Puts answers together from the leaves up. */
static int join(struct forecasting *f, struct forecast_node *node)
{
    int err = 0;
    if (node->filter->kind != FILTER_LEAF)
        err = join_children(f, node);
    else if (node->inside) {
        if (node->inside->round != f->round)
            err = join(f, node->inside);
        node->timeline = node->inside->timeline;
        node->timeline.first ^= node->filter->leaf.negated;
        node->final = node->inside->final;
    }
    node->round = f->round;
    node->result = node->timeline.first;
    node->flips_ms = node->timeline.count ? node->timeline.flips[0] : FORECAST_NEVER;
    f->open |= !node->final && node->flips_ms > f->known_ms;
    return err;
}

/* ---- rounds -------------------------------------------------------------------------------- */

static int run_round(struct forecasting *f, struct forecast_node *tree, int64_t known_ms)
{
    int err = 0;
    f->round++;
    f->known_ms = known_ms;
    f->open = false;
    for (size_t i = 0; !err && i < f->recurring_count; i++) {
        struct forecast_node *node = f->recurring[i];
        node->timeline.count = 0;
        err = known_ms == FORECAST_NEVER ? follow_recurring(f, node)
                                         : follow(f, node->filter, node->mixed, f->asked->at_ms,
                                                  known_ms, &node->timeline, NULL);
    }
    return err ? err : join(f, tree);
}

int forecast_run(const struct forecast *forecast, const struct filter *filter,
                 struct forecast_node **ret, struct err_info *info)
{
    AUTO(arena) step = arena_new();
    struct forecasting f = {.asked = forecast, .step = step, .info = info};
    int64_t soon_ms = forecast->at_ms + FIRST_ROUND_MS;
    int err = build(&f, filter, ret);
    if (!err)
        err = run_round(&f, *ret, soon_ms < TIMEUTIL_MAX_MS ? soon_ms : TIMEUTIL_MAX_MS);
    if (err || !f.open)
        return err;
    instants_add(forecast->arena, &f.breaks, forecast->at_ms);
    qsort(f.breaks.at, f.breaks.count, sizeof *f.breaks.at, compare_instants);
    return run_round(&f, *ret, FORECAST_NEVER);
}

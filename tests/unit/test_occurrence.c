/*
 * Occurrences: counts, windows and conditions on what is held, against a count by hand; and the
 * instants at which the clock changes an answer.
 */
#include "column/occurrence.h"

#include "base/buf.h"
#include "base/timeutil.h"
#include "cells.h"
#include "column/draftwrite.h"
#include "unit.h"

#define NOW_MS INT64_C(1781524800000)
#define TIMES KEY_EVENT_TIMES(7)
#define VALUES KEY_EVENT_VALUES(7, 3)
#define ROWS 40
#define MOST 6

static const enum filter_op ops[] = {
    FILTER_TRIGGERED,
    FILTER_TRIGGERED_WITHIN,
    FILTER_TRIGGERED_OLDER_THAN,
    FILTER_FIRST_TRIGGERED_WITHIN,
    FILTER_FIRST_TRIGGERED_OLDER_THAN,
    FILTER_COUNT_AT_LEAST,
    FILTER_COUNT_AT_MOST,
    FILTER_COUNT_EQUALS,
};

/* Occurrences of some rows; what each holds is "s" with one letter, or nothing. */
struct scene {
    uint32_t count[ROWS];
    int64_t times[ROWS][MOST];
    char held[ROWS][MOST]; /* 0: nothing */
    struct chunk chunk;
    const struct chunk_column *values[1];
    struct occurrence_columns columns;
};

static void draw_row(struct scene *s, struct cells_random *random, uint32_t row)
{
    s->count[row] = cells_below(random, MOST + 1);
    for (uint32_t i = 0; i < s->count[row]; i++) {
        s->times[row][i] = (i ? s->times[row][i - 1] : NOW_MS - 40) + cells_below(random, 10);
        s->held[row][i] = (char)(cells_below(random, 3) ? 'a' + cells_below(random, 3) : 0);
    }
}

static void put_row(struct draft *draft, const struct scene *s, uint32_t row)
{
    struct str texts[MOST];
    uint32_t index = draft_row(draft, row);
    for (uint32_t i = 0; i < s->count[row]; i++) {
        char *text = arena_printf(unit_arena, "s%c", s->held[row][i]);
        texts[i] = s->held[row][i] ? str_from(text) : (struct str){0};
    }
    draft_put_times(draft, index, TIMES, s->times[row], s->count[row]);
    draft_put_values(draft, index, VALUES, texts, s->count[row]);
}

static void draw(struct scene *s, struct cells_random *random)
{
    AUTO(draft) draft = draft_new();
    struct buf bytes;
    for (uint32_t row = 0; row < ROWS; row++) {
        draw_row(s, random, row);
        put_row(draft, s, row);
    }
    buf_init(&bytes, 1 << 20);
    draftwrite_small(draft, &bytes);
    s->chunk = cells_open(cells_take(&bytes));
    s->values[0] = chunk_find(&s->chunk, VALUES);
    s->columns = (struct occurrence_columns){&s->chunk, chunk_find(&s->chunk, TIMES), s->values};
    ck_assert(s->columns.times && s->values[0]);
}

/* ---- by hand ------------------------------------------------------------------------------- */

static bool counts(const struct scene *s, uint32_t row, uint32_t i, const struct filter_leaf *leaf)
{
    if (!leaf->where_count)
        return true;
    const struct filter_leaf *where = leaf->where;
    char held = s->held[row][i];
    if (where->op == FILTER_EXISTS)
        return (held != 0) != where->negated;
    return held && (held == where->values[0].string.at[0]) != where->negated;
}

static bool by_hand(const struct scene *s, uint32_t row, const struct filter_leaf *leaf,
                    int64_t now_ms)
{
    int64_t cut_ms = now_ms - leaf->span_ms, first = INT64_MIN, last = INT64_MIN;
    double n = leaf->value_count ? leaf->values[0].number : 0, many = 0;
    for (uint32_t i = 0; i < s->count[row]; i++) {
        if (!counts(s, row, i, leaf))
            continue;
        last = s->times[row][i];
        first = first == INT64_MIN ? last : first;
        many += !leaf->has_window || last >= cut_ms;
    }
    bool ever = first != INT64_MIN;
    bool answer = leaf->op == FILTER_TRIGGERED                    ? ever
                  : leaf->op == FILTER_TRIGGERED_WITHIN           ? ever && last >= cut_ms
                  : leaf->op == FILTER_TRIGGERED_OLDER_THAN       ? ever && last < cut_ms
                  : leaf->op == FILTER_FIRST_TRIGGERED_WITHIN     ? ever && first >= cut_ms
                  : leaf->op == FILTER_FIRST_TRIGGERED_OLDER_THAN ? ever && first < cut_ms
                  : leaf->op == FILTER_COUNT_AT_LEAST             ? many >= n
                  : leaf->op == FILTER_COUNT_AT_MOST              ? many <= n
                                                                  : many == n;
    return answer != leaf->negated;
}

/* ---- drawing leaves ------------------------------------------------------------------------- */

static bool is_count(enum filter_op op)
{
    return op == FILTER_COUNT_AT_LEAST || op == FILTER_COUNT_AT_MOST || op == FILTER_COUNT_EQUALS;
}

static struct filter_leaf draw_leaf(struct cells_random *random, enum filter_op op)
{
    struct filter_leaf leaf = {.column = FILTER_EVENT, .op = op};
    leaf.values = arena_array(unit_arena, 1, sizeof *leaf.values);
    if (is_count(op)) {
        leaf.value_count = 1;
        leaf.values[0] = (struct filter_value){
            .type = FILTER_VALUE_NUMBER,
            .number = cells_below(random, 12) ? cells_below(random, 5) : 1e15};
        leaf.has_window = cells_below(random, 2);
    } else
        leaf.negated = cells_below(random, 3) == 0;
    leaf.span_ms = op == FILTER_TRIGGERED ? 0 : cells_below(random, 40);
    if (cells_below(random, 2)) {
        static const char *const letters[] = {"a", "b", "x"};
        leaf.where_count = 1;
        leaf.where = arena_alloc(unit_arena, sizeof *leaf.where);
        leaf.where->column = FILTER_DATA;
        leaf.where->op = cells_below(random, 4) ? FILTER_EQUALS : FILTER_EXISTS;
        leaf.where->negated = cells_below(random, 2);
        leaf.where->values = arena_alloc(unit_arena, sizeof *leaf.where->values);
        leaf.where->value_count = leaf.where->op == FILTER_EQUALS;
        leaf.where->values->string = str_from(letters[cells_below(random, 3)]);
    }
    return leaf;
}

static struct occurrence_test test_of(const struct filter_leaf *leaf, int64_t now_ms,
                                      bool *ret_complement)
{
    struct predicate_clock clock = {.now_ms = now_ms};
    struct occurrence_test test;
    occurrence_init(&test, unit_arena, leaf, &clock, ret_complement);
    return test;
}

START_TEST(as_by_hand)
{
    struct cells_random random = {(uint64_t)_i};
    struct scene s;
    for (int round = 0; round < 200; round++) {
        enum filter_op op = ops[(unsigned)_i % ARRAY_LEN(ops)];
        struct filter_leaf leaf = draw_leaf(&random, op);
        bool complement;
        uint64_t out[1];
        draw(&s, &random);
        struct occurrence_test test = test_of(&leaf, NOW_MS, &complement);
        occurrence_match(&test, &s.columns, out);
        for (uint32_t row = 0; row < ROWS; row++)
            ck_assert_msg(((out[row >> 6] >> (row & 63) & 1) != complement) ==
                              by_hand(&s, row, &leaf, NOW_MS),
                          "op %d row %u of round %d", op, row, round);
    }
}
END_TEST

/* Up to the instant that is told nothing changes; at that instant something does. */
START_TEST(the_clock)
{
    struct cells_random random = {(uint64_t)_i + 500};
    struct scene s;
    for (int round = 0; round < 200; round++) {
        struct filter_leaf leaf = draw_leaf(&random, ops[(unsigned)_i % ARRAY_LEN(ops)]);
        bool complement, differs = false;
        draw(&s, &random);
        struct occurrence_test test = test_of(&leaf, NOW_MS, &complement);
        uint64_t next = occurrence_next(&test, &s.columns);
        uint64_t until = next == UINT64_MAX ? 200 : next - 1;
        for (uint32_t row = 0; row < ROWS; row++) {
            bool now = by_hand(&s, row, &leaf, NOW_MS);
            for (uint64_t later = 0; later <= until; later++)
                ck_assert(by_hand(&s, row, &leaf, NOW_MS + (int64_t)later) == now);
            differs |= next != UINT64_MAX && by_hand(&s, row, &leaf, NOW_MS + (int64_t)next) != now;
        }
        ck_assert(differs == (next != UINT64_MAX));
    }
}
END_TEST

START_TEST(counts_of_the_rollup)
{
    const uint32_t stored[] = {0, 1, 2, 3, UINT32_MAX};
    for (unsigned n = 0; n < 5; n++) {
        struct filter_value value = {.type = FILTER_VALUE_NUMBER, .number = n};
        struct filter_leaf leaf = {.column = FILTER_EVENT, .values = &value, .value_count = 1};
        for (unsigned o = 5; o < ARRAY_LEN(ops); o++) {
            bool complement;
            uint64_t out;
            leaf.op = ops[o];
            struct occurrence_test test = test_of(&leaf, NOW_MS, &complement);
            occurrence_match_counts(&test, stored, ARRAY_LEN(stored), &out);
            for (unsigned row = 0; row < ARRAY_LEN(stored); row++) {
                bool want = leaf.op == FILTER_COUNT_AT_LEAST  ? stored[row] >= n
                            : leaf.op == FILTER_COUNT_AT_MOST ? stored[row] <= n
                                                              : stored[row] == n;
                ck_assert(((out >> row & 1) != complement) == want);
            }
        }
    }
}
END_TEST

/* What occurrences hold, of every type. */
static const char *const held[] = {"splan", "n5",          "t",  "f", "l[\"a\",5]",
                                   "o",     "s2026-06-14", "s5", "s"};

/* One occurrence for each of these, by one row each. */
static struct chunk one_of_each(void)
{
    AUTO(draft) draft = draft_new();
    struct buf bytes;
    int64_t at_ms = NOW_MS;
    for (uint32_t i = 0; i < ARRAY_LEN(held); i++) {
        struct str text = str_from(held[i]);
        uint32_t index = draft_row(draft, i);
        draft_put_times(draft, index, TIMES, &at_ms, 1);
        draft_put_values(draft, index, VALUES, &text, 1);
    }
    buf_init(&bytes, 1 << 20);
    draftwrite_small(draft, &bytes);
    return cells_open(cells_take(&bytes));
}

/* Every type of value that an occurrence may hold, under predicates of every type. */
START_TEST(typed_values)
{
    const struct filter_value five = {.type = FILTER_VALUE_NUMBER, .number = 5},
                              yes = {.type = FILTER_VALUE_BOOL, .boolean = true},
                              plan = {.string = STR("plan")}, big = {.string = STR("LA")},
                              a = {.string = STR("a")};
    const struct {
        enum filter_op op;
        bool negated;
        const struct filter_value *value;
        int64_t span_ms;
        const char *want; /* by `held` */
    } cases[] = {
        {FILTER_EQUALS, false, &five, 0, "010000000"},
        {FILTER_EQUALS, true, &five, 0, "101111111"},
        {FILTER_GREATER_EQ, false, &five, 0, "010000000"},
        {FILTER_EQUALS, false, &yes, 0, "001000000"},
        {FILTER_EQUALS, false, &plan, 0, "100000000"},
        {FILTER_CONTAINS, false, &big, 0, "100000000"},
        {FILTER_CONTAINS, false, &a, 0, "100010000"},
        {FILTER_EXISTS, false, NULL, 0, "111111111"},
        {FILTER_EXISTS, true, NULL, 0, "000000000"},
        {FILTER_IS_EMPTY, false, NULL, 0, "000000001"},
        {FILTER_IS_EMPTY, true, NULL, 0, "100010110"},
        {FILTER_WITHIN, false, NULL, 2 * TIMEUTIL_DAY_MS, "000000100"},
    };
    struct chunk chunk = one_of_each();
    const struct chunk_column *values[] = {chunk_find(&chunk, VALUES)};
    struct occurrence_columns columns = {&chunk, chunk_find(&chunk, TIMES), values};
    for (size_t c = 0; c < ARRAY_LEN(cases); c++) {
        struct filter_value operand = cases[c].value ? *cases[c].value : (struct filter_value){0};
        struct filter_leaf where = {.column = FILTER_DATA,
                                    .op = cases[c].op,
                                    .negated = cases[c].negated,
                                    .values = &operand,
                                    .value_count = cases[c].value != NULL,
                                    .span_ms = cases[c].span_ms};
        struct filter_leaf leaf = {
            .column = FILTER_EVENT, .op = FILTER_TRIGGERED, .where = &where, .where_count = 1};
        bool complement;
        uint64_t out;
        struct occurrence_test test = test_of(&leaf, NOW_MS, &complement);
        occurrence_match(&test, &columns, &out);
        for (uint32_t i = 0; i < ARRAY_LEN(held); i++)
            ck_assert_msg((out >> i & 1) == (unsigned)(cases[c].want[i] - '0'), "case %zu: %s", c,
                          held[i]);
    }
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {
        {as_by_hand, 40},
        {the_clock, 40},
        {counts_of_the_rollup, 0},
        {typed_values, 0},
    };
    return UNIT_RUN("occurrence", cases);
}

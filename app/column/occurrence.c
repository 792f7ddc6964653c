#include "column/occurrence.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/num.h"
#include "base/timeutil.h"
#include "filter/fold.h"

#define EVER INT64_MIN
#define ANY_NUMBER UINT64_MAX

/* ---- preparing ----------------------------------------------------------------------------- */

static bool is_count(enum filter_op op)
{
    return op == FILTER_COUNT_AT_LEAST || op == FILTER_COUNT_AT_MOST || op == FILTER_COUNT_EQUALS;
}

bool occurrence_is_needed(const struct filter_leaf *leaf)
{
    return leaf->column == FILTER_EVENT &&
           (leaf->where_count || (is_count(leaf->op) && leaf->has_window));
}

static uint64_t operand(const struct filter_leaf *leaf)
{
    /* Nobody has so many: beyond them all numbers say the same. */
    double most = (double)UINT32_MAX + 1, given = leaf->values[0].number;
    return (uint64_t)(given < most ? given : most);
}

static void set_range(struct occurrence_test *test, uint64_t low, uint64_t high)
{
    test->kind = OCCURRENCE_COUNT;
    test->low = low;
    test->high = high;
}

/* By the four that look at one end of a contact's occurrences; `triggered` is "at least one, ever".
 */
static void set_end(struct occurrence_test *test, enum filter_op op, int64_t cut_ms)
{
    set_range(test, 1, ANY_NUMBER);
    if (op == FILTER_TRIGGERED)
        return;
    test->since_ms = cut_ms;
    if (op == FILTER_TRIGGERED_OLDER_THAN)
        test->kind = OCCURRENCE_LAST_BEFORE;
    else if (op == FILTER_FIRST_TRIGGERED_WITHIN)
        test->kind = OCCURRENCE_FIRST_SINCE;
    else if (op == FILTER_FIRST_TRIGGERED_OLDER_THAN)
        test->kind = OCCURRENCE_FIRST_BEFORE;
}

static void set_test(struct occurrence_test *test, const struct filter_leaf *leaf, int64_t cut_ms)
{
    if (!is_count(leaf->op)) {
        set_end(test, leaf->op, cut_ms);
        return;
    }
    uint64_t given = operand(leaf);
    set_range(test, leaf->op == FILTER_COUNT_AT_MOST ? 0 : given,
              leaf->op == FILTER_COUNT_AT_LEAST ? ANY_NUMBER : given);
    if (leaf->has_window)
        test->since_ms = cut_ms;
}

void occurrence_init(struct occurrence_test *test, struct arena *arena,
                     const struct filter_leaf *leaf, const struct predicate_clock *clock,
                     bool *ret_complement)
{
    *test = (struct occurrence_test){.since_ms = EVER, .where_count = leaf->where_count};
    set_test(test, leaf, clock->now_ms - leaf->span_ms);
    *ret_complement = leaf->negated;
    if (test->low == 0) { /* also true of nobody's occurrences */
        *ret_complement = !leaf->negated;
        set_range(test, test->high == ANY_NUMBER ? ANY_NUMBER : test->high + 1, ANY_NUMBER);
    }
    test->wheres = arena_array(arena, leaf->where_count, sizeof *test->wheres);
    for (size_t i = 0; i < leaf->where_count; i++)
        predicate_init(&test->wheres[i].predicate, arena, &leaf->where[i], clock);
}

/* ---- what an occurrence holds -------------------------------------------------------------- */

static bool string_holds(const struct predicate *p, struct str text, struct arena *scratch)
{
    int64_t date_ms;
    arena_reset(scratch);
    if (timeutil_parse(text, &date_ms) < TIMEUTIL_DAY)
        date_ms = CHUNK_NO_INSTANT;
    return predicate_string(p, text, fold_text(scratch, text), date_ms, false);
}

/* The positive operator on one entry of a dictionary. */
static bool entry_holds(const struct predicate *p, struct str entry, struct arena *scratch)
{
    struct str rest = {entry.at + 1, entry.len - 1};
    double number;
    switch ((enum chunk_tag)entry.at[0]) {
    case CHUNK_TAG_STRING:
        return string_holds(p, rest, scratch);
    case CHUNK_TAG_NUMBER:
        return num_parse(rest, &number) && predicate_number(p, number, false);
    case CHUNK_TAG_TRUE:
    case CHUNK_TAG_FALSE:
        return predicate_bool(p, entry.at[0] == CHUNK_TAG_TRUE, false);
    case CHUNK_TAG_LIST:
        return predicate_list(p, rest);
    case CHUNK_TAG_OBJECT:
        return p->leaf->op == FILTER_EXISTS;
    }
    return false;
}

uint8_t *occurrence_judge(const struct predicate *p, const struct chunk_values *values)
{
    const struct filter_leaf *leaf = p->leaf;
    bool exists = leaf->op == FILTER_EXISTS;
    /* notEmpty is a predicate of its own, which predicate.c decides. */
    bool negated = leaf->negated && leaf->op != FILTER_IS_EMPTY;
    AUTO(arena) scratch = arena_new();
    uint8_t *match = arena_xmalloc((size_t)values->count + 1);
    match[0] = exists && negated;
    for (uint32_t i = 0; i < values->count; i++) {
        struct str entry = chunk_values_entry(values, i);
        match[i + 1] = entry.len && entry_holds(p, entry, scratch) != negated;
    }
    return match;
}

/* ---- one chunk ----------------------------------------------------------------------------- */

/* The occurrences of a chunk, each with whether it counts (NULL: all do). */
struct occurrences {
    struct chunk_times times;
    uint8_t *counts;
};

static void leave_out(struct occurrences *o, uint32_t rows, const struct chunk_values *values,
                      const uint8_t *match)
{
    for (uint32_t row = 0; row < rows; row++) {
        uint32_t from = o->times.offsets[row], count = o->times.offsets[row + 1] - from;
        uint32_t held = values->offsets[row + 1] - values->offsets[row];
        for (uint32_t i = 0; i < count; i++) {
            uint32_t code = i < held ? chunk_values_code(values, values->offsets[row] + i) : 0;
            o->counts[from + i] &= match[code <= values->count ? code : 0];
        }
    }
}

static void occurrences_open(struct occurrences *o, const struct occurrence_test *test,
                             const struct occurrence_columns *columns)
{
    chunk_times(columns->chunk, columns->times, &o->times);
    o->counts = NULL;
    if (!test->where_count)
        return;
    o->counts = arena_xmalloc((size_t)o->times.total + 1);
    memset(o->counts, 1, (size_t)o->times.total + 1);
    for (size_t w = 0; w < test->where_count; w++) {
        struct chunk_values values = {0};
        if (columns->values[w])
            chunk_values(columns->chunk, columns->values[w], &values);
        uint8_t *match = occurrence_judge(&test->wheres[w].predicate, &values);
        if (columns->values[w])
            leave_out(o, columns->chunk->rows, &values, match);
        else if (!match[0])
            memset(o->counts, 0, (size_t)o->times.total + 1);
        free(match);
    }
}

/* The time of the n-th occurrence that counts, from the newest on; EVER when there are fewer. */
static int64_t nth_newest(const struct occurrences *o, uint32_t row, uint64_t n)
{
    uint32_t from = o->times.offsets[row], to = o->times.offsets[row + 1];
    if (n > to - from)
        return EVER;
    if (!o->counts)
        return n ? o->times.ms[to - n] : EVER;
    while (n && to > from)
        n -= o->counts[--to];
    return n ? EVER : o->times.ms[to];
}

static int64_t oldest(const struct occurrences *o, uint32_t row)
{
    uint32_t from = o->times.offsets[row], to = o->times.offsets[row + 1];
    while (from < to && o->counts && !o->counts[from])
        from++;
    return from < to ? o->times.ms[from] : EVER;
}

/* As many, and since then; EVER since EVER holds too, if there are as many. */
static bool has_since(const struct occurrences *o, uint32_t row, uint64_t n, int64_t since_ms)
{
    int64_t at_ms = nth_newest(o, row, n);
    return at_ms != EVER && at_ms >= since_ms;
}

static bool row_matches(const struct occurrence_test *test, const struct occurrences *o,
                        uint32_t row)
{
    int64_t at_ms;
    switch (test->kind) {
    case OCCURRENCE_COUNT:
        return has_since(o, row, test->low, test->since_ms) &&
               (test->high == ANY_NUMBER || !has_since(o, row, test->high + 1, test->since_ms));
    case OCCURRENCE_LAST_BEFORE:
        at_ms = nth_newest(o, row, 1);
        return at_ms != EVER && at_ms < test->since_ms;
    case OCCURRENCE_FIRST_SINCE:
        return oldest(o, row) >= test->since_ms;
    case OCCURRENCE_FIRST_BEFORE:
        at_ms = oldest(o, row);
        return at_ms != EVER && at_ms < test->since_ms;
    }
    return false;
}

void occurrence_match(const struct occurrence_test *test, const struct occurrence_columns *columns,
                      uint64_t *out)
{
    uint32_t rows = columns->chunk->rows;
    struct occurrences o;
    memset(out, 0, chunk_words(rows) * sizeof *out);
    occurrences_open(&o, test, columns);
    for (uint32_t row = 0; row < rows; row++)
        out[row >> 6] |= (uint64_t)row_matches(test, &o, row) << (row & 63);
    free(o.counts);
}

void occurrence_match_counts(const struct occurrence_test *test, const uint32_t *counts,
                             uint32_t rows, uint64_t *out)
{
    uint64_t low = test->low, high = test->high;
    memset(out, 0, chunk_words(rows) * sizeof *out);
    for (uint32_t row = 0; row < rows; row++)
        out[row >> 6] |= (uint64_t)(counts[row] >= low && counts[row] <= high) << (row & 63);
}

uint32_t occurrence_list(const struct occurrence_test *test,
                         const struct occurrence_columns *columns, uint32_t slot, int64_t *ret)
{
    struct occurrences o;
    uint32_t count = 0;
    occurrences_open(&o, test, columns);
    for (uint32_t i = o.times.offsets[slot]; i < o.times.offsets[slot + 1]; i++) {
        if (!o.counts || o.counts[i])
            ret[count++] = o.times.ms[i];
    }
    free(o.counts);
    return count;
}

/* ---- when the clock changes an answer ------------------------------------------------------- */

/* A window's start moves up to an occurrence, and passes it one ms later. */
static uint64_t leaves_after(const struct occurrence_test *test, int64_t at_ms)
{
    if (at_ms == EVER || at_ms < test->since_ms)
        return UINT64_MAX;
    return (uint64_t)at_ms - (uint64_t)test->since_ms + 1;
}

static uint64_t row_next(const struct occurrence_test *test, const struct occurrences *o,
                         uint32_t row)
{
    switch (test->kind) {
    case OCCURRENCE_COUNT: {
        uint64_t low = leaves_after(test, nth_newest(o, row, test->low));
        uint64_t high = test->high == ANY_NUMBER
                            ? UINT64_MAX
                            : leaves_after(test, nth_newest(o, row, test->high + 1));
        return low < high ? low : high;
    }
    case OCCURRENCE_LAST_BEFORE:
        return leaves_after(test, nth_newest(o, row, 1));
    case OCCURRENCE_FIRST_SINCE:
    case OCCURRENCE_FIRST_BEFORE:
        return leaves_after(test, oldest(o, row));
    }
    return UINT64_MAX;
}

uint64_t occurrence_next(const struct occurrence_test *test,
                         const struct occurrence_columns *columns)
{
    struct occurrences o;
    uint64_t best = UINT64_MAX;
    if (test->since_ms == EVER)
        return best;
    occurrences_open(&o, test, columns);
    for (uint32_t row = 0; row < columns->chunk->rows; row++) {
        uint64_t one = row_next(test, &o, row);
        best = one < best ? one : best;
    }
    free(o.counts);
    return best;
}

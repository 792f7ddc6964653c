/*
 * Occurrences: predicates that look at how often an event happened, or at its occurrences one by
 * one: counts, counts in a window, and everything that asks what the occurrences hold (`where`).
 * filters.md §5 in code, next to the windows on first and last, which predicate.h decides.
 *
 * All is false of who never had the event: what is true of him ("at most 2", "exactly 0") is said
 * as the complement of what is not.
 */
#ifndef MUSTER_COLUMN_OCCURRENCE_H
#define MUSTER_COLUMN_OCCURRENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "column/chunk.h"
#include "column/predicate.h"

/* Of those occurrences that count: */
enum occurrence_kind {
    OCCURRENCE_COUNT,       /* low ≤ how many since `since_ms` ≤ high */
    OCCURRENCE_LAST_BEFORE, /* there is one, and the last is older than since_ms */
    OCCURRENCE_FIRST_SINCE,
    OCCURRENCE_FIRST_BEFORE
};

/* A condition on what an occurrence holds under one property. */
struct occurrence_where {
    struct predicate predicate;
    int column; /* index into program.columns */
};

struct occurrence_test {
    enum occurrence_kind kind;
    uint64_t low, high; /* low ≥ 1; low > high: never */
    int64_t since_ms;   /* INT64_MIN: ever */
    struct occurrence_where *wheres;
    size_t where_count;
};

/* True when a leaf on an event needs the occurrences; the roll-up (count, first, last) does for the
 * others. */
bool occurrence_is_needed(const struct filter_leaf *leaf);

/*
 * Prepares a leaf on an event for `clock`, in `arena`. ret_complement: the leaf is the complement
 * of the test. Columns of `wheres` are the caller's to set.
 */
void occurrence_init(struct occurrence_test *test, struct arena *arena,
                     const struct filter_leaf *leaf, const struct predicate_clock *clock,
                     bool *ret_complement);

/* Columns of one chunk: the times, and by `wheres` what is held (NULL: nothing by anybody). */
struct occurrence_columns {
    const struct chunk *chunk;
    const struct chunk_column *times;
    const struct chunk_column **values;
};

/* Which codes of a column of values satisfy a condition: count + 1 flags, 0 (holds nothing) among
 * them. The caller frees them. */
uint8_t *occurrence_judge(const struct predicate *p, const struct chunk_values *values);

/* Slots for which the test holds: chunk_words(rows) words into out. */
void occurrence_match(const struct occurrence_test *test, const struct occurrence_columns *columns,
                      uint64_t *out);

/* The same by the roll-up's count, for a COUNT without window and where. */
void occurrence_match_counts(const struct occurrence_test *test, const uint32_t *counts,
                             uint32_t rows, uint64_t *out);

/* The times of a slot's occurrences that fulfil all conditions, ascending; the window is left
 * aside. `ret` has room for `columns->times`' occurrences of the slot. Returns how many. */
uint32_t occurrence_list(const struct occurrence_test *test,
                         const struct occurrence_columns *columns, uint32_t slot, int64_t *ret);

/*
 * How many ms after `now_ms` an occurrence leaves the window such that the answer for its row may
 * change; UINT64_MAX: none does. Never too late.
 */
uint64_t occurrence_next(const struct occurrence_test *test,
                         const struct occurrence_columns *columns);

#endif

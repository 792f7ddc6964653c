/*
 * Sweep: how the answer of a leaf on occurrences goes on with the clock, for one slot, in one pass
 * over its occurrences: each counts for one span of time, and leaves the leaf's window at one
 * instant. forecast.h would else look at all of them at each instant at which one changes.
 */
#ifndef MUSTER_COLUMN_SWEEP_H
#define MUSTER_COLUMN_SWEEP_H

#include "column/occurrence.h"
#include "column/timeline.h"

/* True when it can: no condition recurs (anniversaries). */
bool sweep_can(const struct occurrence_test *test);

/*
 * The answers of the test, negation left aside, for slot 0 from `at_ms` on, which is the clock that
 * it was made for. `ret` lives in `arena`.
 */
void sweep_occurrences(struct arena *arena, const struct occurrence_test *test,
                       const struct occurrence_columns *columns, int64_t at_ms,
                       struct timeline *ret);

#endif

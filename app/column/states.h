/*
 * States: the ways in which contacts can differ in one field for the leaves of a filter. The values
 * of the field fall into finitely many classes that no leaf looks into; each is a state, with one
 * value that stands for it. Which leaf is true in which state is asked of predicate.h and
 * occurrence.h, so that there is one meaning. What cannot be told for all values of a class ("a
 * text that is none of those named" contains "x") is open: either may be.
 */
#ifndef MUSTER_COLUMN_STATES_H
#define MUSTER_COLUMN_STATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "filter/filter.h"

enum states_truth { STATES_NO, STATES_YES, STATES_OPEN };

struct states;

/*
 * The states of the field that the leaves are on (all the same column and name; at least one), at
 * `now_ms`; in the arena. `occurrence`: the field is a property of an occurrence, where the mixed
 * rule never holds. `voids[i]`: the `where` of leaf i can hold of no occurrence.
 */
struct states *states_new(struct arena *arena, const struct filter_leaf *const *leaves,
                          const bool *voids, size_t count, int64_t now_ms, bool occurrence);

/* How many there are; 0: too many to tell apart, and nothing is known of the field. */
size_t states_count(const struct states *states);

/* How many tests the leaves make: a leaf and its negation make the same. */
size_t states_test_count(const struct states *states);

/* The test that leaf i makes. */
size_t states_test(const struct states *states, size_t leaf);

/* The truth of leaf i in a state. When it is open, it is what the test says, or the contrary for a
 * negated leaf. */
enum states_truth states_leaf(const struct states *states, size_t leaf, size_t state);

/* True when the truth of the test is open in the state. */
bool states_is_open(const struct states *states, size_t test, size_t state);

/* True when leaves compare the field both with the clock and with fixed dates: what is found then
 * holds at that instant only. */
bool states_is_clocked(const struct states *states);

#endif

/*
 * Timeline: how an answer about one contact goes on with the clock and no new data: what it is at
 * first, and the instants at which it turns into the other.
 */
#ifndef MUSTER_COLUMN_TIMELINE_H
#define MUSTER_COLUMN_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct timeline {
    bool first;
    int64_t *flips; /* ascending */
    size_t count, room;
};

/* Adds the answer at `at_ms`, which is no earlier than what was added before; one that does not
 * differ is left out. */
void timeline_add(struct arena *arena, struct timeline *timeline, int64_t at_ms, bool answer);

/* What it is behind all its flips. */
bool timeline_last(const struct timeline *timeline);

/*
 * True while all of them are (`all`), or while one of them is. All of nothing is true, one of
 * nothing is not. `ret` lives in `arena`.
 */
void timeline_join(struct arena *arena, bool all, const struct timeline *const *parts, size_t count,
                   struct timeline *ret);

#endif

/* Bounds: the instants, numbers and texts between which predicates tell values apart. */
#ifndef MUSTER_COLUMN_BOUNDS_H
#define MUSTER_COLUMN_BOUNDS_H

#include "column/predicate.h"

#define BOUNDS_EARLIEST (INT64_MIN + 1) /* INT64_MIN stands for no instant */

/*
 * Between two neighbours all instants and numbers are alike, the lower one included; and so are the
 * texts that are none of `texts`.
 */
struct bounds {
    struct arena *arena;
    int64_t *times;
    double *numbers;
    struct str *texts;
    size_t time_count, time_room, number_count, number_room, text_count, text_room;
};

/* Begins with the least of each, in `arena`. */
void bounds_init(struct bounds *b, struct arena *arena);

/* Adds an instant from which on something is different. */
void bounds_add_time(struct bounds *b, int64_t ms);

/* Adds all that the predicate tells apart, under the mixed rule too. */
void bounds_add_predicate(struct bounds *b, const struct predicate *p);

/* Puts all in order, each once. To be called when all are added. */
void bounds_sort(struct bounds *b);

/* Sorts items of `size` bytes and leaves one of those that are equal. Returns how many are left. */
size_t bounds_sort_unique(void *items, size_t count, size_t size,
                          int (*compare)(const void *, const void *));

#endif

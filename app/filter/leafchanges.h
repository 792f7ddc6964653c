/* What changed from one filter to another, leaf by leaf. */
#ifndef MUSTER_FILTER_LEAFCHANGES_H
#define MUSTER_FILTER_LEAFCHANGES_H

#include "filter/filter.h"

/* Leaves that only one of the two has, in order of writing; each as often as it has it more. */
struct leafchanges {
    const struct filter **added;
    size_t added_count;
    const struct filter **removed;
    size_t removed_count;
};

/*
 * Compares the leaves of two filters, wherever they stand: leaves that only moved, or groups that
 * only were joined in another way, are no change. `from` NULL: there was none. `ret` lives in
 * `arena` and borrows the leaves.
 */
void leafchanges_between(struct arena *arena, const struct filter *from, const struct filter *to,
                         struct leafchanges *ret);

#endif

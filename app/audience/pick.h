/*
 * Pick: for which of some contacts a filter holds. What a roster is for everybody: only the chunks
 * that they are in are looked at.
 */
#ifndef MUSTER_AUDIENCE_PICK_H
#define MUSTER_AUDIENCE_PICK_H

#include "base/arena.h"
#include "db/db.h"
#include "filter/filter.h"

struct pick_query {
    uint32_t project_id;
    const struct filter *filter;
    int64_t ahead_ms; /* evaluated so long after the snapshot's clock: a test clock's */
    const uint32_t *ordinals;
    size_t count;
};

/*
 * Evaluates in a read transaction of its own. ret[i]: the filter holds for ordinals[i]; false for
 * one that is gone. Returns 0, or an err as question_init (audience/question.h).
 */
int pick_take(struct db *db, const struct pick_query *query, bool *ret,
              struct err_info *info) MUST_CHECK;

#endif

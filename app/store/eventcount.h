/*
 * How many occurrences of which name lie in which hour or day: the log and the entries and exits
 * (store/transition.h), by the index that has name and instant, so that no row is read. There are
 * no counters that tracking would have to keep.
 */
#ifndef MUSTER_STORE_EVENTCOUNT_H
#define MUSTER_STORE_EVENTCOUNT_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "db/db.h"

struct eventcount_query {
    uint32_t project_id;
    const uint32_t *names; /* distinct numbers of event names */
    size_t name_count;
    int64_t from_ms; /* from_ms ≤ instant < to_ms */
    int64_t to_ms;
    int64_t step_ms; /* of a bucket, the first of which begins at from_ms */
};

/* Told of each name and bucket that has some; of entries and exits apart from the log. */
typedef void eventcount_fn(uint32_t name_id, uint32_t bucket, uint64_t count, void *ctx);

/*
 * Counts in a read transaction of its own; `fn` is called behind it. Where there are more than
 * EVENTCOUNT_AT_ONCE it does so only under a budget that is long enough for any number, so that no
 * process of the pool for short requests is bound. Returns 0, ERR_SLOW, or an err of the database.
 */
#define EVENTCOUNT_AT_ONCE 50000
int eventcount_read(struct db *db, struct arena *arena, const struct eventcount_query *query,
                    eventcount_fn *fn, void *ctx, struct err_info *info) MUST_CHECK;

#endif

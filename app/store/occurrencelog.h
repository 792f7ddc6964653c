/*
 * The log by contact: occurrences of one event name in ascending ordinals, of each contact in order
 * of time, streamed. Entries and exits of segments come from `transition`, whose rows are their
 * occurrences; they hold no data of their own.
 */
#ifndef MUSTER_STORE_OCCURRENCELOG_H
#define MUSTER_STORE_OCCURRENCELOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "db/db.h"

struct occurrencelog_row {
    uint32_t ordinal;
    int64_t at_ms;
    struct str
        data; /* JSON; at == NULL: none, or not asked for. Valid until the callback returns */
};

typedef int occurrencelog_fn(const struct occurrencelog_row *row, void *ctx, struct err_info *info);

struct occurrencelog_query {
    uint32_t project_id;
    uint32_t name_id;
    bool moves; /* the name is that of entries or exits */
    bool data;  /* give it: that reads the rows behind the index */
};

/*
 * Calls `fn` for each occurrence with first ≤ ordinal ≤ last. `fn` must not use `db`. Returns 0,
 * what fn returned, or an err of db_query.
 */
int occurrencelog_range(struct db *db, const struct occurrencelog_query *query, uint32_t first,
                        uint32_t last, occurrencelog_fn *fn, void *ctx,
                        struct err_info *info) MUST_CHECK;

/* The same for the contacts of the first `limit` (0: all) marks of the event's part. */
int occurrencelog_dirty(struct db *db, const struct occurrencelog_query *query, uint64_t limit,
                        occurrencelog_fn *fn, void *ctx, struct err_info *info) MUST_CHECK;

#endif

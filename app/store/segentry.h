/* Since when a contact is in segments, as far as that is stored. */
#ifndef MUSTER_STORE_SEGENTRY_H
#define MUSTER_STORE_SEGENTRY_H

#include <stdint.h>

#include "base/arena.h"
#include "db/db.h"

struct segentry {
    uint32_t segment_id;
    int64_t entered_ms;
};

/* The static segments that it is a member of, by id; in the arena. Returns 0 or an err of db_query.
 */
int segentry_static(struct db *db, struct arena *arena, uint32_t project_id, uint32_t ordinal,
                    struct segentry **ret, size_t *ret_count, struct err_info *info) MUST_CHECK;

/*
 * The segments whose last transition of this contact is an entry, by id; in the arena. Returns 0 or
 * an err of db_query.
 */
int segentry_tracked(struct db *db, struct arena *arena, uint32_t project_id, uint32_t ordinal,
                     struct segentry **ret, size_t *ret_count, struct err_info *info) MUST_CHECK;

#endif

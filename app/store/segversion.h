/*
 * Rows of `segment_version`: what the filter of a dynamic segment is and was, since when, and by
 * which key. Written by store/segment in the transactions that write the segment.
 */
#ifndef MUSTER_STORE_SEGVERSION_H
#define MUSTER_STORE_SEGVERSION_H

#include <stdint.h>

#include "base/arena.h"
#include "db/db.h"

#define SEGVERSION_KEPT 200 /* of one segment, the newest */

/* One version. Text lives in the arena it was read into. */
struct segversion {
    uint32_t version;
    int dialect;       /* enum segment_dialect, of source */
    struct str filter; /* canonical text */
    struct str source; /* as it was given */
    int64_t changed_ms;
    struct str key_id;   /* at == NULL: no key made it, or nobody knows which */
    struct str key_name; /* read only */
};

/*
 * Stores a version in the transaction that is open, and lets go of those that are too old; one that
 * is there already gets the new source and dialect, and keeps when and by whom it was made. Returns
 * 0 or an err of db_exec.
 */
int segversion_add(struct db *db, uint32_t project_id, uint32_t segment_id,
                   const struct segversion *version, struct err_info *info) MUST_CHECK;

/*
 * A segment's versions, newest first, behind the first `offset` and at most `limit`; in the arena.
 * ret_total: how many there are. Returns 0 or an err of db_query.
 */
int segversion_list(struct db *db, struct arena *arena, uint32_t project_id, uint32_t segment_id,
                    uint64_t offset, size_t limit, struct segversion **ret, size_t *ret_count,
                    uint64_t *ret_total, struct err_info *info) MUST_CHECK;

/* One version. Returns 0, ERR_NOT_FOUND "Version not found", or an err of db_query. */
int segversion_get(struct db *db, struct arena *arena, uint32_t project_id, uint32_t segment_id,
                   uint32_t version, struct segversion *ret, struct err_info *info) MUST_CHECK;

/* Deletes those of a segment that goes. Returns 0 or an err of db_exec. */
int segversion_drop(struct db *db, uint32_t project_id, uint32_t segment_id,
                    struct err_info *info) MUST_CHECK;

#endif

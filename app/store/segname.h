/* What segments are called and how their filters were written: for answers that tell of them. */
#ifndef MUSTER_STORE_SEGNAME_H
#define MUSTER_STORE_SEGNAME_H

#include "store/segment.h"

struct segname {
    struct uuid uuid;
    struct str name;
    enum segment_kind kind;
    enum segment_dialect dialect;
    struct str source; /* the filter as given, in `dialect`; at == NULL for a static one */
};

/*
 * The names of the segments with these (distinct) ids, in no order; unknown ones are left out.
 * `ret` has room for `count`, the text lives in `arena`. Runs in the transaction that is open.
 * Returns 0 or an err of db_query.
 */
int segname_read(struct db *db, struct arena *arena, uint32_t project_id, const struct uuid *uuids,
                 size_t count, struct segname *ret, size_t *ret_count,
                 struct err_info *info) MUST_CHECK;

#endif

/* Taking a field out of the data of contacts. */
#ifndef MUSTER_STORE_FIELDDELETE_H
#define MUSTER_STORE_FIELDDELETE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"
#include "db/db.h"

/*
 * Deletes what stands under `path` (dotted, below `data.`) in contacts with these (ascending,
 * distinct) ordinals, in one transaction; the objects that it stood in stay. ret_changed: how many
 * had something there. Returns 0 or an err of contactmany_change.
 */
int fielddelete_many(struct db *db, struct arena *arena, uint32_t project_id, struct str path,
                     const uint32_t *ordinals, size_t count, uint64_t *ret_changed,
                     struct err_info *info) MUST_CHECK;

#endif

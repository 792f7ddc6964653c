/* Erasing all occurrences of an event name. */
#ifndef MUSTER_STORE_EVENTDELETE_H
#define MUSTER_STORE_EVENTDELETE_H

#include "base/arena.h"
#include "db/db.h"

/*
 * Erases every occurrence of a name with its rollups, a bounded batch of contacts in each
 * transaction; the name keeps its number. Returns 0 with the number of occurrences that went, or an
 * err of the database, and then a part of them may be gone: it can be called again.
 */
int eventdelete_name(struct db *db, struct arena *arena, uint32_t project_id, struct str name,
                     uint64_t *ret_deleted, struct err_info *info) MUST_CHECK;

#endif

/*
 * Rebuild and verify: the columns made from nothing but rows, to be stored or to be compared with
 * what is.
 */
#ifndef MUSTER_AUDIENCE_REBUILD_H
#define MUSTER_AUDIENCE_REBUILD_H

#include <stdint.h>

#include "audience/upkeep.h"

/*
 * Rebuilds every column from rows, whatever is stored, a chunk of contacts at a time, each in its
 * own transaction. `progress` (may be NULL) hears percent done. Adds to `report`. Returns 0,
 * ERR_NOT_FOUND or an err of the database.
 */
int rebuild_run(struct db *db, uint32_t project_id, void (*progress)(unsigned percent),
                struct upkeep_report *report, struct err_info *info) MUST_CHECK;

/*
 * Compares base + delta + dirty with a rebuild from rows, bit for bit, in one snapshot.
 * ret_different gets the number of (column group, chunk) that differ, and of (part, chunk) whose
 * stored bytes are damaged; each is told to `differs` (may be NULL). Returns 0, ERR_NOT_FOUND or an
 * err of the database.
 */
int rebuild_verify(struct db *db, uint32_t project_id,
                   void (*differs)(uint64_t column_key, uint32_t chunk), uint64_t *ret_different,
                   struct err_info *info) MUST_CHECK;

#endif

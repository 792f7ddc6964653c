/*
 * Column build: columns of occurrences that filters asked for, made from the log. Run by
 * muster-worker.
 */
#ifndef MUSTER_AUDIENCE_COLUMNBUILD_H
#define MUSTER_AUDIENCE_COLUMNBUILD_H

#include "audience/upkeep.h"

/*
 * Builds all columns of a project that are wanted, and goes on with those that an earlier run left
 * half built. `stop` (may be NULL) is asked before each chunk, which is a transaction of its own.
 * Adds to `report`. Returns 0, ERR_NOT_FOUND or an err of the database.
 */
int columnbuild_run(struct db *db, uint32_t project_id, bool (*stop)(void),
                    struct upkeep_report *report, struct err_info *info) MUST_CHECK;

#endif

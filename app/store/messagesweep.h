/* Messages of campaigns, workflows and sequences that were deleted. */
#ifndef MUSTER_STORE_MESSAGESWEEP_H
#define MUSTER_STORE_MESSAGESWEEP_H

#include "db/db.h"

/*
 * Deletes them, some thousand rows to a statement, at most max_batches times; of all projects. A
 * claim drops them before that, so nothing of them goes out meanwhile. Returns 0 or an err of the
 * database.
 */
int messagesweep_run(struct db *db, unsigned max_batches, struct err_info *info) MUST_CHECK;

#endif

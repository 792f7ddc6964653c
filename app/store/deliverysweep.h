/* Deleting messages that nobody needs any more. */
#ifndef MUSTER_STORE_DELIVERYSWEEP_H
#define MUSTER_STORE_DELIVERYSWEEP_H

#include <stdbool.h>

#include "base/arena.h"
#include "db/db.h"

/* How long a message is kept that was delivered. */
#define DELIVERYSWEEP_KEEP_MS (INT64_C(30) * 86400000)

/*
 * Goes on with what can go, of all projects, in transactions of at most DELIVERY_BATCH messages:
 * those that were published 30 days ago and delivered, and everything of deleted webhooks. At most
 * `max_batches`. Any number may do it at once. For the worker. Returns 0 or an err of the database.
 */
int deliverysweep_run(struct db *db, struct arena *arena, unsigned max_batches,
                      struct err_info *info) MUST_CHECK;

#endif

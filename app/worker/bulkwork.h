/* Bulk actions: many contacts are subscribed, unsubscribed or deleted (http-api §1.5). */
#ifndef MUSTER_WORKER_BULKWORK_H
#define MUSTER_WORKER_BULKWORK_H

#include "worker/job.h"

/*
 * Works on one bulk job for a turn, a batch of contacts in each transaction, and clears away what
 * old ones left. See job_fn.
 */
bool bulkwork_run(const struct job *job, bool *ret_more);

#endif

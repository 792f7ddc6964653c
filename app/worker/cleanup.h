/* Takes away what nobody needs any more. */
#ifndef MUSTER_WORKER_CLEANUP_H
#define MUSTER_WORKER_CLEANUP_H

#include "worker/job.h"

/* Idempotency keys that have expired, what deleted segments and webhooks left behind, messages that
 * were delivered long ago, sign-in links and sessions that are over, old acts of the audit, files
 * of the chunk cache over its size. A bounded piece of each. */
job_fn cleanup_job;

#endif

/* Webhooks go out: deliver/deliver.h with the settings of this process. */
#ifndef MUSTER_WORKER_DELIVERJOB_H
#define MUSTER_WORKER_DELIVERJOB_H

#include "worker/job.h"

/* In a process that loops it stays until there was nothing to do for a while, and wants to be
 * called again at once. */
job_fn deliverjob_run;

#endif

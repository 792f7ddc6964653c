/* Imports: files that were uploaded become contacts and events. */
#ifndef MUSTER_WORKER_IMPORT_H
#define MUSTER_WORKER_IMPORT_H

#include "worker/job.h"

/* Works on one import for a turn, and clears away what old ones left. See job_fn. */
bool import_job(const struct job *job, bool *ret_more);

#endif

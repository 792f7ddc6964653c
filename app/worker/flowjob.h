/* The job `flows`: starts executions, wakes those that wait, and does the steps that are due. */
#ifndef MUSTER_WORKER_FLOWJOB_H
#define MUSTER_WORKER_FLOWJOB_H

#include "worker/job.h"

/* As job_fn (worker/job.h). Works for a slice of time; what is left it says. */
bool flowjob_run(const struct job *job, bool *ret_more);

#endif

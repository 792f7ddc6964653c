/* The job that keeps tracked segments and stored counts current: audience/tracking.h. */
#ifndef MUSTER_WORKER_COMPUTE_H
#define MUSTER_WORKER_COMPUTE_H

#include "worker/job.h"

job_fn compute_job;

#endif

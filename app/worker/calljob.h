/* WEBHOOK steps of workflows are called. */
#ifndef MUSTER_WORKER_CALLJOB_H
#define MUSTER_WORKER_CALLJOB_H

#include "worker/job.h"

/*
 * Claims executions that stand at a WEBHOOK step (class EXECUTION_CALL), calls many at once over a
 * lease and outside any transaction, and writes what came of it with the move to the next step. A
 * worker that dies leaves leases that run out: the call is made again, and the log says so.
 */
job_fn calljob_run;

#endif

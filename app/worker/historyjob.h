/*
 * The job that keeps what charts of segments are made of: counts static segments whose members
 * changed (dynamic ones are counted by their runs), and thins what is old.
 */
#ifndef MUSTER_WORKER_HISTORYJOB_H
#define MUSTER_WORKER_HISTORYJOB_H

#include "worker/job.h"

/* One run over all projects. */
job_fn historyjob_run;

#endif

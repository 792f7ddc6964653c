/* Campaigns that are due or being sent: their recipients, and a message for each. */
#ifndef MUSTER_WORKER_CAMPAIGNJOB_H
#define MUSTER_WORKER_CAMPAIGNJOB_H

#include "worker/job.h"

/*
 * Works on one campaign for a turn: finds its recipients once it is due, puts their messages in, a
 * batch in each transaction, and sees when nothing of it is open any more. See job_fn.
 */
bool campaignjob_run(const struct job *job, bool *ret_more);

#endif

/* Messages of Amazon SNS that wait: verified, and what they tell of messages stored. */
#ifndef MUSTER_WORKER_SNS_H
#define MUSTER_WORKER_SNS_H

#include "worker/job.h"

/* Looks at one batch; wants more while there is any. */
job_fn sns_job;

#endif

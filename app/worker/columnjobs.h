/* The jobs that keep the columns up: audience/upkeep.h and columnbuild.h over every project that
 * has work. */
#ifndef MUSTER_WORKER_COLUMNJOBS_H
#define MUSTER_WORKER_COLUMNJOBS_H

#include "worker/job.h"

job_fn columnjobs_fold;  /* dirty rows into the delta */
job_fn columnjobs_merge; /* the delta into the base */
job_fn columnjobs_build; /* columns of occurrences that filters asked for */

#endif

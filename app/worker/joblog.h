/* How jobs tell what failed. */
#ifndef MUSTER_WORKER_JOBLOG_H
#define MUSTER_WORKER_JOBLOG_H

#include <stdint.h>

#include "base/err.h"

/* Logs that a job failed. project_id 0: it was about no single project. */
void joblog_failure(const char *job, uint32_t project_id, int err, const struct err_info *info);

#endif

#include "worker/joblog.h"

#include "base/log.h"

void joblog_failure(const char *job, uint32_t project_id, int err, const struct err_info *info)
{
    struct log_line line;
    log_begin(&line, LOG_LEVEL_ERROR, "job failed");
    log_add(&line, "job", "%s", job);
    if (project_id)
        log_add_i64(&line, "project", project_id);
    log_add(&line, "err", "%s", err_name(err));
    log_add(&line, "problem", "%s", info->message);
    log_end(&line);
}

#include "worker/compute.h"

#include "audience/due.h"
#include "audience/tracking.h"
#include "base/log.h"
#include "base/stopsignal.h"
#include "base/timeutil.h"
#include "worker/joblog.h"

static void log_run(uint32_t project_id, const struct due_segment *target,
                    const struct tracking_report *report, int64_t start_us)
{
    struct log_line line;
    log_begin(&line, LOG_LEVEL_INFO, "compute");
    log_add_i64(&line, "project", project_id);
    log_add_i64(&line, "segment", target->segment_id);
    log_add_i64(&line, "entries", (int64_t)report->entries);
    log_add_i64(&line, "exits", (int64_t)report->exits);
    log_add_i64(&line, "total", (int64_t)report->total);
    log_add_i64(&line, "us", timeutil_mono_us() - start_us);
    log_end(&line);
}

/* One segment. Entries and exits are events, which may make other segments due. */
static bool run_segment(const struct job *job, uint32_t project_id,
                        const struct due_segment *target, bool *ret_more)
{
    struct tracking_request request = {.project_id = project_id,
                                       .segment_id = target->segment_id,
                                       .uuid = target->uuid,
                                       .stop = stopsignal_asked};
    struct tracking_report report = {0};
    struct err_info info = {0};
    int64_t start_us = timeutil_mono_us();
    int err = tracking_run(job->db, &request, &report, &info);
    if (err == ERR_NOT_FOUND)
        return true; /* deleted meanwhile */
    if (err < 0) {
        joblog_failure("compute", project_id, err, &info);
        return false;
    }
    if (report.entries + report.exits > 0) {
        log_run(project_id, target, &report, start_us);
        *ret_more = true;
    }
    return true;
}

static bool run_project(const struct job *job, uint32_t project_id, bool *ret_more)
{
    AUTO(arena) arena = arena_new();
    struct due_segment *targets = NULL;
    size_t count = 0;
    struct err_info info = {0};
    int err = due_segments(job->db, arena, project_id, job->now, &targets, &count, &info);
    bool good = err == 0;
    if (!good)
        joblog_failure("compute", project_id, err, &info);
    for (size_t i = 0; i < count && !stopsignal_asked(); i++)
        good &= run_segment(job, project_id, &targets[i], ret_more);
    return good;
}

bool compute_job(const struct job *job, bool *ret_more)
{
    uint32_t *projects = NULL;
    size_t count = 0;
    struct err_info info = {0};
    *ret_more = false;
    int err = due_projects(job->db, job->arena, job->now, &projects, &count, &info);
    bool good = err == 0;
    if (!good)
        joblog_failure("compute", 0, err, &info);
    for (size_t i = 0; i < count && !stopsignal_asked(); i++)
        good &= run_project(job, projects[i], ret_more);
    return good;
}

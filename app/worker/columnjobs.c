#include "worker/columnjobs.h"

#include "audience/columnbuild.h"
#include "base/log.h"
#include "base/stopsignal.h"
#include "base/timeutil.h"
#include "store/chunkstore.h"
#include "store/occurrencecolumn.h"
#include "worker/joblog.h"

typedef int pending_projects(struct db *db, struct arena *arena, uint32_t **ret, size_t *ret_count,
                             struct err_info *info);
typedef int upkeep_step(struct db *db, uint32_t project_id, bool force,
                        struct upkeep_report *report, struct err_info *info);

static void log_report(const char *name, uint32_t project_id, const struct upkeep_report *report,
                       int64_t start_us)
{
    struct log_line line;
    log_begin(&line, LOG_LEVEL_INFO, name);
    log_add_i64(&line, "project", project_id);
    log_add_i64(&line, "marks", (int64_t)report->folded_marks);
    log_add_i64(&line, "chunks", (int64_t)report->merged_chunks);
    log_add_i64(&line, "bytes", (int64_t)report->bytes_written);
    log_add_i64(&line, "us", timeutil_mono_us() - start_us);
    log_end(&line);
}

/* One step over every project that has work. One that fails does not stop the others. */
static bool run_upkeep(const struct job *job, const char *name, pending_projects *pending,
                       upkeep_step *step)
{
    uint32_t *projects = NULL;
    size_t count = 0;
    struct err_info info = {0};
    int err = pending(job->db, job->arena, &projects, &count, &info);
    bool good = err == 0;
    if (!good)
        joblog_failure(name, 0, err, &info);
    for (size_t i = 0; i < count && !stopsignal_asked(); i++) {
        struct upkeep_report report = {0};
        int64_t start_us = timeutil_mono_us();
        info = (struct err_info){0};
        err = step(job->db, projects[i], job->now, &report, &info);
        if (err < 0) {
            joblog_failure(name, projects[i], err, &info);
            good = false;
        }
        if (report.folded_marks > 0 || report.merged_chunks > 0)
            log_report(name, projects[i], &report, start_us);
    }
    return good;
}

bool columnjobs_fold(const struct job *job, bool *ret_more)
{
    *ret_more = false;
    return run_upkeep(job, "fold", chunkstore_pending, upkeep_fold);
}

bool columnjobs_merge(const struct job *job, bool *ret_more)
{
    *ret_more = false;
    return run_upkeep(job, "merge", chunkstore_pending, upkeep_merge);
}

#define BUILD_MS 2000 /* of one project, before other work has its turn */

static int64_t build_until_us;

static bool build_is_over(void)
{
    return stopsignal_asked() || timeutil_mono_us() >= build_until_us;
}

static int build(struct db *db, uint32_t project_id, bool force, struct upkeep_report *report,
                 struct err_info *info)
{
    (void)force; /* somebody waits for it: there is nothing to put off */
    build_until_us = timeutil_mono_us() + BUILD_MS * INT64_C(1000);
    return columnbuild_run(db, project_id, build_is_over, report, info);
}

bool columnjobs_build(const struct job *job, bool *ret_more)
{
    uint32_t *projects;
    size_t count = 0;
    struct err_info info = {0};
    bool good = run_upkeep(job, "build", occurrencecolumn_pending, build);
    good = good && occurrencecolumn_pending(job->db, job->arena, &projects, &count, &info) == 0;
    *ret_more = count > 0;
    return good;
}

#include "worker/historyjob.h"

#include "audience/audience.h"
#include "base/stopsignal.h"
#include "base/timeutil.h"
#include "column/key.h"
#include "store/project.h"
#include "store/seghistory.h"
#include "worker/joblog.h"

#define THIN_BATCHES 1000u
#define COUNT_MS 10000 /* of one run, before other jobs have their turn */

static int64_t count_until_us;

/* Who was counted longest ago comes first: what is left comes next time. */
static bool count_is_over(const struct job *job)
{
    return stopsignal_asked() || (!job->now && timeutil_mono_us() >= count_until_us);
}

static int count_segment(const struct job *job, uint32_t project_id,
                         const struct seghistory_static *segment, struct err_info *info)
{
    AUTO(arena) arena = arena_new();
    struct audience_page page;
    struct audience_query query = {.project_id = project_id,
                                   .set_id = KEY_SET_SEGMENT(segment->segment_id),
                                   .at_ms = AUDIENCE_AT_NOW,
                                   .order = AUDIENCE_ENTERED};
    int err = audience_page(job->db, arena, &query, &page, info);
    if (err)
        return err;
    /* What changed since the state was read is counted, and will be counted once more. */
    struct seghistory_count count = {.segment_id = segment->segment_id,
                                     .version = segment->version,
                                     .count = page.total,
                                     .counted_ms = page.at_ms,
                                     .state = &segment->state};
    return seghistory_set_count(job->db, project_id, &count, info);
}

/* Counts the static segments of a project; one that fails does not stop the others. */
static bool count_project(const struct job *job, uint32_t project_id)
{
    AUTO(arena) arena = arena_new();
    struct seghistory_static *segments = NULL;
    size_t count = 0;
    struct err_info info = {0};
    int err = seghistory_uncounted(job->db, arena, project_id, &segments, &count, &info);
    bool good = err == 0;
    if (!good)
        joblog_failure("history", project_id, err, &info);
    for (size_t i = 0; i < count && !count_is_over(job); i++) {
        err = count_segment(job, project_id, &segments[i], &info);
        if (err < 0) {
            joblog_failure("history", project_id, err, &info);
            good = false;
        }
    }
    return good;
}

static bool count_all(const struct job *job)
{
    uint32_t *projects = NULL;
    size_t count = 0;
    struct err_info info = {0};
    int err = seghistory_projects(job->db, job->arena, &projects, &count, &info);
    bool good = err == 0;
    if (!good)
        joblog_failure("history", 0, err, &info);
    count_until_us = timeutil_mono_us() + COUNT_MS * INT64_C(1000);
    for (size_t i = 0; i < count && !count_is_over(job); i++)
        good &= count_project(job, projects[i]);
    return good;
}

static bool thin_all(const struct job *job)
{
    struct project *projects = NULL;
    size_t count = 0;
    int64_t now_ms = 0;
    struct err_info info = {0};
    int err = db_now_ms(job->db, &now_ms, &info);
    if (!err)
        err = project_list(job->db, job->arena, &projects, &count, &info);
    for (size_t i = 0; !err && i < count && !stopsignal_asked(); i++)
        err = seghistory_thin(job->db, job->arena, projects[i].project_id, now_ms, THIN_BATCHES,
                              &info);
    if (err < 0)
        joblog_failure("history", 0, err, &info);
    return err == 0;
}

bool historyjob_run(const struct job *job, bool *ret_more)
{
    *ret_more = false;
    bool good = count_all(job);
    return thin_all(job) && good;
}

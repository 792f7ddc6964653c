#include "worker/cleanup.h"

#include "audience/chunkcache.h"
#include "base/stopsignal.h"
#include "base/timeutil.h"
#include "store/audit.h"
#include "store/deliverysweep.h"
#include "store/idempotency.h"
#include "store/logintoken.h"
#include "store/member.h"
#include "store/messagesweep.h"
#include "store/project.h"
#include "store/projectpurge.h"
#include "store/session.h"
#include "store/snsmessage.h"
#include "store/transition.h"
#include "worker/joblog.h"

#define PURGE_ROWS 1000u
#define SWEEP_BATCHES 1000u
#define SWEEP_ROWS 50000u
#define AUDIT_ROWS 10000u
#define DAY_MS INT64_C(86400000)
#define CACHE_AGE_S 600 /* files of chunks that are no more: what was erased goes with them */

/* What deleted projects have left behind. */
static int purge_projects(const struct job *job, struct err_info *info)
{
    uint32_t *projects = NULL;
    size_t count = 0;
    int err = projectpurge_list(job->db, job->arena, &projects, &count, info);
    for (size_t i = 0; err == 0 && i < count && !stopsignal_asked(); i++) {
        uint64_t deleted;
        err = projectpurge_run(job->db, projects[i], SWEEP_BATCHES, info);
        if (err == 0)
            err = chunkcache_sweep(job->db, projects[i], CACHE_AGE_S, &deleted, info);
    }
    return err;
}

/* Sign-in links that are over, and sessions that ended before the oldest act that is kept. */
static int sweep_sign_ins(const struct job *job, int64_t audit_from_ms, struct err_info *info)
{
    int err = logintoken_sweep(job->db, PURGE_ROWS, info);
    return err < 0 ? err : session_sweep(job->db, audit_from_ms, PURGE_ROWS, info);
}

bool cleanup_job(const struct job *job, bool *ret_more)
{
    struct project *projects = NULL;
    size_t count = 0;
    struct err_info info = {0};
    int64_t audit_from_ms = timeutil_wall_ms() - (int64_t)job->config->audit_days * DAY_MS;
    *ret_more = false;
    int err = project_list(job->db, job->arena, &projects, &count, &info);
    for (size_t i = 0; err == 0 && i < count && !stopsignal_asked(); i++) {
        uint64_t deleted;
        err = idempotency_purge(job->db, projects[i].project_id, PURGE_ROWS, &info);
        if (err == 0)
            err = chunkcache_sweep(job->db, projects[i].project_id, CACHE_AGE_S, &deleted, &info);
        if (err == 0)
            err = audit_sweep(job->db, projects[i].project_id, audit_from_ms, AUDIT_ROWS, &info);
    }
    if (err == 0)
        err = sweep_sign_ins(job, audit_from_ms, &info);
    if (err == 0)
        err = member_sweep(job->db, job->arena, SWEEP_BATCHES, &info);
    if (err == 0)
        err = transition_sweep(job->db, job->arena, SWEEP_BATCHES, &info);
    if (err == 0)
        err = deliverysweep_run(job->db, job->arena, SWEEP_BATCHES, &info);
    if (err == 0)
        err = messagesweep_run(job->db, SWEEP_BATCHES, &info);
    if (err == 0)
        err = purge_projects(job, &info);
    if (err == 0)
        err = snsmessage_sweep(job->db, SWEEP_ROWS, &info);
    if (err < 0)
        joblog_failure("cleanup", 0, err, &info);
    chunkcache_evict(job->config->cache_max_bytes);
    return err == 0;
}

#include "worker/worker.h"

#include <string.h>

#include "audience/chunkcache.h"
#include "audience/upkeep.h"
#include "base/log.h"
#include "base/stopsignal.h"
#include "base/timeutil.h"
#include "store/idempotency.h"
#include "store/member.h"
#include "store/project.h"

#define CLEANUP_EVERY_MS 60000
#define PURGE_ROWS 1000u
#define SWEEP_BATCHES 1000u
#define PAUSE_MAX_S 30u

unsigned worker_job(const char *word)
{
    static const struct {
        const char *word;
        unsigned jobs;
    } words[] = {
        {"fold", WORKER_FOLD},
        {"merge", WORKER_MERGE},
        {"cleanup", WORKER_CLEANUP},
        {"all", WORKER_ALL},
    };
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strcmp(word, words[i].word) == 0)
            return words[i].jobs;
    return 0;
}

static void log_failure(const char *job, uint32_t project_id, int err, const struct err_info *info)
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

typedef int upkeep_step(struct db *db, uint32_t project_id, bool force,
                        struct upkeep_report *report, struct err_info *info);

/* One upkeep job over every project that has work. A project that fails does not stop the others.
 */
static bool run_upkeep(struct db *db, struct arena *arena, bool now, const char *job,
                       upkeep_step *step)
{
    uint32_t *projects = NULL;
    size_t count = 0;
    struct err_info info = {0};
    int err = upkeep_pending(db, arena, &projects, &count, &info);
    bool good = err == 0;
    if (!good)
        log_failure(job, 0, err, &info);
    for (size_t i = 0; i < count && !stopsignal_asked(); i++) {
        struct upkeep_report report = {0};
        struct log_line line;
        int64_t start_us = timeutil_mono_us();
        info = (struct err_info){0};
        err = step(db, projects[i], now, &report, &info);
        if (err < 0) {
            log_failure(job, projects[i], err, &info);
            good = false;
        }
        if (report.folded_marks == 0 && report.merged_chunks == 0)
            continue;
        log_begin(&line, LOG_LEVEL_INFO, job);
        log_add_i64(&line, "project", projects[i]);
        log_add_i64(&line, "marks", (int64_t)report.folded_marks);
        log_add_i64(&line, "chunks", (int64_t)report.merged_chunks);
        log_add_i64(&line, "bytes", (int64_t)report.bytes_written);
        log_add_i64(&line, "us", timeutil_mono_us() - start_us);
        log_end(&line);
    }
    return good;
}

static bool run_cleanup(struct db *db, struct arena *arena, uint64_t cache_max_bytes)
{
    struct project *projects = NULL;
    size_t count = 0;
    struct err_info info = {0};
    int err = project_list(db, arena, &projects, &count, &info);
    for (size_t i = 0; err == 0 && i < count && !stopsignal_asked(); i++)
        err = idempotency_purge(db, projects[i].project_id, PURGE_ROWS, &info);
    if (err == 0)
        err = member_sweep(db, arena, SWEEP_BATCHES, &info);
    if (err < 0)
        log_failure("cleanup", 0, err, &info);
    chunkcache_evict(cache_max_bytes);
    return err == 0;
}

static bool run_once(struct db *db, const struct worker_config *config, bool cleanup_due)
{
    AUTO(arena) arena = arena_new();
    bool good = true;
    if (config->jobs & WORKER_FOLD)
        good &= run_upkeep(db, arena, config->now, "fold", upkeep_fold);
    if (config->jobs & WORKER_MERGE)
        good &= run_upkeep(db, arena, config->now, "merge", upkeep_merge);
    if ((config->jobs & WORKER_CLEANUP) && cleanup_due)
        good &= run_cleanup(db, arena, config->cache_max_bytes);
    chunkcache_trim();
    return good;
}

/* A run that failed is followed by longer and longer pauses: the database may be away for hours. */
static unsigned next_pause_s(const struct worker_config *config, bool good, unsigned pause_s)
{
    if (good || pause_s >= PAUSE_MAX_S)
        return good ? config->loop_s : pause_s;
    return pause_s * 2 < PAUSE_MAX_S ? pause_s * 2 : PAUSE_MAX_S;
}

bool worker_run(struct db *db, const struct worker_config *config)
{
    bool good = true;
    unsigned pause_s = config->loop_s;
    int64_t next_cleanup_ms = 0;
    stopsignal_prepare();
    while (!stopsignal_asked()) {
        int64_t now_ms = timeutil_wall_ms();
        bool cleanup_due = now_ms >= next_cleanup_ms;
        if (cleanup_due)
            next_cleanup_ms = now_ms + CLEANUP_EVERY_MS;
        good = run_once(db, config, cleanup_due);
        if (config->loop_s == 0)
            break;
        pause_s = next_pause_s(config, good, pause_s);
        (void)stopsignal_wait(-1, (int)pause_s * 1000);
    }
    return good;
}

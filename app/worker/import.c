#include "worker/import.h"

#include "base/log.h"
#include "base/stopsignal.h"
#include "base/timeutil.h"
#include "store/importrun.h"
#include "worker/joblog.h"

#define SLICE_MS 5000u /* of one import, then another project's has its turn */
#define SWEEP_EVERY_MS 60000

static bool go_on(const struct importjob *job, void *ctx)
{
    (void)job;
    (void)ctx;
    return !stopsignal_asked();
}

static const char *end_word(const struct importjob *job, enum importrun_end end)
{
    return end == IMPORTRUN_PAUSED ? "paused"
           : end == IMPORTRUN_LOST ? "cancelled or lost"
                                   : importjob_state_word(job->state);
}

static void log_turn(const struct importjob *job, uint64_t rows, int64_t us, enum importrun_end end)
{
    char id[37];
    struct log_line line;
    uuid_format(&job->job_id, id);
    log_begin(&line, LOG_LEVEL_INFO, "import");
    log_add_i64(&line, "project", job->project_id);
    log_add(&line, "id", "%s", id);
    log_add(&line, "kind", "%s", importjob_kind_word(job->input.kind));
    log_add(&line, "end", "%s", end_word(job, end));
    log_add_i64(&line, "rows", (int64_t)rows);
    log_add_i64(&line, "rows_done", (int64_t)importlane_rows(&job->counts));
    log_add_i64(&line, "rejected", (int64_t)job->counts.rejected);
    log_add_i64(&line, "us", us);
    log_end(&line);
}

static bool work_on(const struct job *job, struct importjob *import)
{
    struct err_info info = {0};
    enum importrun_end end = IMPORTRUN_DONE;
    AUTO(arena) batches = arena_new();
    struct importrun run = {.handles = {job->db, job->reserve, job->hostmem},
                            .arena = batches,
                            .lease_ms = (unsigned)job->config->lease_s * 1000,
                            .slice_ms = SLICE_MS,
                            .progress = go_on};
    int64_t start_us = timeutil_mono_us();
    uint64_t rows = importlane_rows(&import->counts);
    int err = importrun_work(&run, import, &end, &info);
    if (err < 0) {
        joblog_failure("import", import->project_id, err, &info);
        return false;
    }
    rows = importlane_rows(&import->counts) > rows ? importlane_rows(&import->counts) - rows : 0;
    log_turn(import, rows, timeutil_mono_us() - start_us, end);
    return true;
}

static bool sweep(const struct job *job)
{
    static int64_t next_us;
    struct err_info info = {0};
    int64_t now_us = timeutil_mono_us();
    if (now_us < next_us && !job->now) {
        return true;
    }
    next_us = now_us + (int64_t)SWEEP_EVERY_MS * 1000;
    int err = importjob_sweep(job->db, job->arena, &info);
    if (err < 0) {
        joblog_failure("import", 0, err, &info);
    }
    return err == 0;
}

bool import_job(const struct job *job, bool *ret_more)
{
    struct importjob import;
    struct err_info info = {0};
    int found =
        importjob_claim(job->db, job->arena, (unsigned)job->config->lease_s * 1000, &import, &info);
    *ret_more = found > 0;
    if (found < 0) {
        joblog_failure("import", 0, found, &info);
        return false;
    }
    return found == 0 ? sweep(job) : work_on(job, &import);
}

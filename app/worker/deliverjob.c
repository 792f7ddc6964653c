#include "worker/deliverjob.h"

#include "base/log.h"
#include "base/metrics.h"
#include "deliver/deliver.h"
#include "store/delivery.h"
#include "worker/joblog.h"

static void log_report(const struct deliver_report *report)
{
    uint64_t attempts = report->delivered + report->failed + report->dead;
    struct log_line line;
    metrics_job_lives("deliver");
    metrics_add("muster_deliveries_delivered_total", report->delivered);
    metrics_add("muster_deliveries_failed_total", report->failed);
    metrics_add("muster_deliveries_dead_total", report->dead);
    log_begin(&line, LOG_LEVEL_INFO, "deliver");
    log_add_i64(&line, "delivered", (int64_t)report->delivered);
    log_add_i64(&line, "failed", (int64_t)report->failed);
    log_add_i64(&line, "dead", (int64_t)report->dead);
    log_add_i64(&line, "refused", (int64_t)report->refused);
    log_add_i64(&line, "stale", (int64_t)report->stale);
    log_add_i64(&line, "released", (int64_t)report->released);
    log_add_i64(&line, "mean_ms", attempts ? report->sum_ms / (int64_t)attempts : 0);
    log_add_i64(&line, "max_ms", report->max_ms);
    log_end(&line);
    if (report->unreadable)
        log_note(LOG_LEVEL_ERROR, "job failed",
                 "deliver: %llu times a webhook's secret did not open; is "
                 "MUSTER_MASTER_KEY_FILE the one that sealed it?",
                 (unsigned long long)report->unreadable);
}

/* Without a master key nobody can have made a webhook; where somebody did, that is worth a word. */
static bool has_no_work(const struct job *job)
{
    struct delivery_queue *queues = NULL;
    struct err_info info = {0};
    size_t count = 0;
    return delivery_queues(job->db, job->arena, 1, &queues, &count, &info) == 0 && count == 0;
}

bool deliverjob_run(const struct job *job, bool *ret_more)
{
    struct urlguard guard;
    struct seal seal;
    struct err_info info = {0};
    struct deliver_config config = {
        .guard = &guard,
        .seal = &seal,
        .lease_ms = (int64_t)job->config->lease_s * 1000,
        .until = job->now     ? DELIVER_ALL
                 : job->loops ? DELIVER_STAY
                              : DELIVER_TIMED,
        .tell = log_report,
    };
    *ret_more = false;
    int err = urlguard_parse(job->config->webhook_allow, &guard, &info);
    if (err == 0)
        err = seal_load(job->config->master_key_file, &seal, &info);
    if (err == ERR_NOT_FOUND && has_no_work(job))
        return true;
    if (err == 0)
        err = deliver_run(job->db, &config, ret_more, &info);
    if (err < 0)
        joblog_failure("deliver", 0, err, &info);
    return err == 0;
}

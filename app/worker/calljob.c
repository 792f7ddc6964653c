#include "worker/calljob.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/metrics.h"
#include "base/stopsignal.h"
#include "base/timeutil.h"
#include "worker/callbatch.h"
#include "worker/joblog.h"

#define HELD_MAX 512u /* executions claimed and not over: bounds the memory */
#define PROJECTS_MAX 256u
#define WAITING_MAX 32u /* of a project, for receivers that answer soon: then it claims no more */
#define WRITE_MAX 128u
#define POLL_US INT64_C(500000)
#define WRITE_AFTER_US INT64_C(20000)
#define WRITE_AGAIN_US INT64_C(500000)
#define WAIT_MS 50
#define TIMED_US INT64_C(45000000)
#define STOP_GRACE_US INT64_C(5000000)
#define DB_BUDGET_MS 10000u

struct run {
    const struct job *job;
    struct urlguard guard;
    struct call_pool *pool;
    struct callhost_table *hosts;
    struct arena *scratch; /* for the time of one step */
    struct callbatch *batches;
    size_t held; /* items that are not over */
    struct callbatch_item *waiting, **waiting_end;
    struct callbatch_item *ended[HELD_MAX]; /* not yet written */
    size_t ended_count;
    int64_t ended_us; /* when the first of them ended */
    int64_t clock_ms; /* the executor's clock minus the monotonic one */
    int64_t start_us, poll_us, write_us, grace_us;
    struct callbatch_report report;
    uint64_t put_off, called;
    bool has_more; /* the last claims were full */
    bool is_ending, is_empty;
    int err; /* the first one of the database */
    struct err_info info;
};

static void fail(struct run *run, int err, const struct err_info *info)
{
    if (run->err == 0) {
        run->err = err;
        run->info = *info;
    }
}

static int64_t lease_ms(const struct run *run)
{
    return (int64_t)run->job->config->lease_s * 1000;
}

static int64_t now_ms(const struct run *run)
{
    return run->clock_ms + timeutil_mono_us() / 1000;
}

/* The database's clock, and a test's lead (base/config.h). */
static int read_clock(struct run *run, struct err_info *info)
{
    int64_t at_ms = 0;
    int err = db_now_ms(run->job->db, &at_ms, info);
    if (err == 0)
        run->clock_ms =
            at_ms + (int64_t)run->job->config->clock_ahead_s * 1000 - timeutil_mono_us() / 1000;
    return err;
}

/* ---- the end of an item -------------------------------------------------------------------- */

static void free_batch(struct run *run, struct callbatch *batch)
{
    struct callbatch **at = &run->batches;
    while (*at != batch)
        at = &(*at)->next;
    *at = batch->next;
    callbatch_free(batch);
}

static void drop_item(struct run *run, struct callbatch_item *item)
{
    struct callbatch *batch = item->batch;
    item->is_over = true;
    run->held--;
    if (++batch->over == batch->count)
        free_batch(run, batch);
}

static void keep_ended(struct run *run, struct callbatch_item *item)
{
    if (run->ended_count == 0)
        run->ended_us = timeutil_mono_us();
    run->ended[run->ended_count++] = item;
}

/* ---- giving back --------------------------------------------------------------------------- */

/* Items that are given back untried, each at its due_ms. */
struct giving_back {
    struct callbatch_item **items;
    size_t count;
};

static int give_back_body(struct db *db, void *ctx, struct err_info *info)
{
    const struct giving_back *giving = ctx;
    int err = 0;
    for (size_t i = 0; err == 0 && i < giving->count; i++)
        err = execution_release(db, giving->items[i]->execution, 1, giving->items[i]->due_ms, info);
    return err;
}

/* Where that fails their leases run out. */
static void give_back(struct run *run, struct callbatch_item **items, size_t count)
{
    struct giving_back giving = {items, count};
    struct err_info info = {0};
    if (count == 0)
        return;
    db_set_deadline_ms(run->job->db, DB_BUDGET_MS);
    int err = db_tx(run->job->db, DB_WRITE, give_back_body, &giving, &info);
    if (err < 0)
        fail(run, err, &info);
    for (size_t i = 0; i < count; i++)
        drop_item(run, items[i]);
}

/* ---- claiming ------------------------------------------------------------------------------ */

static void wait_for_place(struct run *run, struct callbatch_item *item)
{
    item->host->waiting++;
    item->next = NULL;
    *run->waiting_end = item;
    run->waiting_end = &item->next;
}

/* Each item of a new batch gets a place to wait in, or comes again later. */
static void take_in(struct run *run, struct callbatch *batch)
{
    struct callbatch_item *late[CALLBATCH_MAX];
    size_t count = 0;
    batch->renewed_us = timeutil_mono_us();
    batch->next = run->batches;
    run->batches = batch;
    run->held += batch->count;
    for (size_t i = 0; i < batch->count; i++) {
        struct callbatch_item *item = &batch->items[i];
        if (item->fate != CALLBATCH_OPEN) {
            keep_ended(run, item);
            continue;
        }
        item->host = callhost_of(run->hosts, item->request.url);
        if (item->host && item->host->waiting < callhost_waiting_max(item->host)) {
            wait_for_place(run, item);
            continue;
        }
        item->due_ms =
            item->host ? callhost_put_off(item->host, now_ms(run)) : now_ms(run) + CALL_BUDGET_MS;
        late[count++] = item;
    }
    run->put_off += count;
    give_back(run, late, count);
}

/* Those of a project (0: of all) who wait. Who waits for a slow receiver keeps nobody else from
 * being claimed. */
static size_t waiting_of(const struct run *run, uint32_t project_id)
{
    size_t count = 0;
    for (const struct callbatch_item *item = run->waiting; item; item = item->next)
        count += !item->host->is_slow && (project_id == 0 || item->batch->project_id == project_id);
    return count;
}

static void claim_project(struct run *run, uint32_t project_id)
{
    struct callbatch *batch = NULL;
    struct err_info info = {0};
    db_set_deadline_ms(run->job->db, DB_BUDGET_MS);
    int err = callbatch_claim(run->job->db, &run->guard, project_id, now_ms(run), lease_ms(run),
                              &batch, &info);
    if (err < 0) {
        fail(run, err, &info);
    } else if (batch->count == 0) {
        callbatch_free(batch);
    } else {
        run->has_more |= batch->count == CALLBATCH_MAX;
        take_in(run, batch);
    }
}

static void poll_projects(struct run *run, int64_t now_us)
{
    struct execution_queue *queues = NULL;
    struct err_info info = {0};
    size_t count = 0;
    db_set_deadline_ms(run->job->db, DB_BUDGET_MS);
    int err = read_clock(run, &info);
    if (err == 0)
        err = execution_queues(run->job->db, run->scratch, EXECUTION_CALL, now_ms(run),
                               PROJECTS_MAX, &queues, &count, &info);
    if (err < 0)
        fail(run, err, &info);
    run->is_empty = count == 0;
    run->has_more = false;
    run->poll_us = now_us + POLL_US;
    for (size_t i = 0; err == 0 && i < count && run->err == 0 && !stopsignal_asked(); i++) {
        if (run->held + CALLBATCH_MAX > HELD_MAX)
            break;
        if (waiting_of(run, queues[i].project_id) < WAITING_MAX)
            claim_project(run, queues[i].project_id);
        call_run(run->pool, 0);
    }
    arena_reset(run->scratch);
}

/* ---- calling ------------------------------------------------------------------------------- */

static void start_call(struct run *run, struct callbatch_item *item)
{
    callhost_begin(run->hosts, item->host);
    call_start(run->pool, &item->request);
    run->called++;
}

/* Calls those for whom there is a place. Where a receiver has become slow, more wait for it than
 * should: they come again later. */
static void start_waiting(struct run *run)
{
    struct callbatch_item *late[HELD_MAX];
    struct callbatch_item **at = &run->waiting;
    size_t count = 0;
    while (*at) {
        struct callbatch_item *item = *at;
        bool has_place = callhost_has_place(run->hosts, item->host);
        if (!has_place && item->host->waiting <= callhost_waiting_max(item->host)) {
            at = &item->next;
            continue;
        }
        *at = item->next;
        item->host->waiting--;
        if (has_place) {
            start_call(run, item);
        } else {
            item->due_ms = callhost_put_off(item->host, now_ms(run));
            late[count++] = item;
        }
    }
    run->waiting_end = at;
    run->put_off += count;
    give_back(run, late, count);
}

static void take_results(struct run *run)
{
    struct sender_result sent;
    uint32_t random;
    while (call_take(run->pool, &sent)) {
        struct callbatch_item *item = sent.owner;
        callhost_end(run->hosts, item->host, sent.status != 0, sent.duration_ms);
        uuid_random(&random, sizeof random);
        callbatch_judge(item, &sent, now_ms(run), random);
        keep_ended(run, item);
    }
}

/* ---- writing ------------------------------------------------------------------------------- */

/* Takes the items of the first one's project out of what ended. */
static size_t take_project(struct run *run, struct callbatch_item **ret)
{
    uint32_t project_id = run->ended[0]->batch->project_id;
    size_t count = 0, kept = 0;
    for (size_t i = 0; i < run->ended_count; i++) {
        if (count < WRITE_MAX && run->ended[i]->batch->project_id == project_id)
            ret[count++] = run->ended[i];
        else
            run->ended[kept++] = run->ended[i];
    }
    run->ended_count = kept;
    return count;
}

static bool write_project(struct run *run)
{
    struct callbatch_item *items[WRITE_MAX];
    struct err_info info = {0};
    size_t count = take_project(run, items);
    db_set_deadline_ms(run->job->db, DB_BUDGET_MS);
    int err =
        callbatch_write(run->job->db, run->scratch, items, count, now_ms(run), &run->report, &info);
    arena_reset(run->scratch);
    for (size_t i = 0; i < count; i++) {
        if (err == 0)
            drop_item(run, items[i]);
        else
            run->ended[run->ended_count++] = items[i];
    }
    if (err < 0) {
        fail(run, err, &info);
        run->write_us = timeutil_mono_us() + WRITE_AGAIN_US;
    }
    return err == 0;
}

/* Many at a time, or what there is after a moment: a commit is shared. */
static void write_ended(struct run *run)
{
    int64_t now_us = timeutil_mono_us();
    bool is_full = run->ended_count >= WRITE_MAX || call_in_flight(run->pool) == 0;
    if (run->ended_count == 0 || now_us < run->write_us ||
        (!is_full && now_us - run->ended_us < WRITE_AFTER_US))
        return;
    while (run->ended_count > 0 && write_project(run))
        ;
}

/* ---- leases -------------------------------------------------------------------------------- */

struct renewing {
    const struct run *run;
    const struct callbatch *batch;
};

static int renew_body(struct db *db, void *ctx, struct err_info *info)
{
    const struct renewing *renewing = ctx;
    int err = 0;
    for (size_t i = 0; err == 0 && i < renewing->batch->count; i++) {
        bool held;
        if (!renewing->batch->items[i].is_over)
            err = execution_renew(db, renewing->batch->items[i].execution, 1, now_ms(renewing->run),
                                  lease_ms(renewing->run), &held, info);
    }
    return err;
}

/* Where it fails it is tried again with the next third of the lease. */
static void renew_leases(struct run *run)
{
    int64_t now_us = timeutil_mono_us();
    for (struct callbatch *batch = run->batches; batch; batch = batch->next) {
        struct renewing renewing = {run, batch};
        struct err_info info = {0};
        if (now_us - batch->renewed_us < lease_ms(run) * 1000 / 3)
            continue;
        batch->renewed_us = now_us;
        db_set_deadline_ms(run->job->db, DB_BUDGET_MS);
        if (db_tx(run->job->db, DB_WRITE, renew_body, &renewing, &info) < 0)
            return;
    }
}

/* ---- the run ------------------------------------------------------------------------------- */

/* What has not begun is given back; what is under way is waited for. */
static void begin_end(struct run *run, int64_t grace_us)
{
    struct callbatch_item *items[HELD_MAX];
    size_t count = 0;
    run->is_ending = true;
    run->grace_us = timeutil_mono_us() + grace_us;
    for (struct callbatch_item *item = run->waiting; item; item = item->next) {
        item->host->waiting--;
        item->due_ms = now_ms(run);
        items[count++] = item;
    }
    run->waiting = NULL;
    run->waiting_end = &run->waiting;
    give_back(run, items, count);
}

static bool is_over(const struct run *run, int64_t now_us)
{
    if (run->is_ending)
        return run->held == 0 || now_us >= run->grace_us;
    return run->held == 0 && run->is_empty;
}

static bool wants_poll(const struct run *run, int64_t now_us)
{
    if (now_us >= run->poll_us || run->held == 0)
        return true;
    return run->has_more && run->held + CALLBATCH_MAX <= HELD_MAX &&
           waiting_of(run, 0) < WAITING_MAX / 2;
}

/* One round: ask, call, wait, write. */
static void go_round(struct run *run)
{
    int64_t now_us = timeutil_mono_us();
    bool is_late = !run->job->now && now_us - run->start_us >= TIMED_US;
    if (!run->is_ending && stopsignal_asked())
        begin_end(run, STOP_GRACE_US);
    else if (!run->is_ending && (is_late || run->err < 0))
        begin_end(run, CALL_BUDGET_MS * INT64_C(1000) + STOP_GRACE_US);
    if (!run->is_ending && wants_poll(run, now_us))
        poll_projects(run, now_us);
    start_waiting(run);
    if (call_in_flight(run->pool) > 0)
        call_run(run->pool, WAIT_MS);
    else if (run->ended_count > 0 && now_us < run->write_us)
        (void)stopsignal_wait(-1, WAIT_MS);
    take_results(run);
    write_ended(run);
    renew_leases(run);
    metrics_job_lives("call");
}

static void tell(const struct run *run)
{
    struct log_line line;
    if (run->called + run->put_off + run->report.failed == 0)
        return;
    metrics_add("muster_calls_done_total", run->report.done);
    metrics_add("muster_calls_repeated_total", run->report.again);
    metrics_add("muster_calls_failed_total", run->report.failed);
    log_begin(&line, LOG_LEVEL_INFO, "call");
    log_add_i64(&line, "called", (int64_t)run->called);
    log_add_i64(&line, "done", (int64_t)run->report.done);
    log_add_i64(&line, "again", (int64_t)run->report.again);
    log_add_i64(&line, "failed", (int64_t)run->report.failed);
    log_add_i64(&line, "stale", (int64_t)run->report.stale);
    log_add_i64(&line, "put_off", (int64_t)run->put_off);
    log_end(&line);
}

static void close_run(struct run *run)
{
    db_set_deadline_ms(run->job->db, 0);
    call_pool_free(run->pool);
    callhost_table_free(run->hosts);
    arena_free(run->scratch);
    while (run->batches)
        free_batch(run, run->batches);
}

bool calljob_run(const struct job *job, bool *ret_more)
{
    struct run *run = arena_alloc(job->arena, sizeof *run);
    *run = (struct run){.job = job, .start_us = timeutil_mono_us()};
    run->waiting_end = &run->waiting;
    run->pool = call_pool_new(&run->guard);
    run->hosts = callhost_table_new();
    run->scratch = arena_new();
    run->err = urlguard_parse(job->config->webhook_allow, &run->guard, &run->info);
    while (!is_over(run, timeutil_mono_us()))
        go_round(run);
    tell(run);
    if (run->err < 0)
        joblog_failure("call", 0, run->err, &run->info);
    /* What moved is work for the job `flows`. */
    *ret_more = run->err == 0 && (run->is_ending || run->report.done > 0);
    close_run(run);
    return run->err == 0;
}

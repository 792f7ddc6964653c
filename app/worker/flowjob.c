#include "worker/flowjob.h"

#include "base/log.h"
#include "base/metrics.h"
#include "base/stopsignal.h"
#include "base/timeutil.h"
#include "flow/cronrun.h"
#include "flow/executor.h"
#include "flow/start.h"
#include "store/executionlist.h"
#include "store/flowevent.h"
#include "store/flowrun.h"
#include "worker/joblog.h"

#define SLICE_MS 5000 /* then other jobs have their turn */
#define SWEEP_EVERY_MS 60000
#define SWEEP_BATCHES 200u
#define SWEEP_VERSIONS 500u
#define PROJECTS_AT_ONCE 100
#define RUNS_AT_ONCE 100
#define FAILED_MAX 64

/* One run of the job. */
struct turn {
    const struct job *job;
    struct executor executor;
    int64_t until_us;
    int64_t now_ms; /* the database's clock, and what it is ahead of it */
    bool is_good;
    bool is_cut;                 /* nothing can be done for anybody now */
    bool has_worked;             /* in this round */
    uint32_t failed[FAILED_MAX]; /* projects that come again in the next turn */
    size_t failed_count;
    uint64_t events, woken, started, entering;
    struct executor_report sum;
};

static bool is_over(const struct turn *turn)
{
    return turn->is_cut || stopsignal_asked() || timeutil_mono_us() >= turn->until_us;
}

/* What fails in one project ends the turn of no other, unless the database is away. project_id 0:
 * it is of no project. */
static void fail(struct turn *turn, uint32_t project_id, int err, const struct err_info *info)
{
    turn->is_good = false;
    turn->is_cut |= err == ERR_UNAVAILABLE || project_id == 0 || turn->failed_count == FAILED_MAX;
    if (!turn->is_cut)
        turn->failed[turn->failed_count++] = project_id;
    joblog_failure("flows", project_id, err, info);
}

static bool has_failed(const struct turn *turn, uint32_t project_id)
{
    for (size_t i = 0; i < turn->failed_count; i++)
        if (turn->failed[i] == project_id)
            return true;
    return false;
}

/* ---- steps --------------------------------------------------------------------------------- */

static void add_report(struct turn *turn, const struct executor_report *report)
{
    struct executor_report *sum = &turn->sum;
    turn->has_worked |= report->claimed > 0;
    sum->claimed += report->claimed;
    sum->moved += report->moved;
    sum->ended += report->ended;
    sum->failed += report->failed;
    sum->messages += report->messages;
    sum->retried += report->retried;
}

static void do_steps(struct turn *turn, struct arena *arena)
{
    struct execution_queue *queues = NULL;
    struct err_info info = {0};
    size_t count = 0;
    int err = execution_queues(turn->job->db, arena, EXECUTION_FLOWS, turn->now_ms,
                               PROJECTS_AT_ONCE, &queues, &count, &info);
    if (err)
        fail(turn, 0, err, &info);
    for (size_t i = 0; i < count && !is_over(turn); i++) {
        struct executor_report report = {0};
        if (has_failed(turn, queues[i].project_id))
            continue;
        err = executor_batch(&turn->executor, queues[i].project_id, &report, &info);
        add_report(turn, &report);
        if (err)
            fail(turn, queues[i].project_id, err, &info);
    }
}

/* ---- entering ------------------------------------------------------------------------------ */

static void take_events(struct turn *turn, struct arena *arena)
{
    uint32_t *projects = NULL;
    struct err_info info = {0};
    size_t count = 0;
    int err = flowevent_projects(turn->job->db, arena, PROJECTS_AT_ONCE, &projects, &count, &info);
    if (err)
        fail(turn, 0, err, &info);
    for (size_t i = 0; i < count && !is_over(turn); i++) {
        AUTO(arena) batch = arena_new();
        struct start_report report;
        if (has_failed(turn, projects[i]))
            continue;
        err = start_events(turn->job->db, batch, projects[i], turn->now_ms, &report, &info);
        if (err)
            fail(turn, projects[i], err, &info);
        else if (report.broken > 0)
            log_note(LOG_LEVEL_ERROR, "flow does not read back", "project %u: %llu flows",
                     projects[i], (unsigned long long)report.broken);
        turn->has_worked |= report.taken > 0;
        turn->events += report.taken;
        turn->woken += report.woken;
        turn->started += report.started;
    }
}

static void begin_runs(struct turn *turn, struct arena *arena)
{
    struct workflow_due *due = NULL;
    struct err_info info = {0};
    size_t count = 0;
    int err =
        workflow_scheduled(turn->job->db, arena, turn->now_ms, RUNS_AT_ONCE, &due, &count, &info);
    if (err)
        fail(turn, 0, err, &info);
    for (size_t i = 0; i < count && !is_over(turn); i++) {
        uint64_t entering = 0;
        if (has_failed(turn, due[i].project_id))
            continue;
        err = cronrun_begin(turn->job->db, &due[i], turn->now_ms, turn->executor.ahead_ms,
                            &entering, &info);
        turn->entering += entering;
        /* A column that is being built: the run begins when it is there. */
        bool is_later = err == ERR_UNAVAILABLE && strcmp(info.code, "COLUMN_NOT_READY") == 0;
        turn->has_worked |= !is_later;
        if (err && !is_later)
            fail(turn, due[i].project_id, err, &info);
    }
}

static void enter_runs(struct turn *turn, struct arena *arena)
{
    struct flowrun_part *parts = NULL;
    struct err_info info = {0};
    size_t count = 0;
    int err = flowrun_workflows(turn->job->db, arena, RUNS_AT_ONCE, &parts, &count, &info);
    if (err)
        fail(turn, 0, err, &info);
    for (size_t i = 0; i < count && !is_over(turn); i++) {
        uint64_t started = 0;
        if (has_failed(turn, parts[i].project_id))
            continue;
        err = cronrun_enter(turn->job->db, parts[i].project_id, parts[i].workflow_id, turn->now_ms,
                            &started, &info);
        turn->started += started;
        turn->has_worked |= !err;
        if (err)
            fail(turn, parts[i].project_id, err, &info);
    }
}

/* ---- a run --------------------------------------------------------------------------------- */

/* Whose step is due waits with his events (flowevent_take), so that nobody else has to. */
static void run_round(struct turn *turn)
{
    AUTO(arena) arena = arena_new();
    struct err_info info = {0};
    int err = db_now_ms(turn->job->db, &turn->now_ms, &info);
    turn->has_worked = false;
    if (err) {
        fail(turn, 0, err, &info);
        return;
    }
    turn->now_ms += turn->executor.ahead_ms;
    metrics_job_lives("flows");
    do_steps(turn, arena);
    take_events(turn, arena);
    begin_runs(turn, arena);
    enter_runs(turn, arena);
}

static void sweep(struct turn *turn)
{
    static int64_t next_us;
    struct err_info info = {0};
    int64_t now_us = timeutil_mono_us();
    if (now_us < next_us && !turn->job->now)
        return;
    next_us = now_us + (int64_t)SWEEP_EVERY_MS * 1000;
    int err = executionlist_sweep(turn->job->db, turn->job->arena, SWEEP_BATCHES, &info);
    if (!err)
        err = flowversion_sweep(turn->job->db, turn->job->arena, SWEEP_VERSIONS, &info);
    if (err)
        fail(turn, 0, err, &info);
}

static void log_turn(const struct turn *turn, int64_t us)
{
    const struct executor_report *sum = &turn->sum;
    struct log_line line;
    log_begin(&line, LOG_LEVEL_INFO, "flows");
    log_add_i64(&line, "events", (int64_t)turn->events);
    log_add_i64(&line, "woken", (int64_t)turn->woken);
    log_add_i64(&line, "scheduled", (int64_t)turn->entering);
    log_add_i64(&line, "started", (int64_t)turn->started);
    log_add_i64(&line, "claimed", (int64_t)sum->claimed);
    log_add_i64(&line, "moved", (int64_t)sum->moved);
    log_add_i64(&line, "ended", (int64_t)sum->ended);
    log_add_i64(&line, "failed", (int64_t)sum->failed);
    log_add_i64(&line, "retried", (int64_t)sum->retried);
    log_add_i64(&line, "messages", (int64_t)sum->messages);
    log_add_i64(&line, "us", us);
    log_end(&line);
}

bool flowjob_run(const struct job *job, bool *ret_more)
{
    int64_t start_us = timeutil_mono_us();
    struct turn turn = {.job = job,
                        .executor = {.db = job->db,
                                     .ahead_ms = (int64_t)job->config->clock_ahead_s * 1000,
                                     .lease_ms = (int64_t)job->config->lease_s * 1000},
                        .until_us = start_us + INT64_C(1000) * SLICE_MS,
                        .is_good = true};
    do
        run_round(&turn);
    while (turn.has_worked && !is_over(&turn));
    sweep(&turn);
    if (turn.events + turn.entering + turn.started + turn.sum.claimed > 0)
        log_turn(&turn, timeutil_mono_us() - start_us);
    *ret_more = turn.has_worked && turn.is_good;
    return turn.is_good;
}

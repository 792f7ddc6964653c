#include "deliver/deliver.h"

#include <stdlib.h>

#include "base/stopsignal.h"
#include "base/timeutil.h"
#include "deliver/lane.h"
#include "deliver/outcome.h"
#include "deliver/schedule.h"
#include "deliver/sender.h"
#include "deliver/signature.h"

/* Messages in flight. Whatever number of endpoints hangs, there is room for those of which nothing
 * is known yet, and for those that answer. */
#define PLACES 256u
static const size_t places[LANE_TRUSTS] = {
    [LANE_TRUSTED] = PLACES, [LANE_UNKNOWN] = PLACES / 2, [LANE_SUSPECT] = PLACES / 4};
#define HELD_MAX 2000u /* messages claimed and not over: bounds the memory */
#define QUEUES_MAX LANE_MAX

#define POLL_MS 500
#define POLL_JITTER_MS 200
#define WAIT_MS 100
#define WRITE_WAIT_MS 10
#define WRITE_AFTER_US INT64_C(50000)
#define WRITE_AGAIN_US INT64_C(500000)
#define WRITE_GIVE_UP_US INT64_C(20000000)
#define TELL_US INT64_C(10000000)
#define IDLE_US INT64_C(10000000)
#define TIMED_US INT64_C(45000000)
#define STOP_GRACE_US INT64_C(5000000)
#define STAY_US INT64_C(1800000000) /* then the worker may look whether it should start afresh */
#define OBEY_US INT64_C(2000000)
#define HOLD_US INT64_C(60000000) /* for a webhook whose secret does not open */
#define DB_BUDGET_MS 10000u

struct run {
    struct db *db;
    const struct deliver_config *config;
    struct sender *sender;
    struct lane_table lanes;
    struct outcome_list outcomes;
    struct arena *scratch; /* for the time of one step */
    struct deliver_report report;
    int64_t start_us, poll_us, told_us, active_us;
    int64_t write_us;     /* no writing before */
    int64_t unwritten_us; /* since when writing fails; 0: it does not */
    int64_t grace_us;     /* once it is ending: when what is in flight is left alone */
    size_t held;          /* messages claimed and not over */
    bool is_ending;
    bool is_empty; /* the last poll found nothing, and nothing happened since */
    int err;       /* the first one of the database */
    struct err_info *info;
};

/* What is in flight; stands in its batch's arena. */
struct flight {
    struct lane_batch *batch;
    struct delivery_claim *claim;
    int64_t start_us;
};

static void fail(struct run *run, int err, const struct err_info *info)
{
    if (run->err == 0) {
        run->err = err;
        *run->info = *info;
    }
}

/* ---- taking from the queue ------------------------------------------------------------------ */

static void poll_queues(struct run *run, int64_t now_us)
{
    struct delivery_queue *queues = NULL;
    struct err_info info = {0};
    size_t count = 0;
    uint32_t random;
    db_set_deadline_ms(run->db, DB_BUDGET_MS);
    int err = delivery_queues(run->db, run->scratch, QUEUES_MAX, &queues, &count, &info);
    if (err < 0)
        fail(run, err, &info);
    run->is_empty = true;
    for (size_t i = 0; err == 0 && i < count; i++) {
        struct lane *lane = lane_of(&run->lanes, queues[i].project_id, queues[i].webhook_id);
        if (!lane || now_us < lane->hold_until_us)
            continue;
        lane->has_due = true;
        run->is_empty = false;
    }
    arena_reset(run->scratch);
    uuid_random(&random, sizeof random);
    run->poll_us = now_us + (POLL_MS + (int64_t)(random % POLL_JITTER_MS)) * 1000;
}

/* The endpoint is read before its messages are claimed, so that a secret that does not open costs
 * them no attempt. */
static int fill_batch(struct run *run, const struct lane *lane, struct lane_batch *batch,
                      size_t max, struct err_info *info)
{
    int err = webhook_endpoint(run->db, batch->arena, run->config->seal, lane->project_id,
                               lane->webhook_id, &batch->endpoint, info);
    if (err == 0)
        err = delivery_claim(run->db, batch->arena, lane->project_id, lane->webhook_id, max,
                             run->config->lease_ms, batch->claims, &batch->count, info);
    return err;
}

static void claim_lane(struct run *run, struct lane *lane, size_t max)
{
    struct lane_batch *batch = lane_new_batch(max);
    struct err_info info = {0};
    db_set_deadline_ms(run->db, DB_BUDGET_MS);
    int err = fill_batch(run, lane, batch, max, &info);
    int64_t now_us = timeutil_mono_us();
    lane_claimed(lane, max, batch->count, now_us);
    if (err == ERR_CORRUPT) {
        run->report.unreadable++;
        lane->hold_until_us = now_us + HOLD_US;
    } else if (err < 0 && err != ERR_NOT_FOUND) {
        fail(run, err, &info);
    }
    if (err < 0 || batch->count == 0) {
        lane_drop_batch(batch);
        return;
    }
    batch->renewed_us = now_us;
    run->held += batch->count;
    lane_add_batch(lane, batch);
}

/* ---- sending -------------------------------------------------------------------------------- */

/* Messages in flight, by what is known of their endpoints. */
struct usage {
    size_t of[LANE_TRUSTS];
};

static struct usage usage_of(const struct run *run)
{
    struct usage usage = {{0}};
    for (size_t i = 0; i < run->lanes.count; i++)
        usage.of[run->lanes.lanes[i]->trust] += run->lanes.lanes[i]->in_flight;
    return usage;
}

static bool has_place(const struct run *run, const struct lane *lane, const struct usage *usage)
{
    size_t in_flight = sender_in_flight(run->sender);
    if (in_flight >= PLACES || run->outcomes.count + in_flight >= OUTCOME_MAX)
        return false;
    return usage->of[lane->trust] < places[lane->trust];
}

static void send_message(struct run *run, struct lane_batch *batch, struct delivery_claim *claim)
{
    const struct webhook_endpoint *endpoint = &batch->endpoint;
    struct flight *flight = arena_alloc(batch->arena, sizeof *flight);
    int64_t now_s = timeutil_wall_ms() / 1000;
    const char *signature =
        signature_header(run->scratch, endpoint->secrets, endpoint->secret_count,
                         str_from(claim->message_id), now_s, claim->body);
    *flight = (struct flight){batch, claim, timeutil_mono_us()};
    struct sender_message message = {
        .url = endpoint->url,
        .id = claim->message_id,
        .timestamp_s = now_s,
        .signature = signature,
        .body = claim->body,
        .owner = flight,
    };
    sender_start(run->sender, &message);
    arena_reset(run->scratch);
}

/* A message that needs nothing from the queue any more. */
static void drop_message(struct run *run, struct lane_batch *batch)
{
    run->held--;
    lane_over(batch);
}

static void start_lane(struct run *run, struct lane *lane, struct usage *usage)
{
    while (has_place(run, lane, usage)) {
        struct lane_batch *batch;
        struct delivery_claim *claim = lane_give(lane, &batch);
        if (!claim)
            return;
        if (claim->is_lost) {
            lane_learn(lane, LANE_NO_NEWS);
            drop_message(run, batch);
            run->report.stale++;
        } else if (claim->step > SCHEDULE_ATTEMPTS) {
            outcome_add_poison(&run->outcomes, batch, claim);
        } else {
            send_message(run, batch, claim);
            usage->of[lane->trust]++;
        }
    }
}

/* Claims and starts what the lanes have room for. A claim and its commit take milliseconds: between
 * two of them, what is in flight moves on. */
static void serve(struct run *run)
{
    struct usage usage = usage_of(run);
    for (size_t i = 0; i < run->lanes.count; i++) {
        struct lane *lane = lane_in_turn(&run->lanes, i);
        size_t max = lane_wants(lane, timeutil_mono_us());
        bool claims = max > 0 && run->held + max <= HELD_MAX && has_place(run, lane, &usage) &&
                      run->err == 0 && !stopsignal_asked();
        if (claims)
            claim_lane(run, lane, max);
        start_lane(run, lane, &usage);
        if (claims)
            sender_run(run->sender, 0);
    }
    lane_next_turn(&run->lanes);
}

/* Gives back what a lane has claimed and not started. Where that fails, and ever after, the leases
 * run out. */
static void release_lane(struct run *run, struct lane *lane)
{
    struct lane_batch *batch;
    size_t count;
    for (struct delivery_claim *first = lane_withdraw(lane, &batch, &count); first;
         first = lane_withdraw(lane, &batch, &count)) {
        struct err_info info = {0};
        db_set_deadline_ms(run->db, DB_BUDGET_MS);
        int err = run->err < 0 ? run->err : delivery_release(run->db, first, count, &info);
        if (err < 0)
            fail(run, err, &info);
        else
            run->report.released += count;
        for (size_t i = 0; i < count; i++)
            drop_message(run, batch);
    }
}

/* ---- results -------------------------------------------------------------------------------- */

/* An endpoint that asked for less, or for nothing, is left alone; the queue passes it by as soon as
 * that is written. */
static void obey(struct run *run, struct lane *lane, const struct deliveryresult *result)
{
    if (result->slow_ms == 0 && !result->disable_reason)
        return;
    lane->has_due = false;
    lane->hold_until_us = timeutil_mono_us() + OBEY_US;
    release_lane(run, lane);
}

static void take_results(struct run *run)
{
    struct sender_result sent;
    while (run->outcomes.count < OUTCOME_MAX && sender_take(run->sender, &sent)) {
        const struct flight *flight = sent.owner;
        outcome_add(&run->outcomes, flight->batch, flight->claim, &sent, flight->start_us);
        obey(run, flight->batch->lane, &run->outcomes.items[run->outcomes.count - 1].result);
    }
}

/* Many at a time, or what there is after a moment. While it fails nothing new is sent. */
static void write_results(struct run *run)
{
    struct outcome_list *outcomes = &run->outcomes;
    struct err_info info = {0};
    int64_t now_us = timeutil_mono_us();
    size_t before = outcomes->count;
    if (before == 0 || now_us < run->write_us ||
        (before < DELIVERY_BATCH && now_us - outcomes->oldest_us < WRITE_AFTER_US &&
         sender_in_flight(run->sender) > 0))
        return;
    db_set_deadline_ms(run->db, DB_BUDGET_MS);
    int err = outcome_write(outcomes, run->db, run->scratch, &run->report, &info);
    run->held -= before - outcomes->count;
    if (err == 0) {
        run->unwritten_us = 0;
        return;
    }
    run->write_us = now_us + WRITE_AGAIN_US;
    if (run->unwritten_us == 0)
        run->unwritten_us = now_us;
    if (now_us - run->unwritten_us > WRITE_GIVE_UP_US) {
        fail(run, err, &info);
        run->is_ending = true;
        run->grace_us = now_us;
    }
}

static bool renew_batch(struct run *run, struct lane_batch *batch, int64_t now_us)
{
    struct err_info info = {0};
    if (now_us - batch->renewed_us < run->config->lease_ms * 1000 / 3)
        return true;
    batch->renewed_us = now_us;
    db_set_deadline_ms(run->db, DB_BUDGET_MS);
    return delivery_renew(run->db, batch->claims, batch->count, run->config->lease_ms, &info) == 0;
}

/* Where it fails it is tried again with the next third of the lease. */
static void renew_leases(struct run *run)
{
    int64_t now_us = timeutil_mono_us();
    for (size_t i = 0; i < run->lanes.count; i++)
        for (struct lane_batch *batch = run->lanes.lanes[i]->batches; batch; batch = batch->next)
            if (!renew_batch(run, batch, now_us))
                return;
}

/* ---- the run -------------------------------------------------------------------------------- */

static bool is_idle(const struct run *run, int64_t now_us)
{
    if (run->held > 0)
        return false;
    for (size_t i = 0; i < run->lanes.count; i++)
        if (run->lanes.lanes[i]->has_due && now_us >= run->lanes.lanes[i]->hold_until_us)
            return false;
    return true;
}

static void begin_end(struct run *run, int64_t grace_us)
{
    run->is_ending = true;
    run->grace_us = timeutil_mono_us() + grace_us;
    for (size_t i = 0; i < run->lanes.count; i++)
        release_lane(run, run->lanes.lanes[i]);
}

static bool is_over(struct run *run, int64_t now_us)
{
    bool idle = is_idle(run, now_us);
    if (run->is_ending)
        return run->held == 0 || now_us >= run->grace_us;
    if (!idle)
        return false;
    if (run->config->until == DELIVER_STAY)
        return now_us - run->active_us >= IDLE_US;
    return run->is_empty;
}

static void tell(struct run *run, bool is_last)
{
    static const struct deliver_report nothing;
    int64_t now_us = timeutil_mono_us();
    if (!is_last && now_us - run->told_us < TELL_US)
        return;
    run->told_us = now_us;
    if (memcmp(&run->report, &nothing, sizeof nothing) != 0)
        run->config->tell(&run->report);
    run->report = nothing;
}

static void wait_for_work(struct run *run, int64_t now_us)
{
    if (!is_idle(run, now_us)) {
        run->active_us = now_us;
        run->is_empty = false;
        sender_run(run->sender, run->outcomes.count > 0 ? WRITE_WAIT_MS : WAIT_MS);
    } else if (run->config->until == DELIVER_STAY && run->poll_us > now_us) {
        (void)stopsignal_wait(-1, (int)((run->poll_us - now_us) / 1000) + 1);
    }
}

static bool is_late(const struct run *run, int64_t now_us)
{
    int64_t age_us = now_us - run->start_us;
    return (run->config->until == DELIVER_TIMED && age_us >= TIMED_US) ||
           (run->config->until == DELIVER_STAY && age_us >= STAY_US);
}

/* One round: ask, send, wait, write. */
static void go_round(struct run *run)
{
    int64_t now_us = timeutil_mono_us();
    if (!run->is_ending && stopsignal_asked())
        begin_end(run, STOP_GRACE_US);
    else if (!run->is_ending && (is_late(run, now_us) || run->err < 0))
        begin_end(run, SENDER_BUDGET_MS * INT64_C(1000) + STOP_GRACE_US);
    if (!run->is_ending && run->unwritten_us == 0) {
        if (now_us >= run->poll_us || (is_idle(run, now_us) && !run->is_empty))
            poll_queues(run, now_us);
        serve(run);
    }
    wait_for_work(run, now_us);
    take_results(run);
    write_results(run);
    renew_leases(run);
    tell(run, false);
}

int deliver_run(struct db *db, const struct deliver_config *config, bool *ret_more,
                struct err_info *info)
{
    struct run *run = arena_xmalloc(sizeof *run);
    AUTO(sender) sender = sender_new(config->guard);
    AUTO(arena) scratch = arena_new();
    int64_t now_us = timeutil_mono_us();
    *run = (struct run){.db = db,
                        .config = config,
                        .sender = sender,
                        .scratch = scratch,
                        .start_us = now_us,
                        .told_us = now_us,
                        .active_us = now_us,
                        .info = info};
    while (!is_over(run, timeutil_mono_us()))
        go_round(run);
    tell(run, true);
    *ret_more = run->err == 0 && (run->is_ending || config->until == DELIVER_STAY);
    int err = run->err;
    db_set_deadline_ms(db, 0);
    lane_table_done(&run->lanes);
    free(run);
    return err;
}

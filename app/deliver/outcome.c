#include "deliver/outcome.h"

#include "base/timeutil.h"
#include "base/uuid.h"
#include "deliver/schedule.h"

#define QUICK_MS 2000
#define SLOW_FIRST_MS INT64_C(5000)
#define SLOW_MAX_MS INT64_C(60000)
/* One answer does not silence an endpoint for a day, whatever it asks for; its message waits. */
#define SLOW_ASKED_MAX_S 3600

/* ---- judging -------------------------------------------------------------------------------- */

static struct outcome *add(struct outcome_list *list, struct lane_batch *batch,
                           const struct delivery_claim *claim)
{
    if (list->count == 0)
        list->oldest_us = timeutil_mono_us();
    struct outcome *item = &list->items[list->count++];
    *item = (struct outcome){.batch = batch, .result = {.claim = claim}};
    return item;
}

static enum lane_news news_of(const struct sender_result *sent, const struct schedule_next *next)
{
    if (sent->status == 0)
        return LANE_NO_REPLY;
    if (next->busy)
        return LANE_BUSY;
    return sent->duration_ms <= QUICK_MS ? LANE_QUICK : LANE_SLOW;
}

/* Twice as long each time that it asks again. */
static int64_t slow_ms(const struct lane *lane, int64_t asked_s)
{
    unsigned doublings = lane->busy_count < 8 ? lane->busy_count : 8;
    int64_t ms = (SLOW_FIRST_MS / 2) << doublings;
    if (ms > SLOW_MAX_MS)
        ms = SLOW_MAX_MS;
    if (asked_s > SLOW_ASKED_MAX_S)
        asked_s = SLOW_ASKED_MAX_S;
    return asked_s * 1000 > ms ? asked_s * 1000 : ms;
}

void outcome_add(struct outcome_list *list, struct lane_batch *batch,
                 const struct delivery_claim *claim, const struct sender_result *sent,
                 int64_t start_us)
{
    static const enum deliveryresult_outcome fates[] = {
        [SCHEDULE_DELIVERED] = DELIVERYRESULT_DELIVERED,
        [SCHEDULE_AGAIN] = DELIVERYRESULT_RETRY,
        [SCHEDULE_DEAD] = DELIVERYRESULT_DEAD,
    };
    struct schedule_outcome outcome = {claim->step, sent->status, sent->retry_after_s};
    uint32_t random;
    uuid_random(&random, sizeof random);
    struct schedule_next next = schedule_next(&outcome, random);
    struct outcome *item = add(list, batch, claim);
    lane_learn(batch->lane, news_of(sent, &next));
    item->start_us = start_us;
    item->is_refused = sent->is_refused;
    item->result.outcome = fates[next.fate];
    item->result.retry_ms = next.delay_ms;
    item->result.slow_ms = next.busy ? slow_ms(batch->lane, sent->retry_after_s) : 0;
    item->result.disable_reason = next.gone ? "The endpoint answered 410 Gone." : NULL;
    item->result.duration_ms = sent->duration_ms;
    item->result.status = (unsigned)sent->status;
    if (sent->problem.len)
        item->result.error = str_copy(batch->arena, sent->problem);
    item->result.reply = str_copy(batch->arena, sent->reply);
}

void outcome_add_poison(struct outcome_list *list, struct lane_batch *batch,
                        const struct delivery_claim *claim)
{
    struct outcome *item = add(list, batch, claim);
    lane_learn(batch->lane, LANE_NO_NEWS);
    item->start_us = timeutil_mono_us();
    item->result.outcome = DELIVERYRESULT_DEAD;
    item->result.error = STR("No attempt came to an end; the sender was stopped during each.");
}

/* ---- writing -------------------------------------------------------------------------------- */

static void count_result(struct deliver_report *report, const struct outcome *item)
{
    const struct deliveryresult *result = &item->result;
    if (result->is_stale) {
        report->stale++;
        return;
    }
    report->delivered += result->outcome == DELIVERYRESULT_DELIVERED;
    report->failed += result->outcome == DELIVERYRESULT_RETRY;
    report->dead += result->outcome == DELIVERYRESULT_DEAD;
    report->refused += item->is_refused;
    report->sum_ms += result->duration_ms;
    if (report->max_ms < result->duration_ms)
        report->max_ms = result->duration_ms;
}

/* Takes the outcomes of the first one's project out of the list, up to `max`. */
static size_t take_project(struct outcome_list *list, struct outcome *taken, size_t max)
{
    uint32_t project_id = list->items[0].result.claim->project_id;
    size_t count = 0, kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (count < max && list->items[i].result.claim->project_id == project_id)
            taken[count++] = list->items[i];
        else
            list->items[kept++] = list->items[i];
    }
    list->count = kept;
    return count;
}

static void put_back(struct outcome_list *list, const struct outcome *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        list->items[list->count++] = items[i];
}

int outcome_write(struct outcome_list *list, struct db *db, struct arena *arena,
                  struct deliver_report *report, struct err_info *info)
{
    struct outcome items[DELIVERY_BATCH];
    struct deliveryresult results[DELIVERY_BATCH];
    while (list->count > 0) {
        size_t count = take_project(list, items, DELIVERY_BATCH);
        int64_t now_us = timeutil_mono_us();
        for (size_t i = 0; i < count; i++) {
            results[i] = items[i].result;
            results[i].ago_ms = (now_us - items[i].start_us) / 1000;
        }
        int err = deliveryresult_write(db, arena, results, count, info);
        arena_reset(arena);
        if (err < 0) {
            put_back(list, items, count);
            return err;
        }
        for (size_t i = 0; i < count; i++) {
            items[i].result.is_stale = results[i].is_stale;
            count_result(report, &items[i]);
            lane_over(items[i].batch);
        }
    }
    return 0;
}

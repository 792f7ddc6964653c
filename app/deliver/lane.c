#include "deliver/lane.h"

#include <stdlib.h>

#define CLAIM_LASTS_US INT64_C(500000)
#define NOTHING_US INT64_C(200000) /* what the queue shows may be somebody else's */

/* ---- the table ------------------------------------------------------------------------------ */

static void free_lane(struct lane *lane)
{
    while (lane->batches) {
        struct lane_batch *batch = lane->batches;
        lane->batches = batch->next;
        lane_drop_batch(batch);
    }
    free(lane);
}

void lane_table_done(struct lane_table *table)
{
    for (size_t i = 0; i < table->count; i++)
        free_lane(table->lanes[i]);
    table->count = table->turn = 0;
}

/* A place for one more: behind the others, or that of a lane without messages. */
static struct lane **place_of(struct lane_table *table)
{
    if (table->count < LANE_MAX)
        return &table->lanes[table->count++];
    for (size_t i = 0; i < table->count; i++) {
        if (table->lanes[i]->batches)
            continue;
        free_lane(table->lanes[i]);
        return &table->lanes[i];
    }
    return NULL;
}

struct lane *lane_of(struct lane_table *table, uint32_t project_id, uint32_t webhook_id)
{
    for (size_t i = 0; i < table->count; i++)
        if (table->lanes[i]->webhook_id == webhook_id && table->lanes[i]->project_id == project_id)
            return table->lanes[i];
    struct lane **place = place_of(table);
    if (!place)
        return NULL;
    *place = arena_xmalloc(sizeof **place);
    **place = (struct lane){.project_id = project_id,
                            .webhook_id = webhook_id,
                            .trust = LANE_UNKNOWN,
                            .window = 1,
                            .appetite = 1};
    return *place;
}

struct lane *lane_in_turn(const struct lane_table *table, size_t i)
{
    return table->lanes[(table->turn + i) % table->count];
}

void lane_next_turn(struct lane_table *table)
{
    table->turn = table->count ? (table->turn + 1) % table->count : 0;
}

/* ---- batches -------------------------------------------------------------------------------- */

struct lane_batch *lane_new_batch(size_t max)
{
    struct lane_batch *batch = arena_xmalloc(sizeof *batch);
    *batch = (struct lane_batch){.arena = arena_new()};
    batch->claims = arena_array(batch->arena, max, sizeof *batch->claims);
    return batch;
}

void lane_drop_batch(struct lane_batch *batch)
{
    if (!batch)
        return;
    arena_free(batch->arena);
    free(batch);
}

void lane_add_batch(struct lane *lane, struct lane_batch *batch)
{
    struct lane_batch **end = &lane->batches;
    while (*end)
        end = &(*end)->next;
    batch->lane = lane;
    *end = batch;
}

size_t lane_waiting(const struct lane *lane)
{
    size_t waiting = 0;
    for (const struct lane_batch *batch = lane->batches; batch; batch = batch->next)
        waiting += batch->count - batch->started;
    return waiting;
}

struct delivery_claim *lane_give(struct lane *lane, struct lane_batch **ret_batch)
{
    struct lane_batch *batch = lane->batches;
    while (batch && batch->started == batch->count)
        batch = batch->next;
    if (!batch || lane->in_flight >= lane->window)
        return NULL;
    lane->in_flight++;
    *ret_batch = batch;
    return &batch->claims[batch->started++];
}

struct delivery_claim *lane_withdraw(struct lane *lane, struct lane_batch **ret_batch,
                                     size_t *ret_count)
{
    struct lane_batch *batch = lane->batches;
    while (batch && batch->started == batch->count)
        batch = batch->next;
    if (!batch)
        return NULL;
    struct delivery_claim *first = &batch->claims[batch->started];
    *ret_batch = batch;
    *ret_count = batch->count - batch->started;
    batch->started = batch->count;
    return first;
}

void lane_over(struct lane_batch *batch)
{
    struct lane_batch **at = &batch->lane->batches;
    if (++batch->over < batch->count)
        return;
    while (*at != batch)
        at = &(*at)->next;
    *at = batch->next;
    lane_drop_batch(batch);
}

/* ---- how much ------------------------------------------------------------------------------- */

size_t lane_wants(const struct lane *lane, int64_t now_us)
{
    size_t waiting = lane_waiting(lane), free_places = lane->window - lane->in_flight;
    if (!lane->has_due || now_us < lane->hold_until_us || lane->in_flight >= lane->window)
        return 0;
    if (waiting >= free_places && waiting > lane->appetite / 2)
        return 0;
    return lane->appetite;
}

void lane_claimed(struct lane *lane, size_t asked, size_t count, int64_t now_us)
{
    bool was_short = now_us - lane->claimed_us < CLAIM_LASTS_US;
    size_t appetite = was_short ? lane->appetite * 2 : lane->appetite / 2;
    if (count == asked)
        lane->appetite = appetite < lane->window ? lane->window : appetite;
    if (lane->appetite > DELIVERY_BATCH)
        lane->appetite = DELIVERY_BATCH;
    lane->has_due = count == asked;
    lane->claimed_us = now_us;
    if (count == 0)
        lane->hold_until_us = now_us + NOTHING_US;
}

/* Many answers to what was in flight together are one time that it asked for less. */
static unsigned busy_count(const struct lane *lane, enum lane_news news)
{
    if (news != LANE_BUSY)
        return 0;
    return lane->busy_count == 0 || lane->in_flight == 0 ? lane->busy_count + 1 : lane->busy_count;
}

void lane_learn(struct lane *lane, enum lane_news news)
{
    lane->in_flight--;
    if (news == LANE_NO_NEWS)
        return;
    lane->trust = news == LANE_QUICK ? LANE_TRUSTED : LANE_SUSPECT;
    lane->busy_count = busy_count(lane, news);
    if (news == LANE_QUICK)
        lane->window = lane->window * 2 < LANE_WINDOW_MAX ? lane->window * 2 : LANE_WINDOW_MAX;
    else if (news != LANE_SLOW)
        lane->window = 1;
    if (news == LANE_NO_REPLY)
        lane->appetite = 1;
}

#include "worker/campaignjob.h"

#include "audience/reach.h"
#include "audience/rosterparts.h"
#include "base/log.h"
#include "base/stopsignal.h"
#include "base/timeutil.h"
#include "filter/plunk.h"
#include "store/campaignrun.h"
#include "store/message.h"
#include "worker/joblog.h"
#include "json/jsonread.h"

#define SLICE_MS 5000 /* of one campaign, then another has its turn */
#define MESSAGES_AT_ONCE 1000
#define DROPPED_AT_ONCE 1000
#define OPEN_AGAIN_MS 2000 /* between two looks whether the senders are done */
#define RETRY_MS 1000      /* after a failure, twice as long after each */
#define RETRY_DOUBLINGS 6

_Static_assert(CAMPAIGN_EXCLUDED_MAX <= REACH_EXCLUDED_MAX, "reach_take looks at all of them");

/* One turn of a campaign. */
struct turn {
    struct db *db;
    struct arena *arena; /* of the batch at hand */
    struct campaignrun run;
    unsigned lease_ms;
    int64_t ahead_ms;
    struct rosterparts walk;             /* its recipients */
    uint32_t ordinals[MESSAGES_AT_ONCE]; /* the batch, and its messages */
    struct message_new *messages;
    size_t count;
    uint64_t put_in;
    bool over;  /* nothing more to do in this turn */
    bool ended; /* nor in any other */
};

/* ---- the recipients ------------------------------------------------------------------------ */

/* Whom the campaign is for, in the words of reach_take. */
static int read_query(struct turn *turn, const struct campaign *campaign, struct reach_query *ret,
                      struct err_info *info)
{
    const struct jsonval *json = NULL;
    *ret = (struct reach_query){.project_id = turn->run.project_id,
                                .excluded = campaign->excluded,
                                .excluded_count = campaign->excluded_count,
                                .type = campaign->type,
                                .ahead_ms = turn->ahead_ms};
    switch (campaign->audience) {
    case CAMPAIGN_ALL:
        return 0;
    case CAMPAIGN_SEGMENT:
        ret->segment = &campaign->segment;
        return campaign->has_segment
                   ? 0
                   : err_set(info, ERR_NOT_FOUND, NULL, "Its segment, list or tag was deleted");
    case CAMPAIGN_FILTERED:
        break;
    }
    int err = jsonread_parse(turn->arena, campaign->audience_filter, &json, info);
    return err < 0 ? err : plunk_parse(turn->arena, json, "audienceCondition", &ret->filter, info);
}

/* What a campaign says that nobody received. */
static struct str describe_nobody(struct arena *arena, const struct reach *reach)
{
    if (reach->matched == 0)
        return STR("It had no recipients: nobody is in its audience");
    return str_from(
        arena_printf(arena,
                     "It had no recipients: of %llu in its audience %llu are not subscribed,"
                     " %llu are suppressed and %llu are in an excluded segment",
                     (unsigned long long)reach->matched, (unsigned long long)reach->unsubscribed,
                     (unsigned long long)reach->suppressed, (unsigned long long)reach->excluded));
}

static void pack_roster(struct arena *arena, const struct reach *reach,
                        struct campaignrun_roster *ret)
{
    const struct roster *roster = &reach->recipients;
    struct campaignrun_part *parts = arena_array(arena, roster->chunk_count, sizeof *parts);
    *ret = (struct campaignrun_roster){.parts = parts,
                                       .total = roster->total,
                                       .at_ms = roster->at_ms,
                                       .segment_version = reach->segment_version};
    for (uint32_t chunk = 0; chunk < roster->chunk_count; chunk++)
        if (roster->chunks[chunk])
            parts[ret->count++] =
                (struct campaignrun_part){chunk, roster_pack(arena, roster->chunks[chunk])};
    if (roster->total == 0)
        ret->note = describe_nobody(arena, reach);
}

/* Returns 0; ERR_NOT_FOUND or ERR_INVAL: it cannot be sent, see the message; or another err. */
static int find_recipients(struct turn *turn, struct campaignrun_roster *ret, struct err_info *info)
{
    struct campaign *campaign = arena_alloc(turn->arena, sizeof *campaign);
    struct reach_query query;
    struct reach reach;
    int err = campaign_by_number(turn->db, turn->arena, turn->run.project_id, turn->run.campaign_id,
                                 campaign, info);
    if (err == ERR_NOT_FOUND)
        return err_set(info, ERR_CONFLICT, NULL, "the campaign is gone");
    if (err == 0)
        err = read_query(turn, campaign, &query, info);
    if (err < 0)
        return err;
    err = reach_take(turn->db, turn->arena, &query, &reach, info);
    if (err == ERR_NOT_FOUND) /* its own is there: read_query has looked */
        err = err_set(info, ERR_NOT_FOUND, NULL,
                      "A segment that it excludes, or that its condition names, was deleted");
    if (err == 0)
        pack_roster(turn->arena, &reach, ret);
    return err;
}

static int resolve(struct turn *turn, struct err_info *info)
{
    struct campaignrun_roster roster;
    int err = find_recipients(turn, &roster, info);
    if (err == ERR_NOT_FOUND || err == ERR_INVAL) {
        struct str note =
            str_from(arena_printf(turn->arena, "It could not be sent: %.400s", info->message));
        turn->over = turn->ended = true;
        return campaignrun_refuse(turn->db, &turn->run, note, info);
    }
    if (err < 0)
        return err;
    turn->over = turn->ended = roster.total == 0;
    return campaignrun_resolved(turn->db, &turn->run, &roster, turn->lease_ms, info);
}

/* ---- their messages ------------------------------------------------------------------------ */

static int read_part(void *ctx, uint32_t from_chunk, uint32_t *ret_chunk, struct str *ret_rows,
                     struct err_info *info)
{
    struct turn *turn = ctx;
    struct campaignrun_part part;
    int found = campaignrun_part(turn->db, turn->arena, &turn->run, from_chunk, &part, info);
    if (found > 0) {
        *ret_chunk = part.chunk;
        *ret_rows = part.rows;
    }
    return found;
}

/* The messages of the next recipients. Returns 1, 0: there are none left, or an err. */
static int next_batch(struct turn *turn, struct err_info *info)
{
    int found = rosterparts_next(&turn->walk, turn->ordinals, MESSAGES_AT_ONCE, &turn->count, info);
    if (found <= 0)
        return found;
    turn->messages = arena_array(turn->arena, turn->count, sizeof *turn->messages);
    for (size_t i = 0; i < turn->count; i++)
        turn->messages[i] = (struct message_new){.source = MESSAGE_OF_CAMPAIGN,
                                                 .source_id = turn->run.campaign_id,
                                                 .ordinal = turn->ordinals[i]};
    return 1;
}

/* The place behind the batch. */
static uint64_t batch_end(const struct turn *turn)
{
    return (uint64_t)turn->ordinals[turn->count - 1] + 1;
}

static int put_in_body(struct db *db, void *ctx, struct err_info *info)
{
    struct turn *turn = ctx;
    int err = campaignrun_move(db, &turn->run, batch_end(turn), turn->lease_ms, info);
    return err < 0 ? err
                   : message_add(db, turn->arena, turn->run.project_id, turn->messages, turn->count,
                                 turn->run.now_ms, info);
}

static int put_in(struct turn *turn, struct err_info *info)
{
    int found = next_batch(turn, info);
    if (found < 0)
        return found;
    if (found == 0)
        return campaignrun_all_in(turn->db, &turn->run, turn->lease_ms, info);
    int err = db_tx(turn->db, DB_WRITE, put_in_body, turn, info);
    if (err < 0)
        return err;
    rosterparts_done(&turn->walk, turn->ordinals, turn->count);
    turn->run.next_ordinal = batch_end(turn);
    turn->put_in += turn->count;
    return 0;
}

/* ---- a turn -------------------------------------------------------------------------------- */

/* Its senders are at work; when they are done, it is sent. */
static int look_if_sent(struct turn *turn, struct err_info *info)
{
    bool is_open;
    int err = message_is_open(turn->db, turn->run.project_id, MESSAGE_OF_CAMPAIGN,
                              turn->run.campaign_id, &is_open, info);
    turn->over = true;
    if (err < 0)
        return err;
    turn->ended = !is_open;
    return is_open ? campaignrun_release(turn->db, &turn->run, OPEN_AGAIN_MS, info)
                   : campaignrun_sent(turn->db, &turn->run, info);
}

static int step(struct turn *turn, struct err_info *info)
{
    switch (turn->run.stage) {
    case CAMPAIGNSEND_SCHEDULED:
        return campaignrun_start(turn->db, &turn->run, turn->lease_ms, info);
    case CAMPAIGNSEND_RESOLVE:
        return resolve(turn, info);
    case CAMPAIGNSEND_PUT_IN:
        return put_in(turn, info);
    case CAMPAIGNSEND_HAND_OUT:
        return look_if_sent(turn, info);
    case CAMPAIGNSEND_DROP:
        break;
    }
    int err = campaignrun_drop(turn->db, turn->arena, &turn->run, DROPPED_AT_ONCE, turn->lease_ms,
                               &turn->over, info);
    turn->ended = turn->over;
    return err;
}

/* Nothing that went wrong ends a campaign: who should receive it is settled, and shall. */
static int give_back(struct turn *turn, int err, struct err_info *info)
{
    struct err_info ignored = {0};
    unsigned doublings = turn->run.tries < RETRY_DOUBLINGS ? turn->run.tries : RETRY_DOUBLINGS;
    int64_t delay_ms = err < 0 ? (int64_t)RETRY_MS << doublings : 0;
    int released = campaignrun_release(turn->db, &turn->run, delay_ms, err < 0 ? &ignored : info);
    return err < 0 ? err : released;
}

/* Works until it is over or its turn is. Returns 0, ERR_CONFLICT: the lease is lost, or an err. */
static int work(struct turn *turn, struct err_info *info)
{
    int64_t end_us = timeutil_mono_us() + (int64_t)SLICE_MS * 1000;
    int err = 0;
    while (err == 0 && !turn->over && !stopsignal_asked() && timeutil_mono_us() < end_us) {
        arena_reset(turn->arena);
        err = step(turn, info);
    }
    return err == ERR_CONFLICT || (err == 0 && turn->over) ? err : give_back(turn, err, info);
}

static void log_turn(const struct turn *turn, enum campaignsend_stage from, int64_t us)
{
    static const char *const words[] = {"scheduled", "resolve", "put in", "hand out", "drop"};
    struct log_line line;
    log_begin(&line, LOG_LEVEL_INFO, "campaigns");
    log_add_i64(&line, "project", turn->run.project_id);
    log_add_i64(&line, "campaign", turn->run.campaign_id);
    log_add(&line, "from", "%s", words[from - CAMPAIGNSEND_SCHEDULED]);
    log_add(&line, "to", "%s",
            turn->ended ? "end" : words[turn->run.stage - CAMPAIGNSEND_SCHEDULED]);
    log_add_i64(&line, "messages", (int64_t)turn->put_in);
    log_add_i64(&line, "us", us);
    log_end(&line);
}

static bool work_on(struct turn *turn)
{
    AUTO(arena) batches = arena_new();
    struct err_info info = {0};
    enum campaignsend_stage from = turn->run.stage;
    int64_t start_us = timeutil_mono_us();
    turn->arena = batches;
    int err = work(turn, &info);
    if (err < 0 && err != ERR_CONFLICT) {
        joblog_failure("campaigns", turn->run.project_id, err, &info);
        return false;
    }
    if (turn->ended || from != turn->run.stage || turn->put_in > 0)
        log_turn(turn, from, timeutil_mono_us() - start_us);
    return true;
}

/* Once in a process that is to do all there is: it does not wait for the next look at the senders.
 */
static int wake(const struct job *job, struct err_info *info)
{
    static bool is_done;
    if (!job->now || is_done)
        return 0;
    is_done = true;
    return campaignrun_wake(job->db, info);
}

/* Claims one and works on it. Returns 1, 0: none is due, or an err of the claim; is_good: whether
 * all went well. */
static int run_one(const struct job *job, struct turn *turn, bool *is_good)
{
    struct err_info info = {0};
    *turn = (struct turn){.db = job->db,
                          .lease_ms = (unsigned)job->config->lease_s * 1000,
                          .ahead_ms = (int64_t)job->config->clock_ahead_s * 1000};
    struct campaignrun_clock clock = {turn->lease_ms, turn->ahead_ms};
    int found = wake(job, &info);
    if (found == 0)
        found = campaignrun_claim(job->db, &clock, &turn->run, &info);
    if (found < 0)
        joblog_failure("campaigns", 0, found, &info);
    turn->walk =
        (struct rosterparts){.read = read_part, .ctx = turn, .next = turn->run.next_ordinal};
    *is_good &= found == 0 || (found > 0 && work_on(turn));
    return found;
}

/* All that are due, for a while: most of them only wait for their senders, and are looked at. One
 * that fails is put off, and keeps nobody waiting. */
bool campaignjob_run(const struct job *job, bool *ret_more)
{
    struct turn *turn = arena_alloc(job->arena, sizeof *turn);
    int64_t end_us = timeutil_mono_us() + (int64_t)SLICE_MS * 1000;
    bool is_good = true;
    int found = 1;
    while (found > 0 && !stopsignal_asked() && timeutil_mono_us() < end_us)
        found = run_one(job, turn, &is_good);
    *ret_more = found > 0;
    return is_good;
}

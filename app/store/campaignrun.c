#include "store/campaignrun.h"

#include "store/message.h"
#include "store/sqlvalue.h"

#define NOW_MS "CAST(UNIX_TIMESTAMP(UTC_TIMESTAMP(3)) * 1000 AS SIGNED)"
#define CLAIM_RACES 10

/* ---- taking one ---------------------------------------------------------------------------- */

/* Returns 1: it is ours, 0: somebody was faster, or an err. */
static int take(struct db *db, unsigned lease_ms, struct campaignrun *run, struct err_info *info)
{
    static const char sql[] =
        "UPDATE campaign_send SET lease_id = ?, lease_until_ms = ? + " NOW_MS ", tries = tries + 1"
        " WHERE project_id = ? AND campaign_id = ? AND stage = ? AND lease_id = ?"
        " AND lease_until_ms <= " NOW_MS;
    int64_t lease_id = uuid_random63();
    uint64_t matched = 0;
    int err =
        db_exec(db, sql,
                DB_PARAMS(DB_I64(lease_id), DB_I64(lease_ms), DB_I64(run->project_id),
                          DB_I64(run->campaign_id), DB_I64(run->stage), DB_I64(run->lease_id)),
                &matched, info);
    if (err < 0 || matched == 0)
        return err;
    run->lease_id = lease_id;
    run->tries++;
    return 1;
}

int campaignrun_claim(struct db *db, const struct campaignrun_clock *clock, struct campaignrun *ret,
                      struct err_info *info)
{
    /* The worker's: over all projects. Only schedules follow the clock that tests can move. */
    static const char sql[] =
        "SELECT project_id, campaign_id, stage, next_ordinal, lease_id, tries, " NOW_MS
        " FROM campaign_send WHERE due_ms <= ? + " NOW_MS " AND (stage = 1 OR due_ms <= " NOW_MS
        ") AND lease_until_ms <= " NOW_MS " ORDER BY due_ms LIMIT 1";
    for (unsigned i = 0; i < CLAIM_RACES; i++) {
        AUTO(db_rows) rows = NULL;
        int found = db_one(db, sql, DB_PARAMS(DB_I64(clock->ahead_ms)), &rows, info);
        if (found <= 0)
            return found;
        *ret = (struct campaignrun){.project_id = (uint32_t)db_i64(rows, 0),
                                    .campaign_id = (uint32_t)db_i64(rows, 1),
                                    .stage = (enum campaignsend_stage)db_i64(rows, 2),
                                    .next_ordinal = (uint64_t)db_i64(rows, 3),
                                    .lease_id = db_i64(rows, 4),
                                    .tries = (uint32_t)db_i64(rows, 5),
                                    .now_ms = db_i64(rows, 6) + clock->ahead_ms};
        found = take(db, clock->lease_ms, ret, info);
        if (found != 0)
            return found;
    }
    return 0;
}

int campaignrun_release(struct db *db, const struct campaignrun *run, int64_t delay_ms,
                        struct err_info *info)
{
    static const char sql[] = "UPDATE campaign_send SET lease_until_ms = 0, due_ms = ? + " NOW_MS
                              " WHERE project_id = ? AND campaign_id = ? AND lease_id = ?";
    return db_exec(db, sql,
                   DB_PARAMS(DB_I64(delay_ms), DB_I64(run->project_id), DB_I64(run->campaign_id),
                             DB_I64(run->lease_id)),
                   NULL, info);
}

int campaignrun_wake(struct db *db, struct err_info *info)
{
    /* The worker's: over all projects. */
    static const char sql[] = "UPDATE campaign_send SET due_ms = 0 WHERE stage = 4";
    return db_exec(db, sql, DB_NO_PARAMS, NULL, info);
}

/* ---- one step ------------------------------------------------------------------------------ */

/* A statement that must meet its one row. */
static int exec_one(struct db *db, const char *sql, const struct db_param *params, unsigned count,
                    struct err_info *info)
{
    uint64_t matched = 0;
    int err = db_exec(db, sql, params, count, &matched, info);
    return err == 0 && matched == 0
               ? err_set(info, ERR_CONFLICT, NULL, "the campaign is not ours any more")
               : err;
}

static int lock_campaign(struct db *db, const struct campaignrun *run, struct err_info *info)
{
    static const char sql[] =
        "SELECT 1 FROM campaign WHERE project_id = ? AND campaign_id = ? FOR UPDATE";
    AUTO(db_rows) rows = NULL;
    int found =
        db_one(db, sql, DB_PARAMS(DB_I64(run->project_id), DB_I64(run->campaign_id)), &rows, info);
    if (found == 0)
        return err_set(info, ERR_CONFLICT, NULL, "the campaign is gone");
    return found < 0 ? found : 0;
}

/* Compares and sets the lease, with the stage and place that the step comes to. */
static int move(struct db *db, const struct campaignrun *run, enum campaignsend_stage stage,
                uint64_t next_ordinal, unsigned lease_ms, struct err_info *info)
{
    static const char sql[] =
        "UPDATE campaign_send SET stage = ?, next_ordinal = ?, due_ms = " NOW_MS
        ", lease_until_ms = ? + " NOW_MS ", tries = 0, step_id = ?"
        " WHERE project_id = ? AND campaign_id = ? AND lease_id = ? AND stage = ?"
        " AND next_ordinal = ?";
    static const char check_sql[] = "SELECT 1 FROM campaign_send WHERE project_id = ?"
                                    " AND campaign_id = ? AND step_id = ? FOR UPDATE";
    int64_t step_id = uuid_random63();
    int err =
        exec_one(db, sql,
                 DB_PARAMS(DB_I64(stage), DB_U64(next_ordinal), DB_I64(lease_ms), DB_I64(step_id),
                           DB_I64(run->project_id), DB_I64(run->campaign_id), DB_I64(run->lease_id),
                           DB_I64(run->stage), DB_U64(run->next_ordinal)),
                 info);
    db_set_write_check(
        db, check_sql,
        DB_PARAMS(DB_I64(run->project_id), DB_I64(run->campaign_id), DB_I64(step_id)));
    return err;
}

/* The row goes, if it is still ours. */
static int remove_run(struct db *db, const struct campaignrun *run, struct err_info *info)
{
    static const char sql[] = "DELETE FROM campaign_send WHERE project_id = ? AND campaign_id = ?"
                              " AND lease_id = ? AND stage = ?";
    return exec_one(db, sql,
                    DB_PARAMS(DB_I64(run->project_id), DB_I64(run->campaign_id),
                              DB_I64(run->lease_id), DB_I64(run->stage)),
                    info);
}

/* A campaign comes to its end under a new write id, by which a lost commit is settled. */
static int end_campaign(struct db *db, const struct campaignrun *run, enum campaign_status status,
                        struct str note, struct err_info *info)
{
    static const char sql[] =
        "UPDATE campaign SET status = ?, note = COALESCE(?, note), write_id = ?, updated_ms "
        "= " NOW_MS ", sent_ms = CASE WHEN ? = 4 THEN ? ELSE NULL END"
        " WHERE project_id = ? AND campaign_id = ? AND status = 3";
    static const char check_sql[] = "SELECT 1 FROM campaign WHERE project_id = ?"
                                    " AND campaign_id = ? AND write_id = ? FOR UPDATE";
    int64_t write_id = uuid_random63();
    int err =
        exec_one(db, sql,
                 DB_PARAMS(DB_I64(status), sqlvalue_of_text(note), DB_I64(write_id), DB_I64(status),
                           DB_I64(run->now_ms), DB_I64(run->project_id), DB_I64(run->campaign_id)),
                 info);
    db_set_write_check(
        db, check_sql,
        DB_PARAMS(DB_I64(run->project_id), DB_I64(run->campaign_id), DB_I64(write_id)));
    return err;
}

static int drop_parts(struct db *db, const struct campaignrun *run, struct err_info *info)
{
    static const char sql[] = "DELETE FROM campaign_part WHERE project_id = ? AND campaign_id = ?";
    return db_exec(db, sql, DB_PARAMS(DB_I64(run->project_id), DB_I64(run->campaign_id)), NULL,
                   info);
}

/* What a transaction of the worker does. */
struct step {
    struct campaignrun *run;
    unsigned lease_ms;
    const struct campaignrun_roster *roster;
    struct str note;
    struct arena *arena;
    size_t max;
    bool over;
};

/* ---- the recipients ------------------------------------------------------------------------ */

static int start_body(struct db *db, void *ctx, struct err_info *info)
{
    static const char sql[] = "UPDATE campaign SET status = 3, updated_ms = " NOW_MS
                              " WHERE project_id = ? AND campaign_id = ? AND status = 2";
    const struct step *step = ctx;
    const struct campaignrun *run = step->run;
    int err = exec_one(db, sql, DB_PARAMS(DB_I64(run->project_id), DB_I64(run->campaign_id)), info);
    return err < 0 ? err : move(db, run, CAMPAIGNSEND_RESOLVE, 0, step->lease_ms, info);
}

int campaignrun_start(struct db *db, struct campaignrun *run, unsigned lease_ms,
                      struct err_info *info)
{
    struct step step = {.run = run, .lease_ms = lease_ms};
    int err = db_tx(db, DB_WRITE, start_body, &step, info);
    if (err == 0)
        run->stage = CAMPAIGNSEND_RESOLVE;
    return err;
}

static int write_parts(struct db *db, const struct step *step, struct err_info *info)
{
    static const char sql[] = "INSERT INTO campaign_part (project_id, campaign_id, chunk,"
                              " rows_packed) VALUES (?, ?, ?, ?)";
    int err = 0;
    for (size_t i = 0; err == 0 && i < step->roster->count; i++) {
        const struct campaignrun_part *part = &step->roster->parts[i];
        err = db_exec(db, sql,
                      DB_PARAMS(DB_I64(step->run->project_id), DB_I64(step->run->campaign_id),
                                DB_I64(part->chunk), DB_BYTES(part->rows.at, part->rows.len)),
                      NULL, info);
    }
    return err;
}

static int resolved_body(struct db *db, void *ctx, struct err_info *info)
{
    static const char sql[] =
        "UPDATE campaign SET total_recipients = ?, resolved_ms = ?, segment_version = ?, note = ?"
        " WHERE project_id = ? AND campaign_id = ? AND status = 3";
    const struct step *step = ctx;
    const struct campaignrun *run = step->run;
    const struct campaignrun_roster *roster = step->roster;
    int err =
        exec_one(db, sql,
                 DB_PARAMS(DB_U64(roster->total), DB_I64(roster->at_ms),
                           roster->segment_version ? DB_I64(roster->segment_version) : DB_NULL,
                           sqlvalue_of_text(roster->note), DB_I64(run->project_id),
                           DB_I64(run->campaign_id)),
                 info);
    if (err < 0)
        return err;
    if (roster->total == 0) {
        err = remove_run(db, run, info);
        return err < 0 ? err : end_campaign(db, run, CAMPAIGN_SENT, (struct str){NULL, 0}, info);
    }
    err = move(db, run, CAMPAIGNSEND_PUT_IN, 0, step->lease_ms, info);
    return err < 0 ? err : write_parts(db, step, info);
}

int campaignrun_resolved(struct db *db, struct campaignrun *run,
                         const struct campaignrun_roster *roster, unsigned lease_ms,
                         struct err_info *info)
{
    struct step step = {.run = run, .lease_ms = lease_ms, .roster = roster};
    int err = db_tx(db, DB_WRITE, resolved_body, &step, info);
    if (err == 0)
        run->stage = CAMPAIGNSEND_PUT_IN;
    return err;
}

static int refuse_body(struct db *db, void *ctx, struct err_info *info)
{
    const struct step *step = ctx;
    int err = lock_campaign(db, step->run, info);
    if (err == 0)
        err = remove_run(db, step->run, info);
    return err < 0 ? err : end_campaign(db, step->run, CAMPAIGN_CANCELLED, step->note, info);
}

int campaignrun_refuse(struct db *db, struct campaignrun *run, struct str note,
                       struct err_info *info)
{
    struct step step = {.run = run, .note = note};
    return db_tx(db, DB_WRITE, refuse_body, &step, info);
}

/* ---- the messages -------------------------------------------------------------------------- */

int campaignrun_part(struct db *db, struct arena *arena, const struct campaignrun *run,
                     uint32_t chunk, struct campaignrun_part *ret, struct err_info *info)
{
    static const char sql[] = "SELECT chunk, rows_packed FROM campaign_part WHERE project_id = ?"
                              " AND campaign_id = ? AND chunk >= ? ORDER BY chunk LIMIT 1";
    AUTO(db_rows) rows = NULL;
    int found =
        db_one(db, sql, DB_PARAMS(DB_I64(run->project_id), DB_I64(run->campaign_id), DB_I64(chunk)),
               &rows, info);
    if (found > 0)
        *ret = (struct campaignrun_part){(uint32_t)db_i64(rows, 0), sqlvalue_text(arena, rows, 1)};
    return found;
}

int campaignrun_move(struct db *db, const struct campaignrun *run, uint64_t next_ordinal,
                     unsigned lease_ms, struct err_info *info)
{
    return move(db, run, CAMPAIGNSEND_PUT_IN, next_ordinal, lease_ms, info);
}

static int all_in_body(struct db *db, void *ctx, struct err_info *info)
{
    const struct step *step = ctx;
    const struct campaignrun *run = step->run;
    int err = move(db, run, CAMPAIGNSEND_HAND_OUT, run->next_ordinal, step->lease_ms, info);
    return err < 0 ? err : drop_parts(db, run, info);
}

int campaignrun_all_in(struct db *db, struct campaignrun *run, unsigned lease_ms,
                       struct err_info *info)
{
    struct step step = {.run = run, .lease_ms = lease_ms};
    int err = db_tx(db, DB_WRITE, all_in_body, &step, info);
    if (err == 0)
        run->stage = CAMPAIGNSEND_HAND_OUT;
    return err;
}

static int sent_body(struct db *db, void *ctx, struct err_info *info)
{
    const struct step *step = ctx;
    int err = lock_campaign(db, step->run, info);
    if (err == 0)
        err = remove_run(db, step->run, info);
    return err < 0 ? err : end_campaign(db, step->run, CAMPAIGN_SENT, (struct str){NULL, 0}, info);
}

int campaignrun_sent(struct db *db, struct campaignrun *run, struct err_info *info)
{
    struct step step = {.run = run};
    return db_tx(db, DB_WRITE, sent_body, &step, info);
}

/* ---- cancelled ----------------------------------------------------------------------------- */

/* The last transaction has no row left to find; done twice it does no harm. */
static int drop_body(struct db *db, void *ctx, struct err_info *info)
{
    struct step *step = ctx;
    const struct campaignrun *run = step->run;
    size_t count = 0;
    int err = move(db, run, CAMPAIGNSEND_DROP, run->next_ordinal, step->lease_ms, info);
    if (err == 0)
        err = message_cancel(db, step->arena, run->project_id, MESSAGE_OF_CAMPAIGN,
                             run->campaign_id, step->max, &count, info);
    step->over = count < step->max;
    if (err == 0 && step->over)
        err = drop_parts(db, run, info);
    return err < 0 || !step->over ? err : remove_run(db, run, info);
}

int campaignrun_drop(struct db *db, struct arena *arena, struct campaignrun *run, size_t max,
                     unsigned lease_ms, bool *ret_over, struct err_info *info)
{
    struct step step = {.run = run, .lease_ms = lease_ms, .arena = arena, .max = max};
    int err = db_tx(db, DB_WRITE, drop_body, &step, info);
    *ret_over = step.over;
    return err;
}

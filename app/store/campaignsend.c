#include "store/campaignsend.h"

#include "store/sqlvalue.h"

#define NOW_MS "CAST(UNIX_TIMESTAMP(UTC_TIMESTAMP(3)) * 1000 AS SIGNED)"

int campaignsend_lock(struct db *db, uint32_t project_id, const struct uuid *uuid,
                      struct campaignsend_row *ret, struct err_info *info)
{
    static const char sql[] = "SELECT campaign_id, status, write_id, updated_ms FROM campaign"
                              " WHERE project_id = ? AND uuid = ? FOR UPDATE";
    AUTO(db_rows) rows = NULL;
    int found = db_one(db, sql, DB_PARAMS(DB_I64(project_id), sqlvalue_of_uuid(uuid)), &rows, info);
    if (found == 0)
        return err_set(info, ERR_NOT_FOUND, "CAMPAIGN_NOT_FOUND", "Campaign not found");
    if (found < 0)
        return found;
    *ret = (struct campaignsend_row){.campaign_id = (uint32_t)db_i64(rows, 0),
                                     .status = (enum campaign_status)db_i64(rows, 1),
                                     .write_id = db_i64(rows, 2),
                                     .updated_ms = db_i64(rows, 3)};
    return 0;
}

int campaignsend_forget(struct db *db, uint32_t project_id, uint32_t campaign_id,
                        struct err_info *info)
{
    static const char sql[] = "DELETE FROM campaign_send WHERE project_id = ? AND campaign_id = ?";
    return db_exec(db, sql, DB_PARAMS(DB_I64(project_id), DB_I64(campaign_id)), NULL, info);
}

/* One change of a status under way. */
struct change {
    struct arena *arena;
    uint32_t project_id;
    const struct uuid *uuid;
    const struct campaignsend_order *order; /* NULL: it is cancelled */
    struct campaign *ret;
};

static void set_check(struct db *db, const struct change *change, int64_t write_id)
{
    static const char sql[] =
        "SELECT 1 FROM campaign WHERE project_id = ? AND uuid = ? AND write_id = ? FOR UPDATE";
    db_set_write_check(
        db, sql,
        DB_PARAMS(DB_I64(change->project_id), sqlvalue_of_uuid(change->uuid), DB_I64(write_id)));
}

/* Locks it and reads it whole. */
static int lock_and_read(struct db *db, const struct change *change, struct campaign *ret,
                         struct err_info *info)
{
    struct campaignsend_row row;
    int err = campaignsend_lock(db, change->project_id, change->uuid, &row, info);
    return err < 0 ? err
                   : campaign_get(db, change->arena, change->project_id, change->uuid, ret, info);
}

/* ---- sending ------------------------------------------------------------------------------- */

/* Whether it says all that sending needs. */
static int check_whole(const struct campaign *c, const struct campaignsend_order *order,
                       struct err_info *info)
{
    if (c->status != CAMPAIGN_DRAFT && c->status != CAMPAIGN_SCHEDULED)
        return err_set(info, ERR_INVAL, "BAD_REQUEST",
                       "Only a draft or scheduled campaign can be sent; this one is %s",
                       campaign_status_word(c->status));
    if (c->audience == CAMPAIGN_SEGMENT && !c->has_segment)
        return err_set_at(info, ERR_INVAL, "BAD_REQUEST", "segmentId",
                          "The campaign has no audience: name a list, tag or segment first");
    if (c->template_id == 0 && c->body.len == 0)
        return err_set_at(info, ERR_INVAL, "BAD_REQUEST", "templateId",
                          "The campaign has neither a body nor a template: give it one first");
    if (order->needs_config && c->sending_config_id == 0 && order->sending_config_id == 0)
        return err_set_at(info, ERR_INVAL, "BAD_REQUEST", "sendingConfigId",
                          "sendingConfigId is required before a campaign is sent or scheduled");
    return 0;
}

static int write_order(struct db *db, const struct change *change, int64_t write_id,
                       struct err_info *info)
{
    static const char sql[] =
        "UPDATE campaign SET status = ?, scheduled_ms = ?, sending_config_id = COALESCE(?,"
        " sending_config_id), updated_ms = " NOW_MS ", write_id = ?"
        " WHERE project_id = ? AND uuid = ?";
    const struct campaignsend_order *order = change->order;
    bool is_now = order->at_ms == 0;
    return db_exec(
        db, sql,
        DB_PARAMS(DB_I64(is_now ? CAMPAIGN_SENDING : CAMPAIGN_SCHEDULED),
                  is_now ? DB_NULL : DB_I64(order->at_ms),
                  order->sending_config_id == 0 ? DB_NULL : DB_I64(order->sending_config_id),
                  DB_I64(write_id), DB_I64(change->project_id), sqlvalue_of_uuid(change->uuid)),
        NULL, info);
}

/* A worker that is just about to begin loses its lease, and looks again. */
static int write_work(struct db *db, const struct change *change, uint32_t campaign_id,
                      struct err_info *info)
{
    static const char sql[] =
        "INSERT INTO campaign_send (project_id, campaign_id, stage, due_ms)"
        " VALUES (?, ?, ?, COALESCE(?, " NOW_MS ")) ON DUPLICATE KEY UPDATE"
        " stage = VALUES(stage), due_ms = VALUES(due_ms), lease_id = 0, lease_until_ms = 0";
    bool is_now = change->order->at_ms == 0;
    return db_exec(db, sql,
                   DB_PARAMS(DB_I64(change->project_id), DB_I64(campaign_id),
                             DB_I64(is_now ? CAMPAIGNSEND_RESOLVE : CAMPAIGNSEND_SCHEDULED),
                             is_now ? DB_NULL : DB_I64(change->order->at_ms)),
                   NULL, info);
}

static int ask_body(struct db *db, void *ctx, struct err_info *info)
{
    const struct change *change = ctx;
    struct campaign *campaign = change->ret;
    int64_t write_id = uuid_random63();
    int err = lock_and_read(db, change, campaign, info);
    if (err == 0)
        err = check_whole(campaign, change->order, info);
    if (err == 0)
        err = write_order(db, change, write_id, info);
    if (err == 0)
        err = write_work(db, change, campaign->campaign_id, info);
    if (err == 0)
        err = campaign_get(db, change->arena, change->project_id, change->uuid, campaign, info);
    set_check(db, change, write_id);
    return err;
}

int campaignsend_ask(struct db *db, struct arena *arena, uint32_t project_id,
                     const struct uuid *uuid, const struct campaignsend_order *order,
                     struct campaign *ret, struct err_info *info)
{
    struct change change = {arena, project_id, uuid, order, ret};
    return db_tx(db, DB_WRITE, ask_body, &change, info);
}

/* ---- cancelling ---------------------------------------------------------------------------- */

static int write_cancel(struct db *db, const struct change *change, int64_t write_id,
                        struct err_info *info)
{
    static const char sql[] =
        "UPDATE campaign SET status = 5, scheduled_ms = NULL, updated_ms = " NOW_MS
        ", write_id = ? WHERE project_id = ? AND uuid = ?";
    return db_exec(
        db, sql,
        DB_PARAMS(DB_I64(write_id), DB_I64(change->project_id), sqlvalue_of_uuid(change->uuid)),
        NULL, info);
}

/* Takes the lease of whoever puts messages in: he commits nothing any more. */
static int write_drop(struct db *db, const struct change *change, struct err_info *info)
{
    static const char sql[] =
        "UPDATE campaign_send SET stage = 5, due_ms = " NOW_MS ", lease_id = 0, lease_until_ms = 0"
        " WHERE project_id = ? AND campaign_id = ?";
    return db_exec(db, sql, DB_PARAMS(DB_I64(change->project_id), DB_I64(change->ret->campaign_id)),
                   NULL, info);
}

static int cancel_body(struct db *db, void *ctx, struct err_info *info)
{
    const struct change *change = ctx;
    struct campaign *campaign = change->ret;
    int64_t write_id = uuid_random63();
    int err = lock_and_read(db, change, campaign, info);
    if (err == 0 && campaign->status != CAMPAIGN_SCHEDULED && campaign->status != CAMPAIGN_SENDING)
        err = err_set(info, ERR_INVAL, "BAD_REQUEST",
                      "Only a scheduled or sending campaign can be cancelled; this one is %s",
                      campaign_status_word(campaign->status));
    if (err == 0)
        err = write_cancel(db, change, write_id, info);
    if (err == 0)
        err = write_drop(db, change, info);
    if (err == 0)
        err = campaign_get(db, change->arena, change->project_id, change->uuid, campaign, info);
    set_check(db, change, write_id);
    return err;
}

int campaignsend_cancel(struct db *db, struct arena *arena, uint32_t project_id,
                        const struct uuid *uuid, struct campaign *ret, struct err_info *info)
{
    struct change change = {arena, project_id, uuid, NULL, ret};
    return db_tx(db, DB_WRITE, cancel_body, &change, info);
}

#include "store/deliverysweep.h"

#include "store/delivery.h"
#include "store/sqllist.h"
#include "store/sqlvalue.h"

/* A deleted webhook stays so long without a message: a transaction that was under way when it was
 * deleted may still publish to it. */
#define DELIVERYSWEEP_LINGER_MS INT64_C(3600000)

/* Webhooks that one round looks at. */
#define DELIVERYSWEEP_WEBHOOKS 1000

struct deliverysweep_webhook {
    uint32_t project_id;
    uint32_t webhook_id;
};

/* One transaction's worth of one webhook. */
struct deliverysweep_batch {
    struct arena *arena;
    struct deliverysweep_webhook webhook;
    bool whole;         /* the webhook is deleted: everything goes */
    struct uuid before; /* else only delivered ones with a lower id */
    struct uuid ids[DELIVERY_BATCH];
    size_t count;
    uint64_t queued; /* rows of the queue that went */
};

/* The lowest id of a message that was published at `ms` (store/outbox.c). */
static struct uuid deliverysweep_bound(int64_t ms)
{
    struct uuid uuid = {{0}};
    for (unsigned i = 0; i < 6; i++) {
        uuid.bytes[i] = (uint8_t)((uint64_t)ms >> (40 - 8 * i));
    }
    return uuid;
}

/* ---- one batch ----------------------------------------------------------------------------- */

static int deliverysweep_choose(struct db *db, struct deliverysweep_batch *batch,
                                struct err_info *info)
{
    static const char whole_sql[] = "SELECT delivery_id FROM delivery WHERE project_id = ?"
                                    " AND webhook_id = ? LIMIT ? FOR UPDATE";
    static const char old_sql[] =
        "SELECT delivery_id FROM delivery WHERE project_id = ? AND webhook_id = ? AND state = ?"
        " AND delivery_id < ? ORDER BY delivery_id LIMIT ? FOR UPDATE";
    struct db_param project = DB_I64(batch->webhook.project_id);
    struct db_param webhook = DB_I64(batch->webhook.webhook_id);
    struct db_param limit = DB_I64(DELIVERY_BATCH);
    AUTO(db_rows) rows = NULL;
    int err;
    batch->count = 0;
    if (batch->whole) {
        err = db_query(db, whole_sql, DB_PARAMS(project, webhook, limit), false, &rows, info);
    } else {
        err = db_query(db, old_sql,
                       DB_PARAMS(project, webhook, DB_I64(DELIVERY_DELIVERED),
                                 sqlvalue_of_uuid(&batch->before), limit),
                       false, &rows, info);
    }
    while (err >= 0 && batch->count < DELIVERY_BATCH && (err = db_next(rows, info)) > 0) {
        batch->ids[batch->count++] = sqlvalue_uuid(rows, 0);
    }
    return err < 0 ? err : 0;
}

static int deliverysweep_delete(struct db *db, const struct deliverysweep_batch *batch,
                                struct err_info *info)
{
    SQLLIST(attempt_sql, "DELETE FROM delivery_attempt WHERE project_id = ? AND delivery_id IN (",
            "?", ")");
    SQLLIST(sql, "DELETE FROM delivery WHERE project_id = ? AND delivery_id IN (", "?", ")");
    struct db_param project = DB_I64(batch->webhook.project_id);
    struct db_param *ids = arena_array(batch->arena, batch->count, sizeof(*ids));
    for (size_t i = 0; i < batch->count; i++) {
        ids[i] = sqlvalue_of_uuid(&batch->ids[i]);
    }
    struct sqllist list = {attempt_sql, &project, 1, ids, batch->count, 1};
    int err = sqllist_exec(db, &list, NULL, info);
    list.sql = sql;
    return err < 0 ? err : sqllist_exec(db, &list, NULL, info);
}

/* Repeating it does no harm: a COMMIT that is not answered is a failure of this round only. */
static int deliverysweep_body(struct db *db, void *ctx, struct err_info *info)
{
    static const char due_sql[] = "DELETE FROM delivery_due WHERE project_id = ? AND webhook_id = ?"
                                  " ORDER BY due_ms, delivery_id LIMIT ?";
    struct deliverysweep_batch *batch = ctx;
    batch->queued = 0;
    int err = 0;
    if (batch->whole) {
        err = db_exec(db, due_sql,
                      DB_PARAMS(DB_I64(batch->webhook.project_id),
                                DB_I64(batch->webhook.webhook_id), DB_I64(DELIVERY_BATCH)),
                      &batch->queued, info);
    }
    if (err == 0) {
        err = deliverysweep_choose(db, batch, info);
    }
    return err < 0 || batch->count == 0 ? err : deliverysweep_delete(db, batch, info);
}

/* Batch after batch of one webhook, while there are full ones and `*left` of them. */
static int deliverysweep_webhook(struct db *db, struct deliverysweep_batch *batch, unsigned *left,
                                 struct err_info *info)
{
    while (*left > 0) {
        int err = db_tx(db, DB_WRITE, deliverysweep_body, batch, info);
        if (err < 0) {
            return err;
        }
        --*left;
        if (batch->count < DELIVERY_BATCH && batch->queued < DELIVERY_BATCH) {
            return 0;
        }
    }
    return 0;
}

/* ---- which webhooks ------------------------------------------------------------------------ */

static int deliverysweep_list(struct db *db, struct arena *arena, const char *sql,
                              const struct db_param *params, unsigned param_count,
                              struct deliverysweep_webhook **ret, size_t *ret_count,
                              struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    size_t room = 0;
    *ret = NULL;
    *ret_count = 0;
    int err = db_query(db, sql, params, param_count, false, &rows, info);
    while (err >= 0 && (err = db_next(rows, info)) > 0) {
        *ret = arena_grow(arena, *ret, *ret_count, &room, sizeof(**ret));
        (*ret)[(*ret_count)++] =
            (struct deliverysweep_webhook){(uint32_t)db_i64(rows, 0), (uint32_t)db_i64(rows, 1)};
    }
    return err;
}

/* The row of a deleted webhook goes when nothing can refer to it any more. */
static int deliverysweep_forget(struct db *db, struct deliverysweep_webhook webhook, int64_t now_ms,
                                struct err_info *info)
{
    static const char sql[] =
        "DELETE FROM webhook WHERE project_id = ? AND webhook_id = ? AND deleted_ms < ?"
        " AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.project_id = ? AND d.webhook_id = ?)";
    struct db_param project = DB_I64(webhook.project_id);
    struct db_param id = DB_I64(webhook.webhook_id);
    return db_exec(db, sql,
                   DB_PARAMS(project, id, DB_I64(now_ms - DELIVERYSWEEP_LINGER_MS), project, id),
                   NULL, info);
}

static int deliverysweep_deleted(struct db *db, struct arena *arena, int64_t now_ms, unsigned *left,
                                 struct err_info *info)
{
    /* all projects: the worker cleans up for everybody. */
    static const char sql[] = "SELECT project_id, webhook_id FROM webhook"
                              " WHERE deleted_ms IS NOT NULL ORDER BY deleted_ms LIMIT ?";
    struct deliverysweep_webhook *webhooks;
    size_t count;
    int err = deliverysweep_list(db, arena, sql, DB_PARAMS(DB_I64(DELIVERYSWEEP_WEBHOOKS)),
                                 &webhooks, &count, info);
    for (size_t i = 0; err == 0 && i<count && * left> 0; i++) {
        struct deliverysweep_batch batch = {.arena = arena, .webhook = webhooks[i], .whole = true};
        err = deliverysweep_webhook(db, &batch, left, info);
        if (err == 0) {
            err = deliverysweep_forget(db, webhooks[i], now_ms, info);
        }
    }
    return err;
}

static int deliverysweep_old(struct db *db, struct arena *arena, int64_t now_ms, unsigned *left,
                             struct err_info *info)
{
    /* all projects: as above. One look into the index for each webhook. */
    static const char sql[] =
        "SELECT w.project_id, w.webhook_id FROM webhook w WHERE w.deleted_ms IS NULL"
        " AND (SELECT d.delivery_id FROM delivery d WHERE d.project_id = w.project_id"
        " AND d.webhook_id = w.webhook_id AND d.state = ? ORDER BY d.delivery_id LIMIT 1) < ?"
        " LIMIT ?";
    struct uuid before = deliverysweep_bound(now_ms - DELIVERYSWEEP_KEEP_MS);
    struct deliverysweep_webhook *webhooks;
    size_t count;
    int err = deliverysweep_list(db, arena, sql,
                                 DB_PARAMS(DB_I64(DELIVERY_DELIVERED), sqlvalue_of_uuid(&before),
                                           DB_I64(DELIVERYSWEEP_WEBHOOKS)),
                                 &webhooks, &count, info);
    for (size_t i = 0; err == 0 && i<count && * left> 0; i++) {
        struct deliverysweep_batch batch = {
            .arena = arena, .webhook = webhooks[i], .before = before};
        err = deliverysweep_webhook(db, &batch, left, info);
    }
    return err;
}

int deliverysweep_run(struct db *db, struct arena *arena, unsigned max_batches,
                      struct err_info *info)
{
    unsigned left = max_batches;
    int64_t now_ms;
    int err = db_now_ms(db, &now_ms, info);
    if (err == 0) {
        err = deliverysweep_deleted(db, arena, now_ms, &left, info);
    }
    return err < 0 ? err : deliverysweep_old(db, arena, now_ms, &left, info);
}

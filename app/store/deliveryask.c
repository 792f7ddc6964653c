#include "store/deliveryask.h"

#include "store/outbox.h"
#include "store/outboxbody.h"
#include "store/sqlvalue.h"
#include "store/webhook.h"

/* One request under way. */
struct deliveryask {
    struct arena *arena;
    uint32_t project_id;
    const struct uuid *webhook_uuid;
    struct webhook webhook;
    int64_t now_ms;
    struct uuid delivery_id;
    uint32_t segment_id;
    uint64_t after;
    uint64_t until; /* the last sequence when the replay began */
    uint64_t last;  /* sequence of the batch */
    size_t count;   /* of the batch */
};

/* Locks the webhook and asks the time: who disables it comes before or after, not between. */
static int deliveryask_begin(struct db *db, struct deliveryask *ask, struct err_info *info)
{
    int err = webhook_lock(db, ask->arena, ask->project_id, ask->webhook_uuid, &ask->webhook, info);
    if (err == 0 && !ask->webhook.enabled) {
        err = err_set(info, ERR_CONFLICT, "CONFLICT",
                      "This webhook is disabled: set \"enabled\" to true first");
    }
    return err < 0 ? err : db_now_ms(db, &ask->now_ms, info);
}

/* ---- a test -------------------------------------------------------------------------------- */

static int deliveryask_test_body(struct db *db, void *ctx, struct err_info *info)
{
    static const char check_sql[] =
        "SELECT delivery_id FROM delivery WHERE project_id = ? AND delivery_id = ? FOR UPDATE";
    struct deliveryask *ask = ctx;
    int err = deliveryask_begin(db, ask, info);
    if (err < 0) {
        return err;
    }
    struct outbox_event event = {.type = STR("webhook.test"),
                                 .event_id = uuid_new(),
                                 .body =
                                     outboxbody_test(ask->arena, ask->now_ms, ask->webhook_uuid)};
    err = outbox_write_to(db, ask->arena, ask->project_id, ask->webhook.webhook_id, &event,
                          ask->now_ms, &ask->delivery_id, info);
    db_set_write_check(db, check_sql,
                       DB_PARAMS(DB_I64(ask->project_id), sqlvalue_of_uuid(&ask->delivery_id)));
    return err;
}

int deliveryask_test(struct db *db, struct arena *arena, uint32_t project_id,
                     const struct uuid *webhook, struct uuid *ret_delivery_id,
                     struct err_info *info)
{
    struct deliveryask ask = {.arena = arena, .project_id = project_id, .webhook_uuid = webhook};
    int err = db_tx(db, DB_WRITE, deliveryask_test_body, &ask, info);
    if (err == 0) {
        *ret_delivery_id = ask.delivery_id;
    }
    return err;
}

/* ---- one message --------------------------------------------------------------------------- */

/* A message that is to go again. */
struct deliveryask_message {
    struct uuid delivery_id;
    uint32_t attempts;
    bool is_queued;
    int64_t due_ms; /* when it is queued, and nobody claimed it */
};

static int deliveryask_set_due(struct db *db, const struct deliveryask *ask,
                               const struct deliveryask_message *message, struct err_info *info)
{
    static const char sql[] = "UPDATE delivery SET state = ?, due_ms = ?, updated_ms = ?"
                              " WHERE project_id = ? AND delivery_id = ?";
    enum delivery_state state = message->attempts == 0 ? DELIVERY_PENDING : DELIVERY_FAILED;
    return db_exec(db, sql,
                   DB_PARAMS(DB_I64(state), DB_I64(ask->now_ms), DB_I64(ask->now_ms),
                             DB_I64(ask->project_id), sqlvalue_of_uuid(&message->delivery_id)),
                   NULL, info);
}

/* Queues it, or moves it to the front of the queue. Where a sender has it, it stays with him. */
static int deliveryask_queue(struct db *db, const struct deliveryask *ask,
                             const struct deliveryask_message *message, struct err_info *info)
{
    static const char move_sql[] =
        "UPDATE delivery_due SET due_ms = ?, step = 0 WHERE project_id = ? AND webhook_id = ?"
        " AND due_ms = ? AND delivery_id = ? AND lease_token = 0";
    static const char sql[] =
        "INSERT INTO delivery_due (project_id, webhook_id, due_ms, delivery_id, attempts)"
        " VALUES (?, ?, ?, ?, ?)";
    struct db_param now = DB_I64(ask->now_ms);
    struct db_param project = DB_I64(ask->project_id);
    struct db_param webhook = DB_I64(ask->webhook.webhook_id);
    struct db_param id = sqlvalue_of_uuid(&message->delivery_id);
    uint64_t changed = 1;
    int err;
    if (message->is_queued) {
        err = db_exec(db, move_sql, DB_PARAMS(now, project, webhook, DB_I64(message->due_ms), id),
                      &changed, info);
    } else {
        err = db_exec(db, sql, DB_PARAMS(project, webhook, now, id, DB_I64(message->attempts)),
                      NULL, info);
    }
    return err < 0 || changed == 0 ? err : deliveryask_set_due(db, ask, message, info);
}

static void deliveryask_from_row(const struct db_rows *rows, struct deliveryask_message *ret)
{
    *ret = (struct deliveryask_message){.delivery_id = sqlvalue_uuid(rows, 0),
                                        .attempts = (uint32_t)db_i64(rows, 1),
                                        .is_queued = !db_is_null(rows, 2),
                                        .due_ms = db_i64(rows, 2)};
}

static int deliveryask_retry_body(struct db *db, void *ctx, struct err_info *info)
{
    static const char sql[] =
        "SELECT delivery_id, attempts, due_ms FROM delivery WHERE project_id = ?"
        " AND delivery_id = ? AND webhook_id = ? FOR UPDATE";
    struct deliveryask *ask = ctx;
    struct deliveryask_message message;
    int err = deliveryask_begin(db, ask, info);
    if (err < 0) {
        return err;
    }
    AUTO(db_rows) rows = NULL;
    int found = db_one(db, sql,
                       DB_PARAMS(DB_I64(ask->project_id), sqlvalue_of_uuid(&ask->delivery_id),
                                 DB_I64(ask->webhook.webhook_id)),
                       &rows, info);
    if (found == 0) {
        return err_set(info, ERR_NOT_FOUND, "RESOURCE_NOT_FOUND", "Delivery not found");
    }
    if (found < 0) {
        return found;
    }
    deliveryask_from_row(rows, &message);
    return deliveryask_queue(db, ask, &message, info);
}

int deliveryask_retry(struct db *db, struct arena *arena, uint32_t project_id,
                      const struct uuid *webhook, const struct uuid *delivery_id,
                      struct err_info *info)
{
    struct deliveryask ask = {.arena = arena,
                              .project_id = project_id,
                              .webhook_uuid = webhook,
                              .delivery_id = *delivery_id};
    return db_tx(db, DB_WRITE, deliveryask_retry_body, &ask, info);
}

/* ---- a range ------------------------------------------------------------------------------- */

static int deliveryask_find_segment(struct db *db, struct deliveryask *ask,
                                    const struct uuid *segment, struct err_info *info)
{
    static const char sql[] = "SELECT segment_id FROM segment WHERE project_id = ? AND uuid = ?";
    AUTO(db_rows) rows = NULL;
    int found =
        db_one(db, sql, DB_PARAMS(DB_I64(ask->project_id), sqlvalue_of_uuid(segment)), &rows, info);
    if (found == 0) {
        return err_set_at(info, ERR_NOT_FOUND, "RESOURCE_NOT_FOUND", "segmentId",
                          "Segment not found");
    }
    if (found < 0) {
        return found;
    }
    ask->segment_id = (uint32_t)db_i64(rows, 0);
    return 0;
}

static int deliveryask_find_end(struct db *db, struct deliveryask *ask, struct err_info *info)
{
    static const char sql[] = "SELECT MAX(sequence) FROM delivery WHERE project_id = ?"
                              " AND webhook_id = ? AND segment_id = ?";
    AUTO(db_rows) rows = NULL;
    int err = db_one(db, sql,
                     DB_PARAMS(DB_I64(ask->project_id), DB_I64(ask->webhook.webhook_id),
                               DB_I64(ask->segment_id)),
                     &rows, info);
    if (err < 0) {
        return err;
    }
    ask->until = (uint64_t)db_i64(rows, 0);
    return 0;
}

/* The next batch; ask->after moves behind it when the transaction is through. */
static int deliveryask_replay_body(struct db *db, void *ctx, struct err_info *info)
{
    static const char sql[] =
        "SELECT delivery_id, attempts, due_ms, sequence FROM delivery FORCE INDEX (replay)"
        " WHERE project_id = ? AND webhook_id = ? AND segment_id = ? AND sequence > ?"
        " AND sequence <= ? ORDER BY sequence LIMIT ? FOR UPDATE";
    struct deliveryask *ask = ctx;
    int err = deliveryask_begin(db, ask, info);
    ask->count = 0;
    if (err < 0) {
        return err;
    }
    AUTO(db_rows) rows = NULL;
    err = db_query(db, sql,
                   DB_PARAMS(DB_I64(ask->project_id), DB_I64(ask->webhook.webhook_id),
                             DB_I64(ask->segment_id), DB_U64(ask->after), DB_U64(ask->until),
                             DB_I64(DELIVERY_BATCH)),
                   false, &rows, info);
    uint64_t last = ask->after;
    while (err >= 0 && (err = db_next(rows, info)) > 0) {
        struct deliveryask_message message;
        deliveryask_from_row(rows, &message);
        last = (uint64_t)db_i64(rows, 3);
        err = deliveryask_queue(db, ask, &message, info);
        ask->count++;
    }
    ask->last = last;
    return err;
}

int deliveryask_replay(struct db *db, struct arena *arena, uint32_t project_id,
                       const struct uuid *webhook, const struct uuid *segment, uint64_t after,
                       uint64_t *ret_count, struct err_info *info)
{
    struct deliveryask ask = {
        .arena = arena, .project_id = project_id, .webhook_uuid = webhook, .after = after};
    *ret_count = 0;
    int err = webhook_get(db, arena, project_id, webhook, &ask.webhook, info);
    if (err == 0) {
        err = deliveryask_find_segment(db, &ask, segment, info);
    }
    if (err == 0) {
        err = deliveryask_find_end(db, &ask, info);
    }
    while (err == 0) {
        err = db_tx(db, DB_WRITE, deliveryask_replay_body, &ask, info);
        *ret_count += err == 0 ? ask.count : 0;
        ask.after = ask.last;
        if (ask.count < DELIVERY_BATCH) {
            break;
        }
    }
    return err;
}

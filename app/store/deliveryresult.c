#include "store/deliveryresult.h"

#include <stdio.h>

#include "store/sqllist.h"
#include "store/sqlrows.h"
#include "store/sqlvalue.h"

/* What the results of one webhook come to. */
struct deliveryresult_health {
    uint32_t webhook_id;
    unsigned successes;
    unsigned failures;
    int64_t slow_ms;
    const char *disable_reason;
};

struct deliveryresult_batch {
    struct arena *arena;
    uint32_t project_id;
    struct deliveryresult *results;
    size_t count;
    int64_t now_ms;
    bool erased[DELIVERY_BATCH];
    struct deliveryresult_health health[DELIVERY_BATCH];
    size_t webhook_count;
};

/* ---- the messages -------------------------------------------------------------------------- */

static int deliveryresult_erased_row(const struct db_rows *rows, void *ctx)
{
    struct deliveryresult_batch *batch = ctx;
    struct uuid id = sqlvalue_uuid(rows, 0);
    for (size_t i = 0; i < batch->count; i++) {
        if (uuid_eq(&batch->results[i].claim->delivery_id, &id)) {
            batch->erased[i] = db_i64(rows, 1) != 0;
        }
    }
    return 0;
}

/* Locks the messages, so that an erasure is over or comes behind us. */
static int deliveryresult_lock(struct db *db, struct deliveryresult_batch *batch,
                               struct err_info *info)
{
    SQLLIST(sql,
            "SELECT delivery_id, erased FROM delivery WHERE project_id = ? AND delivery_id IN (",
            "?", ") FOR UPDATE");
    struct db_param *ids = arena_array(batch->arena, batch->count, sizeof(*ids));
    for (size_t i = 0; i < batch->count; i++) {
        ids[i] = sqlvalue_of_uuid(&batch->results[i].claim->delivery_id);
    }
    struct sqllist list = {sql, &DB_I64(batch->project_id), 1, ids, batch->count, 1};
    return sqllist_query(db, &list, deliveryresult_erased_row, batch, info);
}

/* Moves or removes the row of the queue, if it is still ours. */
static int deliveryresult_leave_queue(struct db *db, const struct deliveryresult_batch *batch,
                                      struct deliveryresult *result, struct err_info *info)
{
    static const char again_sql[] =
        "UPDATE delivery_due SET lease_token = 0, due_ms = ? WHERE project_id = ?"
        " AND webhook_id = ? AND due_ms = ? AND delivery_id = ? AND lease_token = ?";
    static const char done_sql[] =
        "DELETE FROM delivery_due WHERE project_id = ? AND webhook_id = ? AND due_ms = ?"
        " AND delivery_id = ? AND lease_token = ?";
    const struct delivery_claim *claim = result->claim;
    bool again = result->outcome == DELIVERYRESULT_RETRY;
    struct db_param params[] = {DB_I64(batch->now_ms + result->retry_ms),
                                DB_I64(claim->project_id),
                                DB_I64(claim->webhook_id),
                                DB_I64(claim->lease_until_ms),
                                sqlvalue_of_uuid(&claim->delivery_id),
                                DB_I64(claim->token)};
    uint64_t changed = 0;
    int err = again ? db_exec(db, again_sql, params, ARRAY_LEN(params), &changed, info)
                    : db_exec(db, done_sql, params + 1, ARRAY_LEN(params) - 1, &changed, info);
    result->is_stale = changed == 0;
    return err;
}

static int deliveryresult_set_state(struct db *db, const struct deliveryresult_batch *batch,
                                    const struct deliveryresult *result, struct err_info *info)
{
    static const char sql[] =
        "UPDATE delivery SET state = ?, attempts = ?, due_ms = ?, updated_ms = ?"
        " WHERE project_id = ? AND delivery_id = ?";
    enum delivery_state state = DELIVERY_DEAD;
    struct db_param due = DB_NULL;
    if (result->outcome == DELIVERYRESULT_DELIVERED) {
        state = DELIVERY_DELIVERED;
    } else if (result->outcome == DELIVERYRESULT_RETRY) {
        state = DELIVERY_FAILED;
        due = DB_I64(batch->now_ms + result->retry_ms);
    }
    return db_exec(db, sql,
                   DB_PARAMS(DB_I64(state), DB_I64(result->claim->attempt), due,
                             DB_I64(batch->now_ms), DB_I64(batch->project_id),
                             sqlvalue_of_uuid(&result->claim->delivery_id)),
                   NULL, info);
}

/* ---- the attempts -------------------------------------------------------------------------- */

/* At most `max` bytes of a text, whole characters only. */
static struct str deliveryresult_cut(struct str text, size_t max)
{
    if (text.len > max) {
        text.len = max;
        while (text.len > 0 && ((unsigned char)text.at[text.len] & 0xc0) == 0x80) {
            text.len--;
        }
    }
    return text;
}

#define DELIVERYRESULT_WIDTH 8

static void deliveryresult_attempt_params(const struct deliveryresult_batch *batch, size_t i,
                                          struct db_param *ret)
{
    const struct deliveryresult *result = &batch->results[i];
    struct str error = deliveryresult_cut(result->error, DELIVERYRESULT_ERROR_BYTES);
    struct str reply = result->reply;
    reply.len = reply.len < DELIVERYRESULT_REPLY_BYTES ? reply.len : DELIVERYRESULT_REPLY_BYTES;
    bool keeps_reply = reply.len > 0 && !batch->erased[i];
    const struct db_param params[DELIVERYRESULT_WIDTH] = {
        DB_I64(batch->project_id),
        sqlvalue_of_uuid(&result->claim->delivery_id),
        DB_I64(result->claim->attempt),
        DB_I64(batch->now_ms - result->ago_ms),
        DB_I64(result->duration_ms),
        result->status == 0 ? DB_NULL : DB_I64(result->status),
        sqlvalue_of_text(str_is_utf8(error) ? error : STR("an error without readable words")),
        keeps_reply ? DB_BYTES(reply.at, reply.len) : DB_NULL};
    memcpy(ret, params, sizeof(params));
}

static int deliveryresult_insert_attempts(struct db *db, const struct deliveryresult_batch *batch,
                                          struct err_info *info)
{
    SQLROWS(sql,
            "INSERT INTO delivery_attempt (project_id, delivery_id, attempt_no, started_ms,"
            " duration_ms, status, error, reply) VALUES ",
            "(?, ?, ?, ?, ?, ?, ?, ?)", "");
    static const char check_sql[] =
        "SELECT attempt_no FROM delivery_attempt WHERE project_id = ? AND delivery_id = ?"
        " AND attempt_no = ? FOR UPDATE";
    struct db_param *params =
        arena_array(batch->arena, batch->count * DELIVERYRESULT_WIDTH, sizeof(*params));
    size_t count = 0;
    for (size_t i = 0; i < batch->count; i++) {
        if (!batch->results[i].is_stale) {
            deliveryresult_attempt_params(batch, i, params + count++ * DELIVERYRESULT_WIDTH);
        }
    }
    if (count > 0) {
        db_set_write_check(db, check_sql, params, 3);
    }
    return sqlrows_exec(db, sql, params, count, DELIVERYRESULT_WIDTH, info);
}

/* ---- the webhooks -------------------------------------------------------------------------- */

static struct deliveryresult_health *deliveryresult_health_of(struct deliveryresult_batch *batch,
                                                              uint32_t webhook_id)
{
    size_t at = 0;
    while (at < batch->webhook_count && batch->health[at].webhook_id < webhook_id) {
        at++;
    }
    if (at == batch->webhook_count || batch->health[at].webhook_id != webhook_id) {
        memmove(&batch->health[at + 1], &batch->health[at],
                (batch->webhook_count - at) * sizeof(batch->health[0]));
        batch->health[at] = (struct deliveryresult_health){.webhook_id = webhook_id};
        batch->webhook_count++;
    }
    return &batch->health[at];
}

static void deliveryresult_sum(struct deliveryresult_batch *batch)
{
    batch->webhook_count = 0;
    for (size_t i = 0; i < batch->count; i++) {
        const struct deliveryresult *result = &batch->results[i];
        if (result->is_stale) {
            continue;
        }
        struct deliveryresult_health *health =
            deliveryresult_health_of(batch, result->claim->webhook_id);
        if (result->outcome == DELIVERYRESULT_DELIVERED) {
            health->successes++;
        } else {
            health->failures++;
        }
        if (result->slow_ms > health->slow_ms) {
            health->slow_ms = result->slow_ms;
        }
        if (result->disable_reason != NULL) {
            health->disable_reason = result->disable_reason;
        }
    }
}

static int deliveryresult_disable(struct db *db, const struct deliveryresult_batch *batch,
                                  uint32_t webhook_id, const char *reason, struct err_info *info)
{
    static const char sql[] =
        "UPDATE webhook SET enabled = 0, disabled_reason = ?, disabled_ms = ?, updated_ms = ?"
        " WHERE project_id = ? AND webhook_id = ? AND enabled = 1 AND deleted_ms IS NULL";
    static const char version_sql[] =
        "UPDATE project SET webhook_version = webhook_version + 1 WHERE project_id = ?";
    struct str words = deliveryresult_cut(str_from(reason), 200);
    uint64_t changed = 0;
    int err = db_exec(db, sql,
                      DB_PARAMS(DB_STR(words), DB_I64(batch->now_ms), DB_I64(batch->now_ms),
                                DB_I64(batch->project_id), DB_I64(webhook_id)),
                      &changed, info);
    return err < 0 || changed == 0
               ? err
               : db_exec(db, version_sql, DB_PARAMS(DB_I64(batch->project_id)), NULL, info);
}

/* Disables a webhook that has failed too long. */
static int deliveryresult_judge(struct db *db, const struct deliveryresult_batch *batch,
                                uint32_t webhook_id, struct err_info *info)
{
    static const char sql[] = "SELECT failing_since_ms, failures FROM webhook"
                              " WHERE project_id = ? AND webhook_id = ?";
    AUTO(db_rows) rows = NULL;
    int found =
        db_one(db, sql, DB_PARAMS(DB_I64(batch->project_id), DB_I64(webhook_id)), &rows, info);
    if (found <= 0 || db_is_null(rows, 0) ||
        batch->now_ms - db_i64(rows, 0) < DELIVERYRESULT_DISABLE_MS ||
        db_i64(rows, 1) < DELIVERYRESULT_DISABLE_FAILURES) {
        return found < 0 ? found : 0;
    }
    char reason[120];
    snprintf(reason, sizeof(reason), "No message arrived for 5 days; %lld attempts failed",
             (long long)db_i64(rows, 1));
    return deliveryresult_disable(db, batch, webhook_id, reason, info);
}

static int deliveryresult_write_health(struct db *db, const struct deliveryresult_batch *batch,
                                       const struct deliveryresult_health *health,
                                       struct err_info *info)
{
    static const char good_sql[] =
        "UPDATE webhook SET last_success_ms = ?, failing_since_ms = NULL, failures = 0,"
        " slow_until_ms = GREATEST(slow_until_ms, ?) WHERE project_id = ? AND webhook_id = ?";
    static const char bad_sql[] =
        "UPDATE webhook SET failing_since_ms = COALESCE(failing_since_ms, ?),"
        " failures = failures + ?, slow_until_ms = GREATEST(slow_until_ms, ?)"
        " WHERE project_id = ? AND webhook_id = ?";
    struct db_param now = DB_I64(batch->now_ms);
    struct db_param slow = DB_I64(health->slow_ms > 0 ? batch->now_ms + health->slow_ms : 0);
    struct db_param project = DB_I64(batch->project_id);
    struct db_param webhook = DB_I64(health->webhook_id);
    int err = 0;
    if (health->successes > 0) {
        err = db_exec(db, good_sql, DB_PARAMS(now, slow, project, webhook), NULL, info);
    } else {
        err = db_exec(db, bad_sql, DB_PARAMS(now, DB_I64(health->failures), slow, project, webhook),
                      NULL, info);
        if (err == 0) {
            err = deliveryresult_judge(db, batch, health->webhook_id, info);
        }
    }
    if (err == 0 && health->disable_reason != NULL) {
        err = deliveryresult_disable(db, batch, health->webhook_id, health->disable_reason, info);
    }
    return err;
}

/* ---- all of it ----------------------------------------------------------------------------- */

static int deliveryresult_body(struct db *db, void *ctx, struct err_info *info)
{
    struct deliveryresult_batch *batch = ctx;
    int err = db_now_ms(db, &batch->now_ms, info);
    if (err == 0) {
        err = deliveryresult_lock(db, batch, info);
    }
    for (size_t i = 0; err == 0 && i < batch->count; i++) {
        err = deliveryresult_leave_queue(db, batch, &batch->results[i], info);
        if (err == 0 && !batch->results[i].is_stale) {
            err = deliveryresult_set_state(db, batch, &batch->results[i], info);
        }
    }
    if (err == 0) {
        err = deliveryresult_insert_attempts(db, batch, info);
    }
    deliveryresult_sum(batch);
    for (size_t i = 0; err == 0 && i < batch->webhook_count; i++) {
        err = deliveryresult_write_health(db, batch, &batch->health[i], info);
    }
    return err;
}

int deliveryresult_write(struct db *db, struct arena *arena, struct deliveryresult *results,
                         size_t count, struct err_info *info)
{
    struct deliveryresult_batch batch = {.arena = arena, .results = results, .count = count};
    if (count == 0) {
        return 0;
    }
    if (count > DELIVERY_BATCH) {
        return err_set(info, ERR_INVAL, NULL, "at most %d results at once", DELIVERY_BATCH);
    }
    batch.project_id = results[0].claim->project_id;
    return db_tx(db, DB_WRITE, deliveryresult_body, &batch, info);
}

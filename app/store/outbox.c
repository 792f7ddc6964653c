#include "store/outbox.h"

#include <stdlib.h>

#include "store/delivery.h"
#include "store/outboxpattern.h"
#include "store/sqlrows.h"
#include "store/sqlvalue.h"
#include "json/jsonread.h"

/* Projects whose webhooks a process keeps. */
#define OUTBOX_KEPT 256

struct outbox_webhook {
    uint32_t webhook_id;
    const struct str *patterns;
    size_t pattern_count;
};

struct outbox {
    struct arena *arena; /* of what follows; NULL: nothing kept */
    uint32_t project_id;
    uint64_t version;
    const struct outbox_webhook *webhooks;
    size_t count;
};

/* ---- knowing the webhooks ------------------------------------------------------------------ */

static int outbox_read_webhook(struct arena *arena, const struct db_rows *rows,
                               struct outbox_webhook *ret, struct err_info *info)
{
    const struct jsonval *list;
    int err = jsonread_parse(arena, db_bytes(rows, 1), &list, info);
    if (err < 0) {
        return err_set(info, ERR_INTERNAL, NULL, "the patterns of a webhook are no JSON");
    }
    struct str *patterns = arena_array(arena, list->count, sizeof(*patterns));
    for (size_t i = 0; i < list->count; i++) {
        patterns[i] = list->items[i].string;
    }
    *ret = (struct outbox_webhook){(uint32_t)db_i64(rows, 0), patterns, list->count};
    return 0;
}

static int outbox_read(struct db *db, struct outbox *outbox, struct err_info *info)
{
    static const char sql[] = "SELECT webhook_id, events FROM webhook WHERE project_id = ?"
                              " AND enabled = 1 AND deleted_ms IS NULL ORDER BY webhook_id";
    AUTO(db_rows) rows = NULL;
    int err = db_query(db, sql, DB_PARAMS(DB_I64(outbox->project_id)), false, &rows, info);
    if (err < 0) {
        return err;
    }
    struct outbox_webhook *webhooks = NULL;
    size_t room = 0;
    while ((err = db_next(rows, info)) > 0) {
        webhooks = arena_grow(outbox->arena, webhooks, outbox->count, &room, sizeof(*webhooks));
        err = outbox_read_webhook(outbox->arena, rows, &webhooks[outbox->count], info);
        if (err < 0) {
            return err;
        }
        outbox->count++;
    }
    outbox->webhooks = webhooks;
    return err;
}

static int outbox_ask_version(struct db *db, uint32_t project_id, uint64_t *ret,
                              struct err_info *info)
{
    static const char sql[] = "SELECT webhook_version FROM project WHERE project_id = ?";
    AUTO(db_rows) rows = NULL;
    int found = db_one(db, sql, DB_PARAMS(DB_I64(project_id)), &rows, info);
    if (found < 0) {
        return found;
    }
    *ret = found == 0 ? 0 : (uint64_t)db_i64(rows, 0);
    return 0;
}

int outbox_open(struct db *db, uint32_t project_id, uint64_t version, const struct outbox **ret,
                struct err_info *info)
{
    static const struct outbox none;
    static struct outbox kept[OUTBOX_KEPT];
    struct outbox *outbox = &kept[project_id % OUTBOX_KEPT];
    int err = version == OUTBOX_ASK ? outbox_ask_version(db, project_id, &version, info) : 0;
    if (err < 0) {
        return err;
    }
    if (version == 0) {
        *ret = &none;
        return 0;
    }
    if (outbox->arena != NULL && outbox->project_id == project_id && outbox->version == version) {
        *ret = outbox;
        return 0;
    }
    arena_free(outbox->arena);
    *outbox = (struct outbox){.arena = arena_new(), .project_id = project_id};
    err = outbox_read(db, outbox, info);
    if (err < 0) {
        arena_free(outbox->arena);
        *outbox = none;
        return err;
    }
    outbox->version = version;
    *ret = outbox;
    return 0;
}

/* ---- who wants what ------------------------------------------------------------------------ */

static bool outbox_webhook_wants(const struct outbox_webhook *webhook, struct str type,
                                 bool is_custom)
{
    for (size_t i = 0; i < webhook->pattern_count; i++) {
        if (outboxpattern_wants(webhook->patterns[i], type, is_custom)) {
            return true;
        }
    }
    return false;
}

bool outbox_wants(const struct outbox *outbox, struct str type, bool is_custom)
{
    for (size_t i = 0; i < outbox->count; i++) {
        if (outbox_webhook_wants(&outbox->webhooks[i], type, is_custom)) {
            return true;
        }
    }
    return false;
}

/* ---- writing ------------------------------------------------------------------------------- */

/* A delivery under way. */
struct outbox_delivery {
    uint32_t webhook_id;
    struct uuid delivery_id;
    const struct outbox_event *event;
};

struct outbox_batch {
    struct arena *arena;
    uint32_t project_id;
    int64_t now_ms;
    struct outbox_delivery *deliveries;
    size_t count;
    size_t room;
};

static void outbox_add(struct outbox_batch *batch, uint32_t webhook_id,
                       const struct outbox_event *event)
{
    batch->deliveries = arena_grow(batch->arena, batch->deliveries, batch->count, &batch->room,
                                   sizeof(*batch->deliveries));
    batch->deliveries[batch->count] =
        (struct outbox_delivery){webhook_id, uuid_ordered(batch->now_ms, batch->count), event};
    batch->count++;
}

#define OUTBOX_WIDTH 15

static void outbox_delivery_params(const struct outbox_batch *batch,
                                   const struct outbox_delivery *delivery, struct db_param *ret)
{
    const struct outbox_event *event = delivery->event;
    const struct db_param params[OUTBOX_WIDTH] = {
        DB_I64(batch->project_id),
        sqlvalue_of_uuid(&delivery->delivery_id),
        DB_I64(delivery->webhook_id),
        sqlvalue_of_uuid(&event->event_id),
        DB_STR(event->type),
        DB_I64(DELIVERY_PENDING),
        DB_I64(0),
        DB_I64(batch->now_ms),
        event->has_contact ? DB_I64(event->ordinal) : DB_NULL,
        DB_I64(event->is_erased),
        DB_I64(event->segment_id),
        DB_U64(event->sequence),
        DB_STR(event->body),
        DB_I64(batch->now_ms),
        DB_I64(batch->now_ms),
    };
    memcpy(ret, params, sizeof(params));
}

SQLROWS(outbox_insert_sql,
        "INSERT INTO delivery (project_id, delivery_id, webhook_id, event_id, type, state,"
        " attempts, due_ms, ordinal, erased, segment_id, sequence, body, created_ms, updated_ms) "
        "VALUES ",
        "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", "");

/* Whether the row of this (webhook, event) is this delivery, or an older one. */
static int outbox_is_there(struct db *db, const struct outbox_batch *batch,
                           const struct outbox_delivery *delivery, bool *ret, struct err_info *info)
{
    static const char sql[] = "SELECT delivery_id FROM delivery WHERE project_id = ?"
                              " AND webhook_id = ? AND event_id = ?";
    AUTO(db_rows) rows = NULL;
    int found = db_one(db, sql,
                       DB_PARAMS(DB_I64(batch->project_id), DB_I64(delivery->webhook_id),
                                 sqlvalue_of_uuid(&delivery->event->event_id)),
                       &rows, info);
    if (found < 0) {
        return found;
    }
    struct uuid stored = found > 0 ? sqlvalue_uuid(rows, 0) : (struct uuid){{0}};
    *ret = uuid_eq(&stored, &delivery->delivery_id);
    return 0;
}

/* One by one, and those that were published before are taken out of the batch. */
static int outbox_insert_new(struct db *db, struct outbox_batch *batch, struct db_param *params,
                             struct err_info *info)
{
    size_t kept = 0;
    for (size_t i = 0; i < batch->count; i++) {
        struct err_info unused = {.message = ""};
        bool is_new = true;
        int err = sqlrows_exec(db, outbox_insert_sql, params + i * OUTBOX_WIDTH, 1, OUTBOX_WIDTH,
                               &unused);
        if (err == ERR_CONFLICT) {
            err = outbox_is_there(db, batch, &batch->deliveries[i], &is_new, info);
        } else if (err < 0 && info != NULL) {
            *info = unused;
        }
        if (err < 0) {
            return err;
        }
        if (is_new) {
            batch->deliveries[kept++] = batch->deliveries[i];
        }
    }
    batch->count = kept;
    return 0;
}

static int outbox_insert(struct db *db, struct outbox_batch *batch, struct err_info *info)
{
    struct err_info unused = {.message = ""};
    struct db_param *params = arena_raw(batch->arena, batch->count * OUTBOX_WIDTH, sizeof(*params));
    for (size_t i = 0; i < batch->count; i++) {
        outbox_delivery_params(batch, &batch->deliveries[i], params + i * OUTBOX_WIDTH);
    }
    int err = sqlrows_exec(db, outbox_insert_sql, params, batch->count, OUTBOX_WIDTH, &unused);
    if (err == ERR_CONFLICT) {
        return outbox_insert_new(db, batch, params, info);
    }
    if (err < 0 && info != NULL) {
        *info = unused;
    }
    return err;
}

static int outbox_insert_due(struct db *db, struct outbox_batch *batch, struct err_info *info)
{
    SQLROWS(sql,
            "INSERT INTO delivery_due (project_id, webhook_id, due_ms, delivery_id, attempts)"
            " VALUES ",
            "(?, ?, ?, ?, 0)", "");
    struct db_param *params = arena_raw(batch->arena, batch->count * 4, sizeof(*params));
    for (size_t i = 0; i < batch->count; i++) {
        params[i * 4] = DB_I64(batch->project_id);
        params[i * 4 + 1] = DB_I64(batch->deliveries[i].webhook_id);
        params[i * 4 + 2] = DB_I64(batch->now_ms);
        params[i * 4 + 3] = sqlvalue_of_uuid(&batch->deliveries[i].delivery_id);
    }
    return sqlrows_exec(db, sql, params, batch->count, 4, info);
}

static int outbox_flush(struct db *db, struct outbox_batch *batch, struct err_info *info)
{
    if (batch->count == 0) {
        return 0;
    }
    int err = outbox_insert(db, batch, info);
    return err < 0 || batch->count == 0 ? err : outbox_insert_due(db, batch, info);
}

int outbox_write(struct db *db, struct arena *arena, uint32_t project_id,
                 const struct outbox *outbox, const struct outbox_event *events, size_t count,
                 int64_t now_ms, struct err_info *info)
{
    struct outbox_batch batch = {.arena = arena, .project_id = project_id, .now_ms = now_ms};
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < outbox->count; k++) {
            if (outbox_webhook_wants(&outbox->webhooks[k], events[i].type, events[i].is_custom)) {
                outbox_add(&batch, outbox->webhooks[k].webhook_id, &events[i]);
            }
        }
    }
    return outbox_flush(db, &batch, info);
}

int outbox_write_to(struct db *db, struct arena *arena, uint32_t project_id, uint32_t webhook_id,
                    const struct outbox_event *event, int64_t now_ms, struct uuid *ret_delivery_id,
                    struct err_info *info)
{
    struct outbox_batch batch = {.arena = arena, .project_id = project_id, .now_ms = now_ms};
    outbox_add(&batch, webhook_id, event);
    *ret_delivery_id = batch.deliveries[0].delivery_id;
    return outbox_flush(db, &batch, info);
}

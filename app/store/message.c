#include "store/message.h"

#include "base/buf.h"
#include "base/limits.h"
#include "store/sqllist.h"
#include "store/sqlrows.h"
#include "store/sqlvalue.h"
#include "json/jsonwrite.h"

#define WIDTH 11
#define MESSAGE_CONTENT_BYTES (4 * LIMIT_BODY_BYTES)

const char *message_reason_name(enum message_reason reason)
{
    static const char *const names[MESSAGE_REASONS] = {"",           "unsubscribed", "bounced",
                                                       "complained", "suppressed",   "deleted",
                                                       "cancelled",  "noContent",    "unreported"};
    return reason > 0 && reason < MESSAGE_REASONS ? names[reason] : "";
}

/* ---- putting in ---------------------------------------------------------------------------- */

static bool message_write_text(struct jsonwrite *w, const char *name, struct str text)
{
    if (text.at != NULL) {
        jsonwrite_name(w, name);
        jsonwrite_str(w, text);
    }
    return text.at != NULL;
}

static bool message_write_json(struct jsonwrite *w, const char *name, struct str json)
{
    if (json.at != NULL) {
        jsonwrite_name(w, name);
        jsonwrite_raw(w, json);
    }
    return json.at != NULL;
}

/* What the message says itself, as JSON; at == NULL: nothing. */
static int message_content(struct arena *arena, const struct message_new *message, struct str *ret,
                           struct err_info *info)
{
    struct buf text;
    struct jsonwrite w;
    bool has_any = false;
    buf_init(&text, MESSAGE_CONTENT_BYTES);
    jsonwrite_init(&w, &text);
    jsonwrite_object(&w);
    has_any |= message_write_text(&w, "subject", message->subject);
    has_any |= message_write_text(&w, "body", message->body);
    has_any |= message_write_text(&w, "from", message->sender);
    has_any |= message_write_text(&w, "fromName", message->sender_name);
    has_any |= message_write_text(&w, "replyTo", message->reply_to);
    has_any |= message_write_json(&w, "headers", message->headers);
    has_any |= message_write_json(&w, "data", message->data);
    has_any |= message_write_json(&w, "event", message->event);
    jsonwrite_object_end(&w);
    bool is_ok = jsonwrite_ok(&w);
    *ret = has_any ? str_copy(arena, buf_str(&text)) : (struct str){NULL, 0};
    buf_done(&text);
    return is_ok ? 0
                 : err_set(info, ERR_UNPROCESSABLE, "VALIDATION_ERROR",
                           "A message takes more than %d bytes", MESSAGE_CONTENT_BYTES);
}

int message_add(struct db *db, struct arena *arena, uint32_t project_id,
                struct message_new *messages, size_t count, int64_t now_ms, struct err_info *info)
{
    SQLROWS(sql,
            "INSERT INTO message (project_id, source, source_id, execution_id, step, ordinal, uuid,"
            " template_id, created_ms, content, due_ms, state) VALUES ",
            "(?,?,?,?,?,?,?,?,?,?,?,1)", " ON DUPLICATE KEY UPDATE state = message.state");
    struct db_param *params = arena_raw(arena, count * WIDTH, sizeof *params);
    int64_t due_ms = 0;
    int err = count > 0 ? db_now_ms(db, &due_ms, info) : 0;
    for (size_t i = 0; err == 0 && i < count; i++) {
        struct message_new *message = &messages[i];
        struct str content;
        err = message_content(arena, message, &content, info);
        message->uuid = uuid_new();
        const struct db_param values[WIDTH] = {
            DB_I64(project_id),
            DB_I64(message->source),
            DB_I64(message->source_id),
            DB_U64(message->execution_id),
            DB_I64(message->step),
            DB_I64(message->ordinal),
            sqlvalue_of_uuid(&message->uuid),
            DB_I64(message->template_id),
            DB_I64(now_ms),
            sqlvalue_of_text(content),
            DB_I64(due_ms),
        };
        memcpy(params + i * WIDTH, values, sizeof values);
    }
    return err < 0 ? err : sqlrows_exec(db, sql, params, count, WIDTH, info);
}

void message_set_check(struct db *db, uint32_t project_id, const struct uuid *uuid)
{
    static const char sql[] = "SELECT 1 FROM message WHERE project_id = ? AND uuid = ? FOR UPDATE";
    db_set_write_check(db, sql, DB_PARAMS(DB_I64(project_id), sqlvalue_of_uuid(uuid)));
}

/* ---- taking back --------------------------------------------------------------------------- */

/* Ids of messages that are found, as parameters of the next statement. */
struct message_found {
    struct uuid *at;
    struct db_param *params;
    size_t count;
};

/* The rows of one source that a claim could take. A row that a claim holds locked is passed by: it
 * will be under a lease, or dropped by that claim. */
static int message_find_open(struct db *db, uint32_t project_id, enum message_source source,
                             uint32_t source_id, size_t max, struct message_found *ret,
                             struct err_info *info)
{
    static const char sql[] = "SELECT uuid FROM message FORCE INDEX (due) WHERE project_id = ?"
                              " AND source = ? AND due_ms <= ? AND source_id = ?"
                              " LIMIT ? FOR UPDATE SKIP LOCKED";
    AUTO(db_rows) rows = NULL;
    int64_t now_ms;
    int err = db_now_ms(db, &now_ms, info);
    if (err == 0) {
        err = db_query(db, sql,
                       DB_PARAMS(DB_I64(project_id), DB_I64(source), DB_I64(now_ms),
                                 DB_I64(source_id), DB_U64(max)),
                       false, &rows, info);
    }
    while (err >= 0 && (err = db_next(rows, info)) > 0) {
        ret->at[ret->count] = sqlvalue_uuid(rows, 0);
        ret->params[ret->count] = sqlvalue_of_uuid(&ret->at[ret->count]);
        ret->count++;
    }
    return err;
}

int message_cancel(struct db *db, struct arena *arena, uint32_t project_id,
                   enum message_source source, uint32_t source_id, size_t max, size_t *ret_count,
                   struct err_info *info)
{
    SQLLIST(sql,
            "UPDATE message m FORCE INDEX (uuid) SET m.state = ?, m.reason = ?, m.due_ms = NULL,"
            " m.content = NULL WHERE m.project_id = ? AND m.uuid IN (",
            "?", ")");
    struct message_found found = {.at = arena_array(arena, max, sizeof *found.at),
                                  .params = arena_array(arena, max, sizeof *found.params)};
    int err = message_find_open(db, project_id, source, source_id, max, &found, info);
    if (err == 0) {
        const struct db_param head[] = {DB_I64(MESSAGE_DROPPED), DB_I64(MESSAGE_CANCELLED),
                                        DB_I64(project_id)};
        const struct sqllist list = {sql, head, ARRAY_LEN(head), found.params, found.count, 1};
        err = sqllist_exec(db, &list, NULL, info);
    }
    *ret_count = found.count;
    return err;
}

/* ---- asking -------------------------------------------------------------------------------- */

int message_is_open(struct db *db, uint32_t project_id, enum message_source source,
                    uint32_t source_id, bool *ret, struct err_info *info)
{
    static const char sql[] = "SELECT 1 FROM message FORCE INDEX (due) WHERE project_id = ?"
                              " AND source = ? AND due_ms > 0 AND source_id = ? LIMIT 1";
    AUTO(db_rows) rows = NULL;
    int found = db_one(db, sql, DB_PARAMS(DB_I64(project_id), DB_I64(source), DB_I64(source_id)),
                       &rows, info);
    *ret = found > 0;
    return found < 0 ? found : 0;
}

static void message_count_row(const struct db_rows *rows, struct message_counts *ret)
{
    uint64_t count = (uint64_t)db_i64(rows, 2);
    int64_t reason = db_i64(rows, 1);
    switch ((enum message_state)db_i64(rows, 0)) {
    case MESSAGE_WAITING:
        ret->waiting += count;
        break;
    case MESSAGE_CLAIMED:
        ret->claimed += count;
        break;
    case MESSAGE_SENT:
        ret->sent += count;
        break;
    case MESSAGE_DROPPED:
        ret->dropped += count;
        ret->dropped_for[reason > 0 && reason < MESSAGE_REASONS ? reason : 0] += count;
        break;
    }
}

int message_count(struct db *db, uint32_t project_id, enum message_source source,
                  uint32_t source_id, struct message_counts *ret, struct err_info *info)
{
    static const char sql[] = "SELECT state, reason, COUNT(*) FROM message FORCE INDEX (PRIMARY)"
                              " WHERE project_id = ? AND source = ? AND source_id = ?"
                              " GROUP BY state, reason";
    AUTO(db_rows) rows = NULL;
    *ret = (struct message_counts){0};
    int err = db_query(db, sql, DB_PARAMS(DB_I64(project_id), DB_I64(source), DB_I64(source_id)),
                       false, &rows, info);
    while (err >= 0 && (err = db_next(rows, info)) > 0) {
        message_count_row(rows, ret);
    }
    return err;
}

struct message_last {
    const uint32_t *ordinals;
    size_t count;
    int64_t *ret_ms;
};

static int message_last_row(const struct db_rows *rows, void *ctx)
{
    const struct message_last *last = ctx;
    for (size_t i = 0; i < last->count; i++) {
        if (last->ordinals[i] == (uint32_t)db_i64(rows, 0)) {
            last->ret_ms[i] = db_i64(rows, 1);
            break;
        }
    }
    return 0;
}

int message_last_ms(struct db *db, struct arena *arena, uint32_t project_id,
                    enum message_source source, const uint32_t *ordinals, size_t count,
                    int64_t *ret_ms, struct err_info *info)
{
    SQLLIST(sql,
            "SELECT ordinal, MAX(created_ms) FROM message FORCE INDEX (contact)"
            " WHERE project_id = ? AND source = ? AND state <> ? AND ordinal IN (",
            "?", ") GROUP BY ordinal");
    const struct db_param head[] = {DB_I64(project_id), DB_I64(source), DB_I64(MESSAGE_DROPPED)};
    struct db_param *keys = arena_array(arena, count, sizeof *keys);
    struct message_last last = {ordinals, count, ret_ms};
    for (size_t i = 0; i < count; i++) {
        keys[i] = DB_I64(ordinals[i]);
        ret_ms[i] = INT64_MIN;
    }
    const struct sqllist list = {sql, head, ARRAY_LEN(head), keys, count, 1};
    return sqllist_query(db, &list, message_last_row, &last, info);
}

#include "store/webhook.h"

#include "base/limits.h"
#include "store/counter.h"
#include "store/sqlvalue.h"

#define WEBHOOK_SELECT                                                                             \
    "SELECT webhook_id, uuid, url, description, events, enabled, disabled_reason, disabled_ms,"    \
    " last_success_ms, failing_since_ms, failures, created_ms, updated_ms FROM webhook"            \
    " WHERE project_id = ? AND deleted_ms IS NULL"

/* ---- reading ------------------------------------------------------------------------------- */

static int64_t webhook_instant(const struct db_rows *rows, unsigned column)
{
    return db_is_null(rows, column) ? WEBHOOK_NEVER : db_i64(rows, column);
}

static void webhook_from_row(struct arena *arena, const struct db_rows *rows, struct webhook *ret)
{
    *ret = (struct webhook){.webhook_id = (uint32_t)db_i64(rows, 0),
                            .uuid = sqlvalue_uuid(rows, 1),
                            .url = sqlvalue_text(arena, rows, 2),
                            .description = sqlvalue_text(arena, rows, 3),
                            .events = sqlvalue_text(arena, rows, 4),
                            .enabled = db_i64(rows, 5) != 0,
                            .disabled_reason = sqlvalue_text(arena, rows, 6),
                            .disabled_ms = webhook_instant(rows, 7),
                            .last_success_ms = webhook_instant(rows, 8),
                            .failing_since_ms = webhook_instant(rows, 9),
                            .failures = (uint32_t)db_i64(rows, 10),
                            .created_ms = db_i64(rows, 11),
                            .updated_ms = db_i64(rows, 12)};
}

static int webhook_read(struct db *db, struct arena *arena, const char *sql, uint32_t project_id,
                        const struct uuid *uuid, struct webhook *ret, struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    int found = db_one(db, sql, DB_PARAMS(DB_I64(project_id), sqlvalue_of_uuid(uuid)), &rows, info);
    if (found == 0) {
        return err_set(info, ERR_NOT_FOUND, "RESOURCE_NOT_FOUND", "Webhook not found");
    }
    if (found < 0) {
        return found;
    }
    webhook_from_row(arena, rows, ret);
    return 0;
}

int webhook_get(struct db *db, struct arena *arena, uint32_t project_id, const struct uuid *uuid,
                struct webhook *ret, struct err_info *info)
{
    static const char sql[] = WEBHOOK_SELECT " AND uuid = ?";
    return webhook_read(db, arena, sql, project_id, uuid, ret, info);
}

int webhook_lock(struct db *db, struct arena *arena, uint32_t project_id, const struct uuid *uuid,
                 struct webhook *ret, struct err_info *info)
{
    static const char sql[] = WEBHOOK_SELECT " AND uuid = ? FOR UPDATE";
    return webhook_read(db, arena, sql, project_id, uuid, ret, info);
}

int webhook_list(struct db *db, struct arena *arena, uint32_t project_id, struct webhook **ret,
                 size_t *ret_count, struct err_info *info)
{
    static const char sql[] = WEBHOOK_SELECT " ORDER BY webhook_id DESC";
    AUTO(db_rows) rows = NULL;
    struct webhook *list = NULL;
    size_t count = 0;
    size_t room = 0;
    int err = db_query(db, sql, DB_PARAMS(DB_I64(project_id)), false, &rows, info);
    while (err >= 0 && (err = db_next(rows, info)) > 0) {
        list = arena_grow(arena, list, count, &room, sizeof(*list));
        webhook_from_row(arena, rows, &list[count++]);
    }
    *ret = list;
    *ret_count = count;
    return err;
}

/* ---- secrets ------------------------------------------------------------------------------- */

/* What a secret is bound to. */
static struct str webhook_owner(struct arena *arena, uint32_t project_id, const struct uuid *uuid)
{
    char text[37];
    uuid_format(uuid, text);
    return str_from(arena_printf(arena, "webhook:%u:%s", (unsigned)project_id, text));
}

static struct str webhook_new_secret(struct arena *arena)
{
    char *secret = arena_alloc(arena, WEBHOOK_SECRET_BYTES);
    uuid_random(secret, WEBHOOK_SECRET_BYTES);
    return (struct str){secret, WEBHOOK_SECRET_BYTES};
}

int webhook_endpoint(struct db *db, struct arena *arena, const struct seal *seal,
                     uint32_t project_id, uint32_t webhook_id, struct webhook_endpoint *ret,
                     struct err_info *info)
{
    static const char sql[] =
        "SELECT uuid, url, secret, CASE WHEN old_until_ms > ? THEN old_secret END FROM webhook"
        " WHERE project_id = ? AND webhook_id = ? AND deleted_ms IS NULL";
    AUTO(db_rows) rows = NULL;
    int64_t now_ms;
    int err = db_now_ms(db, &now_ms, info);
    if (err < 0) {
        return err;
    }
    int found = db_one(db, sql, DB_PARAMS(DB_I64(now_ms), DB_I64(project_id), DB_I64(webhook_id)),
                       &rows, info);
    if (found <= 0) {
        return found < 0 ? found : err_set(info, ERR_NOT_FOUND, NULL, "the webhook is gone");
    }
    struct uuid uuid = sqlvalue_uuid(rows, 0);
    struct str owner = webhook_owner(arena, project_id, &uuid);
    *ret = (struct webhook_endpoint){.url = sqlvalue_text(arena, rows, 1), .secret_count = 1};
    err = seal_open(seal, arena, owner, db_bytes(rows, 2), &ret->secrets[0], info);
    /* An old secret that cannot be read any more must not keep the new one from signing. */
    if (err == 0 && !db_is_null(rows, 3) &&
        seal_open(seal, arena, owner, db_bytes(rows, 3), &ret->secrets[1], NULL) == 0) {
        ret->secret_count = 2;
    }
    return err;
}

/* ---- writing ------------------------------------------------------------------------------- */

/* One write under way. */
struct webhook_write {
    struct arena *arena;
    const struct seal *seal;
    uint32_t project_id;
    struct uuid uuid;
    unsigned parts;
    const struct webhook_input *input;
    struct str secret;
    struct str sealed;
    int64_t now_ms;
    struct webhook webhook;
};

/* Locks the webhook that is written, and reads the clock. */
static int webhook_begin(struct db *db, struct webhook_write *write, struct err_info *info)
{
    int err =
        webhook_lock(db, write->arena, write->project_id, &write->uuid, &write->webhook, info);
    return err < 0 ? err : db_now_ms(db, &write->now_ms, info);
}

static struct db_param webhook_key_id(const struct webhook_write *write)
{
    return DB_BYTES(write->seal->key_id, SEAL_KEY_ID_BYTES);
}

static void webhook_seal_new(struct webhook_write *write)
{
    write->secret = webhook_new_secret(write->arena);
    write->sealed =
        seal_close(write->seal, write->arena,
                   webhook_owner(write->arena, write->project_id, &write->uuid), write->secret);
}

/* What the outbox of every process looks at. */
static int webhook_grow_version(struct db *db, uint32_t project_id, struct err_info *info)
{
    static const char sql[] =
        "UPDATE project SET webhook_version = webhook_version + 1 WHERE project_id = ?";
    return db_exec(db, sql, DB_PARAMS(DB_I64(project_id)), NULL, info);
}

/* Reads the row again as it is now. */
static int webhook_finish(struct db *db, struct webhook_write *write, struct err_info *info)
{
    int err = webhook_grow_version(db, write->project_id, info);
    return err < 0 ? err
                   : webhook_lock(db, write->arena, write->project_id, &write->uuid,
                                  &write->webhook, info);
}

/* Takes the number, behind the lock of the counter: two at once do not pass the limit together. */
static int webhook_take_number(struct db *db, const struct webhook_write *write, uint32_t *ret,
                               struct err_info *info)
{
    static const char sql[] =
        "SELECT COUNT(*) FROM webhook WHERE project_id = ? AND deleted_ms IS NULL";
    int err = counter_next(db, write->project_id, COUNTER_WEBHOOK, ret, info);
    if (err < 0) {
        return err;
    }
    AUTO(db_rows) rows = NULL;
    err = db_one(db, sql, DB_PARAMS(DB_I64(write->project_id)), &rows, info);
    if (err < 0) {
        return err;
    }
    return db_i64(rows, 0) < LIMIT_WEBHOOKS
               ? 0
               : err_set(info, ERR_UNPROCESSABLE, "VALIDATION_ERROR",
                         "A project has at most %d webhooks: delete one first", LIMIT_WEBHOOKS);
}

static struct str webhook_disabled_by_hand(bool enabled)
{
    return enabled ? (struct str){NULL, 0} : STR("Disabled by request");
}

static int webhook_create_body(struct db *db, void *ctx, struct err_info *info)
{
    static const char sql[] =
        "INSERT INTO webhook (project_id, webhook_id, uuid, url, description, events, enabled,"
        " disabled_reason, disabled_ms, secret, secret_key_id, created_ms, updated_ms)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    static const char check_sql[] =
        "SELECT webhook_id FROM webhook WHERE project_id = ? AND uuid = ? FOR UPDATE";
    struct webhook_write *write = ctx;
    const struct webhook_input *input = write->input;
    uint32_t webhook_id = 0;
    int err = webhook_take_number(db, write, &webhook_id, info);
    if (err == 0) {
        err = db_now_ms(db, &write->now_ms, info);
    }
    if (err < 0) {
        return err;
    }
    struct db_param now = DB_I64(write->now_ms);
    err = db_exec(
        db, sql,
        DB_PARAMS(DB_I64(write->project_id), DB_I64(webhook_id), sqlvalue_of_uuid(&write->uuid),
                  DB_STR(input->url), sqlvalue_of_text(input->description), DB_STR(input->events),
                  DB_I64(input->enabled),
                  sqlvalue_of_text(webhook_disabled_by_hand(input->enabled)),
                  input->enabled ? DB_NULL : now, DB_BYTES(write->sealed.at, write->sealed.len),
                  webhook_key_id(write), now, now),
        NULL, info);
    db_set_write_check(db, check_sql,
                       DB_PARAMS(DB_I64(write->project_id), sqlvalue_of_uuid(&write->uuid)));
    return err < 0 ? err : webhook_finish(db, write, info);
}

int webhook_create(struct db *db, struct arena *arena, const struct seal *seal, uint32_t project_id,
                   const struct webhook_input *input, struct webhook *ret, struct str *ret_secret,
                   struct err_info *info)
{
    struct webhook_write write = {
        .arena = arena, .seal = seal, .project_id = project_id, .uuid = uuid_new(), .input = input};
    webhook_seal_new(&write);
    int err = db_tx(db, DB_WRITE, webhook_create_body, &write, info);
    if (err == 0) {
        *ret = write.webhook;
        *ret_secret = write.secret;
    }
    return err;
}

/* The row as it will be. */
static void webhook_apply(struct webhook_write *write)
{
    struct webhook *webhook = &write->webhook;
    const struct webhook_input *input = write->input;
    bool is_other_url = (write->parts & WEBHOOK_SET_URL) && !str_eq(webhook->url, input->url);
    bool turns = (write->parts & WEBHOOK_SET_ENABLED) && webhook->enabled != input->enabled;
    if (write->parts & WEBHOOK_SET_URL) {
        webhook->url = input->url;
    }
    if (write->parts & WEBHOOK_SET_DESCRIPTION) {
        webhook->description = input->description;
    }
    if (write->parts & WEBHOOK_SET_EVENTS) {
        webhook->events = input->events;
    }
    if (turns) {
        webhook->enabled = input->enabled;
        webhook->disabled_reason = webhook_disabled_by_hand(input->enabled);
        webhook->disabled_ms = input->enabled ? WEBHOOK_NEVER : write->now_ms;
    }
    if (is_other_url || (turns && input->enabled)) {
        webhook->failing_since_ms = WEBHOOK_NEVER;
        webhook->failures = 0;
    }
}

static struct db_param webhook_of_instant(int64_t ms)
{
    return ms == WEBHOOK_NEVER ? DB_NULL : DB_I64(ms);
}

/* A change whose COMMIT is not answered is told as such: asking again does no harm. */
static int webhook_update_body(struct db *db, void *ctx, struct err_info *info)
{
    static const char sql[] =
        "UPDATE webhook SET url = ?, description = ?, events = ?, enabled = ?,"
        " disabled_reason = ?, disabled_ms = ?, failing_since_ms = ?, failures = ?,"
        " slow_until_ms = CASE WHEN ? = 0 THEN 0 ELSE slow_until_ms END, updated_ms = ?"
        " WHERE project_id = ? AND webhook_id = ?";
    struct webhook_write *write = ctx;
    const struct webhook *webhook = &write->webhook;
    int err = webhook_begin(db, write, info);
    if (err < 0) {
        return err;
    }
    webhook_apply(write);
    err =
        db_exec(db, sql,
                DB_PARAMS(DB_STR(webhook->url), sqlvalue_of_text(webhook->description),
                          DB_STR(webhook->events), DB_I64(webhook->enabled),
                          sqlvalue_of_text(webhook->disabled_reason),
                          webhook_of_instant(webhook->disabled_ms),
                          webhook_of_instant(webhook->failing_since_ms), DB_I64(webhook->failures),
                          DB_I64(webhook->failures), DB_I64(write->now_ms),
                          DB_I64(write->project_id), DB_I64(webhook->webhook_id)),
                NULL, info);
    return err < 0 ? err : webhook_finish(db, write, info);
}

int webhook_update(struct db *db, struct arena *arena, uint32_t project_id, const struct uuid *uuid,
                   unsigned parts, const struct webhook_input *input, struct webhook *ret,
                   struct err_info *info)
{
    struct webhook_write write = {
        .arena = arena, .project_id = project_id, .uuid = *uuid, .parts = parts, .input = input};
    int err = db_tx(db, DB_WRITE, webhook_update_body, &write, info);
    if (err == 0) {
        *ret = write.webhook;
    }
    return err;
}

static int webhook_rotate_body(struct db *db, void *ctx, struct err_info *info)
{
    static const char sql[] =
        "UPDATE webhook SET old_secret = secret, old_secret_key_id = secret_key_id,"
        " old_until_ms = ?, secret = ?, secret_key_id = ?, updated_ms = ?"
        " WHERE project_id = ? AND webhook_id = ?";
    static const char check_sql[] = "SELECT webhook_id FROM webhook WHERE project_id = ?"
                                    " AND webhook_id = ? AND secret = ? FOR UPDATE";
    struct webhook_write *write = ctx;
    int err = webhook_begin(db, write, info);
    if (err < 0) {
        return err;
    }
    struct db_param project = DB_I64(write->project_id);
    struct db_param webhook = DB_I64(write->webhook.webhook_id);
    struct db_param sealed = DB_BYTES(write->sealed.at, write->sealed.len);
    err = db_exec(db, sql,
                  DB_PARAMS(DB_I64(write->now_ms + WEBHOOK_OLD_SECRET_MS), sealed,
                            webhook_key_id(write), DB_I64(write->now_ms), project, webhook),
                  NULL, info);
    db_set_write_check(db, check_sql, DB_PARAMS(project, webhook, sealed));
    return err < 0 ? err : webhook_finish(db, write, info);
}

int webhook_rotate(struct db *db, struct arena *arena, const struct seal *seal, uint32_t project_id,
                   const struct uuid *uuid, struct webhook *ret, struct str *ret_secret,
                   struct err_info *info)
{
    struct webhook_write write = {
        .arena = arena, .seal = seal, .project_id = project_id, .uuid = *uuid};
    webhook_seal_new(&write);
    int err = db_tx(db, DB_WRITE, webhook_rotate_body, &write, info);
    if (err == 0) {
        *ret = write.webhook;
        *ret_secret = write.secret;
    }
    return err;
}

/* The row stays until its messages are gone; what it knew goes now. */
static int webhook_delete_body(struct db *db, void *ctx, struct err_info *info)
{
    static const char sql[] =
        "UPDATE webhook SET deleted_ms = ?, enabled = 0, url = '', description = NULL,"
        " events = '[]', secret = '', old_secret = NULL WHERE project_id = ? AND webhook_id = ?";
    static const char check_sql[] = "SELECT webhook_id FROM webhook WHERE project_id = ?"
                                    " AND webhook_id = ? AND deleted_ms IS NOT NULL FOR UPDATE";
    struct webhook_write *write = ctx;
    int err = webhook_begin(db, write, info);
    if (err < 0) {
        return err;
    }
    struct db_param project = DB_I64(write->project_id);
    struct db_param webhook = DB_I64(write->webhook.webhook_id);
    err = db_exec(db, sql, DB_PARAMS(DB_I64(write->now_ms), project, webhook), NULL, info);
    db_set_write_check(db, check_sql, DB_PARAMS(project, webhook));
    return err < 0 ? err : webhook_grow_version(db, write->project_id, info);
}

int webhook_delete(struct db *db, struct arena *arena, uint32_t project_id, const struct uuid *uuid,
                   struct err_info *info)
{
    struct webhook_write write = {.arena = arena, .project_id = project_id, .uuid = *uuid};
    return db_tx(db, DB_WRITE, webhook_delete_body, &write, info);
}

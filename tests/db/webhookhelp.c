#include "webhookhelp.h"

#include <stdlib.h>

#include "db/migrate.h"

void webhookhelp_reset(void)
{
    static const char *const tables[] = {
        "DELETE FROM webhook",
        "DELETE FROM delivery",
        "DELETE FROM delivery_due",
        "DELETE FROM delivery_attempt",
        "DELETE FROM counter WHERE project_id = 71",
        "DELETE FROM segment WHERE project_id = 71",
        "DELETE FROM project WHERE account_id = 71",
    };
    static int64_t version; /* an outbox that this process knows must not come again */
    const char *dir = getenv("MUSTER_SQL_DIR");
    struct err_info info = {.code = ""};
    AUTO(db) db = testdb_new();
    ck_assert_msg(migrate_run(db, dir != NULL ? dir : "sql", NULL, &info) == 0, "%s", info.message);
    for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
        testdb_exec(db, tables[i], DB_NO_PARAMS);
    }
    version += 1000;
    testdb_exec(db,
                "INSERT INTO project (project_id, account_id, site_index, uuid, name, created_ms,"
                " webhook_version) VALUES (71, 71, 0, RANDOM_BYTES(16), 'p', 1, ?),"
                " (72, 71, 1, RANDOM_BYTES(16), 'q', 1, ?)",
                DB_PARAMS(DB_I64(version), DB_I64(version)));
}

void webhookhelp_open(struct webhookhelp *help)
{
    *help = (struct webhookhelp){.db = testdb_new(), .arena = arena_new()};
    memset(help->seal.key, 7, sizeof(help->seal.key));
}

void webhookhelp_close(struct webhookhelp *help)
{
    db_free(help->db);
    arena_free(help->arena);
}

struct webhook webhookhelp_webhook(struct webhookhelp *help, const char *events)
{
    struct webhook_input input = {
        .url = STR("https://example.com/"), .events = str_from(events), .enabled = true};
    struct webhook webhook;
    struct str secret;
    int err = webhook_create(help->db, help->arena, &help->seal, WEBHOOKHELP_PROJECT, &input,
                             &webhook, &secret, &help->info);
    ck_assert_msg(err == 0, "%s", help->info.message);
    ck_assert_uint_eq(secret.len, WEBHOOK_SECRET_BYTES);
    return webhook;
}

void webhookhelp_enable(struct webhookhelp *help, const struct webhook *webhook, bool enabled)
{
    struct webhook_input input = {.enabled = enabled};
    struct webhook changed;
    ck_assert_int_eq(webhook_update(help->db, help->arena, WEBHOOKHELP_PROJECT, &webhook->uuid,
                                    WEBHOOK_SET_ENABLED, &input, &changed, &help->info),
                     0);
    ck_assert(changed.enabled == enabled);
}

struct outbox_event webhookhelp_event(const char *type)
{
    return (struct outbox_event){.type = str_from(type),
                                 .event_id = uuid_new(),
                                 .body = STR("{\"type\":\"t\",\"data\":{}}")};
}

struct publication {
    struct webhookhelp *help;
    const struct outbox_event *events;
    size_t count;
};

static int publish_body(struct db *db, void *ctx, struct err_info *info)
{
    struct publication *p = ctx;
    const struct outbox *outbox;
    int64_t now_ms;
    int err = db_now_ms(db, &now_ms, info);
    if (err == 0) {
        err = outbox_open(db, WEBHOOKHELP_PROJECT, OUTBOX_ASK, &outbox, info);
    }
    return err < 0 ? err
                   : outbox_write(db, p->help->arena, WEBHOOKHELP_PROJECT, outbox, p->events,
                                  p->count, now_ms, info);
}

int webhookhelp_publish(struct webhookhelp *help, const struct outbox_event *events, size_t count)
{
    struct publication p = {help, events, count};
    return db_tx(help->db, DB_WRITE, publish_body, &p, &help->info);
}

void webhookhelp_publish_many(struct webhookhelp *help, const char *type, size_t count)
{
    struct outbox_event *events = arena_array(help->arena, count, sizeof(*events));
    for (size_t i = 0; i < count; i++) {
        events[i] = webhookhelp_event(type);
        events[i].segment_id = 3;
        events[i].sequence = i + 1;
    }
    ck_assert_int_eq(webhookhelp_publish(help, events, count), 0);
}

int64_t webhookhelp_i64(struct webhookhelp *help, const char *sql)
{
    return testdb_i64(help->db, sql, DB_NO_PARAMS);
}

const char *webhookhelp_text(struct webhookhelp *help, const char *sql)
{
    AUTO(db_rows) rows = NULL;
    ck_assert_int_eq(db_one(help->db, sql, DB_NO_PARAMS, &rows, &help->info), 1);
    struct str text = db_bytes(rows, 0);
    return arena_copy(help->arena, text.at == NULL ? "" : text.at, text.len);
}

uint64_t webhookhelp_run(struct webhookhelp *help, const char *sql)
{
    return testdb_exec(help->db, sql, DB_NO_PARAMS);
}

/* What the tests of webhooks share: a migrated database with a project, and short forms. */
#ifndef MUSTER_TESTS_DB_WEBHOOKHELP_H
#define MUSTER_TESTS_DB_WEBHOOKHELP_H

#include "base/arena.h"
#include "base/seal.h"
#include "store/outbox.h"
#include "store/webhook.h"
#include "testdb.h"

#define WEBHOOKHELP_PROJECT 71

/* One connection and what hangs on it; webhookhelp_open fills it. */
struct webhookhelp {
    struct db *db;
    struct arena *arena;
    struct err_info info;
    struct seal seal;
};

/* Empties every table that a test fills and makes the project anew. */
void webhookhelp_reset(void);

/* A connection of its own; in a forked child too. */
void webhookhelp_open(struct webhookhelp *help);
void webhookhelp_close(struct webhookhelp *help);

/* A new webhook for https://example.com/. `events`: JSON list. */
struct webhook webhookhelp_webhook(struct webhookhelp *help, const char *events);

/* Changes one part of a webhook. */
void webhookhelp_enable(struct webhookhelp *help, const struct webhook *webhook, bool enabled);

/* Publishes in a transaction of its own; the outbox is asked. Returns the err. */
int webhookhelp_publish(struct webhookhelp *help, const struct outbox_event *events, size_t count);

/* An event about nobody, with a new id. */
struct outbox_event webhookhelp_event(const char *type);

/* Publishes `count` of them. */
void webhookhelp_publish_many(struct webhookhelp *help, const char *type, size_t count);

/* The first column of a query that must have one row, without params. */
int64_t webhookhelp_i64(struct webhookhelp *help, const char *sql);

/* The same as text, in the arena; "" for NULL. */
const char *webhookhelp_text(struct webhookhelp *help, const char *sql);

/* Runs a statement. Returns the affected rows. */
uint64_t webhookhelp_run(struct webhookhelp *help, const char *sql);

#endif

/*
 * Rows of `webhook`: the endpoints of a project, their secrets and their health. Every change of
 * what the outbox looks at grows project.webhook_version in the same transaction.
 */
#ifndef MUSTER_STORE_WEBHOOK_H
#define MUSTER_STORE_WEBHOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/seal.h"
#include "base/uuid.h"
#include "db/db.h"

#define WEBHOOK_SECRET_BYTES 32

/* How long the secret before a rotation still signs. */
#define WEBHOOK_OLD_SECRET_MS INT64_C(86400000)

/* An instant that is not there. */
#define WEBHOOK_NEVER INT64_MIN

/* One webhook as stored, without its secrets. Text lives in the arena it was read into. */
struct webhook {
    uint32_t webhook_id;
    struct uuid uuid;
    struct str url;
    struct str description; /* at == NULL: none */
    struct str events;      /* JSON list of patterns (store/outboxpattern.h) */
    bool enabled;
    struct str disabled_reason; /* at == NULL: it is enabled */
    int64_t disabled_ms;        /* this and the others: WEBHOOK_NEVER */
    int64_t last_success_ms;
    int64_t failing_since_ms; /* the first failure after the last success */
    uint32_t failures;        /* since then */
    int64_t created_ms;
    int64_t updated_ms;
};

/* What a caller says of a webhook. */
struct webhook_input {
    struct str url;
    struct str description; /* at == NULL: none */
    struct str events;
    bool enabled;
};

/* What a change touches; the rest of webhook_input is not looked at. */
enum webhook_part {
    WEBHOOK_SET_URL = 1 << 0, /* another one begins with a clean record */
    WEBHOOK_SET_DESCRIPTION = 1 << 1,
    WEBHOOK_SET_EVENTS = 1 << 2,
    WEBHOOK_SET_ENABLED = 1 << 3 /* true clears the reason and the record of a disabled one */
};

/*
 * Stores a new webhook with a fresh secret, in its own transaction; ret_secret: its
 * WEBHOOK_SECRET_BYTES bytes, in the arena. Returns 0; ERR_UNPROCESSABLE when the project has
 * LIMIT_WEBHOOKS of them; or an err of the database.
 */
int webhook_create(struct db *db, struct arena *arena, const struct seal *seal, uint32_t project_id,
                   const struct webhook_input *input, struct webhook *ret, struct str *ret_secret,
                   struct err_info *info) MUST_CHECK;

/* By id. Returns 0, ERR_NOT_FOUND "Webhook not found", or an err of db_query. */
int webhook_get(struct db *db, struct arena *arena, uint32_t project_id, const struct uuid *uuid,
                struct webhook *ret, struct err_info *info) MUST_CHECK;

/* The same, locking the row: in the transaction that is open. */
int webhook_lock(struct db *db, struct arena *arena, uint32_t project_id, const struct uuid *uuid,
                 struct webhook *ret, struct err_info *info) MUST_CHECK;

/* All of a project's, newest first; in the arena. Returns 0 or an err of db_query. */
int webhook_list(struct db *db, struct arena *arena, uint32_t project_id, struct webhook **ret,
                 size_t *ret_count, struct err_info *info) MUST_CHECK;

/* Changes one, in its own transaction. Returns 0 with `ret` as stored, ERR_NOT_FOUND or an err of
 * the database. */
int webhook_update(struct db *db, struct arena *arena, uint32_t project_id, const struct uuid *uuid,
                   unsigned parts, const struct webhook_input *input, struct webhook *ret,
                   struct err_info *info) MUST_CHECK;

/*
 * Gives it a fresh secret, in its own transaction; the one before signs for WEBHOOK_OLD_SECRET_MS
 * more, an older one no more. ret_secret as webhook_create. Returns 0, ERR_NOT_FOUND or an err of
 * the database.
 */
int webhook_rotate(struct db *db, struct arena *arena, const struct seal *seal, uint32_t project_id,
                   const struct uuid *uuid, struct webhook *ret, struct str *ret_secret,
                   struct err_info *info) MUST_CHECK;

/*
 * Deletes one, in its own transaction: nothing is sent to it any more, and nothing shows it. Its
 * messages go later, in batches (store/deliverysweep.h). Returns 0, ERR_NOT_FOUND or an err of the
 * database.
 */
int webhook_delete(struct db *db, struct arena *arena, uint32_t project_id, const struct uuid *uuid,
                   struct err_info *info) MUST_CHECK;

/* What a send to a webhook needs. */
struct webhook_endpoint {
    struct str url;
    struct str secrets[2]; /* keys of the HMAC as bytes, in the arena; the newest first */
    size_t secret_count;   /* 2 while an old one still signs */
};

/*
 * Reads it, unsealed. Returns 0; ERR_NOT_FOUND when the webhook is gone; ERR_CORRUPT when its
 * secret was sealed under another master key or is damaged (words for the log); or an err of
 * db_query.
 */
int webhook_endpoint(struct db *db, struct arena *arena, const struct seal *seal,
                     uint32_t project_id, uint32_t webhook_id, struct webhook_endpoint *ret,
                     struct err_info *info) MUST_CHECK;

#endif

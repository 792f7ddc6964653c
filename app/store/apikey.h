/*
 * API keys. Text: prefix (sk_, pk_, pm_live_, ses_) + 12 base62 characters of public id + '_' + 22
 * of secret (131 bits) + 6 of CRC-32 over all before, so that junk is refused without a query. The
 * database holds the id and the SHA-256 of the secret; the text exists once, when it is made.
 */
#ifndef MUSTER_STORE_APIKEY_H
#define MUSTER_STORE_APIKEY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/uuid.h"
#include "db/db.h"
#include "store/audit.h"

#define APIKEY_ID_CHARS 12
#define APIKEY_SECRET_CHARS 22
#define APIKEY_CHECK_CHARS 6
#define APIKEY_TEXT_MAX 64 /* bytes with NUL of the longest text */

/* A session is a secret key with an end (store/session.h). */
enum apikey_kind { APIKEY_SECRET = 1, APIKEY_PUBLIC = 2, APIKEY_ACCOUNT = 3, APIKEY_SESSION = 4 };

/* A key's text, taken apart. */
struct apikey_text {
    enum apikey_kind kind;
    char key_id[APIKEY_ID_CHARS + 1];
    uint8_t secret_sha256[32];
};

/* Takes a text apart. False when prefix, length, alphabet or checksum is wrong. */
bool apikey_parse(struct str text, struct apikey_text *ret);

/* Makes a fresh random text of `kind`. */
void apikey_generate(enum apikey_kind kind, char out[APIKEY_TEXT_MAX]);

/* The word of a kind: "secret", "public", "account", "session"; never NULL. */
const char *apikey_kind_name(enum apikey_kind kind);

/* A key to be. */
struct apikey_new {
    enum apikey_kind kind;
    uint32_t account_id;
    uint32_t project_id; /* 0: account-wide (kind APIKEY_ACCOUNT only) */
    struct str name;
    unsigned scopes;          /* store/keyscope.h */
    int64_t expires_ms;       /* 0: never */
    struct str parent_key_id; /* with which it ends; at == NULL: none */
};

/*
 * Stores the key whose `text` was made by apikey_generate, in the open DB_WRITE transaction, and
 * sets the write check. Returns 0 or an err of the database.
 */
int apikey_insert_here(struct db *db, const struct apikey_new *key, const char *text,
                       struct err_info *info) MUST_CHECK;

/*
 * Makes and stores a key and notes who did it (key.created). `out` gets the text, which nothing can
 * show again. Returns 0 or an err of the database.
 */
int apikey_create(struct db *db, const struct apikey_new *key, const struct audit_actor *actor,
                  char out[APIKEY_TEXT_MAX], struct err_info *info) MUST_CHECK;

/* What a valid key means. */
struct apikey_found {
    uint32_t account_id;
    uint32_t project_id; /* 0: account-wide */
    struct uuid project_uuid;
    uint32_t site_index;  /* of the project */
    int64_t last_used_ms; /* 0: never */
    int64_t expires_ms;   /* 0: never */
    unsigned scopes;
};

/*
 * Looks up a key that was taken apart. An unknown id, a wrong secret, a wrong prefix, a revoked
 * key, an expired one and one whose parent was revoked take the same path and are one answer:
 * ERR_DENIED. A process believes a good key for a
 * second while `revocations` (hostmem_revocations, read before the call) stays the same: one that
 * is revoked on this host ends at once, one that is revoked on another works a second longer at
 * most. Else 0 or an err of the database.
 */
int apikey_find(struct db *db, const struct apikey_text *text, uint64_t revocations,
                struct apikey_found *ret, struct err_info *info) MUST_CHECK;

/* Notes a use, at most once a minute (autocommit; outside of any transaction). */
int apikey_touch(struct db *db, const char *key_id, int64_t now_ms,
                 struct err_info *info) MUST_CHECK;

/* One key as listed. */
struct apikey {
    uint32_t number; /* its public integer */
    struct str key_id;
    enum apikey_kind kind;
    uint32_t account_id;
    uint32_t project_id; /* 0: account-wide */
    struct str name;
    int64_t created_ms;
    int64_t last_used_ms; /* 0: never */
    int64_t revoked_ms;   /* 0: live */
    int64_t expires_ms;   /* 0: never */
    unsigned scopes;
};

/* All keys but sessions, of one account or (0) of all, oldest first, in the arena. */
int apikey_list(struct db *db, struct arena *arena, uint32_t account_id, struct apikey **ret,
                size_t *ret_count, struct err_info *info) MUST_CHECK;

/* The live keys of one project, sessions too, newest first, in the arena. */
int apikey_list_of_project(struct db *db, struct arena *arena, uint32_t project_id,
                           struct apikey **ret, size_t *ret_count,
                           struct err_info *info) MUST_CHECK;

/* One live key of an account, by its id. Returns 0, ERR_NOT_FOUND or an err of the database. */
int apikey_get(struct db *db, struct arena *arena, uint32_t account_id, struct str key_id,
               struct apikey *ret, struct err_info *info) MUST_CHECK;

/* What a key's text begins with, whatever its secret: enough to know it by, and no use. */
void apikey_prefix(const struct apikey *key, char out[APIKEY_TEXT_MAX]);

/*
 * Revokes, and with it the sessions that were made with it; notes who did it as `action`
 * (key.revoked, session.ended). Returns 0 (also when it was revoked before, without a note),
 * ERR_NOT_FOUND, or an err of the database.
 */
int apikey_revoke(struct db *db, struct str key_id, const struct audit_actor *actor,
                  const char *action, struct err_info *info) MUST_CHECK;

#endif

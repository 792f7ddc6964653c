/*
 * API keys. Text: prefix (sk_, pk_, pm_live_) + 12 base62 characters of public id + '_' + 22 of
 * secret (131 bits) + 6 of CRC-32 over all before, so that junk is refused without a query. The
 * database holds the id and the SHA-256 of the secret; the text exists once, when it is made.
 */
#ifndef MUSTER_STORE_APIKEY_H
#define MUSTER_STORE_APIKEY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/uuid.h"
#include "db/db.h"

#define APIKEY_ID_CHARS 12
#define APIKEY_SECRET_CHARS 22
#define APIKEY_CHECK_CHARS 6
#define APIKEY_TEXT_MAX 64 /* bytes with NUL of the longest text */

enum apikey_kind { APIKEY_SECRET = 1, APIKEY_PUBLIC = 2, APIKEY_ACCOUNT = 3 };

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

/* The word of a kind on the command line: "secret", "public", "account"; never NULL. */
const char *apikey_kind_name(enum apikey_kind kind);

/*
 * Makes and stores a key. project_id 0: account-wide (kind APIKEY_ACCOUNT only). `out` gets the
 * text, which nothing can show again. Returns 0 or an err of the database.
 */
int apikey_create(struct db *db, enum apikey_kind kind, uint32_t account_id, uint32_t project_id,
                  struct str name, char out[APIKEY_TEXT_MAX], struct err_info *info) MUST_CHECK;

/* What a valid key means. */
struct apikey_found {
    uint32_t account_id;
    uint32_t project_id; /* 0: account-wide */
    struct uuid project_uuid;
    uint32_t site_index;  /* of the project */
    int64_t last_used_ms; /* 0: never */
};

/*
 * Looks up a key that was taken apart. An unknown id, a wrong secret, a wrong prefix and a revoked
 * key take the same path and are one answer: ERR_DENIED. A process believes a good key for a
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
};

/* All keys, of one account or (0) of all, oldest first, in the arena. */
int apikey_list(struct db *db, struct arena *arena, uint32_t account_id, struct apikey **ret,
                size_t *ret_count, struct err_info *info) MUST_CHECK;

/* One live key of an account, by its id. Returns 0, ERR_NOT_FOUND or an err of the database. */
int apikey_get(struct db *db, struct arena *arena, uint32_t account_id, struct str key_id,
               struct apikey *ret, struct err_info *info) MUST_CHECK;

/* What a key's text begins with, whatever its secret: enough to know it by, and no use. */
void apikey_prefix(const struct apikey *key, char out[APIKEY_TEXT_MAX]);

/* Revokes. Returns 0 (also when it was revoked before), ERR_NOT_FOUND, or an err of the database.
 */
int apikey_revoke(struct db *db, struct str key_id, struct err_info *info) MUST_CHECK;

#endif

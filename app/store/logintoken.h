/*
 * Sign-in links: tokens that are good for one session, once, for a quarter of an hour. Text:
 * base64url of the project's number (so that no token is looked for over all projects) and 128
 * random bits; the database holds the SHA-256 of the latter.
 */
#ifndef MUSTER_STORE_LOGINTOKEN_H
#define MUSTER_STORE_LOGINTOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "db/db.h"

#define LOGINTOKEN_MS (INT64_C(15) * 60 * 1000)
#define LOGINTOKEN_RANDOM_BYTES 16
#define LOGINTOKEN_CHARS 27

/* A token's text, taken apart. */
struct logintoken_text {
    uint32_t project_id;
    uint8_t sha256[32];
};

/* The text of a project's token with these random bytes, in the arena. Pure. */
const char *logintoken_print(struct arena *arena, uint32_t project_id,
                             const uint8_t random[LOGINTOKEN_RANDOM_BYTES]);

/* Takes a text apart; false: it is none. Pure. */
bool logintoken_parse(struct arena *arena, struct str text, struct logintoken_text *ret);

/*
 * Makes and stores a token for a session of that name and scopes. ret_text, in the arena, is shown
 * this once. Returns 0 or an err of the database.
 */
int logintoken_create(struct db *db, struct arena *arena, uint32_t project_id, struct str name,
                      unsigned scopes, const char **ret_text, struct err_info *info) MUST_CHECK;

/* What a token was good for. */
struct logintoken {
    uint32_t account_id;
    struct str name;
    unsigned scopes;
};

/*
 * Uses a token up, in the open DB_WRITE transaction: of several at one time one gets it. Returns 1,
 * 0 (unknown, used, expired, or its project is gone: nobody learns which), or an err of the
 * database.
 */
int logintoken_take_here(struct db *db, struct arena *arena, const struct logintoken_text *token,
                         struct logintoken *ret, struct err_info *info) MUST_CHECK;

/* Deletes at most max_rows that have expired, of all projects. Returns 0 or an err. */
int logintoken_sweep(struct db *db, unsigned max_rows, struct err_info *info) MUST_CHECK;

#endif

/*
 * Sessions: secret keys that end after twelve hours, made with another key, which can end them all,
 * or with a sign-in link. They are rows of `api_key`, found like any key.
 */
#ifndef MUSTER_STORE_SESSION_H
#define MUSTER_STORE_SESSION_H

#include "base/arena.h"
#include "store/apikey.h"
#include "store/logintoken.h"

#define SESSION_MS (INT64_C(12) * 60 * 60 * 1000)

/* What began. */
struct session {
    char key[APIKEY_TEXT_MAX]; /* its text: nothing can show it again */
    char key_id[APIKEY_ID_CHARS + 1];
    uint32_t project_id;
    struct str name;
    unsigned scopes;
    int64_t expires_ms;
};

/*
 * Begins one with a key that was found good, in one of its projects, with its name and scopes, and
 * notes it (session.created). ret->name is borrowed from the key. Returns 0 or an err of the
 * database.
 */
int session_of_key(struct db *db, const struct apikey *key, uint32_t project_id,
                   struct session *ret, struct err_info *info) MUST_CHECK;

/*
 * Begins one with a sign-in link's token and uses that up in the same transaction. ret->name is in
 * the arena. Returns 0; ERR_DENIED (code INVALID_LOGIN_TOKEN): it is none, or none any more; or an
 * err of the database.
 */
int session_of_link(struct db *db, struct arena *arena, struct str token, struct session *ret,
                    struct err_info *info) MUST_CHECK;

/*
 * Deletes at most max_rows sessions, of all projects, that ended before an instant. They are kept
 * that long because versions of segments say whose they are. Returns 0 or an err.
 */
int session_sweep(struct db *db, int64_t before_ms, unsigned max_rows,
                  struct err_info *info) MUST_CHECK;

#endif

/*
 * Rows of `sns_hook`: addresses under which a topic of Amazon SNS tells what became of messages.
 * The token in the address is kept as a hash only; the first message pins the topic.
 */
#ifndef MUSTER_STORE_SNSHOOK_H
#define MUSTER_STORE_SNSHOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/uuid.h"
#include "db/db.h"

#define SNSHOOK_MAX 20 /* of a project */
#define SNSHOOK_NEVER INT64_MIN
#define SNSHOOK_OLD_MS INT64_C(86400000) /* a token that was rotated away holds so much longer */

/* <project>-<40 hex digits>, and NUL. */
#define SNSHOOK_TOKEN_CHARS 52

struct snshook {
    struct uuid id;
    struct str topic_arn;       /* at == NULL: no message came yet */
    bool is_verified;           /* one of that topic had a good signature */
    struct str certificate_url; /* under this certificate; at == NULL: none yet */
    struct str certificate;     /* PEM */
    int64_t confirmed_ms;       /* the topic was told yes; SNSHOOK_NEVER */
    struct str problem;         /* of the last message that was refused; at == NULL: none */
    int64_t problem_ms;         /* SNSHOOK_NEVER */
    int64_t created_ms;
};

/* Makes one. `token` is its text, this once. Returns 0; ERR_UNPROCESSABLE when the project has
 * SNSHOOK_MAX; or an err of the database. */
int snshook_create(struct db *db, uint32_t project_id, struct snshook *ret,
                   char token[SNSHOOK_TOKEN_CHARS], struct err_info *info) MUST_CHECK;

/* All of a project, oldest first, in the arena. Returns 0 or an err of db_query. */
int snshook_list(struct db *db, struct arena *arena, uint32_t project_id, struct snshook **ret,
                 size_t *ret_count, struct err_info *info) MUST_CHECK;

/* A new token; the one before holds for SNSHOOK_OLD_MS more, an older one no more. Returns 0,
 * ERR_NOT_FOUND or an err of the database. */
int snshook_rotate(struct db *db, struct arena *arena, uint32_t project_id, const struct uuid *id,
                   struct snshook *ret, char token[SNSHOOK_TOKEN_CHARS],
                   struct err_info *info) MUST_CHECK;

/* Deletes one; what waits of it is not applied any more. Returns 0, ERR_NOT_FOUND or an err of the
 * database. */
int snshook_delete(struct db *db, uint32_t project_id, const struct uuid *id,
                   struct err_info *info) MUST_CHECK;

/* By id. Returns 0, ERR_NOT_FOUND or an err of db_query. */
int snshook_get(struct db *db, struct arena *arena, uint32_t project_id, const struct uuid *id,
                struct snshook *ret, struct err_info *info) MUST_CHECK;

/*
 * By token. Returns 0, ERR_NOT_FOUND for one that nobody gave out or that holds no more, or an err
 * of db_query.
 */
int snshook_by_token(struct db *db, struct arena *arena, struct str token, uint32_t *ret_project,
                     struct snshook *ret, struct err_info *info) MUST_CHECK;

/* A topic of the hook's first message: pins it unless another one is. Inside a transaction. Returns
 * 0, ERR_FORBIDDEN when another one is pinned, or an err of the database. */
int snshook_pin(struct db *db, uint32_t project_id, const struct snshook *hook,
                struct str topic_arn, struct err_info *info) MUST_CHECK;

/* What the worker found: a message of the pinned topic had a good signature under this certificate,
 * which is kept; the topic was told yes (is_confirmed) or says that it ended; a message was
 * refused, and why. A topic of which nothing was good yet is then let go, so that a forged first
 * message does not keep the real one out. Return 0 or an err of the database. */
int snshook_verified(struct db *db, uint32_t project_id, const struct uuid *id,
                     struct str certificate_url, struct str certificate,
                     struct err_info *info) MUST_CHECK;
int snshook_confirmed(struct db *db, uint32_t project_id, const struct uuid *id, bool is_confirmed,
                      struct err_info *info) MUST_CHECK;
int snshook_refused(struct db *db, uint32_t project_id, const struct uuid *id, const char *problem,
                    struct err_info *info) MUST_CHECK;

#endif

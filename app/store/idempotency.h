/*
 * Idempotency-Key (http-api §1.4): a key is used once a day and project. Its row is written in the
 * transaction of the effect, with the final status, so that a crash or a refusal never burns a key.
 */
#ifndef MUSTER_STORE_IDEMPOTENCY_H
#define MUSTER_STORE_IDEMPOTENCY_H

#include "base/arena.h"
#include "db/db.h"

/* What a request wants to claim. */
struct idempotency_claim {
    struct str key;     /* see idempotency_key_ok */
    struct str request; /* "POST /v1/track" */
    int status;         /* of the answer that follows when the transaction commits */
    bool waited;        /* false at first; idempotency_take remembers that it waited in vain */
};

/* The first use of a key, for the one who comes second. */
struct idempotency_original {
    bool known;         /* false: it ended between the refusal and the look */
    struct str request; /* in the arena */
    int64_t at_ms;
    int status; /* 0: it still runs */
};

/* True for 1 to LIMIT_IDEMPOTENCY_KEY_CHARS printable ASCII characters. Pure. */
bool idempotency_key_ok(struct str key);

/*
 * Claims the key, in the open DB_WRITE transaction and before its other writes. While another
 * transaction holds the key it waits as long as the session waits for locks (3 s), once: the
 * transaction is lost by that, and when db_tx runs the body again it is refused at once. A key
 * older than a day is taken over. Returns 0; ERR_CONFLICT with code IDEMPOTENCY_KEY_REUSED; or an
 * err of db_exec.
 */
int idempotency_take(struct db *db, uint32_t project_id, struct idempotency_claim *claim,
                     struct err_info *info) MUST_CHECK;

/*
 * Tells of the first use of a key that idempotency_take refused. Outside a transaction: it reads
 * uncommitted rows too, since the first use may still run. Returns 0 or an err of db_query.
 */
int idempotency_look(struct db *db, struct arena *arena, uint32_t project_id, struct str key,
                     struct idempotency_original *ret, struct err_info *info) MUST_CHECK;

/*
 * Deletes up to `limit` keys of the project that are older than a day. Returns 0 or an err of
 * db_exec.
 */
int idempotency_purge(struct db *db, uint32_t project_id, unsigned limit,
                      struct err_info *info) MUST_CHECK;

#endif

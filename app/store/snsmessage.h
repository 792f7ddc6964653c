/*
 * Rows of `sns_message`: messages of Amazon SNS as they came, until a worker has verified and
 * applied them, and their ids for a day longer, so that one that is sent again is not. One with the
 * id of another but not its bytes stands beside it: which of them is forged is found out later.
 */
#ifndef MUSTER_STORE_SNSMESSAGE_H
#define MUSTER_STORE_SNSMESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/uuid.h"
#include "db/db.h"

#define SNSMESSAGE_WAITING_MAX                                                                     \
    10000 /* of a project: nobody fills the database by a token alone                              \
           */
#define SNSMESSAGE_KEEP_MS INT64_C(86400000)
#define SNSMESSAGE_BATCH 50

struct snshook;
struct snsenvelope;

/*
 * Takes in a message of the hook, whose topic it pins: it waits for a worker. One that is there,
 * byte by byte, stays as it is. Returns 0; ERR_INVAL as snsenvelope_check_age; ERR_FORBIDDEN as
 * snshook_pin; ERR_LIMIT when SNSMESSAGE_WAITING_MAX wait; or an err of the database.
 */
int snsmessage_take(struct db *db, uint32_t project_id, const struct snshook *hook,
                    const struct snsenvelope *envelope, struct str body,
                    struct err_info *info) MUST_CHECK;

/* A message that is ours for the time of a lease. */
struct snsmessage {
    uint32_t project_id;
    struct uuid hook_id;
    struct str message_id;
    struct str body_hash;
    struct str body;
    uint32_t tries; /* this one included */
    int64_t token;
};

/* Messages of all projects that are due, at most SNSMESSAGE_BATCH, in the arena; they come up again
 * after `lease_ms`. Returns 0 or an err of the database. */
int snsmessage_claim(struct db *db, struct arena *arena, int64_t lease_ms, struct snsmessage **ret,
                     size_t *ret_count, struct err_info *info) MUST_CHECK;

/* Whether one with this one's id was applied. Returns 0 or an err of db_query. */
int snsmessage_is_known(struct db *db, const struct snsmessage *message, bool *ret,
                        struct err_info *info) MUST_CHECK;

/* It is over: its body goes. Somebody else's message by now is left alone. Returns 0 or an err of
 * db_exec. */
int snsmessage_finish(struct db *db, const struct snsmessage *message, bool is_applied,
                      struct err_info *info) MUST_CHECK;

/* It comes up again in `delay_ms`. Returns 0 or an err of db_exec. */
int snsmessage_retry(struct db *db, const struct snsmessage *message, int64_t delay_ms,
                     struct err_info *info) MUST_CHECK;

/* Deletes rows of all projects that need not be remembered any more, at most `max_rows`. Returns 0
 * or an err of db_exec. */
int snsmessage_sweep(struct db *db, unsigned max_rows, struct err_info *info) MUST_CHECK;

#endif

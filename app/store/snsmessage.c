#include "store/snsmessage.h"

#include "base/hash.h"
#include "store/snsenvelope.h"
#include "store/snshook.h"
#include "store/sqlvalue.h"

#define STATE_APPLIED 2
#define STATE_REFUSED 3
#define KEY "project_id = ? AND hook_id = ? AND message_id = ? AND body_sha256 = ?"

/* ---- in ------------------------------------------------------------------------------------ */

struct taking {
    uint32_t project_id;
    const struct snshook *hook;
    const struct snsenvelope *envelope;
    struct str body;
};

static int check_room(struct db *db, uint32_t project_id, struct err_info *info)
{
    static const char sql[] =
        "SELECT COUNT(*) FROM (SELECT 1 FROM sns_message FORCE INDEX (waiting)"
        " WHERE project_id = ? AND state = 1 LIMIT ?) some";
    AUTO(db_rows) rows = NULL;
    int found =
        db_one(db, sql, DB_PARAMS(DB_I64(project_id), DB_I64(SNSMESSAGE_WAITING_MAX)), &rows, info);
    if (found < 0) {
        return found;
    }
    return db_i64(rows, 0) < SNSMESSAGE_WAITING_MAX
               ? 0
               : err_set(info, ERR_LIMIT, NULL,
                         "%d messages wait to be looked at: send this one again later",
                         SNSMESSAGE_WAITING_MAX);
}

static int insert(struct db *db, const struct taking *taking, int64_t now_ms, struct err_info *info)
{
    static const char sql[] =
        "INSERT INTO sns_message (project_id, hook_id, message_id, body_sha256, state, body, tries,"
        " due_ms, write_id, received_ms) VALUES (?, ?, ?, ?, 1, ?, 0, ?, ?, ?)";
    static const char sql_check[] = "SELECT 1 FROM sns_message WHERE " KEY " FOR UPDATE";
    uint8_t hash[32];
    hash_sha256(taking->body.at, taking->body.len, hash);
    const struct db_param key[] = {DB_I64(taking->project_id), sqlvalue_of_uuid(&taking->hook->id),
                                   DB_STR(taking->envelope->message_id),
                                   DB_BYTES(hash, sizeof hash)};
    db_set_write_check(db, sql_check, key, ARRAY_LEN(key));
    int err = db_exec(db, sql,
                      DB_PARAMS(key[0], key[1], key[2], key[3], DB_STR(taking->body),
                                DB_I64(now_ms), DB_I64(uuid_random63()), DB_I64(now_ms)),
                      NULL, info);
    if (err == ERR_CONFLICT) { /* SNS sends until it hears that one has it */
        *info = (struct err_info){0};
        return 0;
    }
    return err;
}

static int take_body(struct db *db, void *ctx, struct err_info *info)
{
    const struct taking *taking = ctx;
    int64_t now_ms = 0;
    int err = db_now_ms(db, &now_ms, info);
    if (err == 0) {
        err = snsenvelope_check_age(taking->envelope, now_ms, info);
    }
    if (err == 0) {
        err = snshook_pin(db, taking->project_id, taking->hook, taking->envelope->topic_arn, info);
    }
    if (err == 0) {
        err = check_room(db, taking->project_id, info);
    }
    return err < 0 ? err : insert(db, taking, now_ms, info);
}

int snsmessage_take(struct db *db, uint32_t project_id, const struct snshook *hook,
                    const struct snsenvelope *envelope, struct str body, struct err_info *info)
{
    struct taking taking = {project_id, hook, envelope, body};
    return db_tx(db, DB_WRITE, take_body, &taking, info);
}

/* ---- work ---------------------------------------------------------------------------------- */

struct claiming {
    struct arena *arena;
    int64_t lease_ms;
    int64_t token;
    struct snsmessage *at;
    size_t count;
};

/* Of all projects, locked: a second worker that asks meanwhile finds them taken. */
static int read_due(struct db *db, struct claiming *claiming, int64_t now_ms, struct err_info *info)
{
    static const char sql[] = "SELECT project_id, hook_id, message_id, body, tries, body_sha256 "
                              "FROM sns_message FORCE INDEX (due)"
                              " WHERE state = 1 AND due_ms <= ? ORDER BY due_ms LIMIT ? FOR UPDATE";
    AUTO(db_rows) rows = NULL;
    int more =
        db_query(db, sql, DB_PARAMS(DB_I64(now_ms), DB_I64(SNSMESSAGE_BATCH)), false, &rows, info);
    if (more < 0) {
        return more;
    }
    claiming->count = 0;
    claiming->at = arena_array(claiming->arena, SNSMESSAGE_BATCH, sizeof *claiming->at);
    while (claiming->count < SNSMESSAGE_BATCH && (more = db_next(rows, info)) > 0) {
        claiming->at[claiming->count++] =
            (struct snsmessage){.project_id = (uint32_t)db_i64(rows, 0),
                                .hook_id = sqlvalue_uuid(rows, 1),
                                .message_id = sqlvalue_text(claiming->arena, rows, 2),
                                .body = str_copy(claiming->arena, db_bytes(rows, 3)),
                                .tries = (uint32_t)db_i64(rows, 4) + 1,
                                .body_hash = str_copy(claiming->arena, db_bytes(rows, 5)),
                                .token = claiming->token};
    }
    return more < 0 ? more : 0;
}

static int claim_body(struct db *db, void *ctx, struct err_info *info)
{
    static const char sql[] = "UPDATE sns_message SET due_ms = ?, tries = tries + 1, write_id = ?"
                              " WHERE " KEY;
    static const char sql_check[] =
        "SELECT 1 FROM sns_message WHERE " KEY " AND write_id = ? FOR UPDATE";
    struct claiming *claiming = ctx;
    int64_t now_ms = 0;
    claiming->token = uuid_random63();
    int err = db_now_ms(db, &now_ms, info);
    if (err == 0) {
        err = read_due(db, claiming, now_ms, info);
    }
    for (size_t i = 0; err == 0 && i < claiming->count; i++) {
        const struct snsmessage *message = &claiming->at[i];
        const struct db_param project = DB_I64(message->project_id);
        const struct db_param hook = sqlvalue_of_uuid(&message->hook_id);
        const struct db_param id = DB_STR(message->message_id);
        const struct db_param hash = DB_BYTES(message->body_hash.at, message->body_hash.len);
        db_set_write_check(db, sql_check,
                           DB_PARAMS(project, hook, id, hash, DB_I64(claiming->token)));
        err = db_exec(db, sql,
                      DB_PARAMS(DB_I64(now_ms + claiming->lease_ms), DB_I64(claiming->token),
                                project, hook, id, hash),
                      NULL, info);
    }
    return err;
}

int snsmessage_claim(struct db *db, struct arena *arena, int64_t lease_ms, struct snsmessage **ret,
                     size_t *ret_count, struct err_info *info)
{
    struct claiming claiming = {.arena = arena, .lease_ms = lease_ms};
    int err = db_tx(db, DB_WRITE, claim_body, &claiming, info);
    if (err == 0) {
        *ret = claiming.at;
        *ret_count = claiming.count;
    }
    return err;
}

int snsmessage_is_known(struct db *db, const struct snsmessage *message, bool *ret,
                        struct err_info *info)
{
    static const char sql[] = "SELECT 1 FROM sns_message WHERE project_id = ? AND hook_id = ?"
                              " AND message_id = ? AND state = ? LIMIT 1";
    AUTO(db_rows) rows = NULL;
    int found = db_one(db, sql,
                       DB_PARAMS(DB_I64(message->project_id), sqlvalue_of_uuid(&message->hook_id),
                                 DB_STR(message->message_id), DB_I64(STATE_APPLIED)),
                       &rows, info);
    *ret = found > 0;
    return found < 0 ? found : 0;
}

int snsmessage_finish(struct db *db, const struct snsmessage *message, bool is_applied,
                      struct err_info *info)
{
    static const char sql[] = "UPDATE sns_message SET state = ?, body = NULL, due_ms = ?"
                              " WHERE " KEY " AND state = 1 AND write_id = ?";
    int64_t now_ms = 0;
    int err = db_now_ms(db, &now_ms, info);
    return err < 0
               ? err
               : db_exec(db, sql,
                         DB_PARAMS(DB_I64(is_applied ? STATE_APPLIED : STATE_REFUSED),
                                   DB_I64(now_ms + SNSMESSAGE_KEEP_MS), DB_I64(message->project_id),
                                   sqlvalue_of_uuid(&message->hook_id), DB_STR(message->message_id),
                                   DB_BYTES(message->body_hash.at, message->body_hash.len),
                                   DB_I64(message->token)),
                         NULL, info);
}

int snsmessage_retry(struct db *db, const struct snsmessage *message, int64_t delay_ms,
                     struct err_info *info)
{
    static const char sql[] = "UPDATE sns_message SET due_ms = ?"
                              " WHERE " KEY " AND state = 1 AND write_id = ?";
    int64_t now_ms = 0;
    int err = db_now_ms(db, &now_ms, info);
    return err < 0
               ? err
               : db_exec(db, sql,
                         DB_PARAMS(DB_I64(now_ms + delay_ms), DB_I64(message->project_id),
                                   sqlvalue_of_uuid(&message->hook_id), DB_STR(message->message_id),
                                   DB_BYTES(message->body_hash.at, message->body_hash.len),
                                   DB_I64(message->token)),
                         NULL, info);
}

int snsmessage_sweep(struct db *db, unsigned max_rows, struct err_info *info)
{
    /* Of all projects. */
    static const char sql[] = "DELETE FROM sns_message WHERE state IN (2, 3) AND due_ms <= ?"
                              " ORDER BY state, due_ms LIMIT ?";
    int64_t now_ms = 0;
    int err = db_now_ms(db, &now_ms, info);
    return err < 0 ? err
                   : db_exec(db, sql, DB_PARAMS(DB_I64(now_ms), DB_I64(max_rows)), NULL, info);
}

#include "store/idempotency.h"

#include "base/limits.h"
#include "base/timeutil.h"
#include "base/uuid.h"

#define NOW_MS "CAST(UNIX_TIMESTAMP(UTC_TIMESTAMP(3)) * 1000 AS SIGNED)"
#define DAY_AGO_MS NOW_MS " - 86400000"

bool idempotency_key_ok(struct str key)
{
    for (size_t i = 0; i < key.len; i++) {
        if (key.at[i] < 0x20 || key.at[i] > 0x7e) {
            return false;
        }
    }
    return key.len >= 1 && key.len <= LIMIT_IDEMPOTENCY_KEY_CHARS;
}

static int reused(struct err_info *info)
{
    return err_set(info, ERR_CONFLICT, "IDEMPOTENCY_KEY_REUSED",
                   "Idempotency-Key was already used; use a new key for a new request");
}

static int insert_key(struct db *db, uint32_t project_id, const struct idempotency_claim *claim,
                      struct err_info *info)
{
    static const char sql[] =
        "INSERT INTO idempotency (project_id, idempotency_key, request, status, write_id,"
        " created_ms) VALUES (?, ?, ?, ?, ?, " NOW_MS ")";
    return db_exec(db, sql,
                   DB_PARAMS(DB_I64(project_id), DB_STR(claim->key), DB_STR(claim->request),
                             DB_I64(claim->status), DB_I64(uuid_random63())),
                   NULL, info);
}

static int replace_expired(struct db *db, uint32_t project_id,
                           const struct idempotency_claim *claim, uint64_t *ret_replaced,
                           struct err_info *info)
{
    static const char sql[] =
        "UPDATE idempotency SET request = ?, status = ?, write_id = ?, created_ms = " NOW_MS
        " WHERE project_id = ? AND idempotency_key = ? AND created_ms <= " DAY_AGO_MS;
    return db_exec(db, sql,
                   DB_PARAMS(DB_STR(claim->request), DB_I64(claim->status), DB_I64(uuid_random63()),
                             DB_I64(project_id), DB_STR(claim->key)),
                   ret_replaced, info);
}

int idempotency_take(struct db *db, uint32_t project_id, struct idempotency_claim *claim,
                     struct err_info *info)
{
    /* No other reason for a retry takes as long as a lock wait that times out. */
    const int64_t lock_wait_us = 2500000;
    int64_t started_us = timeutil_mono_us();
    if (claim->waited) {
        return reused(info);
    }
    int err = insert_key(db, project_id, claim, info);
    claim->waited = err == ERR_RETRY && timeutil_mono_us() - started_us > lock_wait_us;
    if (err != ERR_CONFLICT) {
        return err;
    }
    uint64_t replaced;
    err = replace_expired(db, project_id, claim, &replaced, info);
    if (err < 0) {
        return err;
    }
    return replaced == 1 ? 0 : reused(info);
}

int idempotency_look(struct db *db, struct arena *arena, uint32_t project_id, struct str key,
                     struct idempotency_original *ret, struct err_info *info)
{
    static const char sql_dirty_read[] = "SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED";
    static const char sql[] = "SELECT request, created_ms, status FROM idempotency"
                              " WHERE project_id = ? AND idempotency_key = ?";
    *ret = (struct idempotency_original){0};
    const struct db_param params[] = {DB_I64(project_id), DB_STR(key)};
    for (int committed = 1; committed >= 0; committed--) {
        if (!committed) {
            int err = db_exec(db, sql_dirty_read, DB_NO_PARAMS, NULL, info);
            if (err < 0) {
                return err;
            }
        }
        AUTO(db_rows) rows = NULL;
        int found = db_one(db, sql, params, ARRAY_LEN(params), &rows, info);
        if (found < 0) {
            return found;
        }
        if (found > 0) {
            ret->known = true;
            ret->request = str_copy(arena, db_bytes(rows, 0));
            ret->at_ms = db_i64(rows, 1);
            ret->status = committed ? (int)db_i64(rows, 2) : 0;
            return 0;
        }
    }
    return 0;
}

int idempotency_purge(struct db *db, uint32_t project_id, unsigned limit, struct err_info *info)
{
    static const char sql[] =
        "DELETE FROM idempotency WHERE project_id = ? AND created_ms <= " DAY_AGO_MS
        " ORDER BY created_ms LIMIT ?";
    return db_exec(db, sql, DB_PARAMS(DB_I64(project_id), DB_I64(limit)), NULL, info);
}

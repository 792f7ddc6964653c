#include "store/serverinfo.h"

#include "base/seal.h"
#include "base/timeutil.h"
#include "store/sqlvalue.h"

int serverinfo_read(struct db *db, struct arena *arena, struct serverinfo *ret,
                    struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    int found = db_one(db,
                       "SELECT @@version, @@sql_mode, @@time_zone, @@character_set_connection, "
                       "@@log_bin, @@binlog_format, @@innodb_flush_log_at_trx_commit, "
                       "@@sync_binlog",
                       DB_NO_PARAMS, &rows, info);
    if (found < 0)
        return found;
    *ret = (struct serverinfo){.version = sqlvalue_text(arena, rows, 0),
                               .sql_mode = sqlvalue_text(arena, rows, 1),
                               .time_zone = sqlvalue_text(arena, rows, 2),
                               .charset = sqlvalue_text(arena, rows, 3),
                               .writes_binlog = db_i64(rows, 4) != 0,
                               .binlog_format = sqlvalue_text(arena, rows, 5),
                               .flush_at_commit = db_i64(rows, 6),
                               .sync_binlog = db_i64(rows, 7)};
    return 0;
}

/* The operator's: over all projects. */
int serverinfo_count(struct db *db, struct serverinfo_counts *ret, struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    int found = db_one(db, "SELECT (SELECT COUNT(*) FROM project), (SELECT COUNT(*) FROM dirty)",
                       DB_NO_PARAMS, &rows, info);
    if (found < 0)
        return found;
    *ret = (struct serverinfo_counts){(uint64_t)db_i64(rows, 0), (uint64_t)db_i64(rows, 1)};
    return 0;
}

static int count_disabled(struct db *db, struct serverinfo_queues *ret, struct err_info *info)
{
    /* all projects: a number for the operator. */
    static const char sql[] =
        "SELECT COUNT(*) FROM webhook WHERE enabled = 0 AND deleted_ms IS NULL";
    AUTO(db_rows) rows = NULL;
    int found = db_one(db, sql, DB_NO_PARAMS, &rows, info);
    if (found < 0)
        return found;
    ret->webhooks_disabled = (uint64_t)db_i64(rows, 0);
    return 0;
}

int serverinfo_queues(struct db *db, struct serverinfo_queues *ret, struct err_info *info)
{
    AUTO(arena) arena = arena_new();
    *ret = (struct serverinfo_queues){0};
    int err = queuedepth_read_all(db, arena, ret->queues, info);
    return err < 0 ? err : count_disabled(db, ret, info);
}

int serverinfo_project(struct db *db, uint32_t project_id, struct serverinfo_project *ret,
                       struct err_info *info)
{
    /* Names that the system added count for no limit (store/dictionary.h). */
    static const char sql[] =
        "SELECT folded_ms,"
        " (SELECT COUNT(*) FROM field WHERE project_id = p.project_id AND added_by <> 2),"
        " (SELECT COUNT(*) FROM event_name WHERE project_id = p.project_id AND added_by <> 2),"
        " (SELECT COUNT(*) FROM segment WHERE project_id = p.project_id),"
        " (SELECT COUNT(*) FROM segment WHERE project_id = p.project_id AND track = 1),"
        " (SELECT COUNT(*) FROM webhook WHERE project_id = p.project_id AND deleted_ms IS NULL)"
        " FROM project_state p WHERE p.project_id = ?";
    AUTO(db_rows) rows = NULL;
    int found = db_one(db, sql, DB_PARAMS(DB_U64(project_id)), &rows, info);
    *ret = (struct serverinfo_project){0};
    if (found <= 0)
        return found;
    *ret = (struct serverinfo_project){.folded_ms = db_i64(rows, 0),
                                       .fields = (uint64_t)db_i64(rows, 1),
                                       .event_names = (uint64_t)db_i64(rows, 2),
                                       .segments = (uint64_t)db_i64(rows, 3),
                                       .tracked = (uint64_t)db_i64(rows, 4),
                                       .webhooks = (uint64_t)db_i64(rows, 5)};
    return 0;
}

int serverinfo_sealed(struct db *db, const unsigned char *key_id, uint64_t *ret_count,
                      uint64_t *ret_foreign, struct err_info *info)
{
    /* all projects: the master key is one for all. */
    static const char sql[] =
        "SELECT COUNT(*), COUNT(CASE WHEN secret_key_id <> ? THEN 1 END) FROM webhook"
        " WHERE deleted_ms IS NULL";
    AUTO(db_rows) rows = NULL;
    int found = db_one(db, sql, DB_PARAMS(DB_BYTES(key_id, SEAL_KEY_ID_BYTES)), &rows, info);
    if (found < 0)
        return found;
    *ret_count = (uint64_t)db_i64(rows, 0);
    *ret_foreign = (uint64_t)db_i64(rows, 1);
    return 0;
}

/* The row: an idempotency key of a project that does not exist. Its status is what changes. */
#define PROBE_ROW "project_id = 0 AND idempotency_key = 'muster doctor'"

static int put_row(struct db *db, struct err_info *info)
{
    int err = db_exec(db, "DELETE FROM idempotency WHERE " PROBE_ROW, DB_NO_PARAMS, NULL, info);
    if (err == 0)
        err = db_exec(db,
                      "INSERT INTO idempotency (project_id, idempotency_key, request, status, "
                      "write_id, created_ms) VALUES (0, 'muster doctor', 'probe', 0, 0, ?)",
                      DB_PARAMS(DB_I64(timeutil_wall_ms())), NULL, info);
    return err;
}

static int read_status(struct db *db, int64_t *ret, struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    int found =
        db_one(db, "SELECT status FROM idempotency WHERE " PROBE_ROW, DB_NO_PARAMS, &rows, info);
    if (found < 0)
        return found;
    *ret = found ? db_i64(rows, 0) : -1;
    return 0;
}

struct probe {
    struct db *other;
    struct serverinfo_probe *result;
    int64_t before, after;
    int found;
};

/* Reads, lets the other connection change the row, and reads again. */
static int read_change_read(struct db *db, void *ctx, struct err_info *info)
{
    struct probe *p = ctx;
    int err = read_status(db, &p->before, info);
    if (err == 0)
        err = db_exec(p->other, "UPDATE idempotency SET status = status + 1 WHERE " PROBE_ROW,
                      DB_NO_PARAMS, NULL, info);
    if (err == 0)
        err = read_status(db, &p->after, info);
    return err;
}

static int skip_locked(struct db *db, void *ctx, struct err_info *info)
{
    struct probe *p = ctx;
    AUTO(db_rows) rows = NULL;
    p->found =
        db_one(db, "SELECT status FROM idempotency WHERE " PROBE_ROW " FOR UPDATE SKIP LOCKED",
               DB_NO_PARAMS, &rows, info);
    return p->found < 0 ? p->found : 0;
}

/* Takes the row's lock by SKIP LOCKED itself, and asks the other connection for the same row. */
static int lock_and_try(struct db *db, void *ctx, struct err_info *info)
{
    struct probe *p = ctx;
    struct probe inner = {.other = NULL};
    int err = skip_locked(db, p, info);
    if (err == 0)
        err = db_tx(p->other, DB_WRITE, skip_locked, &inner, info);
    p->result->locks_hold = p->found == 1;
    p->result->skip_locked_works = inner.found == 0;
    return err;
}

int serverinfo_probe(struct db *one, struct db *two, struct serverinfo_probe *ret,
                     struct err_info *info)
{
    struct probe p = {.other = two, .result = ret};
    int err = put_row(one, info);
    if (err == 0)
        err = db_tx(one, DB_READ, read_change_read, &p, info);
    ret->read_keeps_snapshot = err == 0 && p.before == p.after;
    if (err == 0)
        err = db_tx(one, DB_WRITE, read_change_read, &p, info);
    ret->write_sees_commits = err == 0 && p.before + 1 == p.after;
    if (err == 0)
        err = db_tx(one, DB_WRITE, lock_and_try, &p, info);
    if (err == 0)
        err = db_exec(one, "DELETE FROM idempotency WHERE " PROBE_ROW, DB_NO_PARAMS, NULL, info);
    return err;
}

#include "store/bulkjob.h"

#include "base/limits.h"
#include "store/sqlvalue.h"

#define NOW_MS "CAST(UNIX_TIMESTAMP(UTC_TIMESTAMP(3)) * 1000 AS SIGNED)"
#define CLAIM_RACES 10
#define SWEEP_JOBS 20

#define COLUMNS                                                                                    \
    "project_id, job_id, kind, by_query, state, failed_reason, total, next_ordinal, done, "        \
    "changed, unchanged, lease_id, tries, created_ms, started_ms, finished_ms"

static int64_t time_of(const struct db_rows *rows, unsigned column)
{
    return db_is_null(rows, column) ? BULKJOB_NO_TIME : db_i64(rows, column);
}

static void from_row(struct arena *arena, const struct db_rows *rows, struct bulkjob *ret)
{
    *ret = (struct bulkjob){
        .project_id = (uint32_t)db_i64(rows, 0),
        .job_id = sqlvalue_uuid(rows, 1),
        .kind = (enum bulkjob_kind)db_i64(rows, 2),
        .by_query = db_i64(rows, 3) != 0,
        .state = (enum bulkjob_state)db_i64(rows, 4),
        .failed_reason = sqlvalue_text(arena, rows, 5),
        .total = (uint64_t)db_i64(rows, 6),
        .next_ordinal = (uint64_t)db_i64(rows, 7),
        .done = (uint64_t)db_i64(rows, 8),
        .counts = {(uint64_t)db_i64(rows, 9), (uint64_t)db_i64(rows, 10)},
        .lease_id = db_i64(rows, 11),
        .tries = (uint32_t)db_i64(rows, 12),
        .created_ms = db_i64(rows, 13),
        .started_ms = time_of(rows, 14),
        .finished_ms = time_of(rows, 15),
    };
}

const char *bulkjob_kind_word(enum bulkjob_kind kind)
{
    return kind == BULKJOB_SUBSCRIBE     ? "subscribe"
           : kind == BULKJOB_UNSUBSCRIBE ? "unsubscribe"
                                         : "delete";
}

const char *bulkjob_state_word(enum bulkjob_state state)
{
    static const char *const words[] = {"waiting", "active", "completed", "failed"};
    return words[state - BULKJOB_WAITING];
}

/* A statement that must meet its one row. */
static int exec_one(struct db *db, const char *sql, const struct db_param *params, unsigned count,
                    struct err_info *info)
{
    uint64_t matched = 0;
    int err = db_exec(db, sql, params, count, &matched, info);
    return err == 0 && matched == 0
               ? err_set(info, ERR_CONFLICT, NULL, "the bulk job is not ours any more")
               : err;
}

/* ---- asking for one ------------------------------------------------------------------------ */

struct create {
    struct bulkjob *job;
    const struct bulkjob_part *parts;
    size_t count;
};

/* The project's row is the lock: of two that are asked for at once one sees the other. */
static int check_open(struct db *db, uint32_t project_id, struct err_info *info)
{
    static const char lock_sql[] = "SELECT project_id FROM project WHERE project_id = ? FOR UPDATE";
    static const char count_sql[] =
        "SELECT COUNT(*) FROM bulk_job WHERE project_id = ? AND state IN (2, 3)";
    AUTO(db_rows) locked = NULL;
    AUTO(db_rows) rows = NULL;
    int found = db_one(db, lock_sql, DB_PARAMS(DB_I64(project_id)), &locked, info);
    if (found >= 0) {
        found = db_one(db, count_sql, DB_PARAMS(DB_I64(project_id)), &rows, info);
    }
    if (found < 0) {
        return found;
    }
    if (db_i64(rows, 0) >= LIMIT_BULK_JOBS) {
        return err_set(info, ERR_CONFLICT, "CONFLICT",
                       "This project has %d bulk actions that are not over; wait for one to end",
                       LIMIT_BULK_JOBS);
    }
    return 0;
}

static int insert_job(struct db *db, const struct bulkjob *job, struct err_info *info)
{
    static const char sql[] =
        "INSERT INTO bulk_job (project_id, job_id, kind, by_query, state, total, turn_ms,"
        " created_ms) VALUES (?, ?, ?, ?, 2, ?, " NOW_MS ", " NOW_MS ")";
    return db_exec(db, sql,
                   DB_PARAMS(DB_I64(job->project_id), sqlvalue_of_uuid(&job->job_id),
                             DB_I64(job->kind), DB_I64(job->by_query), DB_U64(job->total)),
                   NULL, info);
}

static int create_body(struct db *db, void *ctx, struct err_info *info)
{
    static const char part_sql[] =
        "INSERT INTO bulk_part (project_id, job_id, chunk, rows_packed) VALUES (?, ?, ?, ?)";
    static const char check_sql[] =
        "SELECT 1 FROM bulk_job WHERE project_id = ? AND job_id = ? FOR UPDATE";
    const struct create *create = ctx;
    const struct bulkjob *job = create->job;
    int err = check_open(db, job->project_id, info);
    if (err == 0) {
        err = insert_job(db, job, info);
    }
    for (size_t i = 0; err == 0 && i < create->count; i++) {
        const struct bulkjob_part *part = &create->parts[i];
        err = db_exec(db, part_sql,
                      DB_PARAMS(DB_I64(job->project_id), sqlvalue_of_uuid(&job->job_id),
                                DB_I64(part->chunk), DB_BYTES(part->rows.at, part->rows.len)),
                      NULL, info);
    }
    db_set_write_check(db, check_sql,
                       DB_PARAMS(DB_I64(job->project_id), sqlvalue_of_uuid(&job->job_id)));
    return err;
}

int bulkjob_create(struct db *db, struct bulkjob *job, const struct bulkjob_part *parts,
                   size_t count, struct err_info *info)
{
    struct create create = {job, parts, count};
    job->job_id = uuid_new();
    job->state = BULKJOB_WAITING;
    return db_tx(db, DB_WRITE, create_body, &create, info);
}

int bulkjob_get(struct db *db, struct arena *arena, uint32_t project_id, const struct uuid *job_id,
                struct bulkjob *ret, struct err_info *info)
{
    static const char sql[] =
        "SELECT " COLUMNS " FROM bulk_job WHERE project_id = ? AND job_id = ?";
    AUTO(db_rows) rows = NULL;
    int found =
        db_one(db, sql, DB_PARAMS(DB_I64(project_id), sqlvalue_of_uuid(job_id)), &rows, info);
    if (found == 0) {
        return err_set(info, ERR_NOT_FOUND, "RESOURCE_NOT_FOUND", "Bulk action job not found");
    }
    if (found < 0) {
        return found;
    }
    from_row(arena, rows, ret);
    return 0;
}

/* ---- working on it ------------------------------------------------------------------------- */

/* Returns 1: it is ours, 0: somebody was faster, or an err. */
static int take(struct db *db, unsigned lease_ms, struct bulkjob *job, struct err_info *info)
{
    static const char sql[] =
        "UPDATE bulk_job SET state = 3, lease_id = ?, lease_until_ms = ? + " NOW_MS
        ", tries = tries + 1, turn_ms = " NOW_MS ", started_ms = COALESCE(started_ms, " NOW_MS ")"
        " WHERE project_id = ? AND job_id = ? AND state IN (2, 3) AND lease_id = ?"
        " AND lease_until_ms <= " NOW_MS;
    int64_t lease_id = uuid_random63();
    uint64_t matched = 0;
    int err = db_exec(db, sql,
                      DB_PARAMS(DB_I64(lease_id), DB_I64(lease_ms), DB_I64(job->project_id),
                                sqlvalue_of_uuid(&job->job_id), DB_I64(job->lease_id)),
                      &matched, info);
    if (err < 0 || matched == 0) {
        return err;
    }
    job->state = BULKJOB_ACTIVE;
    job->lease_id = lease_id;
    job->tries++;
    return 1;
}

int bulkjob_claim(struct db *db, struct arena *arena, unsigned lease_ms, struct bulkjob *ret,
                  struct err_info *info)
{
    /* The worker's: over all projects. */
    static const char sql[] =
        "SELECT " COLUMNS " FROM bulk_job AS job WHERE state IN (2, 3)"
        " AND lease_until_ms <= " NOW_MS " AND NOT EXISTS (SELECT 1 FROM bulk_job AS other"
        " WHERE other.project_id = job.project_id AND other.state = 3"
        " AND other.lease_until_ms > " NOW_MS ") ORDER BY turn_ms LIMIT 1";
    for (unsigned i = 0; i < CLAIM_RACES; i++) {
        AUTO(db_rows) rows = NULL;
        int found = db_one(db, sql, DB_NO_PARAMS, &rows, info);
        if (found <= 0) {
            return found;
        }
        from_row(arena, rows, ret);
        found = take(db, lease_ms, ret, info);
        if (found != 0) {
            return found;
        }
    }
    return 0;
}

int bulkjob_part(struct db *db, struct arena *arena, const struct bulkjob *job, uint32_t chunk,
                 struct bulkjob_part *ret, struct err_info *info)
{
    static const char sql[] = "SELECT chunk, rows_packed FROM bulk_part WHERE project_id = ?"
                              " AND job_id = ? AND chunk >= ? ORDER BY chunk LIMIT 1";
    AUTO(db_rows) rows = NULL;
    int found = db_one(
        db, sql, DB_PARAMS(DB_I64(job->project_id), sqlvalue_of_uuid(&job->job_id), DB_I64(chunk)),
        &rows, info);
    if (found > 0) {
        *ret = (struct bulkjob_part){(uint32_t)db_i64(rows, 0), sqlvalue_text(arena, rows, 1)};
    }
    return found;
}

static void set_step_check(struct db *db, const struct bulkjob *job, int64_t step_id)
{
    static const char sql[] =
        "SELECT 1 FROM bulk_job WHERE project_id = ? AND job_id = ? AND step_id = ? FOR UPDATE";
    db_set_write_check(
        db, sql,
        DB_PARAMS(DB_I64(job->project_id), sqlvalue_of_uuid(&job->job_id), DB_I64(step_id)));
}

int bulkjob_move(struct db *db, const struct bulkjob *job, const struct bulkjob_step *step,
                 unsigned lease_ms, struct err_info *info)
{
    static const char sql[] =
        "UPDATE bulk_job SET next_ordinal = ?, done = done + ?, changed = changed + ?,"
        " unchanged = unchanged + ?, step_id = ?, tries = 0, turn_ms = " NOW_MS
        ", lease_until_ms = ? + " NOW_MS
        " WHERE project_id = ? AND job_id = ? AND state = 3 AND lease_id = ? AND next_ordinal = ?";
    int64_t step_id = uuid_random63();
    int err = exec_one(db, sql,
                       DB_PARAMS(DB_U64(step->next_ordinal), DB_U64(step->done),
                                 DB_U64(step->counts.changed), DB_U64(step->counts.unchanged),
                                 DB_I64(step_id), DB_I64(lease_ms), DB_I64(job->project_id),
                                 sqlvalue_of_uuid(&job->job_id), DB_I64(job->lease_id),
                                 DB_U64(job->next_ordinal)),
                       info);
    set_step_check(db, job, step_id);
    return err;
}

void bulkjob_moved(struct bulkjob *job, const struct bulkjob_step *step)
{
    job->next_ordinal = step->next_ordinal;
    job->done += step->done;
    job->counts.changed += step->counts.changed;
    job->counts.unchanged += step->counts.unchanged;
    job->tries = 0;
}

struct finish {
    const struct bulkjob *job;
    struct str reason;
};

static int finish_body(struct db *db, void *ctx, struct err_info *info)
{
    static const char sql[] =
        "UPDATE bulk_job SET state = IF(? IS NULL, 4, 5), failed_reason = ?, step_id = ?,"
        " finished_ms = " NOW_MS ", lease_until_ms = 0"
        " WHERE project_id = ? AND job_id = ? AND state = 3 AND lease_id = ?";
    const struct finish *finish = ctx;
    const struct bulkjob *job = finish->job;
    struct db_param reason = sqlvalue_of_text(finish->reason);
    int64_t step_id = uuid_random63();
    int err = exec_one(db, sql,
                       DB_PARAMS(reason, reason, DB_I64(step_id), DB_I64(job->project_id),
                                 sqlvalue_of_uuid(&job->job_id), DB_I64(job->lease_id)),
                       info);
    set_step_check(db, job, step_id);
    return err;
}

int bulkjob_finish(struct db *db, struct bulkjob *job, struct str reason, struct err_info *info)
{
    struct finish finish = {job, reason};
    int err = db_tx(db, DB_WRITE, finish_body, &finish, info);
    if (err == 0) {
        job->state = reason.at == NULL ? BULKJOB_COMPLETED : BULKJOB_FAILED;
        job->failed_reason = reason;
    }
    return err;
}

int bulkjob_release(struct db *db, const struct bulkjob *job, struct err_info *info)
{
    static const char sql[] = "UPDATE bulk_job SET lease_until_ms = 0"
                              " WHERE project_id = ? AND job_id = ? AND state = 3 AND lease_id = ?";
    return db_exec(
        db, sql,
        DB_PARAMS(DB_I64(job->project_id), sqlvalue_of_uuid(&job->job_id), DB_I64(job->lease_id)),
        NULL, info);
}

/* ---- afterwards ---------------------------------------------------------------------------- */

static int drop_parts(struct db *db, uint32_t project_id, const struct uuid *job_id,
                      struct err_info *info)
{
    static const char sql[] = "DELETE FROM bulk_part WHERE project_id = ? AND job_id = ?";
    return db_exec(db, sql, DB_PARAMS(DB_I64(project_id), sqlvalue_of_uuid(job_id)), NULL, info);
}

static int drop_old(struct db *db, struct err_info *info)
{
    /* The worker's: over all projects. */
    static const char sql[] = "DELETE FROM bulk_job WHERE state > 3 AND finished_ms < " NOW_MS
                              " - ? ORDER BY turn_ms LIMIT ?";
    return db_exec(db, sql, DB_PARAMS(DB_I64(BULKJOB_KEEP_MS), DB_I64(SWEEP_JOBS)), NULL, info);
}

int bulkjob_sweep(struct db *db, struct err_info *info)
{
    /* The worker's: over all projects. */
    static const char sql[] =
        "SELECT DISTINCT part.project_id, part.job_id FROM bulk_part AS part JOIN bulk_job AS job"
        " ON job.project_id = part.project_id AND job.job_id = part.job_id"
        " WHERE job.state > 3 LIMIT ?";
    AUTO(db_rows) rows = NULL;
    int err = db_query(db, sql, DB_PARAMS(DB_I64(SWEEP_JOBS)), false, &rows, info);
    if (err < 0) {
        return err;
    }
    while ((err = db_next(rows, info)) > 0) {
        struct uuid job_id = sqlvalue_uuid(rows, 1);
        err = drop_parts(db, (uint32_t)db_i64(rows, 0), &job_id, info);
        if (err < 0) {
            return err;
        }
    }
    return err < 0 ? err : drop_old(db, info);
}

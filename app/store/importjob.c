#include "store/importjob.h"

#include "base/limits.h"
#include "store/counter.h"
#include "store/importerror.h"
#include "store/importpart.h"
#include "store/sqlvalue.h"

#define NOW_MS "CAST(UNIX_TIMESTAMP(UTC_TIMESTAMP(3)) * 1000 AS SIGNED)"
#define CLAIM_RACES 10
#define SWEEP_JOBS 20
#define OR_NULL(id) ((id) == 0 ? DB_NULL : DB_I64(id))

#define COLUMNS                                                                                    \
    "project_id, job_id, kind, format, mode, dry_run, keep_created, spreadsheet, segment_id, "     \
    "state, failed_reason, bytes, part_count, row_count, lease_id, tries, created_ms, "            \
    "started_ms, finished_ms, job_number, list_id, tag_id, mapping, found"

static int64_t time_of(const struct db_rows *rows, unsigned column)
{
    return db_is_null(rows, column) ? IMPORTJOB_NO_TIME : db_i64(rows, column);
}

static uint64_t count_of(const struct db_rows *rows, unsigned column)
{
    return (uint64_t)db_i64(rows, column);
}

static void from_row(struct arena *arena, const struct db_rows *rows, struct importjob *ret)
{
    *ret = (struct importjob){
        .project_id = (uint32_t)db_i64(rows, 0),
        .job_id = sqlvalue_uuid(rows, 1),
        .input = {.kind = (enum importjob_kind)db_i64(rows, 2),
                  .format = (enum importjob_format)db_i64(rows, 3),
                  .mode = (enum importjob_mode)db_i64(rows, 4),
                  .dry_run = db_i64(rows, 5) != 0,
                  .keep_created = db_i64(rows, 6) != 0,
                  .spreadsheet = db_i64(rows, 7) != 0,
                  .segment_id = (uint32_t)db_i64(rows, 8),
                  .list_id = (uint32_t)db_i64(rows, 20),
                  .tag_id = (uint32_t)db_i64(rows, 21),
                  .mapping = sqlvalue_text(arena, rows, 22)},
        .found = sqlvalue_text(arena, rows, 23),
        .state = (enum importjob_state)db_i64(rows, 9),
        .failed_reason = sqlvalue_text(arena, rows, 10),
        .bytes = count_of(rows, 11),
        .part_count = (uint32_t)db_i64(rows, 12),
        .row_count = count_of(rows, 13),
        .lease_id = db_i64(rows, 14),
        .tries = (uint32_t)db_i64(rows, 15),
        .created_ms = db_i64(rows, 16),
        .started_ms = time_of(rows, 17),
        .finished_ms = time_of(rows, 18),
        .number = (uint32_t)db_i64(rows, 19),
    };
}

const char *importjob_kind_word(enum importjob_kind kind)
{
    return kind == IMPORTJOB_EVENTS ? "events" : "contacts";
}

const char *importjob_mode_word(enum importjob_mode mode)
{
    return mode == IMPORTJOB_CREATE ? "create" : mode == IMPORTJOB_UPDATE ? "update" : "upsert";
}

const char *importjob_state_word(enum importjob_state state)
{
    static const char *const words[] = {"uploading", "waiting", "active",
                                        "completed", "failed",  "cancelled"};
    return words[state - IMPORTJOB_UPLOADING];
}

static int lost(struct err_info *info)
{
    return err_set(info, ERR_CONFLICT, NULL, "the import is not ours any more");
}

/* A statement that must meet its one row. */
static int exec_one(struct db *db, const char *sql, const struct db_param *params, unsigned count,
                    struct err_info *info)
{
    uint64_t matched = 0;
    int err = db_exec(db, sql, params, count, &matched, info);
    return err == 0 && matched == 0 ? lost(info) : err;
}

/* ---- from the upload to the queue ---------------------------------------------------------- */

struct create {
    uint32_t project_id;
    const struct importjob_input *input;
    struct importjob *job;
};

/* The project's row is the lock: of two uploads that begin at once one sees the other. */
static int check_open(struct db *db, uint32_t project_id, struct err_info *info)
{
    static const char lock_sql[] = "SELECT project_id FROM project WHERE project_id = ? FOR UPDATE";
    static const char count_sql[] =
        "SELECT COUNT(*) FROM import_job WHERE project_id = ? AND (state IN (2, 3) OR"
        " (state = 1 AND lease_until_ms > " NOW_MS "))";
    AUTO(db_rows) locked = NULL;
    AUTO(db_rows) rows = NULL;
    int found = db_one(db, lock_sql, DB_PARAMS(DB_I64(project_id)), &locked, info);
    if (found >= 0) {
        found = db_one(db, count_sql, DB_PARAMS(DB_I64(project_id)), &rows, info);
    }
    if (found < 0) {
        return found;
    }
    if (db_i64(rows, 0) >= LIMIT_IMPORT_JOBS) {
        return err_set(info, ERR_CONFLICT, "CONFLICT",
                       "This project has %d imports that are not over; wait for one to end, or"
                       " cancel it",
                       LIMIT_IMPORT_JOBS);
    }
    return 0;
}

static int create_body(struct db *db, void *ctx, struct err_info *info)
{
    static const char sql[] =
        "INSERT INTO import_job (project_id, job_id, kind, format, mode, dry_run, keep_created,"
        " spreadsheet, segment_id, list_id, mapping, job_number, state, lease_until_ms, turn_ms,"
        " created_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ? + " NOW_MS ", " NOW_MS
        ", " NOW_MS ")";
    static const char check_sql[] =
        "SELECT 1 FROM import_job WHERE project_id = ? AND job_id = ? FOR UPDATE";
    const struct create *create = ctx;
    const struct importjob_input *input = create->input;
    const struct uuid *job_id = &create->job->job_id;
    int err = check_open(db, create->project_id, info);
    if (err == 0) {
        err = counter_next(db, create->project_id, COUNTER_IMPORT, &create->job->number, info);
    }
    if (err == 0) {
        err = db_exec(db, sql,
                      DB_PARAMS(DB_I64(create->project_id), sqlvalue_of_uuid(job_id),
                                DB_I64(input->kind), DB_I64(input->format), DB_I64(input->mode),
                                DB_I64(input->dry_run), DB_I64(input->keep_created),
                                DB_I64(input->spreadsheet), OR_NULL(input->segment_id),
                                OR_NULL(input->list_id), sqlvalue_of_text(input->mapping),
                                DB_I64(create->job->number), DB_I64(IMPORTJOB_UPLOAD_MS)),
                      NULL, info);
    }
    db_set_write_check(db, check_sql,
                       DB_PARAMS(DB_I64(create->project_id), sqlvalue_of_uuid(job_id)));
    return err;
}

int importjob_create(struct db *db, uint32_t project_id, const struct importjob_input *input,
                     struct importjob *ret, struct err_info *info)
{
    *ret = (struct importjob){.project_id = project_id,
                              .job_id = uuid_new(),
                              .input = *input,
                              .state = IMPORTJOB_UPLOADING};
    struct create create = {project_id, input, ret};
    return db_tx(db, DB_WRITE, create_body, &create, info);
}

struct submit {
    const struct importjob *job;
    enum importjob_state state;
    uint64_t row_count;
    int64_t lease_id;
    unsigned lease_ms;
};

static int submit_body(struct db *db, void *ctx, struct err_info *info)
{
    static const char sql[] =
        "UPDATE import_job SET state = ?, row_count = ?, tag_id = ?, lease_id = ?, tries = ?,"
        " lease_until_ms = IF(? = 0, 0, ? + " NOW_MS "), turn_ms = " NOW_MS
        ", started_ms = IF(? = 0, NULL, " NOW_MS ")"
        " WHERE project_id = ? AND job_id = ? AND state = 1 AND lease_until_ms > " NOW_MS;
    static const char check_sql[] =
        "SELECT 1 FROM import_job WHERE project_id = ? AND job_id = ? AND lease_id = ? FOR UPDATE";
    const struct submit *submit = ctx;
    const struct importjob *job = submit->job;
    const struct db_param project = DB_I64(job->project_id), id = sqlvalue_of_uuid(&job->job_id);
    const struct db_param lease_ms = DB_I64(submit->lease_ms), lease_id = DB_I64(submit->lease_id);
    /* A dry run remembers the addresses that it met: one process. */
    bool is_one = job->input.dry_run || job->bytes < IMPORTLANE_BYTES_MIN;
    int err = exec_one(db, sql,
                       DB_PARAMS(DB_I64(submit->state), DB_U64(submit->row_count),
                                 OR_NULL(job->input.tag_id), lease_id,
                                 DB_I64(submit->lease_ms == 0 ? 0 : 1), lease_ms, lease_ms,
                                 lease_ms, project, id),
                       info);
    if (err == 0) {
        err =
            importlane_create(db, job->project_id, &job->job_id, is_one ? 1 : IMPORTLANE_MAX, info);
    }
    db_set_write_check(db, check_sql, DB_PARAMS(project, id, lease_id));
    return err;
}

int importjob_submit(struct db *db, struct importjob *job, uint64_t row_count, unsigned lease_ms,
                     struct err_info *info)
{
    struct submit submit = {.job = job,
                            .state = lease_ms == 0 ? IMPORTJOB_WAITING : IMPORTJOB_ACTIVE,
                            .row_count = row_count,
                            .lease_id = uuid_random63(),
                            .lease_ms = lease_ms};
    int err = db_tx(db, DB_WRITE, submit_body, &submit, info);
    if (err == 0) {
        job->state = submit.state;
        job->row_count = row_count;
        job->lease_id = submit.lease_id;
        job->tries = lease_ms == 0 ? 0 : 1;
    }
    return err;
}

int importjob_discard(struct db *db, const struct importjob *job, struct err_info *info)
{
    static const char end_sql[] = "UPDATE import_job SET lease_until_ms = 0"
                                  " WHERE project_id = ? AND job_id = ? AND state = 1";
    static const char delete_sql[] =
        "DELETE FROM import_job WHERE project_id = ? AND job_id = ? AND state = 1";
    const struct db_param key[] = {DB_I64(job->project_id), sqlvalue_of_uuid(&job->job_id)};
    int err = exec_one(db, end_sql, key, ARRAY_LEN(key), info);
    if (err == 0) {
        err = importpart_delete(db, job->project_id, &job->job_id, info);
    }
    if (err == 0) {
        err = exec_one(db, delete_sql, key, ARRAY_LEN(key), info);
    }
    return err == ERR_CONFLICT ? 0 : err;
}

/* What its lanes have done. */
static int add_lanes(struct db *db, struct importjob *job, struct err_info *info)
{
    struct importlane lanes[IMPORTLANE_MAX];
    int count = importlane_list(db, job->project_id, &job->job_id, lanes, info);
    for (int i = 0; i < count; i++) {
        job->bytes_done += lanes[i].position.offset / lanes[i].count;
        importlane_add(&job->counts, &lanes[i].counts);
    }
    return count < 0 ? count : 0;
}

/* ---- looking and cancelling ---------------------------------------------------------------- */

static int find_one(struct db *db, struct arena *arena, const char *sql,
                    const struct db_param params[3], struct importjob *ret, struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    int found = db_one(db, sql, params, 3, &rows, info);
    if (found == 0) {
        return err_set(info, ERR_NOT_FOUND, "RESOURCE_NOT_FOUND", "Import job not found");
    }
    if (found < 0) {
        return found;
    }
    from_row(arena, rows, ret);
    return add_lanes(db, ret, info);
}

int importjob_get(struct db *db, struct arena *arena, uint32_t project_id, enum importjob_kind kind,
                  const struct uuid *job_id, struct importjob *ret, struct err_info *info)
{
    static const char sql[] = "SELECT " COLUMNS " FROM import_job AS job"
                              " WHERE project_id = ? AND job_id = ? AND kind = ? AND state > 1";
    const struct db_param params[] = {DB_I64(project_id), sqlvalue_of_uuid(job_id), DB_I64(kind)};
    return find_one(db, arena, sql, params, ret, info);
}

int importjob_by_number(struct db *db, struct arena *arena, uint32_t project_id, uint32_t number,
                        struct importjob *ret, struct err_info *info)
{
    static const char sql[] = "SELECT " COLUMNS " FROM import_job AS job"
                              " WHERE project_id = ? AND job_number = ? AND kind = ? AND state > 1";
    const struct db_param params[] = {DB_I64(project_id), DB_I64(number),
                                      DB_I64(IMPORTJOB_CONTACTS)};
    return find_one(db, arena, sql, params, ret, info);
}

int importjob_cancel(struct db *db, struct arena *arena, uint32_t project_id,
                     enum importjob_kind kind, const struct uuid *job_id, struct err_info *info)
{
    static const char sql[] =
        "UPDATE import_job SET state = 6, finished_ms = " NOW_MS ", lease_until_ms = 0"
        " WHERE project_id = ? AND job_id = ? AND kind = ? AND state IN (2, 3)";
    struct importjob job;
    uint64_t matched = 0;
    int err =
        db_exec(db, sql, DB_PARAMS(DB_I64(project_id), sqlvalue_of_uuid(job_id), DB_I64(kind)),
                &matched, info);
    if (err < 0 || matched > 0) {
        return err;
    }
    err = importjob_get(db, arena, project_id, kind, job_id, &job, info);
    if (err == 0) {
        err = err_set(info, ERR_CONFLICT, "CONFLICT", "This import is over: it is %s",
                      importjob_state_word(job.state));
    }
    return err;
}

/* ---- working on it ------------------------------------------------------------------------- */

/* Returns 1: it is ours, 0: somebody was faster, or an err. */
static int take(struct db *db, unsigned lease_ms, struct importjob *job, struct err_info *info)
{
    static const char sql[] =
        "UPDATE import_job SET state = 3, lease_id = ?, lease_until_ms = ? + " NOW_MS
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
    job->state = IMPORTJOB_ACTIVE;
    job->lease_id = lease_id;
    job->tries++;
    return 1;
}

int importjob_claim(struct db *db, struct arena *arena, unsigned lease_ms, struct importjob *ret,
                    struct err_info *info)
{
    /* The worker's: over all projects. */
    static const char sql[] =
        "SELECT " COLUMNS " FROM import_job AS job WHERE state IN (2, 3)"
        " AND lease_until_ms <= " NOW_MS " AND NOT EXISTS (SELECT 1 FROM import_job AS other"
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
        if (found > 0) {
            int err = add_lanes(db, ret, info);
            return err < 0 ? err : 1;
        }
        if (found < 0) {
            return found;
        }
    }
    return 0;
}

int importjob_hold(struct db *db, const struct importjob *job, struct err_info *info)
{
    static const char sql[] = "SELECT 1 FROM import_job WHERE project_id = ? AND job_id = ?"
                              " AND state = 3 AND lease_id = ? LOCK IN SHARE MODE";
    AUTO(db_rows) rows = NULL;
    int found = db_one(
        db, sql,
        DB_PARAMS(DB_I64(job->project_id), sqlvalue_of_uuid(&job->job_id), DB_I64(job->lease_id)),
        &rows, info);
    return found == 0 ? lost(info) : found < 0 ? found : 0;
}

int importjob_extend(struct db *db, struct importjob *job, unsigned lease_ms, struct err_info *info)
{
    static const char sql[] =
        "UPDATE import_job SET tries = 0, turn_ms = " NOW_MS ", lease_until_ms = ? + " NOW_MS
        " WHERE project_id = ? AND job_id = ? AND state = 3 AND lease_id = ?";
    int err = exec_one(db, sql,
                       DB_PARAMS(DB_I64(lease_ms), DB_I64(job->project_id),
                                 sqlvalue_of_uuid(&job->job_id), DB_I64(job->lease_id)),
                       info);
    if (err == 0) {
        job->tries = 0;
    }
    return err;
}

int importjob_rewind(struct db *db, struct importjob *job, struct err_info *info)
{
    int err = importjob_hold(db, job, info);
    if (err == 0) {
        err = importerror_delete(db, job->project_id, &job->job_id, info);
    }
    if (err == 0) {
        err = importlane_rewind(db, job->project_id, &job->job_id, info);
    }
    if (err == 0) {
        job->bytes_done = 0;
        job->counts = (struct importlane_counts){0};
    }
    return err;
}

int importjob_finish(struct db *db, const struct importjob *job, struct str reason,
                     struct err_info *info)
{
    static const char sql[] =
        "UPDATE import_job SET state = ?, failed_reason = ?, row_count = GREATEST(?,"
        " IF(? = 5, row_count, 0)), found = ?, step_id = ?, finished_ms = " NOW_MS
        ", lease_until_ms = 0"
        " WHERE project_id = ? AND job_id = ? AND state = 3 AND lease_id = ?";
    static const char check_sql[] =
        "SELECT 1 FROM import_job WHERE project_id = ? AND job_id = ? AND step_id = ? FOR UPDATE";
    enum importjob_state state = reason.at == NULL ? IMPORTJOB_COMPLETED : IMPORTJOB_FAILED;
    int64_t step_id = uuid_random63();
    int err = exec_one(
        db, sql,
        DB_PARAMS(DB_I64(state), sqlvalue_of_text(reason), DB_U64(importlane_rows(&job->counts)),
                  DB_I64(state), sqlvalue_of_text(job->found), DB_I64(step_id),
                  DB_I64(job->project_id), sqlvalue_of_uuid(&job->job_id), DB_I64(job->lease_id)),
        info);
    db_set_write_check(
        db, check_sql,
        DB_PARAMS(DB_I64(job->project_id), sqlvalue_of_uuid(&job->job_id), DB_I64(step_id)));
    return err;
}

int importjob_release(struct db *db, const struct importjob *job, struct err_info *info)
{
    static const char sql[] = "UPDATE import_job SET lease_until_ms = 0"
                              " WHERE project_id = ? AND job_id = ? AND state = 3 AND lease_id = ?";
    return db_exec(
        db, sql,
        DB_PARAMS(DB_I64(job->project_id), sqlvalue_of_uuid(&job->job_id), DB_I64(job->lease_id)),
        NULL, info);
}

/* ---- afterwards ---------------------------------------------------------------------------- */

int importjob_drop_parts(struct db *db, uint32_t project_id, const struct uuid *job_id,
                         struct err_info *info)
{
    static const char sql[] = "UPDATE import_job SET part_count = 0"
                              " WHERE project_id = ? AND job_id = ? AND state > 3";
    int err = importpart_delete(db, project_id, job_id, info);
    return err < 0 ? err
                   : db_exec(db, sql, DB_PARAMS(DB_I64(project_id), sqlvalue_of_uuid(job_id)), NULL,
                             info);
}

static int drop_old(struct db *db, const struct importjob *job, struct err_info *info)
{
    static const char sql[] =
        "DELETE FROM import_job WHERE project_id = ? AND job_id = ? AND state > 3";
    int err = importpart_delete(db, job->project_id, &job->job_id, info);
    if (err == 0) {
        err = importerror_delete(db, job->project_id, &job->job_id, info);
    }
    if (err == 0) {
        err = importlane_delete(db, job->project_id, &job->job_id, info);
    }
    return err < 0 ? err
                   : db_exec(db, sql,
                             DB_PARAMS(DB_I64(job->project_id), sqlvalue_of_uuid(&job->job_id)),
                             NULL, info);
}

static int sweep_one(struct db *db, const struct importjob *job, struct err_info *info)
{
    if (job->state == IMPORTJOB_UPLOADING) {
        return importjob_discard(db, job, info);
    }
    if (job->part_count > 0) {
        return importjob_drop_parts(db, job->project_id, &job->job_id, info);
    }
    return drop_old(db, job, info);
}

int importjob_sweep(struct db *db, struct arena *arena, struct err_info *info)
{
    /* The worker's: over all projects. Who cancels a job leaves the parts to us. */
    static const char sql[] =
        "SELECT " COLUMNS " FROM import_job AS job WHERE (state = 1 AND lease_until_ms < " NOW_MS
        ")"
        " OR (state > 3 AND (part_count > 0 OR finished_ms < " NOW_MS " - ?)) LIMIT ?";
    AUTO(db_rows) rows = NULL;
    int err = db_query(db, sql, DB_PARAMS(DB_I64(IMPORTJOB_KEEP_MS), DB_I64(SWEEP_JOBS)), false,
                       &rows, info);
    if (err < 0) {
        return err;
    }
    while ((err = db_next(rows, info)) > 0) {
        struct importjob job;
        from_row(arena, rows, &job);
        err = sweep_one(db, &job, info);
        if (err < 0) {
            return err;
        }
    }
    return err;
}

#include "store/importpart.h"

#include "store/sqlvalue.h"

#define NOW_MS "CAST(UNIX_TIMESTAMP(UTC_TIMESTAMP(3)) * 1000 AS SIGNED)"
#define DELETE_AT_ONCE 32

struct adding {
    const struct importjob *job;
    struct str bytes;
};

static int add_body(struct db *db, void *ctx, struct err_info *info)
{
    static const char insert_sql[] =
        "INSERT INTO import_part (project_id, job_id, part, bytes) VALUES (?, ?, ?, ?)";
    static const char update_sql[] =
        "UPDATE import_job SET bytes = ?, part_count = ?, lease_until_ms = ? + " NOW_MS
        " WHERE project_id = ? AND job_id = ? AND state = 1 AND part_count = ?"
        " AND lease_until_ms > " NOW_MS;
    static const char check_sql[] = "SELECT 1 FROM import_part WHERE project_id = ? AND job_id = ?"
                                    " AND part = ? FOR UPDATE";
    const struct adding *adding = ctx;
    const struct importjob *job = adding->job;
    struct db_param project = DB_I64(job->project_id);
    struct db_param id = sqlvalue_of_uuid(&job->job_id);
    struct db_param part = DB_I64(job->part_count);
    uint64_t matched = 0;
    int err = db_exec(db, update_sql,
                      DB_PARAMS(DB_U64(job->bytes + adding->bytes.len), DB_I64(job->part_count + 1),
                                DB_I64(IMPORTJOB_UPLOAD_MS), project, id, part),
                      &matched, info);
    if (err == 0 && matched == 0) {
        err = err_set(info, ERR_CONFLICT, NULL, "The upload took too long; please try again");
    }
    if (err == 0) {
        err = db_exec(db, insert_sql,
                      DB_PARAMS(project, id, part, DB_BYTES(adding->bytes.at, adding->bytes.len)),
                      NULL, info);
    }
    db_set_write_check(db, check_sql, DB_PARAMS(project, id, part));
    return err;
}

int importpart_add(struct db *db, struct importjob *job, struct str bytes, struct err_info *info)
{
    struct adding adding = {job, bytes};
    int err = db_tx(db, DB_WRITE, add_body, &adding, info);
    if (err == 0) {
        job->bytes += bytes.len;
        job->part_count++;
    }
    return err;
}

int importpart_read(struct db *db, uint32_t project_id, const struct uuid *job_id, uint64_t part,
                    char *out, size_t *ret_len, struct err_info *info)
{
    static const char sql[] =
        "SELECT bytes FROM import_part WHERE project_id = ? AND job_id = ? AND part = ?";
    AUTO(db_rows) rows = NULL;
    *ret_len = 0;
    int found =
        db_one(db, sql, DB_PARAMS(DB_I64(project_id), sqlvalue_of_uuid(job_id), DB_U64(part)),
               &rows, info);
    if (found <= 0) {
        return found;
    }
    struct str bytes = db_bytes(rows, 0);
    if (bytes.len > IMPORTPART_BYTES) {
        return err_set(info, ERR_INTERNAL, NULL, "a part of an import is too long");
    }
    memcpy(out, bytes.at, bytes.len);
    *ret_len = bytes.len;
    return 0;
}

int importpart_delete(struct db *db, uint32_t project_id, const struct uuid *job_id,
                      struct err_info *info)
{
    static const char sql[] =
        "DELETE FROM import_part WHERE project_id = ? AND job_id = ? ORDER BY part LIMIT ?";
    uint64_t deleted = 0;
    int err;
    do {
        err =
            db_exec(db, sql,
                    DB_PARAMS(DB_I64(project_id), sqlvalue_of_uuid(job_id), DB_I64(DELETE_AT_ONCE)),
                    &deleted, info);
    } while (err == 0 && deleted == DELETE_AT_ONCE);
    return err;
}

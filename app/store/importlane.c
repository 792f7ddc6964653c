#include "store/importlane.h"

#include "base/hash.h"
#include "store/sqlvalue.h"

uint64_t importlane_rows(const struct importlane_counts *counts)
{
    return counts->created + counts->updated + counts->unchanged + counts->skipped +
           counts->rejected;
}

void importlane_add(struct importlane_counts *counts, const struct importlane_counts *more)
{
    counts->created += more->created;
    counts->updated += more->updated;
    counts->unchanged += more->unchanged;
    counts->skipped += more->skipped;
    counts->rejected += more->rejected;
}

bool importlane_has(const struct importlane *lane, struct str email)
{
    return lane->count == 1 || hash_fast(email.at, email.len) % lane->count == lane->number;
}

int importlane_create(struct db *db, uint32_t project_id, const struct uuid *job_id, unsigned count,
                      struct err_info *info)
{
    static const char sql[] = "INSERT INTO import_lane (project_id, job_id, lane) VALUES (?, ?, ?)";
    int err = 0;
    for (unsigned i = 0; err == 0 && i < count; i++) {
        err = db_exec(db, sql, DB_PARAMS(DB_I64(project_id), sqlvalue_of_uuid(job_id), DB_I64(i)),
                      NULL, info);
    }
    return err;
}

static uint64_t u64(const struct db_rows *rows, unsigned column)
{
    return (uint64_t)db_i64(rows, column);
}

int importlane_list(struct db *db, uint32_t project_id, const struct uuid *job_id,
                    struct importlane ret[IMPORTLANE_MAX], struct err_info *info)
{
    static const char sql[] = "SELECT lane, position, lines_done, rows_done, rows_created,"
                              " rows_updated, rows_unchanged, rows_skipped, rows_rejected"
                              " FROM import_lane WHERE project_id = ? AND job_id = ? ORDER BY lane";
    AUTO(db_rows) rows = NULL;
    int more = db_query(db, sql, DB_PARAMS(DB_I64(project_id), sqlvalue_of_uuid(job_id)), false,
                        &rows, info);
    unsigned count = 0;
    if (more < 0) {
        return more;
    }
    while (count < IMPORTLANE_MAX && (more = db_next(rows, info)) > 0) {
        ret[count++] = (struct importlane){
            .number = (unsigned)db_i64(rows, 0),
            .position = {u64(rows, 1), u64(rows, 2), u64(rows, 3)},
            .counts = {u64(rows, 4), u64(rows, 5), u64(rows, 6), u64(rows, 7), u64(rows, 8)}};
    }
    for (unsigned i = 0; i < count; i++) {
        ret[i].count = count;
    }
    return more < 0 ? more : (int)count;
}

int importlane_move(struct db *db, uint32_t project_id, const struct uuid *job_id,
                    const struct importlane *lane, const struct csv_position *to,
                    const struct importlane_counts *more, struct err_info *info)
{
    static const char sql[] =
        "UPDATE import_lane SET position = ?, lines_done = ?, rows_done = ?,"
        " rows_created = rows_created + ?, rows_updated = rows_updated + ?,"
        " rows_unchanged = rows_unchanged + ?, rows_skipped = rows_skipped + ?,"
        " rows_rejected = rows_rejected + ?, step_id = ?"
        " WHERE project_id = ? AND job_id = ? AND lane = ? AND position = ?";
    static const char check_sql[] = "SELECT 1 FROM import_lane WHERE project_id = ? AND job_id = ?"
                                    " AND lane = ? AND step_id = ? FOR UPDATE";
    const struct db_param project = DB_I64(project_id), job = sqlvalue_of_uuid(job_id);
    const struct db_param number = DB_I64(lane->number), step = DB_I64(uuid_random63());
    uint64_t matched = 0;
    int err =
        db_exec(db, sql,
                DB_PARAMS(DB_U64(to->offset), DB_U64(to->lines), DB_U64(to->rows),
                          DB_U64(more->created), DB_U64(more->updated), DB_U64(more->unchanged),
                          DB_U64(more->skipped), DB_U64(more->rejected), step, project, job, number,
                          DB_U64(lane->position.offset)),
                &matched, info);
    db_set_write_check(db, check_sql, DB_PARAMS(project, job, number, step));
    return err == 0 && matched == 0
               ? err_set(info, ERR_CONFLICT, NULL, "the lane of the import has moved on")
               : err;
}

int importlane_rewind(struct db *db, uint32_t project_id, const struct uuid *job_id,
                      struct err_info *info)
{
    static const char sql[] =
        "UPDATE import_lane SET position = 0, lines_done = 0, rows_done = 0,"
        " rows_created = 0, rows_updated = 0, rows_unchanged = 0,"
        " rows_skipped = 0, rows_rejected = 0 WHERE project_id = ? AND job_id = ?";
    return db_exec(db, sql, DB_PARAMS(DB_I64(project_id), sqlvalue_of_uuid(job_id)), NULL, info);
}

int importlane_delete(struct db *db, uint32_t project_id, const struct uuid *job_id,
                      struct err_info *info)
{
    static const char sql[] = "DELETE FROM import_lane WHERE project_id = ? AND job_id = ?";
    return db_exec(db, sql, DB_PARAMS(DB_I64(project_id), sqlvalue_of_uuid(job_id)), NULL, info);
}

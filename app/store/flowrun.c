#include "store/flowrun.h"

#include "store/sqlvalue.h"

int flowrun_put(struct db *db, const struct flowrun_part *parts, size_t count,
                struct err_info *info)
{
    static const char sql[] = "INSERT INTO flow_run_part (project_id, workflow_id, run_ms, chunk,"
                              " rows_packed) VALUES (?, ?, ?, ?, ?)";
    int err = 0;
    for (size_t i = 0; !err && i < count; i++)
        err = db_exec(db, sql,
                      DB_PARAMS(DB_I64(parts[i].project_id), DB_I64(parts[i].workflow_id),
                                DB_I64(parts[i].run_ms), DB_I64(parts[i].chunk),
                                DB_BYTES(parts[i].rows.at, parts[i].rows.len)),
                      NULL, info);
    return err;
}

int flowrun_workflows(struct db *db, struct arena *arena, size_t max, struct flowrun_part **ret,
                      size_t *ret_count, struct err_info *info)
{
    /* The worker's, over all projects. */
    static const char sql[] = "SELECT DISTINCT project_id, workflow_id FROM flow_run_part LIMIT ?";
    AUTO(db_rows) rows = NULL;
    struct flowrun_part *parts = arena_array(arena, max, sizeof(*parts));
    size_t count = 0;
    int err = db_query(db, sql, DB_PARAMS(DB_U64(max)), false, &rows, info);
    while (err >= 0 && count < max && (err = db_next(rows, info)) > 0)
        parts[count++] = (struct flowrun_part){.project_id = (uint32_t)db_i64(rows, 0),
                                               .workflow_id = (uint32_t)db_i64(rows, 1)};
    *ret = parts;
    *ret_count = count;
    return err < 0 ? err : 0;
}

int flowrun_take(struct db *db, struct arena *arena, uint32_t project_id, uint32_t workflow_id,
                 struct flowrun_part *ret, struct err_info *info)
{
    static const char sql[] = "SELECT run_ms, chunk, rows_packed FROM flow_run_part"
                              " WHERE project_id = ? AND workflow_id = ?"
                              " ORDER BY run_ms, chunk LIMIT 1 FOR UPDATE";
    AUTO(db_rows) rows = NULL;
    int found = db_one(db, sql, DB_PARAMS(DB_I64(project_id), DB_I64(workflow_id)), &rows, info);
    if (found > 0)
        *ret = (struct flowrun_part){.project_id = project_id,
                                     .workflow_id = workflow_id,
                                     .run_ms = db_i64(rows, 0),
                                     .chunk = (uint32_t)db_i64(rows, 1),
                                     .rows = sqlvalue_text(arena, rows, 2)};
    return found;
}

int flowrun_leave(struct db *db, const struct flowrun_part *part, struct str rows,
                  struct err_info *info)
{
    static const char drop_sql[] = "DELETE FROM flow_run_part WHERE project_id = ?"
                                   " AND workflow_id = ? AND run_ms = ? AND chunk = ?";
    static const char keep_sql[] = "UPDATE flow_run_part SET rows_packed = ? WHERE project_id = ?"
                                   " AND workflow_id = ? AND run_ms = ? AND chunk = ?";
    if (!rows.at)
        return db_exec(db, drop_sql,
                       DB_PARAMS(DB_I64(part->project_id), DB_I64(part->workflow_id),
                                 DB_I64(part->run_ms), DB_I64(part->chunk)),
                       NULL, info);
    return db_exec(db, keep_sql,
                   DB_PARAMS(DB_BYTES(rows.at, rows.len), DB_I64(part->project_id),
                             DB_I64(part->workflow_id), DB_I64(part->run_ms), DB_I64(part->chunk)),
                   NULL, info);
}

int flowrun_drop(struct db *db, uint32_t project_id, uint32_t workflow_id, struct err_info *info)
{
    static const char sql[] = "DELETE FROM flow_run_part WHERE project_id = ? AND workflow_id = ?";
    return db_exec(db, sql, DB_PARAMS(DB_I64(project_id), DB_I64(workflow_id)), NULL, info);
}

#include "store/counter.h"

static int counter_add(struct db *db, uint32_t project_id, enum counter_kind kind, uint32_t step,
                       struct err_info *info)
{
    static const char sql[] = "INSERT INTO counter (project_id, kind, last_value) VALUES (?, ?, ?)"
                              " ON DUPLICATE KEY UPDATE last_value = last_value + ?";
    return db_exec(db, sql, DB_PARAMS(DB_I64(project_id), DB_I64(kind), DB_I64(step), DB_I64(step)),
                   NULL, info);
}

int counter_lock(struct db *db, uint32_t project_id, enum counter_kind kind, struct err_info *info)
{
    return counter_add(db, project_id, kind, 0, info);
}

int counter_take(struct db *db, uint32_t project_id, enum counter_kind kind, uint32_t count,
                 uint32_t *ret_first, struct err_info *info)
{
    static const char sql[] = "SELECT last_value FROM counter WHERE project_id = ? AND kind = ?";
    int err = counter_add(db, project_id, kind, count, info);
    if (err < 0) {
        return err;
    }
    AUTO(db_rows) rows = NULL;
    err = db_one(db, sql, DB_PARAMS(DB_I64(project_id), DB_I64(kind)), &rows, info);
    if (err < 0) {
        return err;
    }
    *ret_first = (uint32_t)db_i64(rows, 0) - count + 1;
    return 0;
}

int counter_next(struct db *db, uint32_t project_id, enum counter_kind kind, uint32_t *ret,
                 struct err_info *info)
{
    return counter_take(db, project_id, kind, 1, ret, info);
}

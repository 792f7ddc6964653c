#include "store/segroom.h"

#include "base/limits.h"

int segroom_check(struct db *db, uint32_t project_id, struct err_info *info)
{
    static const char sql[] =
        "SELECT COUNT(*), CAST(COALESCE(SUM(LENGTH(source)), 0) AS SIGNED) FROM segment"
        " WHERE project_id = ?";
    AUTO(db_rows) rows = NULL;
    int err = db_one(db, sql, DB_PARAMS(DB_I64(project_id)), &rows, info);
    if (err < 0) {
        return err;
    }
    if (db_i64(rows, 0) > LIMIT_SEGMENTS) {
        return err_set(info, ERR_UNPROCESSABLE, NULL, "A project can have at most %d segments",
                       LIMIT_SEGMENTS);
    }
    if (db_i64(rows, 1) > LIMIT_SEGMENTS_BYTES) {
        return err_set(
            info, ERR_UNPROCESSABLE, NULL,
            "The filters of a project can take at most %d bytes, summed over all of them",
            LIMIT_SEGMENTS_BYTES);
    }
    return 0;
}

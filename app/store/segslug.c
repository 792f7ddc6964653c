#include "store/segslug.h"

#include "store/sqlvalue.h"

int segslug_find(struct db *db, struct arena *arena, uint32_t project_id, struct str slug,
                 struct str *ret_name, struct err_info *info)
{
    static const char sql[] = "SELECT name FROM segment WHERE project_id = ? AND slug = ?"
                              " ORDER BY segment_id LIMIT 1";
    AUTO(db_rows) rows = NULL;
    int found = db_one(db, sql, DB_PARAMS(DB_I64(project_id), DB_STR(slug)), &rows, info);
    if (found < 0) {
        return found;
    }
    *ret_name = found > 0 ? sqlvalue_text(arena, rows, 0) : (struct str){NULL, 0};
    return 0;
}

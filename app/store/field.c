#include "store/field.h"

#include "base/limits.h"
#include "store/sqllist.h"
#include "store/sqlrows.h"

SQLLIST(sql_select, "SELECT field_id, path FROM field WHERE project_id = ? AND path IN (", "?",
        ")");
static const char sql_count[] =
    "SELECT COUNT(CASE WHEN added_by <> 2 THEN 1 END), COUNT(CASE WHEN added_by = 1 THEN 1 END)"
    " FROM field WHERE project_id = ?";
SQLROWS(sql_insert,
        "INSERT INTO field (project_id, field_id, path, added_by, first_seen_ms) VALUES ",
        "(?,?,?,?,?)", "");
static const char sql_check[] =
    "SELECT 1 FROM field WHERE project_id = ? AND field_id = ? AND path = ? FOR UPDATE";

static const struct dictionary field_dictionary = {.what = "data fields",
                                                   .counter = COUNTER_FIELD,
                                                   .limit = LIMIT_FIELD_PATHS,
                                                   .public_limit = LIMIT_PUBLIC_ADDED,
                                                   .select = sql_select,
                                                   .count = sql_count,
                                                   .insert = sql_insert,
                                                   .check = sql_check};

int field_register(struct db *db, struct arena *arena, uint32_t project_id, const struct str *paths,
                   size_t count, enum dictionary_by by, uint32_t *ret_ids, struct err_info *info)
{
    return dictionary_register(&field_dictionary, db, arena, project_id, paths, count, by, ret_ids,
                               info);
}

int field_too_many(struct str path, struct err_info *info)
{
    return dictionary_too_many(&field_dictionary, path, info);
}

int field_find(struct db *db, struct arena *arena, uint32_t project_id, const struct str *paths,
               size_t count, uint32_t *ret_ids, struct err_info *info)
{
    return dictionary_find(&field_dictionary, db, arena, project_id, paths, count, ret_ids, info);
}

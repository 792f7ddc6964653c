#include "store/catalog.h"

static int read_names(struct db *db, const char *sql, struct arena *arena, uint32_t project_id,
                      struct catalog_name **ret, size_t *ret_count, struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    size_t count = 0, room = 0;
    struct catalog_name *names = NULL;
    int got = db_query(db, sql, DB_PARAMS(DB_U64(project_id)), false, &rows, info);
    if (got)
        return got;
    while ((got = db_next(rows, info)) > 0) {
        names = arena_grow(arena, names, count, &room, sizeof *names);
        names[count].id = (uint32_t)db_i64(rows, 0);
        names[count++].name = str_copy(arena, db_bytes(rows, 1));
    }
    *ret = names;
    *ret_count = count;
    return got;
}

int catalog_fields(struct db *db, struct arena *arena, uint32_t project_id,
                   struct catalog_name **ret, size_t *ret_count, struct err_info *info)
{
    return read_names(db, "SELECT field_id, path FROM field WHERE project_id = ? ORDER BY path",
                      arena, project_id, ret, ret_count, info);
}

int catalog_events(struct db *db, struct arena *arena, uint32_t project_id,
                   struct catalog_name **ret, size_t *ret_count, struct err_info *info)
{
    return read_names(db, "SELECT name_id, name FROM event_name WHERE project_id = ? ORDER BY name",
                      arena, project_id, ret, ret_count, info);
}

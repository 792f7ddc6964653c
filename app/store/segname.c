#include "store/segname.h"

#include "store/sqllist.h"
#include "store/sqlvalue.h"

struct found {
    struct arena *arena;
    struct segname *at;
    size_t count, room;
};

static int take_row(const struct db_rows *rows, void *ctx)
{
    struct found *found = ctx;
    if (found->count == found->room)
        return 0;
    found->at[found->count++] = (struct segname){.uuid = sqlvalue_uuid(rows, 0),
                                                 .name = sqlvalue_text(found->arena, rows, 1),
                                                 .kind = (enum segment_kind)db_i64(rows, 2),
                                                 .dialect = (enum segment_dialect)db_i64(rows, 3),
                                                 .source = sqlvalue_text(found->arena, rows, 4)};
    return 0;
}

int segname_read(struct db *db, struct arena *arena, uint32_t project_id, const struct uuid *uuids,
                 size_t count, struct segname *ret, size_t *ret_count, struct err_info *info)
{
    SQLLIST(
        sql,
        "SELECT uuid, name, kind, dialect, source FROM segment WHERE project_id = ? AND uuid IN (",
        "?", ")");
    struct db_param *keys = arena_array(arena, count, sizeof *keys);
    for (size_t i = 0; i < count; i++)
        keys[i] = sqlvalue_of_uuid(&uuids[i]);
    struct found found = {.arena = arena, .at = ret, .room = count};
    struct sqllist list = {sql, &DB_I64(project_id), 1, keys, count, 1};
    int err = sqllist_query(db, &list, take_row, &found, info);
    *ret_count = found.count;
    return err;
}

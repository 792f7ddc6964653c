#include "store/campaignfilter.h"

#include "store/sqlvalue.h"

int campaignfilter_list(struct db *db, struct arena *arena, uint32_t project_id,
                        struct campaignfilter **ret, size_t *ret_count, struct err_info *info)
{
    static const char sql[] =
        "SELECT uuid, name, audience_filter FROM campaign WHERE project_id = ? AND status <= 3"
        " AND audience_type = 3 AND audience_filter IS NOT NULL ORDER BY campaign_id DESC";
    AUTO(db_rows) rows = NULL;
    struct campaignfilter *list = NULL;
    size_t count = 0;
    size_t room = 0;
    int err = db_query(db, sql, DB_PARAMS(DB_I64(project_id)), false, &rows, info);
    while (err >= 0 && (err = db_next(rows, info)) > 0) {
        list = arena_grow(arena, list, count, &room, sizeof *list);
        list[count++] = (struct campaignfilter){.uuid = sqlvalue_uuid(rows, 0),
                                                .name = sqlvalue_text(arena, rows, 1),
                                                .filter = sqlvalue_text(arena, rows, 2)};
    }
    *ret = list;
    *ret_count = count;
    return err;
}

#include "store/occurrencelog.h"

#include "column/key.h"

/* By the index alone, but for the data. Equal times are told apart by their ids, so that two reads
 * give one order. */
#define RANGE_OF(columns, table)                                                                   \
    "SELECT ordinal, at_ms" columns " FROM " table " FORCE INDEX (contact) WHERE project_id = ?"   \
    " AND ordinal BETWEEN ? AND ? AND name_id = ? ORDER BY ordinal, at_ms, uuid"

#define DIRTY_OF(columns, table)                                                                   \
    "SELECT e.ordinal, e.at_ms" columns " FROM (SELECT ordinal FROM dirty WHERE project_id = ?"    \
    " AND part = ? ORDER BY ordinal LIMIT ?) AS d STRAIGHT_JOIN " table                            \
    " e FORCE INDEX (contact) ON e.ordinal = d.ordinal WHERE e.project_id = ? AND e.name_id = ?"   \
    " ORDER BY e.ordinal, e.at_ms, e.uuid"

static int each_row(struct db *db, const char *sql, const struct db_param *params, unsigned count,
                    bool data, occurrencelog_fn *fn, void *ctx, struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    int got = db_query(db, sql, params, count, true, &rows, info);
    if (got)
        return got;
    while ((got = db_next(rows, info)) > 0) {
        struct occurrencelog_row row = {.ordinal = (uint32_t)db_i64(rows, 0),
                                        .at_ms = db_i64(rows, 1)};
        if (data && !db_is_null(rows, 2))
            row.data = db_bytes(rows, 2);
        int err = fn(&row, ctx, info);
        if (err)
            return err;
    }
    return got;
}

int occurrencelog_range(struct db *db, const struct occurrencelog_query *query, uint32_t first,
                        uint32_t last, occurrencelog_fn *fn, void *ctx, struct err_info *info)
{
    static const char sql_times[] = RANGE_OF("", "event"), sql_moves[] = RANGE_OF("", "transition"),
                      sql_data[] = RANGE_OF(", data", "event");
    const char *sql = query->data ? sql_data : sql_times;
    return each_row(
        db, query->moves ? sql_moves : sql,
        DB_PARAMS(DB_U64(query->project_id), DB_U64(first), DB_U64(last), DB_U64(query->name_id)),
        query->data && !query->moves, fn, ctx, info);
}

int occurrencelog_dirty(struct db *db, const struct occurrencelog_query *query, uint64_t limit,
                        occurrencelog_fn *fn, void *ctx, struct err_info *info)
{
    static const char sql_times[] = DIRTY_OF("", "event"), sql_moves[] = DIRTY_OF("", "transition"),
                      sql_data[] = DIRTY_OF(", e.data", "event");
    const char *sql = query->data ? sql_data : sql_times;
    return each_row(db, query->moves ? sql_moves : sql,
                    DB_PARAMS(DB_U64(query->project_id), DB_U64(KEY_PART_EVENT(query->name_id)),
                              DB_U64(limit ? limit : UINT32_MAX), DB_U64(query->project_id),
                              DB_U64(query->name_id)),
                    query->data && !query->moves, fn, ctx, info);
}

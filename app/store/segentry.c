#include "store/segentry.h"

#include "column/key.h"
#include "store/transition.h"

/* Of a statement that gives (set or segment, instant). */
static int read_entries(struct db *db, struct arena *arena, const char *sql,
                        const struct db_param *params, unsigned param_count, struct segentry **ret,
                        size_t *ret_count, struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    struct segentry *list = NULL;
    size_t count = 0, room = 0;
    int more = db_query(db, sql, params, param_count, false, &rows, info);
    while (more >= 0 && (more = db_next(rows, info)) > 0) {
        list = arena_grow(arena, list, count, &room, sizeof *list);
        /* The low half of a set is the segment's number. */
        list[count++] = (struct segentry){(uint32_t)db_i64(rows, 0), db_i64(rows, 1)};
    }
    *ret = list;
    *ret_count = count;
    return more;
}

int segentry_static(struct db *db, struct arena *arena, uint32_t project_id, uint32_t ordinal,
                    struct segentry **ret, size_t *ret_count, struct err_info *info)
{
    static const char sql[] = "SELECT set_id, entered_ms FROM member FORCE INDEX (contact)"
                              " WHERE project_id = ? AND ordinal = ? AND set_id BETWEEN ? AND ?"
                              " ORDER BY set_id";
    return read_entries(db, arena, sql,
                        DB_PARAMS(DB_U64(project_id), DB_U64(ordinal), DB_U64(KEY_SET_SEGMENT(0)),
                                  DB_U64(KEY_SET_SEGMENT(UINT32_MAX))),
                        ret, ret_count, info);
}

int segentry_tracked(struct db *db, struct arena *arena, uint32_t project_id, uint32_t ordinal,
                     struct segentry **ret, size_t *ret_count, struct err_info *info)
{
    /* The index has segment and sequence behind its own columns: only the last rows are read. */
    static const char sql[] =
        "SELECT t.segment_id, t.at_ms FROM (SELECT segment_id, MAX(sequence) AS last_sequence"
        " FROM transition FORCE INDEX (contact) WHERE project_id = ? AND ordinal = ?"
        " GROUP BY segment_id) l JOIN transition t ON t.project_id = ?"
        " AND t.segment_id = l.segment_id AND t.sequence = l.last_sequence WHERE t.kind = ?"
        " ORDER BY t.segment_id";
    return read_entries(db, arena, sql,
                        DB_PARAMS(DB_U64(project_id), DB_U64(ordinal), DB_U64(project_id),
                                  DB_I64(TRANSITION_ENTRY)),
                        ret, ret_count, info);
}

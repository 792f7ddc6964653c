#include "store/executionrows.h"

#include "store/sqllist.h"
#include "store/sqlvalue.h"

/* ---- reading ------------------------------------------------------------------------------- */

static int64_t instant(const struct db_rows *rows, unsigned column)
{
    return db_is_null(rows, column) ? EXECUTION_NEVER : db_i64(rows, column);
}

void executionrows_read(struct arena *arena, const struct db_rows *rows, struct execution *ret)
{
    struct str context = sqlvalue_text(arena, rows, 10);
    *ret = (struct execution){
        .execution_id = (uint32_t)db_i64(rows, 0),
        .uuid = sqlvalue_uuid(rows, 1),
        .flow = {(uint32_t)db_i64(rows, 2), (enum flowversion_owner)db_i64(rows, 3),
                 (uint32_t)db_i64(rows, 4), (uint32_t)db_i64(rows, 5)},
        .ordinal = (uint32_t)db_i64(rows, 6),
        .status = (enum execution_status)db_i64(rows, 7),
        .step = sqlvalue_text(arena, rows, 8),
        .steps_done = (uint32_t)db_i64(rows, 9),
        .context = context.at == NULL ? STR("{}") : context,
        .reason = sqlvalue_text(arena, rows, 11),
        .started_ms = db_i64(rows, 12),
        .finished_ms = instant(rows, 13),
        .class = (enum execution_class)db_i64(rows, 14),
        .due_ms = instant(rows, 15),
        .since_ms = instant(rows, 16),
        .wait_name_id = (uint32_t)db_i64(rows, 17),
        .is_woken = db_i64(rows, 18) != 0,
        .attempts = (uint32_t)db_i64(rows, 19),
        .told = (uint32_t)db_i64(rows, 20),
        .token = db_i64(rows, 21),
    };
}

struct db_param *executionrows_ids(struct arena *arena, const uint32_t *ids, size_t count)
{
    struct db_param *params = arena_array(arena, count, sizeof *params);
    for (size_t i = 0; i < count; i++) {
        params[i] = DB_I64(ids[i]);
    }
    return params;
}

struct id_list {
    uint32_t *at;
    size_t count;
    size_t room;
};

/* A statement repeats its last id, and no id is longer than the list: one row each. */
static int add_id(const struct db_rows *rows, void *ctx)
{
    struct id_list *list = ctx;
    if (list->count < list->room) {
        list->at[list->count++] = (uint32_t)db_i64(rows, 0);
    }
    return 0;
}

int executionrows_lock_alive(struct db *db, struct arena *arena, uint32_t project_id,
                             const uint32_t *ids, size_t count, uint32_t *ret, size_t *ret_count,
                             struct err_info *info)
{
    SQLLIST(sql,
            "SELECT execution_id FROM execution_due WHERE project_id = ? AND execution_id IN (",
            "?", ") ORDER BY execution_id FOR UPDATE");
    const struct db_param head = DB_I64(project_id);
    const struct sqllist list = {sql, &head, 1, executionrows_ids(arena, ids, count), count, 1};
    struct id_list found = {.at = ret, .room = count};
    int err = sqllist_query(db, &list, add_id, &found, info);
    *ret_count = found.count;
    return err;
}

/* ---- writing ------------------------------------------------------------------------------- */

struct str executionrows_cut(struct str text)
{
    size_t chars = 0;
    for (size_t i = 0; i < text.len; i++) {
        bool is_start = ((unsigned char)text.at[i] & 0xc0) != 0x80;
        if (is_start && chars++ == EXECUTION_REASON_CHARS) {
            return (struct str){text.at, i};
        }
    }
    return text;
}

int executionrows_set_state(struct db *db, struct arena *arena, uint32_t project_id,
                            const struct executionrows_state *state, const uint32_t *ids,
                            size_t count, struct err_info *info)
{
    SQLLIST(sql,
            "UPDATE execution SET status = ?, step = ?, steps_done = steps_done + ?, reason = ?,"
            " finished_ms = ?, write_id = ? WHERE project_id = ? AND execution_id IN (",
            "?", ")");
    const struct db_param head[] = {
        DB_I64(state->status),
        sqlvalue_of_text(state->step),
        DB_I64(state->done),
        sqlvalue_of_text(executionrows_cut(state->reason)),
        state->finished_ms == EXECUTION_NEVER ? DB_NULL : DB_I64(state->finished_ms),
        DB_I64(state->write_id),
        DB_I64(project_id),
    };
    const struct sqllist list = {sql,   head, ARRAY_LEN(head), executionrows_ids(arena, ids, count),
                                 count, 1};
    return sqllist_exec(db, &list, NULL, info);
}

int executionrows_drop_due(struct db *db, struct arena *arena, uint32_t project_id,
                           const uint32_t *ids, size_t count, struct err_info *info)
{
    SQLLIST(sql, "DELETE FROM execution_due WHERE project_id = ? AND execution_id IN (", "?", ")");
    const struct db_param head = DB_I64(project_id);
    const struct sqllist list = {sql, &head, 1, executionrows_ids(arena, ids, count), count, 1};
    return sqllist_exec(db, &list, NULL, info);
}

void executionrows_set_check(struct db *db, uint32_t project_id, uint32_t execution_id,
                             int64_t write_id)
{
    static const char sql[] = "SELECT 1 FROM execution WHERE project_id = ? AND execution_id = ?"
                              " AND write_id = ? FOR UPDATE";
    db_set_write_check(db, sql,
                       DB_PARAMS(DB_I64(project_id), DB_I64(execution_id), DB_I64(write_id)));
}

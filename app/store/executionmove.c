#include "store/executionmove.h"

#include <stdlib.h>

#include "store/executionrows.h"
#include "store/sqllist.h"
#include "store/sqlrows.h"
#include "store/sqlvalue.h"

/* ---- the log ------------------------------------------------------------------------------- */

#define STEP_WIDTH 9

static void step_params(uint32_t project_id, const struct execution *execution, size_t place,
                        const struct execution_done *done, struct db_param *ret)
{
    const struct db_param row[STEP_WIDTH] = {
        DB_I64(project_id),
        DB_I64(execution->ordinal),
        DB_I64(execution->execution_id),
        DB_I64(execution->steps_done + place),
        DB_STR(done->step),
        DB_I64(done->type),
        sqlvalue_of_text(done->outcome),
        sqlvalue_of_text(executionrows_cut(done->problem)),
        DB_I64(done->at_ms),
    };
    memcpy(ret, row, sizeof row);
}

int executionmove_log(struct db *db, struct arena *arena, uint32_t project_id,
                      const struct execution_move *moves, size_t count, struct err_info *info)
{
    SQLROWS(sql,
            "INSERT INTO execution_step (project_id, ordinal, execution_id, number, step, type,"
            " outcome, problem, at_ms) VALUES ",
            "(?,?,?,?,?,?,?,?,?)", "");
    size_t total = 0;
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        total += moves[i].done_count;
    }
    struct db_param *params = arena_raw(arena, total * STEP_WIDTH, sizeof *params);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < moves[i].done_count; k++) {
            step_params(project_id, moves[i].execution, k, &moves[i].done[k],
                        params + at++ * STEP_WIDTH);
        }
    }
    return sqlrows_exec(db, sql, params, total, STEP_WIDTH, info);
}

/* ---- states and due times ------------------------------------------------------------------ */

static bool is_alive(const struct execution_move *move)
{
    return move->status == EXECUTION_RUNNING || move->status == EXECUTION_WAITING;
}

static int compare_i64(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* Of what has no text, at == NULL alike. */
static int compare_text(struct str a, struct str b)
{
    int order = (a.at != NULL) - (b.at != NULL);
    return order != 0 ? order : str_cmp(a, b);
}

/* 0: both go the same way. */
static int compare_way(const struct execution_move *a, const struct execution_move *b)
{
    int order = compare_i64(a->status, b->status);
    if (order == 0) {
        order = compare_i64((int64_t)a->done_count, (int64_t)b->done_count);
    }
    if (order != 0 || !is_alive(a)) {
        return order != 0 ? order : compare_text(a->reason, b->reason);
    }
    order = str_cmp(a->step, b->step);
    if (order == 0) {
        order = compare_i64(a->due_ms, b->due_ms);
    }
    if (order == 0) {
        order = compare_i64(a->class, b->class);
    }
    return order != 0 ? order : compare_i64(a->wait_name_id, b->wait_name_id);
}

static int compare_move(const void *a, const void *b)
{
    const struct execution_move *left = *(const struct execution_move *const *)a;
    const struct execution_move *right = *(const struct execution_move *const *)b;
    int order = compare_way(left, right);
    return order != 0 ? order
                      : compare_i64(left->execution->execution_id, right->execution->execution_id);
}

static int write_due(struct db *db, struct arena *arena, uint32_t project_id,
                     const struct execution_move *move, const uint32_t *ids, size_t count,
                     int64_t now_ms, struct err_info *info)
{
    SQLLIST(next_sql,
            "UPDATE execution_due SET class = ?, due_ms = ?, wait_name_id = ?, since_ms = ?,"
            " is_woken = 0, token = 0, attempts = 0, told = 0"
            " WHERE project_id = ? AND execution_id IN (",
            "?", ")");
    SQLLIST(same_sql,
            "UPDATE execution_due SET class = ?, due_ms = ?, wait_name_id = ?,"
            " is_woken = 0, token = 0, attempts = 0, told = 0"
            " WHERE project_id = ? AND execution_id IN (",
            "?", ")");
    const struct db_param wait = move->wait_name_id == 0 ? DB_NULL : DB_I64(move->wait_name_id);
    const struct db_param next[] = {DB_I64(move->class), DB_I64(move->due_ms), wait, DB_I64(now_ms),
                                    DB_I64(project_id)};
    const struct db_param same[] = {DB_I64(move->class), DB_I64(move->due_ms), wait,
                                    DB_I64(project_id)};
    const struct db_param *items = executionrows_ids(arena, ids, count);
    struct sqllist list = {next_sql, next, ARRAY_LEN(next), items, count, 1};
    if (move->done_count == 0) {
        list = (struct sqllist){same_sql, same, ARRAY_LEN(same), items, count, 1};
    }
    return sqllist_exec(db, &list, NULL, info);
}

/* All that go the way of `move`. */
static int write_way(struct db *db, struct arena *arena, uint32_t project_id,
                     const struct execution_move *move, const uint32_t *ids, size_t count,
                     int64_t now_ms, int64_t write_id, struct err_info *info)
{
    const struct executionrows_state state = {
        .status = move->status,
        .step = is_alive(move) ? move->step : (struct str){NULL, 0},
        .done = (uint32_t)move->done_count,
        .reason = is_alive(move) ? (struct str){NULL, 0} : move->reason,
        .finished_ms = is_alive(move) ? EXECUTION_NEVER : now_ms,
        .write_id = write_id};
    int err = executionrows_set_state(db, arena, project_id, &state, ids, count, info);
    if (err < 0) {
        return err;
    }
    return is_alive(move) ? write_due(db, arena, project_id, move, ids, count, now_ms, info)
                          : executionrows_drop_due(db, arena, project_id, ids, count, info);
}

int executionmove_write(struct db *db, struct arena *arena, uint32_t project_id,
                        const struct execution_move *moves, size_t count, int64_t now_ms,
                        int64_t write_id, struct err_info *info)
{
    const struct execution_move **sorted =
        arena_array(arena, count, sizeof(struct execution_move *));
    uint32_t *ids = arena_array(arena, count, sizeof *ids);
    int err = 0;
    for (size_t i = 0; i < count; i++) {
        sorted[i] = &moves[i];
    }
    qsort(sorted, count, sizeof(struct execution_move *), compare_move);
    for (size_t from = 0, to; err == 0 && from < count; from = to) {
        for (to = from; to < count && compare_way(sorted[from], sorted[to]) == 0; to++) {
            ids[to] = sorted[to]->execution->execution_id;
        }
        err = write_way(db, arena, project_id, sorted[from], ids + from, to - from, now_ms,
                        write_id, info);
    }
    return err;
}

/*
 * The statements on `execution` and `execution_due` that several files of executions share. Inside
 * a DB_WRITE transaction only, but for the reading of rows.
 */
#ifndef MUSTER_STORE_EXECUTIONROWS_H
#define MUSTER_STORE_EXECUTIONROWS_H

#include "store/execution.h"

/* What executionrows_read reads, of `execution` as e LEFT JOINed to `execution_due` as d. */
#define EXECUTIONROWS_COLUMNS                                                                      \
    "e.execution_id, e.uuid, e.project_id, e.owner_kind, e.owner_id, e.version, e.ordinal,"        \
    " e.status, e.step, e.steps_done, e.context, e.reason, e.started_ms, e.finished_ms, d.class,"  \
    " d.due_ms, d.since_ms, d.wait_name_id, d.is_woken, d.attempts, d.told, d.token"
#define EXECUTIONROWS_WIDTH 22
#define EXECUTIONROWS_FROM                                                                         \
    " FROM execution e LEFT JOIN execution_due d ON d.project_id = e.project_id"                   \
    " AND d.execution_id = e.execution_id"

/* The execution of the current row, whose first columns are EXECUTIONROWS_COLUMNS. */
void executionrows_read(struct arena *arena, const struct db_rows *rows, struct execution *ret);

/* Where executions stand. Text is borrowed. */
struct executionrows_state {
    enum execution_status status;
    struct str step;     /* at == NULL: over */
    uint32_t done;       /* steps more */
    struct str reason;   /* at == NULL: none */
    int64_t finished_ms; /* EXECUTION_NEVER: alive */
    int64_t write_id;
};

/* Stores one state for many. Returns 0 or an err of db_exec. */
int executionrows_set_state(struct db *db, struct arena *arena, uint32_t project_id,
                            const struct executionrows_state *state, const uint32_t *ids,
                            size_t count, struct err_info *info) MUST_CHECK;

/* Locks those of the executions that are alive, ascending; `ret` has room for `count`. Returns 0 or
 * an err of db_query. */
int executionrows_lock_alive(struct db *db, struct arena *arena, uint32_t project_id,
                             const uint32_t *ids, size_t count, uint32_t *ret, size_t *ret_count,
                             struct err_info *info) MUST_CHECK;

/* Deletes their rows of `execution_due`. Returns 0 or an err of db_exec. */
int executionrows_drop_due(struct db *db, struct arena *arena, uint32_t project_id,
                           const uint32_t *ids, size_t count, struct err_info *info) MUST_CHECK;

/* The ids as parameters, in the arena. */
struct db_param *executionrows_ids(struct arena *arena, const uint32_t *ids, size_t count);

/* A write check of the open transaction by the write id that it gave to an execution. */
void executionrows_set_check(struct db *db, uint32_t project_id, uint32_t execution_id,
                             int64_t write_id);

/* A text cut to EXECUTION_REASON_CHARS characters. */
struct str executionrows_cut(struct str text);

#endif

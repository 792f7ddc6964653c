/*
 * The statements of a move (store/execution.h, execution_move). Executions that do the same step go
 * the same way, so that those with equal moves are written together: a batch costs a few statements
 * instead of several for each execution.
 */
#ifndef MUSTER_STORE_EXECUTIONMOVE_H
#define MUSTER_STORE_EXECUTIONMOVE_H

#include "store/execution.h"

/* Stores the rows of the log. Returns 0 or an err of db_exec. */
int executionmove_log(struct db *db, struct arena *arena, uint32_t project_id,
                      const struct execution_move *moves, size_t count,
                      struct err_info *info) MUST_CHECK;

/* Stores states and due times under one write id. Returns 0 or an err of db_exec. */
int executionmove_write(struct db *db, struct arena *arena, uint32_t project_id,
                        const struct execution_move *moves, size_t count, int64_t now_ms,
                        int64_t write_id, struct err_info *info) MUST_CHECK;

#endif

/*
 * Reading executions, and ending them from outside: what the API does with them. Also what is left
 * of flows that were deleted.
 */
#ifndef MUSTER_STORE_EXECUTIONLIST_H
#define MUSTER_STORE_EXECUTIONLIST_H

#include "store/execution.h"

/* One of a list. */
struct executionlist_item {
    struct execution execution;
    struct uuid contact; /* its id */
    struct str email;
};

/* Which ones. */
struct executionlist_query {
    struct flowversion flow; /* version is not looked at */
    /* Only those with one of these statuses: bits 1 << enum execution_status; 0: all. */
    unsigned statuses;
    uint64_t offset;
    uint64_t limit;
};

/* A page, newest first, and the number of all, in one snapshot; in the arena. Returns 0 or an err
 * of the database. */
int executionlist_page(struct db *db, struct arena *arena, const struct executionlist_query *query,
                       struct executionlist_item **ret, size_t *ret_count, uint64_t *ret_total,
                       struct err_info *info) MUST_CHECK;

/* One by id, of this flow. Returns 0, ERR_NOT_FOUND "Execution not found", or an err of db_query.
 */
int executionlist_get(struct db *db, struct arena *arena, const struct flowversion *flow,
                      const struct uuid *uuid, struct executionlist_item *ret,
                      struct err_info *info) MUST_CHECK;

/* One by number, of this flow; as executionlist_get. */
int executionlist_by_number(struct db *db, struct arena *arena, const struct flowversion *flow,
                            uint32_t execution_id, struct executionlist_item *ret,
                            struct err_info *info) MUST_CHECK;

/* The executions of a flow that are alive for these contacts (ascending, distinct), by ordinal; at
 * most one a contact. `ret` has room for `count`. In the open transaction or outside. Returns 0 or
 * an err of db_query. */
int executionlist_alive(struct db *db, struct arena *arena, const struct flowversion *flow,
                        const uint32_t *ordinals, size_t count, struct execution *ret,
                        size_t *ret_count, struct err_info *info) MUST_CHECK;

/* A row of the log; text in the arena. */
struct executionlist_step {
    uint32_t execution_id;
    uint32_t number; /* from 0 */
    struct execution_done done;
};

/*
 * The log of an execution by number, from that of `first` on (a circle with a short delay makes
 * logs of any length); in the arena. Returns 0 or an err of db_query.
 */
int executionlist_steps(struct db *db, struct arena *arena, uint32_t project_id,
                        uint32_t execution_id, uint32_t first, struct executionlist_step **ret,
                        size_t *ret_count, struct err_info *info) MUST_CHECK;

/*
 * Cancels one that is alive, in its own transaction. Returns 0; ERR_NOT_FOUND "Execution not
 * found"; ERR_INVAL when it is over (names the status); or an err of the database.
 */
int executionlist_cancel(struct db *db, struct arena *arena, const struct flowversion *flow,
                         const struct uuid *uuid, struct err_info *info) MUST_CHECK;

/* Cancels all that are alive, EXECUTION_BATCH a transaction; ret_count: how many. Returns 0 or an
 * err of the database. */
int executionlist_cancel_all(struct db *db, struct arena *arena, const struct flowversion *flow,
                             uint64_t *ret_count, struct err_info *info) MUST_CHECK;

/* A deleted flow: in the transaction that deletes it. Nobody claims its executions any more, and
 * executionlist_sweep deletes them. Returns 0 or an err of db_exec. */
int executionlist_drop_flow(struct db *db, const struct flowversion *flow,
                            struct err_info *info) MUST_CHECK;

/* Goes on with what deleted flows left behind, of all projects, at most `max_batches` transactions.
 * For the worker. Returns 0 or an err of the database. */
int executionlist_sweep(struct db *db, struct arena *arena, unsigned max_batches,
                        struct err_info *info) MUST_CHECK;

#endif

/*
 * The executor: claims executions that are due, does their steps and moves them on, EXECUTION_BATCH
 * in one transaction. Conditions are evaluated for all who stand at the same one at once, before
 * that transaction. A crash anywhere repeats nothing: what a transaction did is committed with the
 * move, and what it did not comes up again when the lease ends.
 */
#ifndef MUSTER_FLOW_EXECUTOR_H
#define MUSTER_FLOW_EXECUTOR_H

#include "store/execution.h"

/* A step that fails by a defect is tried so often; so is one with which the process dies. */
#define EXECUTOR_TRIES 8

struct executor {
    struct db *db;
    int64_t ahead_ms; /* of the database's clock: a test's */
    int64_t lease_ms;
};

/* What a batch came to. */
struct executor_report {
    uint64_t claimed;
    uint64_t moved;    /* and alive */
    uint64_t ended;    /* COMPLETED or EXITED */
    uint64_t failed;   /* FAILED, each with its reason in the log */
    uint64_t messages; /* put into the outbox */
    uint64_t retried;  /* to be tried again */
};

/*
 * Does one batch of what is due in a project. ret->claimed 0: there was nothing. Returns 0, or an
 * err of the database: what was claimed then comes up again.
 */
int executor_batch(const struct executor *executor, uint32_t project_id,
                   struct executor_report *ret, struct err_info *info) MUST_CHECK;

#endif

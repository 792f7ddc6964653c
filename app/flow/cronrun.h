/*
 * Workflows that start by the clock. A run settles who enters (everybody, or whom the trigger's
 * condition holds for) when it is due, together with the time of the next; then they enter a batch
 * at a time. Runs that were missed while no worker ran are made up for by one, late.
 */
#ifndef MUSTER_FLOW_CRONRUN_H
#define MUSTER_FLOW_CRONRUN_H

#include "db/db.h"
#include "store/workflow.h"

/*
 * Begins a run of what workflow_scheduled found, or lets it pass when somebody else did meanwhile.
 * now_ms is the executor's clock, ahead_ms what that is ahead of the database's. ret_entering: how
 * many will enter. Returns 0; ERR_INVAL or ERR_UNPROCESSABLE when the condition cannot be answered
 * any more, or ERR_CORRUPT: this run is left out then; or an err of the database.
 */
int cronrun_begin(struct db *db, const struct workflow_due *due, int64_t now_ms, int64_t ahead_ms,
                  uint64_t *ret_entering, struct err_info *info) MUST_CHECK;

/*
 * Lets the next of a run enter, at most EXECUTION_BATCH, in one transaction. ret_started: how many
 * did. Who is gone, or may not enter (again), does not. Nobody does when the workflow is disabled
 * or deleted meanwhile: the rest of its runs is forgotten. Returns 0 or an err of the database.
 */
int cronrun_enter(struct db *db, uint32_t project_id, uint32_t workflow_id, int64_t now_ms,
                  uint64_t *ret_started, struct err_info *info) MUST_CHECK;

#endif

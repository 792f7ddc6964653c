/* Which executions' messages were opened: what a condition of a sequence asks. */
#ifndef MUSTER_STORE_MESSAGEOPENED_H
#define MUSTER_STORE_MESSAGEOPENED_H

#include "store/execution.h"

/*
 * ret[i]: a message that executions[i] (all of one flow) put out at the step with this id was
 * opened, or a link in it clicked, as its sender reported. Returns 0 or an err of db_query.
 */
int messageopened_find(struct db *db, struct arena *arena,
                       const struct execution *const *executions, size_t count, struct str step,
                       bool *ret, struct err_info *info) MUST_CHECK;

#endif

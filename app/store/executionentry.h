/* Who may enter a workflow or a sequence: the rule of allow_reentry. */
#ifndef MUSTER_STORE_EXECUTIONENTRY_H
#define MUSTER_STORE_EXECUTIONENTRY_H

#include "store/execution.h"

/*
 * Sets starts[i].started of those whose contact is there and may enter; of a contact that stands
 * several times the first. The contacts are kept from being erased until the open transaction ends,
 * which has locked the flow's row: nobody else enters them meanwhile. Returns 0 or an err of the
 * database.
 */
int executionentry_judge(struct db *db, struct arena *arena, const struct execution_entry *entry,
                         struct execution_start *starts, size_t count,
                         struct err_info *info) MUST_CHECK;

#endif

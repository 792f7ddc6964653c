/*
 * The graph of a project's segments: A → B when A's filter names B, or names an entry or exit event
 * of B while A or B is tracked (membership then depends on what B's members did). It must stay
 * without cycles: filters.md §1.
 */
#ifndef MUSTER_STORE_SEGGRAPH_H
#define MUSTER_STORE_SEGGRAPH_H

#include <stdint.h>

#include "db/db.h"
#include "store/segref.h"

/*
 * Judges the graph as the open transaction has left it, after a change of `segment_id`; the
 * transaction holds segref_lock. `names` is what its filter names, for the place in the message;
 * NULL when its filter is not what changed.
 * Returns 0; ERR_INVAL "A segment cannot reference itself", "Circular segment reference detected",
 * or one that says that a filter would reach more than LIMIT_NESTED_SEGMENTS; ERR_UNPROCESSABLE
 * when the project's filters name more than LIMIT_SEGMENT_REFS; or an err of the database.
 */
int seggraph_check(struct db *db, struct arena *arena, uint32_t project_id, uint32_t segment_id,
                   const struct segref_names *names, struct err_info *info) MUST_CHECK;

/*
 * Judges the graph as it would be if the filter of `segment_id` named `names` instead of what it
 * does; nothing is written, and the transaction may be one that only reads. Segments that are not
 * there are left out. Returns as seggraph_check.
 */
int seggraph_check_planned(struct db *db, struct arena *arena, uint32_t project_id,
                           uint32_t segment_id, const struct segref_names *names,
                           struct err_info *info) MUST_CHECK;

#endif

/*
 * Upkeep of the derived columns: fold (dirty rows into the delta) and merge (delta into the base).
 * Run by muster-worker. Everything anew from rows: audience/rebuild.h.
 */
#ifndef MUSTER_AUDIENCE_UPKEEP_H
#define MUSTER_AUDIENCE_UPKEEP_H

#include <stdbool.h>
#include <stdint.h>

#include "db/db.h"

/* What one run did, for the log. */
struct upkeep_report {
    uint64_t folded_marks;
    uint64_t merged_chunks;
    uint64_t bytes_written; /* of chunks, as stored */
};

/*
 * Folds one project's marks: when there are ≥ 500, or ≥ 50 and the last fold is 2 s old, or any at
 * all with `force`. Full runs cascade: small run → large run → base. Where a damaged chunk was
 * seen, everything is rebuilt from rows after that. Adds to `report`.
 * Returns 0, or an err of the database.
 */
int upkeep_fold(struct db *db, uint32_t project_id, bool force, struct upkeep_report *report,
                struct err_info *info) MUST_CHECK;

/*
 * Merges deltas in which some run has been idle for ten minutes, or all of them with `force`. Large
 * ones do not wait for it: the fold that makes them large merges them.
 */
int upkeep_merge(struct db *db, uint32_t project_id, bool force, struct upkeep_report *report,
                 struct err_info *info) MUST_CHECK;

#endif

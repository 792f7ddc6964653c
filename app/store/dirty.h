/*
 * Marks: `dirty (project, part, ordinal) seq`. Every transaction that changes a row the columns are
 * derived from marks it, in the same transaction; a write that changes nothing marks nothing.
 */
#ifndef MUSTER_STORE_DIRTY_H
#define MUSTER_STORE_DIRTY_H

#include <stdint.h>

#include "db/db.h"

struct dirty_mark {
    uint64_t part;
    uint32_t ordinal;
};

/*
 * Marks each with a fresh random seq. Sorts `marks` by (part, ordinal) and drops repeats: all
 * writers mark in one order, so that marks alone never deadlock. Call it last, just before commit.
 * Returns 0 or an err of db_exec.
 */
int dirty_add(struct db *db, uint32_t project_id, struct dirty_mark *marks, size_t count,
              struct err_info *info) MUST_CHECK;

#endif

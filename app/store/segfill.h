/*
 * A static segment that is filled before anybody can see it: a number is taken, members are added
 * to its set in as many transactions as it takes (member_fill), and the segment's row comes last
 * (segment_input.filled). Meanwhile the set stands in `dropped_set` with a lease, which every batch
 * renews: what a crash leaves behind is swept like the members of a deleted segment.
 */
#ifndef MUSTER_STORE_SEGFILL_H
#define MUSTER_STORE_SEGFILL_H

#include <stdint.h>

#include "db/db.h"

#define SEGFILL_LEASE_MS INT64_C(120000)

/* Takes a number for a segment, in its own transaction. Returns 0 or an err of the database. */
int segfill_begin(struct db *db, uint32_t project_id, uint32_t *ret_segment_id,
                  struct err_info *info) MUST_CHECK;

/*
 * Renews the lease of a set in the open transaction, and holds off the sweep until it ends. Returns
 * 0, ERR_UNAVAILABLE when it has run out, or an err of the database.
 */
int segfill_keep(struct db *db, uint32_t project_id, uint64_t set_id,
                 struct err_info *info) MUST_CHECK;

/*
 * Ends the lease in the open transaction, which makes the segment's row: the first lock of it is
 * segref_lock, which this takes. Returns as segfill_keep.
 */
int segfill_end(struct db *db, uint32_t project_id, uint32_t segment_id,
                struct err_info *info) MUST_CHECK;

#endif

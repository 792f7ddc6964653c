/* How several segments overlap: exact at one snapshot, by one walk over the chunks. */
#ifndef MUSTER_AUDIENCE_INTERSECT_H
#define MUSTER_AUDIENCE_INTERSECT_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/uuid.h"
#include "column/regions.h"
#include "db/db.h"

/*
 * Counts who is in exactly which of `count` distinct segments (at most REGIONS_SETS_MAX), now.
 * *ret_counts, in the arena, has 2^count places; a place's bits say which segments (bit i: the
 * i-th); place 0 is 0. Opens its own read transaction. Returns 0; ERR_NOT_FOUND "Segment not found"
 * when the project lacks one of them; or an err as audience_page.
 */
int intersect_take(struct db *db, struct arena *arena, uint32_t project_id,
                   const struct uuid *uuids, size_t count, uint64_t **ret_counts,
                   struct err_info *info) MUST_CHECK;

#endif

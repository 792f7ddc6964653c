/* Tally: how many are in each of several segments now, in one snapshot and one walk. */
#ifndef MUSTER_AUDIENCE_TALLY_H
#define MUSTER_AUDIENCE_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/uuid.h"
#include "db/db.h"

struct tally {
    struct uuid segment;
    bool is_there;   /* the project has it */
    bool is_counted; /* false: columns that it needs are being made, or cannot be */
    uint64_t count;
};

/*
 * Counts the (distinct) segments of `tallies`, at most PANEL_MAX. Opens its own read transaction;
 * where one of them cannot be counted at present, one for each. Returns 0, ERR_SLOW as panel_open,
 * or an err of the database.
 */
int tally_take(struct db *db, struct arena *arena, uint32_t project_id, struct tally *tallies,
               size_t count, int64_t *ret_at_ms, struct err_info *info) MUST_CHECK;

#endif

/*
 * Roster: who is in at one moment, kept as bitmaps (8 KiB for a chunk of 65,536 contacts that has
 * somebody). What takes long with many contacts evaluates once, lets the snapshot go, and reads
 * rows in short steps: exports and bulk jobs.
 */
#ifndef MUSTER_AUDIENCE_ROSTER_H
#define MUSTER_AUDIENCE_ROSTER_H

#include "audience/audience.h"
#include "column/bits.h"

struct roster {
    struct bits **chunks; /* by number of the chunk; NULL: nobody of it */
    uint32_t chunk_count;
    uint64_t total;
    int64_t at_ms; /* the instant it was evaluated at */
};

/*
 * Evaluates `query`; of it, order, offset, cursor and limit do not count. The roster stands in
 * `arena`, the work in memory of its own. Returns 0, or an err as audience_page.
 */
int roster_take(struct db *db, struct arena *arena, const struct audience_query *query,
                struct roster *ret, struct err_info *info) MUST_CHECK;

/* Where a walk through a roster stands. To start: {.roster = …, .oldest_first = …}. */
struct roster_walk {
    const struct roster *roster;
    bool oldest_first; /* else newest first, which is descending ordinal */
    uint32_t chunk;    /* chunks done */
    uint32_t row;      /* contacts of the next chunk that are done */
};

/* The next ordinals in the order of the walk, at most `max`; 0: that was the end. */
size_t roster_next(struct roster_walk *walk, uint32_t *ret, size_t max);

/*
 * The bitmap of one chunk as bytes to store, in the arena: two bytes a row (little endian,
 * ascending) while that is shorter than the bitmap, else the bitmap itself.
 */
struct str roster_pack(struct arena *arena, const struct bits *rows);

/* Reads such bytes. False: they are none. */
bool roster_unpack(struct str packed, struct bits *ret);

#endif

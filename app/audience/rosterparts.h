/*
 * A walk through a roster that the store keeps in parts (roster_pack), one per chunk: the ordinals
 * of a few at a time, ascending, from a stored place on. For jobs that go on where another worker
 * was killed.
 */
#ifndef MUSTER_AUDIENCE_ROSTERPARTS_H
#define MUSTER_AUDIENCE_ROSTERPARTS_H

#include "base/err.h"
#include "base/str.h"
#include "column/bits.h"

/*
 * Reads the first part at or behind a chunk; its bytes must last until the call returns. Returns 1,
 * 0: there is none, or an err of the database.
 */
typedef int (*rosterparts_read)(void *ctx, uint32_t from_chunk, uint32_t *ret_chunk,
                                struct str *ret_rows, struct err_info *info);

/* To start: {.read = …, .ctx = …, .next = …}; the rest is its own. */
struct rosterparts {
    rosterparts_read read;
    void *ctx;
    uint64_t next;    /* the ordinal it goes on from */
    struct bits rows; /* of the part at hand, those that are not done */
    uint32_t chunk;
    bool has_part;
};

/*
 * The next ordinals, at most `max` (and 1,000) of one part; the same again until they are done.
 * Returns 1, 0: there are none left, ERR_INTERNAL: a part does not unpack, or an err of `read`.
 */
int rosterparts_next(struct rosterparts *walk, uint32_t *ret, uint32_t max, size_t *ret_count,
                     struct err_info *info) MUST_CHECK;

/* The first `count` of those that rosterparts_next gave are done. */
void rosterparts_done(struct rosterparts *walk, const uint32_t *ordinals, size_t count);

#endif

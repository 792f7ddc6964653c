/*
 * Levels: writing the columns. Where the rows of a part in a chunk go as they grow old: small run,
 * large run, base. Runs inside the snapshot-write transaction that holds the project's lock.
 *
 * The small run keeps a fold cheap (it rewrites at most a few hundred rows for each part and
 * chunk); the large run keeps base chunks from being rewritten for a few rows. What a write costs
 * in bytes is then a few times its own size, whatever the number of event names.
 */
#ifndef MUSTER_AUDIENCE_LEVELS_H
#define MUSTER_AUDIENCE_LEVELS_H

#include <stdint.h>

#include "audience/snapshot.h"

struct levels {
    struct snapshot snapshot;
    struct eventcolumns occurrences; /* that are stored, or about to be */
    uint64_t bytes_written;
    uint64_t merged; /* (part, chunk) whose base was patched */
    bool changed;
};

/* Opens the snapshot of a fold or merge in `arena`, with all data paths of the project and the
 * columns of occurrences that it stores. `ret` must not move after that. */
int levels_open(struct db *db, struct arena *arena, uint32_t project_id, struct levels *ret,
                struct err_info *info) MUST_CHECK;

/*
 * Adds rows (a sparse chunk, newest of all) to the levels of a part in a chunk, wherever they fit
 * by size. Once per part and chunk in one transaction. Returns 0 or an err of the database.
 */
int levels_push(struct levels *levels, uint64_t part, uint32_t chunk, const struct chunk *rows,
                struct err_info *info) MUST_CHECK;

/* Patches the base with both runs and `rows` (may be NULL), and deletes the runs. */
int levels_merge(struct levels *levels, uint64_t part, uint32_t chunk, const struct chunk *rows,
                 struct err_info *info) MUST_CHECK;

/* Writes the base chunks of a part from all its rows, whatever was stored, and deletes the runs. */
int levels_rebuild(struct levels *levels, uint64_t part, uint32_t chunk,
                   struct err_info *info) MUST_CHECK;

/*
 * The base chunks that a part has in a chunk, or would have by the columns of `more`: their group
 * keys, in the arena.
 */
uint64_t *levels_groups(struct levels *levels, uint64_t part, uint32_t chunk,
                        const struct chunk *more, size_t more_count, size_t *ret_count);

/* Makes readers see what was written: advances the project's version. Nothing written: nothing. */
int levels_commit(struct levels *levels, int64_t folded_ms, bool rebuilt,
                  struct err_info *info) MUST_CHECK;

#endif

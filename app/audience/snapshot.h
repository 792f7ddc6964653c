/*
 * Snapshot: the columns of one project as they are in the open transaction. Knows which chunks are
 * stored, brings the dirty rows of the parts that are asked for, and hands out each column with all
 * its levels. A chunk that does not verify is read from rows instead, and so are columns of
 * occurrences that were not built yet.
 */
#ifndef MUSTER_AUDIENCE_SNAPSHOT_H
#define MUSTER_AUDIENCE_SNAPSHOT_H

#include <stdbool.h>
#include <stdint.h>

#include "audience/eventcolumns.h"
#include "audience/rowvalues.h"
#include "base/arena.h"
#include "column/eval.h"
#include "db/db.h"
#include "store/chunkstore.h"

/* The dirty rows of one part in one chunk, as a sparse chunk. */
struct snapshot_level {
    uint64_t part;
    uint32_t chunk;
    struct chunk rows;
};

struct snapshot {
    struct db *db;
    struct arena *arena;
    uint32_t project_id;
    int64_t now_ms; /* the database's clock when the snapshot was opened */
    struct chunkstore_state state;
    const struct chunkstore_entry *entries; /* by key, chunk, run */
    size_t entry_count;
    uint32_t chunk_count;           /* chunks 0 … chunk_count-1 may hold something */
    struct snapshot_level *dirty;   /* brought so far */
    struct snapshot_level *rebuilt; /* read from rows, because what is stored is damaged */
    size_t dirty_count, dirty_room, rebuilt_count, rebuilt_room;
    const struct rowvalues_paths *paths; /* of the dirty contact rows */
    const struct eventcolumns
        *occurrences; /* that event rows give beside the roll-up; NULL: none */
    /* Occurrences of the chunk at hand, read from the log. */
    struct arena *log_arena; /* of the bytes below; made on first use */
    struct snapshot_level *logged;
    size_t logged_count, logged_room;
};

/*
 * Opens it in the running transaction (DB_READ or DB_SNAPSHOT_WRITE). Everything lives in `arena`
 * but the directory, which the process keeps; one snapshot at a time. Returns 0, ERR_NOT_FOUND or
 * an err of the database.
 */
int snapshot_open(struct db *db, struct arena *arena, uint32_t project_id, struct snapshot *ret,
                  struct err_info *info) MUST_CHECK;

/*
 * Brings the dirty rows of the parts of these columns; the contact part is always one of them.
 * `paths`: which data paths contact rows must give. To be called once, before snapshot_columns.
 */
int snapshot_bring(struct snapshot *snapshot, const uint64_t *columns, size_t count,
                   const struct rowvalues_paths *paths, struct err_info *info) MUST_CHECK;

/*
 * Columns of one chunk with their levels, valid as long as the arena. Columns of one part always
 * have the same levels. Returns 0 or an err of the database.
 */
int snapshot_columns(struct snapshot *snapshot, const uint64_t *keys, size_t count, uint32_t chunk,
                     struct eval_column *ret, struct err_info *info) MUST_CHECK;

/* The stored chunk of (key, run), or NULL. */
const struct chunkstore_entry *snapshot_entry(const struct snapshot *snapshot, uint64_t key,
                                              uint32_t chunk, enum chunkstore_run run);

/* The dirty rows of a part in a chunk that were brought, or NULL. */
const struct chunk *snapshot_dirty(const struct snapshot *snapshot, uint64_t part, uint32_t chunk);

/*
 * All rows of a part in a chunk as a sparse chunk, made from the database's rows. Returns 0 or an
 * err of the database.
 */
int snapshot_from_rows(struct snapshot *snapshot, uint64_t part, uint32_t chunk, struct chunk *ret,
                       struct err_info *info) MUST_CHECK;

/*
 * Asks the worker for what the snapshot missed, so that its answers came from rows: a rebuild when
 * it came upon damage, columns of occurrences that are not there. To be called after the
 * transaction; a zeroed snapshot is allowed. That it cannot ask is no failure: the next reader
 * will.
 */
void snapshot_report_damage(const struct snapshot *snapshot);

/* Releases what is no memory of the arena. A zeroed snapshot is allowed, and to do it twice. */
void snapshot_let_go(struct snapshot *snapshot);

/* Opens the bytes of a finished draft (written by draftwrite_small) in the arena. */
int snapshot_keep_draft(struct arena *arena, struct draft *draft, struct chunk *ret,
                        struct err_info *info) MUST_CHECK;

#endif

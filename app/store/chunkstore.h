/*
 * Rows of `base_chunk`, `delta_chunk` and `project_state`: where the derived columns are kept. What
 * the bytes mean is column/'s; here they have a key, a chunk number, a run and a hash.
 */
#ifndef MUSTER_STORE_CHUNKSTORE_H
#define MUSTER_STORE_CHUNKSTORE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/uuid.h"
#include "db/db.h"

/* Runs, from old to new. */
enum chunkstore_run { CHUNKSTORE_BASE = 0, CHUNKSTORE_LARGE = 1, CHUNKSTORE_SMALL = 2 };

/* One stored chunk, without its bytes. */
struct chunkstore_entry {
    uint64_t key; /* base: key_group of its columns; delta: the part */
    uint32_t chunk;
    enum chunkstore_run run;
    struct hash128 hash;
    int64_t changed_ms; /* delta runs only */
};

/* The columns' state of a project. */
struct chunkstore_state {
    uint64_t version; /* grows with every change of a chunk */
    int64_t folded_ms;
    bool rebuild_requested;
};

/* This database's random id, for the names of cache files. Returns 0 or an err of db_query. */
int chunkstore_instance(struct db *db, struct uuid *ret, struct err_info *info) MUST_CHECK;

/*
 * Reads the state and the database's clock in one round trip. Returns 0, ERR_NOT_FOUND (no such
 * project) or an err of db_query.
 */
int chunkstore_state(struct db *db, uint32_t project_id, struct chunkstore_state *ret,
                     int64_t *ret_now_ms, struct err_info *info) MUST_CHECK;

/* Locks the state row until the transaction ends: fold, merge and rebuild are one at a time. */
int chunkstore_lock(struct db *db, uint32_t project_id, struct err_info *info) MUST_CHECK;

/* Stores version + 1, the time of the fold, and that no rebuild is requested any more. */
int chunkstore_advance(struct db *db, uint32_t project_id, int64_t folded_ms, bool rebuilt,
                       struct err_info *info) MUST_CHECK;

/* Asks the worker to rebuild (a chunk did not verify). */
int chunkstore_request_rebuild(struct db *db, uint32_t project_id,
                               struct err_info *info) MUST_CHECK;

/*
 * All entries of a project, by key, chunk, run; ret is malloc'ed. Returns 0 or an err of db_query.
 */
int chunkstore_directory(struct db *db, uint32_t project_id, struct chunkstore_entry **ret,
                         size_t *ret_count, struct err_info *info) MUST_CHECK;

/*
 * The bytes of a chunk, into memory that `place(ctx, size)` gives. Returns 0; ERR_NOT_FOUND; or an
 * err of db_query.
 */
int chunkstore_read(struct db *db, uint32_t project_id, const struct chunkstore_entry *entry,
                    void *(*place)(void *ctx, size_t size), void *ctx, size_t *ret_size,
                    struct err_info *info) MUST_CHECK;

/* Writes or replaces a chunk. */
int chunkstore_write(struct db *db, uint32_t project_id, const struct chunkstore_entry *entry,
                     uint64_t version, const void *bytes, size_t size,
                     struct err_info *info) MUST_CHECK;

/* Deletes one chunk; one that is not there is no error. */
int chunkstore_delete(struct db *db, uint32_t project_id, uint64_t key, uint32_t chunk,
                      enum chunkstore_run run, struct err_info *info) MUST_CHECK;

/* Projects with marks, with deltas or with a requested rebuild, ascending. */
int chunkstore_pending(struct db *db, struct arena *arena, uint32_t **ret, size_t *ret_count,
                       struct err_info *info) MUST_CHECK;

#endif

/*
 * Rows of `segment_state` and `membership`: what the runs of a dynamic segment know and remember.
 * Which run is due and what it does is audience/tracking's.
 */
#ifndef MUSTER_STORE_SEGSTATE_H
#define MUSTER_STORE_SEGSTATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/uuid.h"
#include "db/db.h"

#define SEGSTATE_NO_RUN UINT32_MAX
#define SEGSTATE_NEVER INT64_MAX

/* The run that is on. */
struct segstate_run {
    uint32_t chunk; /* the next to look at; SEGSTATE_NO_RUN: none is on */
    uint32_t version;
    struct hash128 definition;
    struct hash128 fingerprint;
    int64_t started_ms;
    int64_t next_flip_ms; /* SEGSTATE_NEVER */
    uint64_t count;       /* members in the chunks before `chunk` */
    int cause;            /* enum outboxbody_cause, 0: data or clock, as each contact's case is */
};

struct segstate {
    uint32_t segment_id;
    bool due;
    bool computed;    /* there was a complete run: the next three are known */
    struct str parts; /* uint64_t each; the first says whether names were unknown */
    struct hash128 fingerprint;
    int64_t next_flip_ms; /* SEGSTATE_NEVER */
    /* Of the last complete run that was tracked; version 0: there was none. */
    uint32_t version;
    struct hash128 definition;
    int64_t computed_ms;
    struct segstate_run run;
    uint64_t last_sequence;
    uint64_t entries; /* since tracking began */
    uint64_t exits;
};

/* A dynamic segment as the due check sees it. */
struct segstate_segment {
    struct segstate state; /* the run's hashes and the counters are left out */
    struct uuid uuid;
    bool track;
    uint32_t version; /* of its filter now */
    int64_t counted_ms;
};

/* What tells, without a look at its segments, whether a project may have something to compute. */
struct segstate_project {
    uint32_t project_id;
    bool asked;           /* some segment is due for a reason of its own */
    int64_t next_flip_ms; /* the earliest of all; SEGSTATE_NEVER */
    uint64_t version;     /* of the columns: grows with every fold */
    uint64_t marks;       /* that wait, and the XOR of their seqs */
    int64_t seqs;
};

/*
 * Projects with dynamic segments, ascending; in the arena. Those that are not tracked are `asked`
 * for when their count is older than count_every_ms. Returns 0 or an err of db_query.
 */
int segstate_projects(struct db *db, struct arena *arena, int64_t count_every_ms,
                      struct segstate_project **ret, size_t *ret_count, int64_t *ret_now_ms,
                      struct err_info *info) MUST_CHECK;

/* All dynamic segments of a project, by id; in the arena. Returns 0 or an err of db_query. */
int segstate_list(struct db *db, struct arena *arena, uint32_t project_id,
                  struct segstate_segment **ret, size_t *ret_count,
                  struct err_info *info) MUST_CHECK;

/*
 * Reads one and locks its row until the transaction ends: of the runs of one segment, one
 * transaction is open at a time. Returns 0; ERR_NOT_FOUND when the segment is gone or is a static
 * one; or an err of db_query.
 */
int segstate_lock(struct db *db, struct arena *arena, uint32_t project_id, uint32_t segment_id,
                  struct segstate *ret, struct err_info *info) MUST_CHECK;

/*
 * Stores all of a state that is locked, and a write check of the open transaction. Returns 0 or an
 * err of db_exec.
 */
int segstate_write(struct db *db, uint32_t project_id, const struct segstate *state,
                   struct err_info *info) MUST_CHECK;

/* Makes the row of a new dynamic segment, due at once. Returns 0 or an err of db_exec. */
int segstate_create(struct db *db, uint32_t project_id, uint32_t segment_id,
                    struct err_info *info) MUST_CHECK;

/*
 * A segment's filter, name or tracking changed: it and every segment that names some segment are
 * due. Returns 0 or an err of db_exec.
 */
int segstate_touch(struct db *db, uint32_t project_id, uint32_t segment_id,
                   struct err_info *info) MUST_CHECK;

/*
 * A segment is deleted: its state goes, its memberships and transitions are noted for
 * transition_sweep. Returns 0 or an err of db_exec.
 */
int segstate_drop(struct db *db, uint32_t project_id, uint32_t segment_id,
                  struct err_info *info) MUST_CHECK;

/*
 * The stored membership of a chunk: up to `size` bytes into `bits`, the rest of which is zeroed.
 * Returns 0 or an err of db_query.
 */
int segstate_members(struct db *db, uint32_t project_id, uint32_t segment_id, uint32_t chunk,
                     void *bits, size_t size, struct err_info *info) MUST_CHECK;

/* Stores it; trailing zero bytes are left out. Returns 0 or an err of db_exec. */
int segstate_set_members(struct db *db, uint32_t project_id, uint32_t segment_id, uint32_t chunk,
                         const void *bits, size_t size, struct err_info *info) MUST_CHECK;

/* The chunks that have a stored membership: the number behind the last one. */
int segstate_member_chunks(struct db *db, uint32_t project_id, uint32_t segment_id, uint32_t *ret,
                           struct err_info *info) MUST_CHECK;

#endif

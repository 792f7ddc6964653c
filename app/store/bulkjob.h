/*
 * Rows of `bulk_job`: one change of many contacts, and how far it is. Whom it is about is settled
 * when it is asked for and kept as bitmaps, so that a job does the same however often it is resumed
 * and whatever it changes on its way. Leases as in store/importjob.h: all that a holder writes is a
 * compare-and-set on his lease.
 */
#ifndef MUSTER_STORE_BULKJOB_H
#define MUSTER_STORE_BULKJOB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/uuid.h"
#include "db/db.h"

enum bulkjob_kind { BULKJOB_SUBSCRIBE = 1, BULKJOB_UNSUBSCRIBE = 2, BULKJOB_DELETE = 3 };

/* The numbers of enum importjob_state. */
enum bulkjob_state {
    BULKJOB_WAITING = 2,
    BULKJOB_ACTIVE = 3,
    BULKJOB_COMPLETED = 4,
    BULKJOB_FAILED = 5
};

#define BULKJOB_NO_TIME INT64_MIN

/* What became of contacts; who is gone by then is in neither. */
struct bulkjob_counts {
    uint64_t changed;
    uint64_t unchanged;
};

struct bulkjob {
    uint32_t project_id;
    struct uuid job_id;
    enum bulkjob_kind kind;
    bool by_query; /* else by ids */
    enum bulkjob_state state;
    struct str failed_reason; /* at == NULL: none */
    uint64_t total;
    uint64_t next_ordinal; /* those before it are done */
    uint64_t done;
    struct bulkjob_counts counts;
    int64_t lease_id;
    uint32_t tries; /* leases, this one included, since the last batch that was committed */
    int64_t created_ms;
    int64_t started_ms;  /* BULKJOB_NO_TIME */
    int64_t finished_ms; /* BULKJOB_NO_TIME */
};

/* Whom of one chunk a job is about: bytes that the store does not look into. */
struct bulkjob_part {
    uint32_t chunk;
    struct str rows;
};

/* The words of the API: "subscribe", "waiting". */
const char *bulkjob_kind_word(enum bulkjob_kind kind);
const char *bulkjob_state_word(enum bulkjob_state state);

/*
 * Makes a job that waits for a worker; of `job` project_id, kind, by_query and total count, job_id
 * is set. Returns 0; ERR_CONFLICT when the project has LIMIT_BULK_JOBS that are not over; or an err
 * of the database.
 */
int bulkjob_create(struct db *db, struct bulkjob *job, const struct bulkjob_part *parts,
                   size_t count, struct err_info *info) MUST_CHECK;

/* By id. Returns 0, ERR_NOT_FOUND "Bulk action job not found", or an err of the database. */
int bulkjob_get(struct db *db, struct arena *arena, uint32_t project_id, const struct uuid *job_id,
                struct bulkjob *ret, struct err_info *info) MUST_CHECK;

/*
 * Takes the job that had no turn for longest among those that nobody holds, of all projects, but of
 * none in which somebody works on another. Returns 1 with the job, 0: there is none, or an err.
 */
int bulkjob_claim(struct db *db, struct arena *arena, unsigned lease_ms, struct bulkjob *ret,
                  struct err_info *info) MUST_CHECK;

/*
 * The job's first part at or behind a chunk; its bytes stand in `arena`. Returns 1, 0: there is
 * none, or an err of the database.
 */
int bulkjob_part(struct db *db, struct arena *arena, const struct bulkjob *job, uint32_t chunk,
                 struct bulkjob_part *ret, struct err_info *info) MUST_CHECK;

/* How far a batch brought the job. */
struct bulkjob_step {
    uint64_t next_ordinal;
    uint64_t done;
    struct bulkjob_counts counts;
};

/*
 * In the open transaction: moves the job on, makes the lease longer, and sets the write check.
 * Returns 0, ERR_CONFLICT when the lease is lost, or an err of db_exec. `job` stays as it is: see
 * bulkjob_moved.
 */
int bulkjob_move(struct db *db, const struct bulkjob *job, const struct bulkjob_step *step,
                 unsigned lease_ms, struct err_info *info) MUST_CHECK;

/* What bulkjob_move has stored, once it is committed. */
void bulkjob_moved(struct bulkjob *job, const struct bulkjob_step *step);

/*
 * The job is over. `reason` (at == NULL: completed) says why it failed. Returns 0, ERR_CONFLICT as
 * bulkjob_move, or an err of db_exec.
 */
int bulkjob_finish(struct db *db, struct bulkjob *job, struct str reason,
                   struct err_info *info) MUST_CHECK;

/* Gives the lease back: somebody else may go on at once. Returns 0 or an err of the database. */
int bulkjob_release(struct db *db, const struct bulkjob *job, struct err_info *info) MUST_CHECK;

/*
 * Of all projects: parts of jobs that are over, and such jobs BULKJOB_KEEP_MS after their end.
 * Returns 0 or an err of the database.
 */
int bulkjob_sweep(struct db *db, struct err_info *info) MUST_CHECK;
#define BULKJOB_KEEP_MS (INT64_C(30) * 86400000)

#endif

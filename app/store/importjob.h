/*
 * Rows of `import_job`: one file that is being loaded, and how far it is. Whoever works on a job
 * has a lease on it, which each batch makes longer; all that a holder writes is a compare-and-set
 * on the lease, so that one who was too slow can do no harm.
 */
#ifndef MUSTER_STORE_IMPORTJOB_H
#define MUSTER_STORE_IMPORTJOB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/uuid.h"
#include "db/db.h"
#include "store/importlane.h"

enum importjob_kind { IMPORTJOB_CONTACTS = 1, IMPORTJOB_EVENTS = 2 };

enum importjob_format { IMPORTJOB_CSV = 1, IMPORTJOB_NDJSON = 2 };

/* Which contacts a row may speak of: any, new ones, those that are there. */
enum importjob_mode { IMPORTJOB_UPSERT = 1, IMPORTJOB_CREATE = 2, IMPORTJOB_UPDATE = 3 };

enum importjob_state {
    IMPORTJOB_UPLOADING = 1, /* its bytes are not all there: nobody but the uploader sees it */
    IMPORTJOB_WAITING = 2,
    IMPORTJOB_ACTIVE = 3,
    IMPORTJOB_COMPLETED = 4,
    IMPORTJOB_FAILED = 5,
    IMPORTJOB_CANCELLED = 6
};

#define IMPORTJOB_NO_TIME INT64_MIN

/* What was asked for. */
struct importjob_input {
    enum importjob_kind kind;
    enum importjob_format format;
    enum importjob_mode mode;
    bool dry_run;        /* count only */
    bool keep_created;   /* the column createdAt holds for contacts that are made */
    bool spreadsheet;    /* a ' before = + - @ TAB CR is a spreadsheet's, not the value's */
    uint32_t segment_id; /* static segment whose members they become; 0: none */
    uint32_t list_id;    /* likewise a list */
    uint32_t tag_id;     /* likewise a tag; known once the upload is whole */
    struct str tag_name; /* of that tag, which is made when it is not there; while uploading */
    struct str mapping; /* store/importmapping.h, as JSON; at == NULL: nothing is said of columns */
};

struct importjob {
    uint32_t project_id;
    struct uuid job_id;
    uint32_t number; /* from 1 in its project: its id in PushMail */
    struct importjob_input input;
    enum importjob_state state;
    struct str failed_reason; /* at == NULL: none */
    struct str found; /* store/importtypes.h, as JSON; at == NULL: not a dry run that is complete */
    uint64_t bytes;
    uint32_t part_count;
    uint64_t row_count;              /* of the file; an estimate until the job is over */
    uint64_t bytes_done;             /* on average over the lanes */
    struct importlane_counts counts; /* of all lanes */
    int64_t lease_id;
    uint32_t tries; /* leases, this one included, since the last batch that was committed */
    int64_t created_ms;
    int64_t started_ms;  /* IMPORTJOB_NO_TIME */
    int64_t finished_ms; /* IMPORTJOB_NO_TIME */
};

/* The words of the API: "contacts", "upsert", "waiting". */
const char *importjob_kind_word(enum importjob_kind kind);
const char *importjob_mode_word(enum importjob_mode mode);
const char *importjob_state_word(enum importjob_state state);

/* ---- from the upload to the queue ---------------------------------------------------------- */

/*
 * Makes a job in the state UPLOADING, held for IMPORTJOB_UPLOAD_MS (each part that is added holds
 * it as long again; after that it is swept). Returns 0; ERR_CONFLICT when the project has
 * LIMIT_IMPORT_JOBS open ones; or an err of the database.
 */
int importjob_create(struct db *db, uint32_t project_id, const struct importjob_input *input,
                     struct importjob *ret, struct err_info *info) MUST_CHECK;
#define IMPORTJOB_UPLOAD_MS 120000

/*
 * The upload is whole: the job gets its lanes, and waits, or with `lease_ms` is the caller's at
 * once (job->lease_id). row_count: the estimate. The job's tag is stored with it. Returns 0,
 * ERR_CONFLICT when it was swept, or an err of the database.
 */
int importjob_submit(struct db *db, struct importjob *job, uint64_t row_count, unsigned lease_ms,
                     struct err_info *info) MUST_CHECK;

/* Lets go of a job that was not submitted. Returns 0 or an err of the database. */
int importjob_discard(struct db *db, const struct importjob *job, struct err_info *info) MUST_CHECK;

/* ---- looking and cancelling ---------------------------------------------------------------- */

/* By id, submitted ones only. Returns 0, ERR_NOT_FOUND "Import job not found", or an err. */
int importjob_get(struct db *db, struct arena *arena, uint32_t project_id, enum importjob_kind kind,
                  const struct uuid *job_id, struct importjob *ret,
                  struct err_info *info) MUST_CHECK;

/* The same by number, for contacts. */
int importjob_by_number(struct db *db, struct arena *arena, uint32_t project_id, uint32_t number,
                        struct importjob *ret, struct err_info *info) MUST_CHECK;

/*
 * Cancels a job that is not over: what is committed stays, nothing more is. Returns 0;
 * ERR_NOT_FOUND; ERR_CONFLICT when it is over; or an err of the database.
 */
int importjob_cancel(struct db *db, struct arena *arena, uint32_t project_id,
                     enum importjob_kind kind, const struct uuid *job_id,
                     struct err_info *info) MUST_CHECK;

/* ---- working on it ------------------------------------------------------------------------- */

/*
 * Takes the job that had no turn for longest among those that nobody holds, of all projects, but
 * of none in which somebody works on another. Returns 1 with the job, 0: there is none, or an err.
 */
int importjob_claim(struct db *db, struct arena *arena, unsigned lease_ms, struct importjob *ret,
                    struct err_info *info) MUST_CHECK;

/*
 * In the open transaction: sees to it that the lease is ours until the commit; others may see to
 * the same meanwhile. Returns 0, ERR_CONFLICT when the lease is lost (or the job cancelled), or an
 * err of the database.
 */
int importjob_hold(struct db *db, const struct importjob *job, struct err_info *info) MUST_CHECK;

/*
 * Makes the lease longer; rows were committed under it. Returns 0, ERR_CONFLICT as importjob_hold,
 * or an err of the database.
 */
int importjob_extend(struct db *db, struct importjob *job, unsigned lease_ms,
                     struct err_info *info) MUST_CHECK;

/* Begins a dry run anew, in all its lanes. Returns 0, ERR_CONFLICT as importjob_hold, or an err of
 * the database. */
int importjob_rewind(struct db *db, struct importjob *job, struct err_info *info) MUST_CHECK;

/*
 * In the open transaction: the job is over. `reason` (at == NULL: completed) says why it failed;
 * job->found is stored with it. Returns 0, ERR_CONFLICT as importjob_hold, or an err of db_exec.
 */
int importjob_finish(struct db *db, const struct importjob *job, struct str reason,
                     struct err_info *info) MUST_CHECK;

/* Gives the lease back: somebody else may go on at once. Returns 0 or an err of the database. */
int importjob_release(struct db *db, const struct importjob *job, struct err_info *info) MUST_CHECK;

/* ---- afterwards ---------------------------------------------------------------------------- */

/* Deletes the parts of a job that is over, batch by batch. Returns 0 or an err of the database. */
int importjob_drop_parts(struct db *db, uint32_t project_id, const struct uuid *job_id,
                         struct err_info *info) MUST_CHECK;

/*
 * Of all projects: uploads that were given up, parts that a crash left behind, and jobs with their
 * errors IMPORTJOB_KEEP_MS after their end. Returns 0 or an err of the database.
 */
int importjob_sweep(struct db *db, struct arena *arena, struct err_info *info) MUST_CHECK;
#define IMPORTJOB_KEEP_MS (INT64_C(30) * 86400000)

#endif

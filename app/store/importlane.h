/*
 * Rows of `import_lane`: a large file is worked on in lanes, by one process each. A row belongs to
 * a lane by its address, so that the rows of one contact keep their order and no two lanes wait for
 * one contact. Each lane reads the whole file and has a position of its own.
 */
#ifndef MUSTER_STORE_IMPORTLANE_H
#define MUSTER_STORE_IMPORTLANE_H

#include <stdbool.h>

#include "base/csv.h"
#include "base/uuid.h"
#include "db/db.h"

/* The database does most of the work, one core for each session. */
#define IMPORTLANE_MAX 2

/* Below this one process is done before a second one has begun. */
#define IMPORTLANE_BYTES_MIN (1024 * 1024)

/* Rows by what became of them; of an events file the first counts events. */
struct importlane_counts {
    uint64_t created;
    uint64_t updated;
    uint64_t unchanged;
    uint64_t skipped; /* the mode leaves them out */
    uint64_t rejected;
};

/* Rows that are done, whatever became of them. */
uint64_t importlane_rows(const struct importlane_counts *counts);

/* Adds counts up. */
void importlane_add(struct importlane_counts *counts, const struct importlane_counts *more);

struct importlane {
    unsigned number; /* 0 … count-1; lane 0 also has the rows that are nobody's */
    unsigned count;  /* lanes of the job */
    struct csv_position position;
    struct importlane_counts counts; /* of its rows */
};

/* Whether the rows of a (normalised) address are this lane's. */
bool importlane_has(const struct importlane *lane, struct str email);

/*
 * Makes `count` (1 … IMPORTLANE_MAX) lanes of a job at the beginning of the file. In the open
 * transaction. Returns 0 or an err of db_exec.
 */
int importlane_create(struct db *db, uint32_t project_id, const struct uuid *job_id, unsigned count,
                      struct err_info *info) MUST_CHECK;

/* The lanes of a job in order. Returns their number, 0 for a job that is gone, or an err. */
int importlane_list(struct db *db, uint32_t project_id, const struct uuid *job_id,
                    struct importlane ret[IMPORTLANE_MAX], struct err_info *info) MUST_CHECK;

/*
 * In the open transaction: moves a lane on to `to`, adds to its counts, and sets the write check.
 * Returns 0, ERR_CONFLICT when it is not where `lane` says, or an err of db_exec. `lane` stays as
 * it is.
 */
int importlane_move(struct db *db, uint32_t project_id, const struct uuid *job_id,
                    const struct importlane *lane, const struct csv_position *to,
                    const struct importlane_counts *more, struct err_info *info) MUST_CHECK;

/* Sends all lanes back to the beginning, with nothing counted. Returns 0 or an err of db_exec. */
int importlane_rewind(struct db *db, uint32_t project_id, const struct uuid *job_id,
                      struct err_info *info) MUST_CHECK;

/* Deletes the lanes of a job. Returns 0 or an err of db_exec. */
int importlane_delete(struct db *db, uint32_t project_id, const struct uuid *job_id,
                      struct err_info *info) MUST_CHECK;

#endif

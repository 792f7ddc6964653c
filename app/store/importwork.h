/*
 * One lane of an import, batch by batch: rows read and made into items, written in one transaction
 * with what they count and the lane's new position.
 */
#ifndef MUSTER_STORE_IMPORTWORK_H
#define MUSTER_STORE_IMPORTWORK_H

#include "store/importfile.h"
#include "store/importrows.h"
#include "store/importrun.h"
#include "store/importseen.h"

struct importwork {
    const struct importrun *run;
    struct importjob *job; /* bytes_done and counts grow by what this lane does */
    struct importlane lane;
    struct importseen *seen; /* of a dry run; else NULL */
    int64_t start_us;
    int64_t extended_us; /* when the lease was made longer */
    struct importfile file;
    struct importtypes *types; /* of a dry run of CSV; else NULL. Lives as the file */
    size_t batch_rows;
    uint64_t unclosed_line; /* where a quote begins that never ends; 0: nowhere */
    bool is_lost;           /* the lease, or the lane, is somebody else's by now */

    /* The batch at hand. */
    struct importrows rows;
    struct csv_position to;
    struct importlane_counts more;
    bool is_written; /* its `also` ran */
};

/* Begins a turn. Everything is borrowed but `lane`. Release with importwork_done. */
void importwork_init(struct importwork *work, const struct importrun *run, struct importjob *job,
                     const struct importlane *lane, struct importseen *seen);
void importwork_done(struct importwork *work);

/* Opens the file where the lane stands. Returns as importfile_open. */
int importwork_open(struct importwork *work, struct err_info *info) MUST_CHECK;

/*
 * Works to the end of the file (IMPORTRUN_DONE), or as long as the turn lasts (IMPORTRUN_PAUSED).
 * Returns 0; ERR_CONFLICT with is_lost; ERR_NOT_FOUND when the segment of the job is gone; or an
 * err of the database.
 */
int importwork_through(struct importwork *work, enum importrun_end *ret,
                       struct err_info *info) MUST_CHECK;

#endif

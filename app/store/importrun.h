/*
 * Working on an import: batches of rows, each in one transaction together with the job's new
 * position, so that a crash anywhere leaves no row undone and none done twice. The worker and
 * `muster import` do it by the same functions.
 */
#ifndef MUSTER_STORE_IMPORTRUN_H
#define MUSTER_STORE_IMPORTRUN_H

#include "store/contactwrite.h"
#include "store/importjob.h"

/* What a run is given. */
struct importrun {
    struct contactwrite_handles handles;
    struct arena *arena; /* reset for each batch: nothing of the caller's may stand in it */
    unsigned lease_ms;
    unsigned slice_ms; /* then others have their turn; 0: to the end */
    size_t batch_rows; /* at most; 0: the default */
    /* Called after each batch, also while it waits for the other lane; false: stop here. NULL: go
     * on. `job` is what both lanes have done. */
    bool (*progress)(const struct importjob *job, void *ctx);
    void *ctx;
};

enum importrun_end {
    IMPORTRUN_DONE,   /* completed or failed: job->state tells */
    IMPORTRUN_PAUSED, /* its turn is over, or progress said stop; the lease is given back */
    IMPORTRUN_LOST    /* cancelled, or somebody else has it: the lease had run out */
};

/*
 * Works on a job whose lease the caller has (importjob_claim, importjob_submit): on its first lane
 * here, on the second of a large file in a child process, which opens handles of its own and is
 * asked to stop by SIGTERM (base/stopsignal.h). Returns when both are at rest. Texts of `job`
 * that the run sets stand in memory of the run: job->failed_reason is valid until the next run.
 * Returns 0 with the end, or an err of the database; then the lease is given back, if that goes.
 */
int importrun_work(const struct importrun *run, struct importjob *job, enum importrun_end *ret,
                   struct err_info *info) MUST_CHECK;

#endif

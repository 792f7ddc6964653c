/*
 * The timed jobs: everything that is not a request. Each step is a transaction of its own, so a
 * worker may be stopped or killed anywhere, and any number may run at once.
 */
#ifndef MUSTER_WORKER_WORKER_H
#define MUSTER_WORKER_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "db/db.h"

/* Bits of worker_config.jobs. */
enum worker_job {
    WORKER_FOLD = 1,   /* dirty rows into the delta */
    WORKER_MERGE = 2,  /* the delta into the base */
    WORKER_CLEANUP = 4 /* what has expired: idempotency keys, files of the chunk cache */
};
#define WORKER_ALL (WORKER_FOLD | WORKER_MERGE | WORKER_CLEANUP)

struct worker_config {
    unsigned jobs;            /* worker_job bits */
    bool now;                 /* do all that is pending, however little */
    unsigned loop_s;          /* pause between two runs; 0: one run */
    uint64_t cache_max_bytes; /* for WORKER_CLEANUP */
};

/* The job of a word ("fold", "merge", "cleanup", "all"); 0 when there is none. */
unsigned worker_job(const char *word);

/*
 * Runs the jobs once or in a loop, and logs what they did. SIGTERM and SIGINT end it after the
 * present transaction. Returns true when every step of the last run went well.
 */
bool worker_run(struct db *db, const struct worker_config *config);

#endif

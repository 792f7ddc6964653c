/* What every timed job is given. */
#ifndef MUSTER_WORKER_JOB_H
#define MUSTER_WORKER_JOB_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/config.h"
#include "db/db.h"
#include "store/hostmem.h"

struct job {
    struct db *db;
    struct db *reserve;      /* a second handle, in no transaction: takes blocks of ordinals */
    struct hostmem *hostmem; /* NULL but in the class import */
    struct arena *arena;     /* reset between jobs */
    const struct config *config;
    bool now;   /* do all that is pending, however little: tools/stack work, --now */
    bool loops; /* the process goes on until it is told to stop */
};

/*
 * One run of a job: logs what it did and what failed, ends early when stopsignal_asked(). ret_more:
 * it stopped with work left, and wants to run again without a pause. Returns true when every step
 * went well.
 */
typedef bool job_fn(const struct job *job, bool *ret_more);

#endif

/*
 * The timed jobs: everything that is not a request. Each step is a transaction of its own, so a
 * worker may be stopped or killed anywhere, and any number may run at once, on any hosts.
 *
 * Jobs belong to classes (import, compute, schedule, call, sns, deliver), and classes never share a
 * process that loops: a slow webhook or a long import delays no count.
 */
#ifndef MUSTER_WORKER_WORKER_H
#define MUSTER_WORKER_WORKER_H

#include <stdbool.h>

#include "base/config.h"

struct worker_config {
    unsigned jobs;   /* bits of worker_jobs */
    bool now;        /* do all that is pending, however little */
    unsigned loop_s; /* pause between two runs; 0: until nothing is left to do */
    const struct config *config;
};

/* The jobs of a word: the name of a job or of a class, or "all"; 0 when there is none. */
unsigned worker_jobs(const char *word);

/*
 * Runs the jobs and logs what they did. In a loop each class has a process of its own under this
 * one, until SIGTERM or SIGINT, which end it after the present transactions. Without, the classes
 * run one after the other, again while some job says that it has more: for at most a minute, with
 * `now` until all is done. Opens its own database handles. Returns true when every job of the last
 * round went well.
 */
bool worker_run(const struct worker_config *config);

#endif

/*
 * One parent and its children, each of which does one kind of work, so that none waits for another.
 * A child that ends is started again; the children end with the parent, however it ends.
 */
#ifndef MUSTER_WORKER_SUPERVISOR_H
#define MUSTER_WORKER_SUPERVISOR_H

#include <stdbool.h>

#define SUPERVISOR_MAX 8

/* What child number `child` does, in its own process; returns its exit status. */
typedef int supervisor_body(void *ctx, unsigned child);

/*
 * Forks `count` (1 … SUPERVISOR_MAX) children, which `names` names for the log, and keeps them
 * running until SIGTERM, SIGINT or
 * SIGUSR1 comes, which is passed on to them as SIGTERM; then waits for all. Call it before anything
 * is opened that two processes must not share. Children find stopsignal_prepare done. Returns true
 * when all of them then ended with status 0.
 */
bool supervisor_run(const char *const *names, unsigned count, supervisor_body *body, void *ctx);

#endif

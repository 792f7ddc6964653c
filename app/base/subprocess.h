/*
 * A second process of the same program that works along with this one and tells of it through
 * shared memory. It dies with its parent, however that ends.
 */
#ifndef MUSTER_BASE_SUBPROCESS_H
#define MUSTER_BASE_SUBPROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/macros.h"

/* What it does; what it leaves in `shared` (zeroed at the start) is all that the parent gets. */
typedef void subprocess_body(void *shared, void *ctx);

struct subprocess {
    pid_t pid; /* 0: none, or it has ended */
    void *shared;
    size_t shared_bytes;
};

/*
 * Starts one. `ctx` is the parent's memory as of now; the body must use no connection that the
 * parent has open, and opens its own. Returns 0 or ERR_UNAVAILABLE (no process or memory to be
 * had). Release with subprocess_done.
 */
int subprocess_start(struct subprocess *ret, size_t shared_bytes, subprocess_body *body, void *ctx,
                     struct err_info *info) MUST_CHECK;

/* Waits for its end for at most `timeout_ms`; true when it has ended, and ret_good: by itself. */
bool subprocess_wait(struct subprocess *subprocess, int timeout_ms, bool *ret_good);

/* Tells it to stop when it can (SIGTERM). */
void subprocess_stop(const struct subprocess *subprocess);

/* Kills it when it runs, and lets go of the memory. A zeroed one is allowed. */
void subprocess_done(struct subprocess *subprocess);

/* In a child, first of all: to die with `parent`, which may be dead already. */
void subprocess_die_with(pid_t parent);

#endif

/*
 * Being told to stop (SIGTERM, SIGINT, SIGUSR1), between two pieces of work and never inside one:
 * the signals stay blocked but for stopsignal_wait. A process has one such state.
 */
#ifndef MUSTER_BASE_STOPSIGNAL_H
#define MUSTER_BASE_STOPSIGNAL_H

#include <stdbool.h>

/*
 * Blocks the three and takes them over; SIGPIPE too, which then does nothing (a write to a peer
 * that left fails with EPIPE). Call it before libraries that set handlers of their own where they
 * find none.
 */
void stopsignal_prepare(void);

/* True once one of them came. */
bool stopsignal_asked(void);

/*
 * Waits until `fd` (-1: none) can be read, one of the signals comes, or `timeout_ms` (-1: for ever)
 * has passed. Returns true when fd can be read.
 */
bool stopsignal_wait(int fd, int timeout_ms);

#endif

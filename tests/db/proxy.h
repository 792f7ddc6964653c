/*
 * A proxy between a client and the database that loses COMMITs on demand, on unix sockets, in a
 * thread of the test.
 */
#ifndef MUSTER_TESTS_DB_PROXY_H
#define MUSTER_TESTS_DB_PROXY_H

enum proxy_mode {
    PROXY_PASS,
    PROXY_LOSE_COMMIT, /* the next COMMIT never reaches the server; both sides are hung up */
    PROXY_LOSE_ANSWER, /* it does, but its answer never reaches the client */
    PROXY_LATE_COMMIT, /* the client is hung up on at once, the server gets it 500 ms later */
    PROXY_STALL        /* nothing passes any more, nothing is hung up */
};

struct proxy;

/* Listens at `path` and forwards to `target`, both unix sockets. */
struct proxy *proxy_start(const char *path, const char *target);

/* Sets the mode; the three COMMIT modes fall back to PROXY_PASS after one COMMIT. */
void proxy_set(struct proxy *proxy, enum proxy_mode mode);

/* Ends the thread and all connections. */
void proxy_stop(struct proxy *proxy);

#endif

/*
 * What waits for the worker, of some projects: how much, and since when. Looked up by index, and
 * counted up to QUEUEDEPTH_MAX, so that a page may ask every few seconds.
 */
#ifndef MUSTER_STORE_QUEUEDEPTH_H
#define MUSTER_STORE_QUEUEDEPTH_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "db/db.h"

#define QUEUEDEPTH_MAX 100000

enum queuedepth_queue {
    QUEUEDEPTH_IMPORTS,   /* that are not over; since the one that waits longest was worked on */
    QUEUEDEPTH_BULK_JOBS, /* likewise */
    QUEUEDEPTH_DELIVERIES_DUE,
    QUEUEDEPTH_DELIVERIES_DEAD, /* given up; no age */
    QUEUEDEPTH_FLOW_EVENTS,     /* that workflows and sequences have not heard of */
    QUEUEDEPTH_FLOW_STEPS,      /* due */
    QUEUEDEPTH_DIRTY_MARKS,     /* no age: a mark has none */
    QUEUEDEPTH_OUTBOX,          /* messages that a sender may claim now */
    QUEUEDEPTH_COUNT
};

#define QUEUEDEPTH_NO_AGE INT64_MIN

struct queuedepth {
    uint64_t depth; /* QUEUEDEPTH_MAX: perhaps more */
    int64_t age_ms; /* of the oldest that was counted; QUEUEDEPTH_NO_AGE */
};

/*
 * Every queue of these projects together, by the database's clock. Returns 0 or an err of the
 * database.
 */
int queuedepth_read(struct db *db, struct arena *arena, const uint32_t *projects, size_t count,
                    struct queuedepth ret[QUEUEDEPTH_COUNT], struct err_info *info) MUST_CHECK;

/* The same of all projects. */
int queuedepth_read_all(struct db *db, struct arena *arena, struct queuedepth ret[QUEUEDEPTH_COUNT],
                        struct err_info *info) MUST_CHECK;

#endif

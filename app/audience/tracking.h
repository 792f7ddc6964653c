/*
 * Tracking: the runs of dynamic segments. A run evaluates the filter chunk by chunk and, for a
 * tracked segment, says who entered and who left since the last one; for the others it refreshes
 * the stored count. It goes in transactions of at most MOVES_MAX entries and exits each, so that it
 * may be killed anywhere and any number of workers may be at it: whole transactions are done or not
 * done, and nothing is said twice.
 */
#ifndef MUSTER_AUDIENCE_TRACKING_H
#define MUSTER_AUDIENCE_TRACKING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/uuid.h"
#include "db/db.h"

struct tracking_report {
    uint64_t entries; /* since the call began, whoever found them */
    uint64_t exits;
    uint64_t total; /* members now */
    bool complete;  /* false: it was stopped, or the segment is gone */
};

struct tracking_request {
    uint32_t project_id;
    uint32_t segment_id;
    struct uuid uuid;
    bool anew;          /* a run that somebody else began before is not enough */
    bool (*stop)(void); /* asked between transactions; NULL: never */
};

/*
 * Runs a dynamic segment to the end of a run. One that is on is gone on with.
 * Returns 0; ERR_NOT_FOUND for a segment that is not there, or is static; or an err of the
 * database, after which what was done stays and the next run goes on.
 */
int tracking_run(struct db *db, const struct tracking_request *request, struct tracking_report *ret,
                 struct err_info *info) MUST_CHECK;

#endif

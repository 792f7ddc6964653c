/*
 * Due: which dynamic segments a run would tell something new of, found without evaluating anything.
 * A segment is due when a part that it names has changed, when its definition has, or when the
 * instant has passed at which a window of it turns.
 */
#ifndef MUSTER_AUDIENCE_DUE_H
#define MUSTER_AUDIENCE_DUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/uuid.h"
#include "db/db.h"
#include "store/partversion.h"

/* A segment whose run is due. */
struct due_segment {
    uint32_t segment_id;
    struct uuid uuid;
};

/*
 * Projects in which something may be due, ascending, in `arena`: the process remembers how those
 * were in which nothing was, and leaves them out until they change. `now`: all with dynamic
 * segments. Returns 0 or an err of the database.
 */
int due_projects(struct db *db, struct arena *arena, bool now, uint32_t **ret, size_t *ret_count,
                 struct err_info *info) MUST_CHECK;

/*
 * The dynamic segments of a project that are due, by id: something that the filter names changed
 * since the last run (itself, or a segment that it names), or its definition did, or an instant has
 * passed at which a time condition turns. Counts of segments that are not tracked are refreshed
 * when they are older than five minutes; `now`: at once. ret in `arena`. Returns 0 or an err of the
 * database.
 */
int due_segments(struct db *db, struct arena *arena, uint32_t project_id, bool now,
                 struct due_segment **ret, size_t *ret_count, struct err_info *info) MUST_CHECK;

/*
 * The state of the parts that a run named, as segment_state keeps them: 64-bit words, the first of
 * which says whether names were unknown.
 */
struct hash128 due_fingerprint(struct arena *arena, const struct partversion *versions,
                               struct str parts);

#endif

/*
 * Rows of `segment_history`: the counts of a segment, and how many entered and left, by the hour.
 * Whoever stores a new count in `segment`, or entries and exits, says so here in the same
 * transaction. What stays as it was has no row: who reads carries the last count on. Hours become
 * days after SEGHISTORY_HOURS_MS, and days go after SEGHISTORY_DAYS_MS.
 */
#ifndef MUSTER_STORE_SEGHISTORY_H
#define MUSTER_STORE_SEGHISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/timeutil.h"
#include "base/uuid.h"
#include "db/db.h"

#define SEGHISTORY_HOUR_MS INT64_C(3600000)
#define SEGHISTORY_HOURS_MS (90 * TIMEUTIL_DAY_MS)
#define SEGHISTORY_DAYS_MS (5 * 366 * TIMEUTIL_DAY_MS)

/* A count that was taken. */
struct seghistory_count {
    uint32_t segment_id;
    uint32_t version; /* of the filter that was counted */
    uint64_t count;
    int64_t counted_ms;
    const struct hash128 *state; /* of a static one's members; NULL: not known */
};

/*
 * Makes it the segment's count, in its own transaction, unless a newer count or another filter is
 * there by now. Returns 0 or an err of the database.
 */
int seghistory_set_count(struct db *db, uint32_t project_id, const struct seghistory_count *count,
                         struct err_info *info) MUST_CHECK;

/*
 * Takes over count and tracking of the segment's row as it stands, at `at_ms`, in the transaction
 * that is open; nothing when both are as they were. Returns 0 or an err of db_exec.
 */
int seghistory_note(struct db *db, uint32_t project_id, uint32_t segment_id, int64_t at_ms,
                    struct err_info *info) MUST_CHECK;

/* Entries and exits of a tracked segment that were told at one instant. */
struct seghistory_moves {
    uint32_t segment_id;
    int64_t at_ms;
    uint64_t entries;
    uint64_t exits;
    uint64_t count; /* of those who are in after them */
};

/* Adds them, in the transaction that tells of them. Returns 0 or an err of db_exec. */
int seghistory_add(struct db *db, uint32_t project_id, const struct seghistory_moves *moves,
                   struct err_info *info) MUST_CHECK;

/* What is known of an hour or a day. */
struct seghistory_row {
    int64_t at_ms;
    int64_t span_ms; /* SEGHISTORY_HOUR_MS or TIMEUTIL_DAY_MS */
    uint64_t count;  /* the last one in it */
    int64_t counted_ms;
    bool tracked; /* as of then */
    bool told;    /* the next two are known */
    uint64_t entries;
    uint64_t exits;
};

/* Puts a later row to one: its count, and the sum of what moved. at_ms and span_ms stay. */
void seghistory_merge(struct seghistory_row *row, const struct seghistory_row *later);

/*
 * The rows that begin in from_ms … to_ms, ascending, led by the last one before them if there is
 * one; in the arena. Returns 0 or an err of db_query.
 */
int seghistory_list(struct db *db, struct arena *arena, uint32_t project_id, uint32_t segment_id,
                    int64_t from_ms, int64_t to_ms, struct seghistory_row **ret, size_t *ret_count,
                    struct err_info *info) MUST_CHECK;

/* A segment is deleted: so is what was known of it. Returns 0 or an err of db_exec. */
int seghistory_drop(struct db *db, uint32_t project_id, uint32_t segment_id,
                    struct err_info *info) MUST_CHECK;

/*
 * Makes days of the hours that are old enough at now_ms, and deletes days; of a segment at least
 * the last row stays. One transaction for each segment, at most `max_batches`. Any number may do it
 * at once. Returns 0 or an err of the database.
 */
int seghistory_thin(struct db *db, struct arena *arena, uint32_t project_id, int64_t now_ms,
                    unsigned max_batches, struct err_info *info) MUST_CHECK;

/* ---- static segments ----------------------------------------------------------------------- */

/* One whose members may be others than when they were counted. */
struct seghistory_static {
    uint32_t segment_id;
    uint32_t version;
    struct hash128 state; /* of its members; to be stored with the count */
};

/* Projects with static segments, ascending; in the arena. Returns 0 or an err of db_query. */
int seghistory_projects(struct db *db, struct arena *arena, uint32_t **ret, size_t *ret_count,
                        struct err_info *info) MUST_CHECK;

/*
 * The project's static segments whose members changed since they were counted, those first that
 * were counted longest ago; in the arena. Returns 0 or an err of the database.
 */
int seghistory_uncounted(struct db *db, struct arena *arena, uint32_t project_id,
                         struct seghistory_static **ret, size_t *ret_count,
                         struct err_info *info) MUST_CHECK;

#endif

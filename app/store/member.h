/*
 * Rows of `member`: who is in a set (a static segment, a tag, a list, those who received a campaign
 * or completed a sequence), and since when. A set is named by its key (column/key.h: KEY_SET_…).
 * Every change marks the set's part for exactly the contacts whose membership changed. Large
 * changes go in transactions of at most MEMBER_BATCH contacts each, so a failure in the middle
 * leaves whole batches done; repeating the call finishes it.
 */
#ifndef MUSTER_STORE_MEMBER_H
#define MUSTER_STORE_MEMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "db/db.h"

#define MEMBER_BATCH 1000

#define MEMBER_NO_CONTACT UINT32_MAX

/*
 * The ordinals of the contacts with these addresses (normalised, distinct, ascending by str_cmp);
 * ret_ordinals[i] belongs to emails[i], MEMBER_NO_CONTACT for one that nobody has. Returns 0 or an
 * err of the database.
 */
int member_resolve(struct db *db, struct arena *arena, uint32_t project_id,
                   const struct str *emails, size_t count, uint32_t *ret_ordinals,
                   struct err_info *info) MUST_CHECK;

/*
 * Adds contacts by ordinal; one that is a member stays what it is, with its entered_at, and one
 * that no longer exists is left out. ret_added (may be NULL): how many were not members.
 * Returns 0, ERR_NOT_FOUND ("Segment not found", "Tag not found" …) when what the set belongs to is
 * gone, or an err of the database.
 */
int member_add(struct db *db, struct arena *arena, uint32_t project_id, uint64_t set_id,
               const uint32_t *ordinals, size_t count, uint64_t *ret_added,
               struct err_info *info) MUST_CHECK;

/* The same in the transaction that is open, however many they are; it sets its own write check. */
int member_add_here(struct db *db, struct arena *arena, uint32_t project_id, uint64_t set_id,
                    const uint32_t *ordinals, size_t count, uint64_t *ret_added,
                    struct err_info *info) MUST_CHECK;

/*
 * Adds contacts to the set of a segment that is not there yet (store/segfill.h); all of them
 * entered at `entered_ms`, and who no longer exists is left out. Returns 0, ERR_UNAVAILABLE when
 * the lease has run out, or an err of the database.
 */
int member_fill(struct db *db, struct arena *arena, uint32_t project_id, uint64_t set_id,
                const uint32_t *ordinals, size_t count, int64_t entered_ms, uint64_t *ret_added,
                struct err_info *info) MUST_CHECK;

/* Removes contacts by ordinal; ret_removed: how many were members. Errors as member_add. */
int member_remove(struct db *db, struct arena *arena, uint32_t project_id, uint64_t set_id,
                  const uint32_t *ordinals, size_t count, uint64_t *ret_removed,
                  struct err_info *info) MUST_CHECK;

/*
 * Deletes the members of a set that segment_delete dropped, at most `max_batches` of them;
 * ret_done: whether none is left. Any number may do it at once. Returns 0 or an err of the
 * database.
 */
int member_drop(struct db *db, struct arena *arena, uint32_t project_id, uint64_t set_id,
                unsigned max_batches, bool *ret_done, struct err_info *info) MUST_CHECK;

/*
 * Goes on with the sets that DELETEs have left behind, of all projects; at most `max_batches` of
 * MEMBER_BATCH. For the worker. Returns 0 or an err of the database.
 */
int member_sweep(struct db *db, struct arena *arena, unsigned max_batches,
                 struct err_info *info) MUST_CHECK;

#endif

/*
 * The rows of projects that were deleted (store/sitesettings.h): they go batch by batch, and only
 * the project's own row stays. For the worker.
 */
#ifndef MUSTER_STORE_PROJECTPURGE_H
#define MUSTER_STORE_PROJECTPURGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "db/db.h"

/* Whoever was at work on the project when it was deleted may write for a while: so long is looked
 * again, and files of its chunks are swept. */
#define PROJECTPURGE_KEEP_MS (INT64_C(3600) * 1000)

/* The deleted projects whose rows may not all be gone, in the arena. Returns 0 or an err. */
int projectpurge_list(struct db *db, struct arena *arena, uint32_t **ret, size_t *ret_count,
                      struct err_info *info) MUST_CHECK;

/*
 * Deletes rows of one deleted project, at most `max_batches` batches of some thousand rows, and
 * notes it as done once none was left PROJECTPURGE_KEEP_MS after its end. Any number may do it at
 * once. Returns 0 or an err of the database.
 */
int projectpurge_run(struct db *db, uint32_t project_id, unsigned max_batches,
                     struct err_info *info) MUST_CHECK;

/* The tables that it empties, for the test that none is forgotten. */
const char *const *projectpurge_tables(size_t *ret_count);

#endif

/*
 * Rows of `flow_run_part`: who enters a workflow by its schedule and has not yet. A run is settled
 * in one transaction, as bitmaps, and then walked through a batch at a time, each batch leaving the
 * part without those who entered: so a crash in between lets nobody enter twice, and forgets
 * nobody.
 */
#ifndef MUSTER_STORE_FLOWRUN_H
#define MUSTER_STORE_FLOWRUN_H

#include "base/arena.h"
#include "db/db.h"

/* Those of one chunk. */
struct flowrun_part {
    uint32_t project_id;
    uint32_t workflow_id;
    int64_t run_ms; /* when the run was due */
    uint32_t chunk;
    struct str rows; /* roster_pack (audience/roster.h) */
};

/* Stores parts (of chunks that have somebody), in the open transaction. Returns 0 or an err of
 * db_exec. */
int flowrun_put(struct db *db, const struct flowrun_part *parts, size_t count,
                struct err_info *info) MUST_CHECK;

/*
 * The workflows with parts, of all projects, at most `max`; of ret only project_id and workflow_id
 * are set. In the arena. Returns 0 or an err of db_query.
 */
int flowrun_workflows(struct db *db, struct arena *arena, size_t max, struct flowrun_part **ret,
                      size_t *ret_count, struct err_info *info) MUST_CHECK;

/* The first part of a workflow's oldest run, locked until the open transaction ends; in the arena.
 * Returns 1, 0: there is none, or an err of db_query. */
int flowrun_take(struct db *db, struct arena *arena, uint32_t project_id, uint32_t workflow_id,
                 struct flowrun_part *ret, struct err_info *info) MUST_CHECK;

/* Leaves a part that was taken with `rows`; at == NULL: with nobody, it goes. In the same
 * transaction. Returns 0 or an err of db_exec. */
int flowrun_leave(struct db *db, const struct flowrun_part *part, struct str rows,
                  struct err_info *info) MUST_CHECK;

/* Deletes all parts of a workflow, which was disabled or deleted. Returns 0 or an err of db_exec.
 */
int flowrun_drop(struct db *db, uint32_t project_id, uint32_t workflow_id,
                 struct err_info *info) MUST_CHECK;

#endif

/*
 * What tags, lists, sequences and campaigns do alike: reading a page of them, taking a number under
 * a limit, and what happens to those that point at one that is deleted.
 */
#ifndef MUSTER_STORE_RESOURCE_H
#define MUSTER_STORE_RESOURCE_H

#include <stdint.h>

#include "base/arena.h"
#include "db/db.h"

enum resource { RESOURCE_TAG, RESOURCE_LIST, RESOURCE_SEQUENCE, RESOURCE_SEGMENT };

/* How rows of a table become a page of items. */
struct resource_page {
    const char *count_sql; /* project */
    const char *rows_sql;  /* project, limit, offset */
    size_t item_bytes;
    void (*read)(struct arena *arena, const struct db_rows *rows, void *item);
};

/* A page, in the arena, and the number of all, in one snapshot. Returns 0 or an err of db_tx. */
int resource_page(struct db *db, struct arena *arena, const struct resource_page *page,
                  uint32_t project_id, uint64_t offset, uint64_t limit, void **ret,
                  size_t *ret_count, uint64_t *ret_total, struct err_info *info) MUST_CHECK;

/*
 * The next number of a kind that has a counter here (not RESOURCE_SEGMENT), in the open
 * transaction, which holds the counter until it ends. Returns 0; ERR_UNPROCESSABLE when the project
 * has as many as it may; or an err of the database.
 */
int resource_number(struct db *db, uint32_t project_id, enum resource kind, uint32_t *ret,
                    struct err_info *info) MUST_CHECK;

/*
 * Keeps a tag, list or segment from being deleted until the open transaction ends. Returns 0,
 * ERR_NOT_FOUND ("Tag not found", "List not found", "Segment not found"), or an err of the
 * database.
 */
int resource_hold(struct db *db, uint32_t project_id, enum resource kind, uint32_t id,
                  struct err_info *info) MUST_CHECK;

/*
 * Lets go of a tag, list or segment that the open transaction deletes: drafts and scheduled
 * campaigns lose it, sequences that it starts are disabled. Returns 0 or an err of the database.
 */
int resource_release(struct db *db, uint32_t project_id, enum resource kind, uint32_t id,
                     int64_t now_ms, struct err_info *info) MUST_CHECK;

/* Notes a set whose owner is deleted for member_sweep. Returns 0 or an err of the database. */
int resource_drop_set(struct db *db, uint32_t project_id, uint64_t set_id,
                      struct err_info *info) MUST_CHECK;

#endif

/*
 * Rows as the columns need them: of one part, in ascending ordinals, streamed. The rows that are
 * marked dirty (a row that is gone comes as an absent one), or all rows of a chunk.
 */
#ifndef MUSTER_STORE_ROWSCAN_H
#define MUSTER_STORE_ROWSCAN_H

#include <stdint.h>

#include "db/db.h"
#include "store/contact.h"

/* A contact row, an event roll-up or a membership. Text is valid until the callback returns. */
struct rowscan_row {
    uint32_t ordinal;
    int64_t seq;            /* of the mark; 0 when all rows were asked for */
    bool present;           /* false: the row is gone */
    struct contact contact; /* contact part: all but uuid */
    uint32_t count;         /* event part */
    int64_t first_ms;
    int64_t last_ms;
    int64_t entered_ms; /* set part */
    uint64_t part;      /* rowscan_contact only */
};

typedef int rowscan_fn(const struct rowscan_row *row, void *ctx, struct err_info *info);

/*
 * Calls `fn` for each mark of `part` from ordinal `from` on, at most `limit` (0: all). `fn` must
 * not use `db`. Returns 0, what fn returned, or an err of db_query.
 */
int rowscan_dirty(struct db *db, uint32_t project_id, uint64_t part, uint32_t from, uint64_t limit,
                  rowscan_fn *fn, void *ctx, struct err_info *info) MUST_CHECK;

/* Calls `fn` for each existing row of `part` with first ≤ ordinal ≤ last. */
int rowscan_range(struct db *db, uint32_t project_id, uint64_t part, uint32_t first, uint32_t last,
                  rowscan_fn *fn, void *ctx, struct err_info *info) MUST_CHECK;

/*
 * Calls `fn` for each row that one contact has in these (distinct) parts of events and sets, with
 * row->part; other parts are passed over. Returns as rowscan_range.
 */
int rowscan_contact(struct db *db, uint32_t project_id, uint32_t ordinal, const uint64_t *parts,
                    size_t count, rowscan_fn *fn, void *ctx, struct err_info *info) MUST_CHECK;

/* The largest ordinal of a contact plus one; 0 when there is none. */
int rowscan_end(struct db *db, uint32_t project_id, uint64_t *ret,
                struct err_info *info) MUST_CHECK;

/* Parts that have marks: (part, marks), ascending; at most `max` are written. */
struct rowscan_part {
    uint64_t part;
    uint64_t marks;
};
int rowscan_dirty_parts(struct db *db, uint32_t project_id, struct rowscan_part *ret, size_t max,
                        size_t *ret_count, struct err_info *info) MUST_CHECK;

/* Sets that have members, ascending; in the arena. */
int rowscan_sets(struct db *db, struct arena *arena, uint32_t project_id, uint64_t **ret,
                 size_t *ret_count, struct err_info *info) MUST_CHECK;

/* Deletes exactly these marks of `part`: those whose seq is still the one that was read. */
int rowscan_delete_marks(struct db *db, uint32_t project_id, uint64_t part,
                         const uint32_t *ordinals, const int64_t *seqs, size_t count,
                         struct err_info *info) MUST_CHECK;

#endif

/*
 * Statements over a list of any length, with constant SQL: each statement exists in three sizes,
 * and the last item is repeated to fill the one that is used. Repeats must therefore do no harm:
 * `IN (…)`, or an INSERT that leaves an existing row alone.
 */
#ifndef MUSTER_STORE_SQLLIST_H
#define MUSTER_STORE_SQLLIST_H

#include "db/db.h"

/* Items in the three sizes, and an item's text as many times, with commas between. */
#define SQLLIST_SIZES 3
#define SQLLIST_4(item) item "," item "," item "," item
#define SQLLIST_32(item)                                                                           \
    SQLLIST_4(item)                                                                                \
    "," SQLLIST_4(item) "," SQLLIST_4(item) "," SQLLIST_4(item) "," SQLLIST_4(item) "," SQLLIST_4( \
        item) "," SQLLIST_4(item) "," SQLLIST_4(item)
#define SQLLIST_256(item)                                                                          \
    SQLLIST_32(item)                                                                               \
    "," SQLLIST_32(item) "," SQLLIST_32(item) "," SQLLIST_32(item) "," SQLLIST_32(                 \
        item) "," SQLLIST_32(item) "," SQLLIST_32(item) "," SQLLIST_32(item)

/* A constant table of the three statements: text before the list, one item, text behind it. */
#define SQLLIST(name, before, item, after)                                                         \
    static const char *const name[SQLLIST_SIZES] = {before SQLLIST_4(item) after,                  \
                                                    before SQLLIST_32(item) after,                 \
                                                    before SQLLIST_256(item) after}

/* Most parameters before the list, and of one item. */
#define SQLLIST_MAX_HEAD 10
#define SQLLIST_MAX_WIDTH 4

/* What stands in a statement: `head` params, then `count` items of `width` params each. */
struct sqllist {
    const char *const *sql;
    const struct db_param *head;
    unsigned head_count;
    const struct db_param *items;
    size_t count;
    unsigned width;
};

/*
 * Runs the query as often as the list needs and calls `row` for every row. A row's negative return
 * ends it. Returns 0, what `row` returned, or an err of db_query.
 */
int sqllist_query(struct db *db, const struct sqllist *list,
                  int (*row)(const struct db_rows *rows, void *ctx), void *ctx,
                  struct err_info *info) MUST_CHECK;

/* The same for a statement without rows; ret_affected (may be NULL) gets the sum. */
int sqllist_exec(struct db *db, const struct sqllist *list, uint64_t *ret_affected,
                 struct err_info *info) MUST_CHECK;

#endif

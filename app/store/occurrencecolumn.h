/*
 * Rows of `occurrence_column`: which columns of occurrences exist or shall exist. Made on first use
 * (a question that needs one asks for it), built by the worker, gone with the event's occurrences.
 */
#ifndef MUSTER_STORE_OCCURRENCECOLUMN_H
#define MUSTER_STORE_OCCURRENCECOLUMN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"
#include "db/db.h"

/* What a project may have of them. A filter that would need one more reads the log every time, as
 * far as that is not too much (audience/question.c). */
#define OCCURRENCECOLUMN_MAX 200

enum occurrencecolumn_state {
    OCCURRENCECOLUMN_WANTED = 1,
    OCCURRENCECOLUMN_BUILDING = 2, /* folds write it; chunks may lack it */
    OCCURRENCECOLUMN_BUILT = 3,
    OCCURRENCECOLUMN_REFUSED = 4 /* too large to store */
};

struct occurrencecolumn {
    uint32_t name_id;
    uint32_t property_id; /* 0: the times */
    struct str path;      /* of the property, in the event's data; "" for the times */
    enum occurrencecolumn_state state;
    uint32_t chunks; /* BUILDING: made so far */
    bool moves;      /* the event is the entry or exit of a segment */
};

/* True for the names of entries and exits: their occurrences are rows of `transition`. */
bool occurrencecolumn_is_move(struct str event_name);

/* All of a project, by event and property; in `arena`. In the open transaction. Returns 0 or an err
 * of db_query. */
int occurrencecolumn_list(struct db *db, struct arena *arena, uint32_t project_id,
                          struct occurrencecolumn **ret, size_t *ret_count,
                          struct err_info *info) MUST_CHECK;

/*
 * Asks for an event's times and for these properties of its occurrences, in its own transaction;
 * what is there already stays. Beyond the limit nothing is asked for. Returns 0 or an err of the
 * database.
 */
int occurrencecolumn_want(struct db *db, uint32_t project_id, uint32_t name_id,
                          const struct str *paths, size_t count, struct err_info *info) MUST_CHECK;

/* Wanted ones become BUILDING. In the open transaction, which holds the project's columns. */
int occurrencecolumn_begin(struct db *db, uint32_t project_id, struct err_info *info) MUST_CHECK;

/* Stores column->state and column->chunks of one that is BUILDING; one that is gone stays gone. In
 * the open transaction. */
int occurrencecolumn_progress(struct db *db, uint32_t project_id,
                              const struct occurrencecolumn *column,
                              struct err_info *info) MUST_CHECK;

/* Gives up those of an event that are stored or being made. In the open transaction. */
int occurrencecolumn_refuse(struct db *db, uint32_t project_id, uint32_t name_id,
                            struct err_info *info) MUST_CHECK;

/* Forgets those of an event that has no occurrences any more. In the open transaction. */
int occurrencecolumn_forget(struct db *db, uint32_t project_id, uint32_t name_id,
                            struct err_info *info) MUST_CHECK;

/* Projects that have some that are to be built, ascending; in `arena`. Returns 0 or an err of
 * db_query. */
int occurrencecolumn_pending(struct db *db, struct arena *arena, uint32_t **ret, size_t *ret_count,
                             struct err_info *info) MUST_CHECK;

#endif

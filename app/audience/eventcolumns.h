/*
 * Event columns: which columns of occurrences somebody needs, and how the log becomes values of a
 * draft. The columns stand beside the roll-up (count, first, last) of the same part.
 */
#ifndef MUSTER_AUDIENCE_EVENTCOLUMNS_H
#define MUSTER_AUDIENCE_EVENTCOLUMNS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "column/draft.h"
#include "db/db.h"
#include "store/occurrencecolumn.h"

struct eventcolumns_property {
    uint32_t id;
    struct str path;
};

/* The columns of one event: its times, always, and these properties. */
struct eventcolumns_event {
    uint32_t name_id;
    struct str name; /* of a question; "" for upkeep */
    bool moves;
    bool built;   /* all of them: every chunk has them */
    bool asked;   /* all of them are there, are being built, or were asked for */
    bool refused; /* one of them will not be there: too large to store, or one too many */
    struct eventcolumns_property *properties;
    size_t property_count, room;
};

struct eventcolumns {
    struct arena *arena;
    struct eventcolumns_event *events;
    size_t count, room;
};

/* Adds an event, of which nothing is known; one that is there is given as it is. */
struct eventcolumns_event *eventcolumns_add(struct eventcolumns *columns, uint32_t name_id,
                                            bool moves);

/* Adds a property; one that is there stays. */
void eventcolumns_add_property(struct eventcolumns *columns, struct eventcolumns_event *event,
                               struct str path);

/* What stored chunks of a project have or are about to have, in the open transaction: for those who
 * write them. Returns 0 or an err of the database. */
int eventcolumns_stored(struct db *db, struct arena *arena, uint32_t project_id,
                        struct eventcolumns *ret, struct err_info *info) MUST_CHECK;

/*
 * Gives the properties of the events their numbers, and tells which events are built, in the open
 * transaction. What has no number yet gets one that no other has. Returns 0 or an err of the
 * database.
 */
int eventcolumns_resolve(struct db *db, uint32_t project_id, struct eventcolumns *columns,
                         struct err_info *info) MUST_CHECK;

/* The event of a part; NULL: no columns of occurrences are needed of it. `columns` may be NULL. */
const struct eventcolumns_event *eventcolumns_of_part(const struct eventcolumns *columns,
                                                      uint64_t part);

/* Occurrences that were read from the log. Free with eventcolumns_rows_free (NULL allowed). */
struct eventcolumns_rows;
struct eventcolumns_rows *eventcolumns_rows_new(const struct eventcolumns_event *event);
void eventcolumns_rows_free(struct eventcolumns_rows *rows);
AUTO_DEFINE(eventcolumns_rows);

/* Reads those of the contacts first … last, or of the first `limit` marks (0: all). Once per rows.
 * Returns 0 or an err of the database. */
int eventcolumns_read(struct eventcolumns_rows *rows, struct db *db, uint32_t project_id,
                      uint32_t first, uint32_t last, struct err_info *info) MUST_CHECK;
int eventcolumns_read_dirty(struct eventcolumns_rows *rows, struct db *db, uint32_t project_id,
                            uint64_t limit, struct err_info *info) MUST_CHECK;

/* Puts the occurrences of a contact into row `index` of the draft. Ordinals ascend. */
void eventcolumns_put(struct eventcolumns_rows *rows, struct draft *draft, uint32_t index,
                      uint32_t ordinal);

/* The contact of the next occurrence that was not put; false: there is none. */
bool eventcolumns_next(const struct eventcolumns_rows *rows, uint32_t *ret_ordinal);

#endif

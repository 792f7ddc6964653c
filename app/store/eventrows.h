/*
 * Rows of `event` (the log) and `contact_event` (per contact and name: count, first, last), which
 * are always written together, in one transaction that holds the contact's row.
 */
#ifndef MUSTER_STORE_EVENTROWS_H
#define MUSTER_STORE_EVENTROWS_H

#include "base/uuid.h"
#include "db/db.h"
#include "store/dirty.h"

/* One occurrence to record. Text is borrowed. */
struct eventrows_event {
    struct uuid uuid;
    bool has_contact;
    uint32_t ordinal; /* when has_contact */
    uint32_t name_id;
    int64_t at_ms;
    struct str email_id; /* at == NULL: none */
    struct str data;     /* JSON text; at == NULL: none */
};

/*
 * Inserts the occurrences and adds them to their rollups; `created_ms` is when we were told.
 * `marks` has room for `count`; ret_marks gets how many parts changed. Returns 0 or an err of
 * db_exec.
 */
int eventrows_insert(struct db *db, struct arena *arena, uint32_t project_id,
                     const struct eventrows_event *events, size_t count, int64_t created_ms,
                     struct dirty_mark *marks, size_t *ret_marks, struct err_info *info) MUST_CHECK;

/*
 * Adds occurrences that are kept elsewhere (store/transition.h) to their rollups: eventrows_insert
 * without the log. Looked at: has_contact, ordinal, name_id, at_ms. Marks and errors as there.
 */
int eventrows_add_rollups(struct db *db, struct arena *arena, uint32_t project_id,
                          const struct eventrows_event *events, size_t count,
                          struct dirty_mark *marks, size_t *ret_marks,
                          struct err_info *info) MUST_CHECK;

/*
 * A write check of the open transaction (db_set_write_check) by an occurrence that it inserted: a
 * row of the log never changes, so that it tells the outcome for ever.
 */
void eventrows_set_write_check(struct db *db, uint32_t project_id,
                               const struct eventrows_event *event);

#endif

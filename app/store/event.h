/*
 * What contacts did: the log `event`. Tracking on a contact found by its address goes through
 * store/contactwrite.h; here are the other way in and reading.
 * Erasing: store/eventdelete.h, store/contactdelete.h.
 */
#ifndef MUSTER_STORE_EVENT_H
#define MUSTER_STORE_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/uuid.h"
#include "db/db.h"

/* One occurrence as stored. Text lives in the arena it was read into. */
struct event {
    struct uuid uuid;
    struct str name;
    bool has_contact;
    struct uuid contact; /* when has_contact */
    struct str email;    /* when has_contact */
    struct str email_id; /* at == NULL: none */
    struct str data;     /* JSON text; at == NULL: none */
    int64_t at_ms;       /* when it happened */
    int64_t created_ms;  /* when we were told */
};

/*
 * Records an occurrence now, on the contact with the id `contact`, or on none (NULL).
 * `name` is judged (eventname_judge); email_id and data as in struct event.
 * Returns 0; ERR_NOT_FOUND for an unknown contact; ERR_UNPROCESSABLE when the project has all the
 * event names it may have; or an err of the database.
 */
int event_record(struct db *db, struct arena *arena, uint32_t project_id, struct str name,
                 const struct uuid *contact, struct str email_id, struct str data,
                 struct event *ret, struct err_info *info) MUST_CHECK;

/*
 * The newest occurrences, at most `limit`; name NULL: of any name. A name that the project does not
 * know has none. Returns 0 or an err of db_query.
 */
int event_list(struct db *db, struct arena *arena, uint32_t project_id, const struct str *name,
               size_t limit, struct event **ret, size_t *ret_count,
               struct err_info *info) MUST_CHECK;

/* The newest occurrences on one contact. Returns 0 or an err of db_query. */
int event_list_of_contact(struct db *db, struct arena *arena, uint32_t project_id, uint32_t ordinal,
                          size_t limit, struct event **ret, size_t *ret_count,
                          struct err_info *info) MUST_CHECK;

/* How many occurrences of each name lie in from_ms … to_ms (inclusive), most frequent first. */
struct event_stat {
    struct str name;
    uint64_t count;
};
int event_stats(struct db *db, struct arena *arena, uint32_t project_id, int64_t from_ms,
                int64_t to_ms, struct event_stat **ret, size_t *ret_count,
                struct err_info *info) MUST_CHECK;

/* How much there is of one name. Returns 0 (zeros for an unknown name) or an err of db_query. */
struct event_usage {
    uint64_t occurrences;
    uint64_t contacts;
};
int event_usage(struct db *db, struct arena *arena, uint32_t project_id, struct str name,
                struct event_usage *ret, struct err_info *info) MUST_CHECK;

#endif

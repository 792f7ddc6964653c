/*
 * Rows of `email_event`: what became of messages, as their sender tells. Every report is kept;
 * those that count are occurrences of the event `email.<activity>` too. Writing:
 * store/emailwrite.h.
 */
#ifndef MUSTER_STORE_EMAILEVENT_H
#define MUSTER_STORE_EMAILEVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "db/db.h"

#define EMAILEVENT_ID_CHARS 200 /* the column's width, and that of event.email_id */

enum emailevent_type {
    EMAILEVENT_SENT = 1,
    EMAILEVENT_DELIVERED = 2,
    EMAILEVENT_OPENED = 3,
    EMAILEVENT_CLICKED = 4,
    EMAILEVENT_BOUNCED = 5,
    EMAILEVENT_COMPLAINED = 6,
    EMAILEVENT_UNSUBSCRIBED = 7
};
#define EMAILEVENT_TYPES 8 /* for tables by type */

/* The words of http-api §4.5, in the order of the enum from SENT on, ended by NULL. */
extern const char *const emailevent_words[];

/* The event of which a report of this type is an occurrence; at == NULL: of none. */
struct str emailevent_name(enum emailevent_type type);

/* One report as stored. Text lives in the arena it was read into. */
struct emailevent {
    uint32_t number; /* from 1 in its project, in the order in which they were told */
    enum emailevent_type type;
    struct str email_id;
    struct str address; /* of the contact, now; empty in the moment in which it is erased */
    struct str data;    /* JSON object text */
    int64_t at_ms;
};

/*
 * A page of them, newest first, and how many there are; type 0: of any. Returns 0 or an err of
 * db_query.
 */
int emailevent_list(struct db *db, struct arena *arena, uint32_t project_id,
                    enum emailevent_type type, uint64_t offset, size_t limit,
                    struct emailevent **ret, size_t *ret_count, uint64_t *ret_total,
                    struct err_info *info) MUST_CHECK;

#endif

/*
 * The names of events: what a client may call one, and their numbers:
 * `event_name (project, name_id) name`.
 */
#ifndef MUSTER_STORE_EVENTNAME_H
#define MUSTER_STORE_EVENTNAME_H

#include "store/dictionary.h"

/* What the system records of a subscription (http-api §1.5). */
#define EVENTNAME_SUBSCRIBED STR("contact.subscribed")
#define EVENTNAME_UNSUBSCRIBED STR("contact.unsubscribed")

enum eventname_verdict {
    EVENTNAME_OK,
    EVENTNAME_BAD, /* empty, too long, a control character, or a word that is a route (§4.4) */
    EVENTNAME_RESERVED, /* only the system records these (§1.6) */
};

/* Judges a name that a client wants to track. Pure. */
enum eventname_verdict eventname_judge(struct str name);

/* As field_register, with LIMIT_EVENT_NAMES and LIMIT_PUBLIC_ADDED. */
int eventname_register(struct db *db, struct arena *arena, uint32_t project_id,
                       const struct str *names, size_t count, enum dictionary_by by,
                       uint32_t *ret_ids, struct err_info *info) MUST_CHECK;

/* Fills `info` for a name that got no number: ERR_UNPROCESSABLE that names the limits. */
int eventname_too_many(struct str name, struct err_info *info);

/* The numbers of names; 0 for one that is unknown. Returns 0 or an err of db_query. */
int eventname_find(struct db *db, struct arena *arena, uint32_t project_id, const struct str *names,
                   size_t count, uint32_t *ret_ids, struct err_info *info) MUST_CHECK;

#endif

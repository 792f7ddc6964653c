/*
 * Bodies of webhook messages (http-api §4.3; Standard Webhooks 1.0.0, "Payload structure"):
 * {"type","timestamp","data"}, printed once and sent byte by byte ever after.
 */
#ifndef MUSTER_STORE_OUTBOXBODY_H
#define MUSTER_STORE_OUTBOXBODY_H

#include "base/arena.h"
#include "base/uuid.h"
#include "store/contact.h"

/* Why a contact entered or left (design, "Entry and exit"). */
enum outboxbody_cause {
    OUTBOXBODY_DATA = 1,
    OUTBOXBODY_CLOCK = 2,
    OUTBOXBODY_FILTER = 3,
    OUTBOXBODY_FIRST = 4,
    OUTBOXBODY_DELETED = 5
};

/* "data", "clock" … */
const char *outboxbody_cause_word(enum outboxbody_cause cause);

/* An entry into a segment, or an exit. */
struct outboxbody_transition {
    struct str type; /* "segment.<slug>.entry" */
    int64_t at_ms;
    uint64_t sequence;
    struct uuid segment;
    struct str segment_name;
    struct str segment_slug;
    enum outboxbody_cause cause;
    bool has_event; /* the cause's eventId */
    struct uuid event;
    struct uuid contact_id;
    const struct contact *contact; /* NULL: deleted meanwhile, then only its id is told */
};

/* The text stands in `arena`. */
struct str outboxbody_transition(struct arena *arena, const struct outboxbody_transition *t);

/*
 * contact.created|updated|deleted|subscribed|unsubscribed. `changed` (at == NULL: left out): names
 * of what changed, such as "email" and "data.plan". For contact.deleted only id is told.
 */
struct str outboxbody_contact(struct arena *arena, struct str type, int64_t at_ms,
                              const struct contact *contact, const struct str *changed,
                              size_t changed_count);

/* A custom event, on a contact or on none (NULL). `data`: JSON text; at == NULL: none. */
struct str outboxbody_event(struct arena *arena, const struct contact *contact,
                            const struct uuid *event_id, struct str name, struct str data,
                            int64_t at_ms);

/* import.completed; `job`: the job as the API shows it, as JSON text. */
struct str outboxbody_import(struct arena *arena, int64_t at_ms, struct str job);

/* A message of type webhook.test. */
struct str outboxbody_test(struct arena *arena, int64_t at_ms, const struct uuid *webhook);

/*
 * The message without anything of its contact but the id, and without what an event said: still a
 * message, with the same type, timestamp, sequence, segment and cause. Returns 0, or ERR_INTERNAL
 * when `body` is none of ours.
 */
int outboxbody_erase(struct arena *arena, struct str body, struct str *ret,
                     struct err_info *info) MUST_CHECK;

#endif

/*
 * What a write of contacts publishes to webhooks (http-api §4.3): contact.created, updated,
 * deleted, subscribed, unsubscribed, and custom events. Noted while the write goes on and stored by
 * its transaction. In a project without webhooks nothing is noted, and nothing costs anything.
 */
#ifndef MUSTER_STORE_CONTACTPUBLISH_H
#define MUSTER_STORE_CONTACTPUBLISH_H

#include "store/contact.h"
#include "store/contactrows.h"
#include "store/flowevent.h"
#include "store/outbox.h"

/* One thing to tell. */
struct contactpublish_note {
    struct outbox_event event;
    const struct contact *who; /* has its ordinal when the list is written; NULL: nobody */
};

/* What one transaction publishes. */
struct contactpublish {
    struct arena *arena;
    uint32_t project_id;
    int64_t now_ms;
    const struct outbox *outbox;
    const struct flowevent_wants *flows; /* for who stores the occurrences */
    struct contactpublish_note *notes;
    size_t count;
    size_t room;
};

/* Starts an empty list in the open transaction. Returns 0 or an err of db_query. */
int contactpublish_begin(struct contactpublish *list, struct db *db, struct arena *arena,
                         uint32_t project_id, const struct contactrows_moment *moment,
                         struct err_info *info) MUST_CHECK;

/* The contact was made. */
void contactpublish_created(struct contactpublish *list, const struct contact *contact);

/* The contact changed; says nothing when neither its address nor its data did. */
void contactpublish_updated(struct contactpublish *list, const struct contact *before,
                            const struct contact *after);

/* The contact is erased: only its id is told. */
void contactpublish_deleted(struct contactpublish *list, const struct contact *contact);

/* The contact was subscribed or unsubscribed, as the occurrence with this id says. */
void contactpublish_flipped(struct contactpublish *list, const struct contact *contact,
                            struct str name, const struct uuid *event_id);

/* A custom event on the contact as it is now (NULL: on none). data: JSON text; at == NULL: none. */
void contactpublish_tracked(struct contactpublish *list, const struct contact *contact,
                            struct str name, const struct uuid *event_id, struct str data,
                            int64_t at_ms);

/* Stores the deliveries, in the open transaction. Returns 0 or an err of outbox_write. */
int contactpublish_write(struct contactpublish *list, struct db *db,
                         struct err_info *info) MUST_CHECK;

#endif

/*
 * The queue of webhook messages, from the sender's side. A row of delivery_due is one message that
 * still has to go out; a claim pushes its due_ms to the end of a lease, so that the work of a
 * sender that crashed becomes due again by itself, and attempts are counted when they are claimed,
 * so that a message that kills its sender ends too. What a sender found out goes back through
 * store/deliveryresult.h; where to send and what to sign with is webhook_endpoint's.
 * Delivery is at least once and unordered. All instants are the database's clock.
 */
#ifndef MUSTER_STORE_DELIVERY_H
#define MUSTER_STORE_DELIVERY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/uuid.h"
#include "db/db.h"

/* Most claims in one call, of claiming, renewing, giving back and finishing. */
#define DELIVERY_BATCH 100

/* Numbers of delivery.state. PENDING: never tried; FAILED: will be tried again. */
enum delivery_state {
    DELIVERY_PENDING = 1,
    DELIVERY_FAILED = 2,
    DELIVERY_DELIVERED = 3,
    DELIVERY_DEAD = 4
};

/* A webhook with work that is due. */
struct delivery_queue {
    uint32_t project_id;
    uint32_t webhook_id;
    int64_t due_ms; /* of its oldest message */
};

/*
 * The enabled webhooks of all projects that have a message due now and are not slowed down, oldest
 * first, at most `max`; in the arena. Returns 0 or an err of db_query.
 */
int delivery_queues(struct db *db, struct arena *arena, size_t max, struct delivery_queue **ret,
                    size_t *ret_count, struct err_info *info) MUST_CHECK;

/* One message that is ours until lease_until_ms. */
struct delivery_claim {
    uint32_t project_id;
    uint32_t webhook_id;
    struct uuid delivery_id;
    char message_id[37]; /* webhook-id: the delivery's id as text; holds no dot */
    struct str type;
    struct str body;    /* sent byte by byte */
    unsigned attempt;   /* number of this attempt, from 1; grows over the delivery's whole life */
    unsigned step;      /* the same since the schedule began, 1 the first: a retry by hand and a
                           replay begin it anew. Beyond the schedule: the senders died of it */
    int64_t created_ms; /* when the event was published */
    int64_t lease_until_ms; /* renewing moves it */
    int64_t token;
    bool is_lost; /* set by delivery_renew: somebody else may have it */
};

/*
 * Claims up to `max` (≤ DELIVERY_BATCH) due messages of one webhook, oldest first, for lease_ms.
 * None when the webhook is disabled or deleted. `ret` has room for max; texts stand in the arena.
 * Two callers never get the same one. Returns 0 or an err of the database.
 */
int delivery_claim(struct db *db, struct arena *arena, uint32_t project_id, uint32_t webhook_id,
                   size_t max, int64_t lease_ms, struct delivery_claim *ret, size_t *ret_count,
                   struct err_info *info) MUST_CHECK;

/*
 * Moves the end of the leases to now + lease_ms. One that is not ours any more gets is_lost: its
 * result would have no effect. All are of one project. Returns 0 or an err of the database.
 */
int delivery_renew(struct db *db, struct delivery_claim *claims, size_t count, int64_t lease_ms,
                   struct err_info *info) MUST_CHECK;

/*
 * Gives back messages that were not tried: due at once, the attempt not counted. All are of one
 * project. Returns 0 or an err of the database.
 */
int delivery_release(struct db *db, const struct delivery_claim *claims, size_t count,
                     struct err_info *info) MUST_CHECK;

/*
 * Takes what is known of a contact out of its messages, in the open transaction, at most
 * DELIVERY_ERASE_BATCH of them; ret_done: none is left. Bodies keep type, timestamp and the ids,
 * and still go out; replies of receivers are blanked, and of an attempt that is under way none is
 * kept. A caller with more to do commits and calls again; who deletes the contact calls it last
 * behind the lock of the contact's row, so that nothing is published meanwhile. Returns 0 or an err
 * of the database.
 */
#define DELIVERY_ERASE_BATCH 200
int delivery_erase_contact(struct db *db, struct arena *arena, uint32_t project_id,
                           uint32_t ordinal, bool *ret_done, struct err_info *info) MUST_CHECK;

#endif

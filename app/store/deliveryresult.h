/*
 * What became of attempts to send (store/delivery.h): the message's next state, a row for the
 * attempt, and the health of its webhook, in one transaction.
 */
#ifndef MUSTER_STORE_DELIVERYRESULT_H
#define MUSTER_STORE_DELIVERYRESULT_H

#include "store/delivery.h"

/* A webhook is disabled when it had no success for so long and so many failures. */
#define DELIVERYRESULT_DISABLE_MS (INT64_C(5) * 86400000)
#define DELIVERYRESULT_DISABLE_FAILURES 10

#define DELIVERYRESULT_REPLY_BYTES 1024
#define DELIVERYRESULT_ERROR_BYTES 200

enum deliveryresult_outcome {
    DELIVERYRESULT_DELIVERED = 1,
    DELIVERYRESULT_RETRY = 2,
    DELIVERYRESULT_DEAD = 3 /* the schedule is used up: kept, listed, retried by hand only */
};

struct deliveryresult {
    const struct delivery_claim *claim;
    enum deliveryresult_outcome outcome;
    int64_t retry_ms; /* RETRY: due in so many ms from now */
    int64_t
        slow_ms; /* > 0: no message of this webhook before so many ms from now (429, 502, 504) */
    const char
        *disable_reason; /* disables the webhook at once (410); NULL: no. Shown to the user */
    int64_t ago_ms;      /* how long ago the attempt began (by a monotonic clock) */
    int64_t duration_ms; /* how long it took */
    unsigned status;     /* HTTP status; 0: there was no answer */
    struct str error; /* words for the user; at == NULL: none; cut to DELIVERYRESULT_ERROR_BYTES */
    struct str reply; /* any bytes; cut to DELIVERYRESULT_REPLY_BYTES */
    bool is_stale;    /* set: the claim had been lost, nothing was written for it */
};

/*
 * Writes `count` (≤ DELIVERY_BATCH) results of one project in one transaction. A result whose claim
 * is not held any more has no effect but is_stale. A success clears the failure clock of the
 * webhook, the first failure starts it, and a webhook that fails too long is disabled.
 * Returns 0 or an err of the database.
 */
int deliveryresult_write(struct db *db, struct arena *arena, struct deliveryresult *results,
                         size_t count, struct err_info *info) MUST_CHECK;

#endif

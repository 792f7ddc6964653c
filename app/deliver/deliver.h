/*
 * The sender of webhooks: takes what is due from the queue (store/delivery.h), sends it
 * (deliver/sender.h) over a lease and outside any transaction, and writes what came of it
 * (store/deliveryresult.h). Any number of processes may do this at once. One that dies leaves
 * leases that run out, and the same webhook-id goes again: at least once, in no order.
 */
#ifndef MUSTER_DELIVER_DELIVER_H
#define MUSTER_DELIVER_DELIVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/seal.h"
#include "base/urlguard.h"
#include "db/db.h"

/* What was done since the last report. */
struct deliver_report {
    uint64_t delivered;
    uint64_t failed;     /* and will be tried again */
    uint64_t dead;       /* and will not */
    uint64_t refused;    /* among the failed and the dead: by the guard */
    uint64_t stale;      /* answered after the lease had gone to somebody else */
    uint64_t released;   /* given back unsent */
    uint64_t unreadable; /* claims not made, because a secret does not open */
    int64_t sum_ms;      /* of the durations of delivered, failed and dead */
    int64_t max_ms;
};

enum deliver_until {
    DELIVER_ALL,   /* nothing is due any more */
    DELIVER_TIMED, /* the same, or three quarters of a minute are over */
    DELIVER_STAY   /* told to stop, or nothing to do for ten seconds, or half an hour is over */
};

struct deliver_config {
    const struct urlguard *guard;
    const struct seal *seal;
    int64_t lease_ms;
    enum deliver_until until;
    void (*tell)(const struct deliver_report *report); /* every ten seconds and at the end, when
                                                          something was done */
};

/*
 * Sends until the end that config->until names. Told to stop (base/stopsignal.h), it gives back
 * what is not in flight, and waits five seconds for what is; that then goes again when its lease
 * has run out. ret_more: it ended with work left. Returns 0, or an err of the database, after what
 * was in flight has been waited for.
 */
int deliver_run(struct db *db, const struct deliver_config *config, bool *ret_more,
                struct err_info *info) MUST_CHECK;

#endif

/* Numbers that count from 1 per project and kind, and the lock that their rows are. */
#ifndef MUSTER_STORE_COUNTER_H
#define MUSTER_STORE_COUNTER_H

#include <stdint.h>

#include "db/db.h"

/* A transaction that takes several takes them in this order. */
enum counter_kind {
    COUNTER_SEGMENT = 1,
    COUNTER_CAMPAIGN = 2,
    COUNTER_FIELD = 3,
    COUNTER_EVENT_NAME = 4,
    COUNTER_WEBHOOK = 5,
    COUNTER_TAG = 6,
    COUNTER_LIST = 7,
    COUNTER_SEQUENCE = 8,
    COUNTER_EMAIL_EVENT = 9,
    COUNTER_PROPERTY = 10, /* of events, that have a column */
    COUNTER_IMPORT = 11,
    COUNTER_TEMPLATE = 12,
    COUNTER_WORKFLOW = 13,
    COUNTER_EXECUTION = 14,
    COUNTER_FLOW_EVENT = 15 /* numbers nothing: the lock of flowevent_take, before all others */
};

/*
 * The next number of a kind. Inside a transaction only: the row stays locked until it ends.
 * Returns 0 or an err of the database.
 */
int counter_next(struct db *db, uint32_t project_id, enum counter_kind kind, uint32_t *ret,
                 struct err_info *info) MUST_CHECK;

/* The same for `count` consecutive numbers; `ret_first` is the lowest. */
int counter_take(struct db *db, uint32_t project_id, enum counter_kind kind, uint32_t count,
                 uint32_t *ret_first, struct err_info *info) MUST_CHECK;

/*
 * Locks a kind's row for the rest of the open transaction, making it when there is none.
 * Returns 0 or an err of the database.
 */
int counter_lock(struct db *db, uint32_t project_id, enum counter_kind kind,
                 struct err_info *info) MUST_CHECK;

#endif

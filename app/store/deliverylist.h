/* Messages of a webhook as its owner sees them. */
#ifndef MUSTER_STORE_DELIVERYLIST_H
#define MUSTER_STORE_DELIVERYLIST_H

#include "store/delivery.h"

/* An instant that is not there. */
#define DELIVERYLIST_NEVER INT64_MIN

struct deliverylist_attempt {
    uint32_t attempt_no;
    int64_t started_ms;
    int64_t duration_ms;
    unsigned status;  /* 0: no answer came */
    struct str error; /* at == NULL: none */
    struct str reply; /* its first bytes, whatever they are; at == NULL: none kept */
};

/* Text stands in the arena it was read into. */
struct deliverylist_item {
    struct uuid delivery_id;
    struct uuid event_id;
    struct str type;
    enum delivery_state state;
    uint32_t attempt_count;
    int64_t due_ms; /* of the next attempt; DELIVERYLIST_NEVER: there will be none */
    int64_t created_ms;
    int64_t updated_ms;
    struct deliverylist_attempt *attempts; /* oldest first */
    size_t attempt_rows;
};

struct deliverylist_query {
    uint32_t project_id;
    uint32_t webhook_id;
    unsigned state; /* enum delivery_state; 0: every one */
    bool has_after;
    struct uuid after; /* begins behind this one */
    size_t limit;
};

/*
 * One page, newest first, with attempts, in one snapshot; ret_more: there is another. ret_total:
 * how many there are, when the query has no `after`, else 0. Returns 0 or an err of the database.
 */
int deliverylist_page(struct db *db, struct arena *arena, const struct deliverylist_query *query,
                      struct deliverylist_item **ret, size_t *ret_count, bool *ret_more,
                      uint64_t *ret_total, struct err_info *info) MUST_CHECK;

/*
 * The body of one of a webhook's messages, as it is sent. Returns as deliverylist_get.
 */
int deliverylist_body(struct db *db, struct arena *arena, uint32_t project_id, uint32_t webhook_id,
                      const struct uuid *delivery_id, struct str *ret,
                      struct err_info *info) MUST_CHECK;

/*
 * One of a webhook's, with attempts. Returns 0, ERR_NOT_FOUND "Delivery not found", or an err of
 * the database.
 */
int deliverylist_get(struct db *db, struct arena *arena, uint32_t project_id, uint32_t webhook_id,
                     const struct uuid *delivery_id, struct deliverylist_item *ret,
                     struct err_info *info) MUST_CHECK;

/* "pending", "failed", "delivered", "dead". */
const char *deliverylist_state_word(enum delivery_state state);

#endif

/*
 * Sending by hand: a test, one message again, or all of a segment's behind a sequence. The same
 * message goes under the same webhook-id, byte by byte, and its schedule begins anew.
 */
#ifndef MUSTER_STORE_DELIVERYASK_H
#define MUSTER_STORE_DELIVERYASK_H

#include "store/delivery.h"

/*
 * Each is for an enabled webhook: ERR_CONFLICT when it is disabled, ERR_NOT_FOUND when it is not
 * there, or an err of the database.
 */

/* Publishes a message of type webhook.test to this webhook only; ret_delivery_id names it. */
int deliveryask_test(struct db *db, struct arena *arena, uint32_t project_id,
                     const struct uuid *webhook, struct uuid *ret_delivery_id,
                     struct err_info *info) MUST_CHECK;

/*
 * Makes a message due now, in whatever state it is; one that is being sent right now is left alone.
 * Also ERR_NOT_FOUND "Delivery not found".
 */
int deliveryask_retry(struct db *db, struct arena *arena, uint32_t project_id,
                      const struct uuid *webhook, const struct uuid *delivery_id,
                      struct err_info *info) MUST_CHECK;

/*
 * Makes all messages of a segment behind a sequence due now, as far as they are kept, by
 * transactions of DELIVERY_BATCH. ret_count: how many. Repeating it does no harm but sending again.
 * Also ERR_NOT_FOUND "Segment not found".
 */
int deliveryask_replay(struct db *db, struct arena *arena, uint32_t project_id,
                       const struct uuid *webhook, const struct uuid *segment, uint64_t after,
                       uint64_t *ret_count, struct err_info *info) MUST_CHECK;

#endif

/*
 * Results on their way into the database: attempts are judged one by one, and written many in one
 * transaction, so that the fsync of a commit is shared.
 */
#ifndef MUSTER_DELIVER_OUTCOME_H
#define MUSTER_DELIVER_OUTCOME_H

#include "deliver/deliver.h"
#include "deliver/lane.h"
#include "deliver/sender.h"
#include "store/deliveryresult.h"

#define OUTCOME_MAX 1024

/* An attempt that ended, not yet written. */
struct outcome {
    struct deliveryresult result;
    struct lane_batch *batch;
    int64_t start_us;
    bool is_refused;
};

struct outcome_list {
    struct outcome items[OUTCOME_MAX]; /* the oldest first */
    size_t count;
    int64_t oldest_us; /* when the first was added */
};

/* Judges the answer to a message, teaches its lane, and keeps the outcome. Views of `sent` are
 * copied. There must be room. */
void outcome_add(struct outcome_list *list, struct lane_batch *batch,
                 const struct delivery_claim *claim, const struct sender_result *sent,
                 int64_t start_us);

/* Keeps the end of a message whose attempts never came to an end: it is dead, unsent. */
void outcome_add_poison(struct outcome_list *list, struct lane_batch *batch,
                        const struct delivery_claim *claim);

/*
 * Writes them all, a transaction for each project and DELIVERY_BATCH, and counts them in `report`.
 * What is written is over for its lane and leaves the list. `arena` is for the time of the call.
 * Returns 0, or the first err of the database; what was not written stays.
 */
int outcome_write(struct outcome_list *list, struct db *db, struct arena *arena,
                  struct deliver_report *report, struct err_info *info) MUST_CHECK;

#endif

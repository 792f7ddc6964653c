/*
 * Changing many contacts that are known by ordinal, a batch a transaction: for jobs. The rules are
 * those of store/contactwrite.h; events, marks and webhooks come along.
 */
#ifndef MUSTER_STORE_CONTACTMANY_H
#define MUSTER_STORE_CONTACTMANY_H

#include "base/arena.h"
#include "db/db.h"
#include "store/contactchange.h"

/* What became of the contacts of a batch; who is gone is in neither. */
struct contactmany_counts {
    uint64_t changed;
    uint64_t unchanged;
};

struct contactmany {
    uint32_t project_id;
    const uint32_t *ordinals; /* ascending, distinct */
    size_t count;
    bool may_flip; /* some change has `subscribe` */
    /* Fills the (zeroed) change of one contact, as its locked row is. May allocate in `arena`.
     * Returns 0 or an err, which ends the batch. */
    int (*change)(struct arena *arena, const struct contact *contact, struct contactchange *ret,
                  void *ctx, struct err_info *info);
    /* Called in the transaction, after the rows are written; NULL: nothing. It may run again with
     * it, and may set another write check. */
    int (*also)(struct db *db, const struct contactmany_counts *counts, void *ctx,
                struct err_info *info);
    void *ctx;
};

/*
 * Locks the contacts, changes them and stores that, in one transaction. Returns 0; an err of
 * `change` or `also`; ERR_UNPROCESSABLE when data would get too large; or an err of the database.
 */
int contactmany_change(struct db *db, struct arena *arena, const struct contactmany *batch,
                       struct contactmany_counts *ret, struct err_info *info) MUST_CHECK;

#endif

/*
 * Erasing a contact: its row, events, rollups and memberships, and what else tells of it. A new
 * table with rows of contacts joins by one line in contactdelete.c.
 */
#ifndef MUSTER_STORE_CONTACTDELETE_H
#define MUSTER_STORE_CONTACTDELETE_H

#include "base/arena.h"
#include "base/uuid.h"
#include "db/db.h"

/*
 * Deletes a contact and all that hangs on it, and marks every part that it was in. That is one
 * transaction, except that of a contact with thousands of events or deliveries these go first, a
 * batch a transaction, the contact's row always last: after a crash the contact is still there and
 * can be deleted again. Returns 0, ERR_NOT_FOUND, or an err of the database.
 */
int contactdelete_one(struct db *db, struct arena *arena, uint32_t project_id,
                      const struct uuid *uuid, struct err_info *info) MUST_CHECK;

/* Contacts to delete by ordinal, as many as one transaction takes. */
struct contactdelete_batch {
    const uint32_t *ordinals; /* ascending, distinct */
    size_t count;
    /* Called in the transaction: of the ordinals the first `done` are dealt with, `erased` of them
     * now. It may run again with it, and sets the write check when erased is 0. */
    int (*also)(struct db *db, size_t done, size_t erased, void *ctx, struct err_info *info);
    void *ctx;
};

/*
 * Deletes contacts, in one transaction as far as that goes: it ends at one that has too much for
 * it, of which it deletes a part. Who calls it again with the rest comes through. Returns 0, an err
 * of `also`, or an err of the database.
 */
int contactdelete_many(struct db *db, struct arena *arena, uint32_t project_id,
                       const struct contactdelete_batch *batch, struct err_info *info) MUST_CHECK;

#endif

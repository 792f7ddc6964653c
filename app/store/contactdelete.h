/* Erasing a contact: its row, events, rollups and memberships, and what else tells of it. */
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

#endif

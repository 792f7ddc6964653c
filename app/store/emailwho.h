/* Whom reports about messages are about: their contacts, found and locked. */
#ifndef MUSTER_STORE_EMAILWHO_H
#define MUSTER_STORE_EMAILWHO_H

#include "store/contactplan.h"
#include "store/emailwrite.h"

/*
 * In the open transaction: locks the contacts of the items that have no problem, and makes them
 * plan->rows (by ordinal). ret_rows has room for one of each item; NULL: nobody has that address
 * or id. Returns 0 or an err of db_query.
 */
int emailwho_lock(struct db *db, struct arena *arena, const struct emailwrite_batch *batch,
                  struct contactplan *plan, struct contactplan_row **ret_rows,
                  struct err_info *info) MUST_CHECK;

#endif

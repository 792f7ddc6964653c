/*
 * Advice about a filter before it is saved: what column/logic.h proves of it, and what it names
 * that no contact has, or holds in another type, at the moment of asking.
 */
#ifndef MUSTER_AUDIENCE_ADVICE_H
#define MUSTER_AUDIENCE_ADVICE_H

#include "db/db.h"
#include "filter/filter.h"
#include "filter/warnings.h"

/*
 * Adds all that is to be said to `list`, in one snapshot; the messages of what holds only now say
 * so. `slug` is that of a segment to be (at == NULL: none), for other segments that have it.
 * Returns 0; ERR_INVAL as program_compile for a filter that could not be saved; or an err of the
 * database.
 */
int advice_give(struct db *db, uint32_t project_id, const struct filter *filter, struct str slug,
                struct warnings *list, struct err_info *info) MUST_CHECK;

#endif

/* Slugs of segments: equal ones share the names of their entry and exit events. */
#ifndef MUSTER_STORE_SEGSLUG_H
#define MUSTER_STORE_SEGSLUG_H

#include <stdint.h>

#include "base/arena.h"
#include "db/db.h"

/*
 * The name of a segment that has the slug, in the arena; at == NULL: none has. Returns 0 or an err
 * of the database.
 */
int segslug_find(struct db *db, struct arena *arena, uint32_t project_id, struct str slug,
                 struct str *ret_name, struct err_info *info) MUST_CHECK;

#endif

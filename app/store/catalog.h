/* All field paths and all event names of a project with their numbers, for whoever needs them all.
 */
#ifndef MUSTER_STORE_CATALOG_H
#define MUSTER_STORE_CATALOG_H

#include <stdint.h>

#include "base/arena.h"
#include "db/db.h"

struct catalog_name {
    uint32_t id;
    struct str name;
};

/* Data paths, by path. In the arena. Returns 0 or an err of db_query. */
int catalog_fields(struct db *db, struct arena *arena, uint32_t project_id,
                   struct catalog_name **ret, size_t *ret_count, struct err_info *info) MUST_CHECK;

/* Event names, by name. */
int catalog_events(struct db *db, struct arena *arena, uint32_t project_id,
                   struct catalog_name **ret, size_t *ret_count, struct err_info *info) MUST_CHECK;

#endif

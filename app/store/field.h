/* The paths of contact data that a project has seen: `field (project, field_id) path`. */
#ifndef MUSTER_STORE_FIELD_H
#define MUSTER_STORE_FIELD_H

#include "store/dictionary.h"

/*
 * Gives every path a number that has none yet, in the order given, as far as LIMIT_FIELD_PATHS and
 * LIMIT_PUBLIC_ADDED allow; the others get 0. Every path that stands in a contact's data (see
 * contactdata_fields) is registered before the row is written. Outside a transaction only.
 * Returns 0 or an err of db_tx.
 */
int field_register(struct db *db, struct arena *arena, uint32_t project_id, const struct str *paths,
                   size_t count, enum dictionary_by by, uint32_t *ret_ids,
                   struct err_info *info) MUST_CHECK;

/* Fills `info` for a path that got no number: ERR_UNPROCESSABLE that names the limits. */
int field_too_many(struct str path, struct err_info *info);

/* The numbers of paths; 0 for one that is unknown. Returns 0 or an err of db_query. */
int field_find(struct db *db, struct arena *arena, uint32_t project_id, const struct str *paths,
               size_t count, uint32_t *ret_ids, struct err_info *info) MUST_CHECK;

#endif

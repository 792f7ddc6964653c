/* How much the segments of a project may take together. */
#ifndef MUSTER_STORE_SEGROOM_H
#define MUSTER_STORE_SEGROOM_H

#include <stdint.h>

#include "db/db.h"

/*
 * Judged behind the write, in its transaction. Returns 0; ERR_UNPROCESSABLE when the project is
 * past LIMIT_SEGMENTS or LIMIT_SEGMENTS_BYTES; or an err of db_query.
 */
int segroom_check(struct db *db, uint32_t project_id, struct err_info *info) MUST_CHECK;

#endif

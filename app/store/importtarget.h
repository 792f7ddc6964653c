/* What the contacts of an import become members of, by the names that a client knows. */
#ifndef MUSTER_STORE_IMPORTTARGET_H
#define MUSTER_STORE_IMPORTTARGET_H

#include "store/importjob.h"

struct importtarget {
    bool has_segment; /* it was given, and is there */
    struct uuid segment;
    struct str tag; /* its name; at == NULL: none */
};

/* Reads it, texts in the arena. What was deleted meanwhile is none. Returns 0 or an err of
 * db_query.
 */
int importtarget_read(struct db *db, struct arena *arena, const struct importjob *job,
                      struct importtarget *ret, struct err_info *info) MUST_CHECK;

#endif

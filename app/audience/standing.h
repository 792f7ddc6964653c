/*
 * Standing: in which of its project's segments one contact is, each judged by its filter at one
 * instant. The contact's rows are read once; nobody else's are looked at.
 */
#ifndef MUSTER_AUDIENCE_STANDING_H
#define MUSTER_AUDIENCE_STANDING_H

#include "base/uuid.h"
#include "db/db.h"
#include "store/segment.h"

#define STANDING_NOT_KNOWN INT64_MIN

struct standing_segment {
    struct segment segment;
    bool member;
    int64_t entered_ms; /* STANDING_NOT_KNOWN: it is not in, or since when was not kept */
};

struct standing {
    int64_t at_ms;
    struct standing_segment *segments; /* all of the project, newest first */
    size_t count;
};

/*
 * Asks in a read transaction of its own. Everything lives in `arena`. Returns 0; ERR_NOT_FOUND
 * "Contact not found"; ERR_SLOW or ERR_UNAVAILABLE as panel_open; or an err of the database.
 */
int standing_find(struct db *db, struct arena *arena, uint32_t project_id,
                  const struct uuid *contact, struct standing *ret,
                  struct err_info *info) MUST_CHECK;

#endif

/*
 * What another filter would do to a dynamic segment: who would enter, leave and stay, in one
 * snapshot.
 */
#ifndef MUSTER_AUDIENCE_FILTERDIFF_H
#define MUSTER_AUDIENCE_FILTERDIFF_H

#include <stdint.h>

#include "base/arena.h"
#include "base/uuid.h"
#include "db/db.h"
#include "filter/filter.h"
#include "store/contact.h"
#include "store/segref.h"

struct filterdiff_query {
    uint32_t project_id;
    struct uuid segment;
    const struct filter *filter;      /* the other one */
    const struct segref_names *names; /* what it names */
    int64_t at_ms;                    /* AUDIENCE_AT_NOW, or an instant ≥ now */
    size_t limit;                     /* contacts to show of each side */
};

/* Who moves in one direction. */
struct filterdiff_side {
    uint64_t count;
    struct contact *contacts; /* the newest of them, newest first; in the arena */
    size_t contact_count;
};

struct filterdiff {
    struct filterdiff_side entering;
    struct filterdiff_side leaving;
    uint64_t staying;
};

/*
 * Asks both filters in a read transaction of its own. Refuses what segment_update would refuse to
 * store. Returns 0; ERR_NOT_FOUND "Segment not found"; ERR_INVAL for a static segment, a past
 * instant, a filter that names a segment that is not there or closes a cycle; or as panel_open.
 */
int filterdiff_ask(struct db *db, struct arena *arena, const struct filterdiff_query *query,
                   struct filterdiff *ret, struct err_info *info) MUST_CHECK;

#endif

/*
 * One contact as columns of one row: its rows are read in the open snapshot, so that the answers of
 * leaves are the evaluator's own, at the cost of one contact.
 */
#ifndef MUSTER_AUDIENCE_ONECONTACT_H
#define MUSTER_AUDIENCE_ONECONTACT_H

#include "audience/names.h"
#include "audience/snapshot.h"
#include "column/program.h"
#include "store/contact.h"

struct panel;

/* The first four are the caller's. */
struct onecontact {
    struct snapshot *snapshot; /* open; nothing was brought */
    const struct contact *contact;
    struct names *names;           /* of all that is asked */
    const struct program *program; /* everything that is looked at; it is not run */
    int64_t at_ms;
    struct chunk row; /* the contact's values: one row, sparse */
    struct panel *panel;
    struct onecontact_judged *judged; /* by path */
    size_t judged_count;
};

/*
 * Reads the row, and settles which keys count as text now (filters.md §4, the mixed rule). All of
 * it lives in the snapshot's arena. To be released with onecontact_done, after a failure too.
 * Returns 0; ERR_SLOW as panel_open; or an err of the database.
 */
int onecontact_read(struct onecontact *one, struct err_info *info) MUST_CHECK;

/* Whether the data key of a leaf that the program has counts as text now. */
bool onecontact_is_mixed(const struct onecontact *one, const struct filter *leaf);

/* Releases what is no memory of the arena. A zeroed one is allowed, and to do it twice. */
void onecontact_done(struct onecontact *one);

#endif

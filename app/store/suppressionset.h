/* The suppression rules of a project, made ready to be asked about many addresses. */
#ifndef MUSTER_STORE_SUPPRESSIONSET_H
#define MUSTER_STORE_SUPPRESSIONSET_H

#include "store/suppression.h"

struct suppressionset;

/*
 * The enabled ones among `count` rules, whose texts they borrow; in the arena. NULL: there are
 * none, and nobody is suppressed.
 */
const struct suppressionset *suppressionset_new(struct arena *arena,
                                                const struct suppression *rules, size_t count);

/* Whether one of them is about a (normalised) address, as suppression_matches says of each. */
bool suppressionset_matches(const struct suppressionset *set, struct str address);

/* Reads a project's rules in the open transaction. Returns 0 or an err of the database. */
int suppressionset_read(struct db *db, struct arena *arena, uint32_t project_id,
                        const struct suppressionset **ret, struct err_info *info) MUST_CHECK;

#endif

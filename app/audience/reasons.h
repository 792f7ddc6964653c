/*
 * Reasons: why one contact is in a segment or not. Its rows are read in one snapshot and made into
 * columns of one row, so that the answer of each node is the evaluator's own.
 */
#ifndef MUSTER_AUDIENCE_REASONS_H
#define MUSTER_AUDIENCE_REASONS_H

#include "base/uuid.h"
#include "column/forecast.h"
#include "db/db.h"
#include "store/contact.h"
#include "store/segment.h"
#include "store/segname.h"
#include "json/jsonval.h"

struct reasons_query {
    uint32_t project_id;
    struct uuid segment;
    struct uuid contact;
    struct str email; /* instead of `contact`: the address, as stored; at == NULL: not given */
    int64_t at_ms;    /* AUDIENCE_AT_NOW, or an instant ≥ now */
};

struct reasons {
    struct segment segment;
    struct contact contact;
    int64_t at_ms;
    const struct forecast_node *tree; /* of a static segment: the leaf that asks for its members */
    const struct chunk *row;          /* the contact's values, and its data as a tree (or NULL) */
    const struct jsonval *data;
    struct segname *names; /* of the segments in the tree */
    size_t name_count;
};

/*
 * Explains, in a read transaction of its own. Everything lives in `arena`. Returns 0; ERR_NOT_FOUND
 * "Segment not found" or "Contact not found"; ERR_INVAL at field "at" for a past instant, or of
 * program_compile; or an err of the database.
 */
int reasons_find(struct db *db, struct arena *arena, const struct reasons_query *query,
                 struct reasons *ret, struct err_info *info) MUST_CHECK;

/* What the segment of a leaf is called; NULL: it is gone. */
const struct segname *reasons_segment(const struct reasons *reasons,
                                      const struct forecast_node *leaf);

#endif

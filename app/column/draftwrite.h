/* Drafts into chunk bytes: the one writer of the format. */
#ifndef MUSTER_COLUMN_DRAFTWRITE_H
#define MUSTER_COLUMN_DRAFTWRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "column/draft.h"

/* Appends a sparse chunk with all rows and all columns: a delta, or dirty rows. */
void draftwrite_small(struct draft *draft, struct buf *out);

/*
 * Appends the base chunk of the columns that share `group` (key_group): dense, or sparse where that
 * is smaller; rows without a value are left out. Returns false, and appends nothing, when no row
 * has a value.
 */
bool draftwrite_base(struct draft *draft, uint64_t group, struct buf *out);

#endif

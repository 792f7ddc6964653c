/* Patching: several levels of one chunk made into one. Newer levels override older ones by row. */
#ifndef MUSTER_COLUMN_PATCH_H
#define MUSTER_COLUMN_PATCH_H

#include <stddef.h>
#include <stdint.h>

#include "column/chunk.h"
#include "column/draft.h"

#define PATCH_MAX_LEVELS 4

/*
 * Merges sparse levels, oldest first (1 … PATCH_MAX_LEVELS), into an empty draft: all their rows,
 * each with the values of the newest level that has it.
 */
void patch_small(const struct chunk *levels, size_t count, struct draft *out);

/*
 * Applies sparse levels (0 … PATCH_MAX_LEVELS, oldest first) to the base columns of `group` and
 * leaves the outcome in an empty draft. base may be NULL: nothing was stored.
 */
void patch_base(const struct chunk *base, uint64_t group, const struct chunk *levels, size_t count,
                struct draft *out);

#endif

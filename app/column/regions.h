/*
 * Regions: how many rows stand in exactly which of several sets. A region is named by its members
 * as bits: bit i is set for those who are in the i-th set.
 */
#ifndef MUSTER_COLUMN_REGIONS_H
#define MUSTER_COLUMN_REGIONS_H

#include <stddef.h>
#include <stdint.h>

#include "column/bits.h"

#define REGIONS_SETS_MAX 10

/*
 * Adds the rows of one chunk to `counts`, which has 2^count places; who is in none of the sets is
 * not counted. `count` is at most REGIONS_SETS_MAX.
 */
void regions_add(const struct bits *sets, size_t count, uint64_t *counts);

#endif

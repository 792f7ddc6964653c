/* Rows into columns: how one row of the database becomes values of a draft. The only place. */
#ifndef MUSTER_AUDIENCE_ROWVALUES_H
#define MUSTER_AUDIENCE_ROWVALUES_H

#include <stdint.h>

#include "base/arena.h"
#include "column/draft.h"
#include "store/catalog.h"
#include "store/rowscan.h"

/* The data paths to take from contact rows, by path. */
struct rowvalues_paths;

/* Makes the set in `arena`; the names must outlive it. */
struct rowvalues_paths *rowvalues_paths_new(struct arena *arena, const struct catalog_name *names,
                                            size_t count);

/*
 * Puts the values of one row of `part` into row `index` of the draft; a row that is not present
 * has none. `scratch` is reset. Stored data that is no JSON gives no values.
 */
void rowvalues_put(struct draft *draft, uint32_t index, uint64_t part,
                   const struct rowscan_row *row, const struct rowvalues_paths *paths,
                   struct arena *scratch);

#endif

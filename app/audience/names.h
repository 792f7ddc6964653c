/*
 * Names: everything that a filter names (fields, events and their properties, tags and their kind,
 * segments and what those name in turn), read in one snapshot before the filter is compiled.
 */
#ifndef MUSTER_AUDIENCE_NAMES_H
#define MUSTER_AUDIENCE_NAMES_H

#include "audience/eventcolumns.h"
#include "base/hash.h"
#include "column/program.h"
#include "db/db.h"
#include "filter/filter.h"
#include "store/catalog.h"

struct names;

/*
 * Resolves what `count` filters (NULL among them: nothing) name together, in the transaction that
 * is open. ret lives in `arena`. A segment that does not exist is left for program_compile to
 * report, with the leaf's path. Returns 0, or an err of the database.
 */
int names_resolve(struct db *db, struct arena *arena, uint32_t project_id,
                  const struct filter *const *filters, size_t count, struct names **ret,
                  struct err_info *info) MUST_CHECK;

/*
 * The tree of a canonical text that we stored; it borrows from `text`. Returns 0, or ERR_INTERNAL
 * when it does not parse.
 */
int names_load(struct arena *arena, struct str text, const struct filter **ret,
               struct err_info *info) MUST_CHECK;

/* True when something is named that the project does not know yet: a field, an event. */
bool names_incomplete(const struct names *names);

/*
 * A hash of what the filter says, `text` being its own canonical text: with everything that the
 * segments it names say in turn. Equal as long as no definition changes.
 */
struct hash128 names_definition(const struct names *names, struct str text);

/* The callbacks for program_compile. */
struct program_names names_for_program(struct names *names);

/* The data paths that were named and exist, for rowvalues_paths_new. */
const struct catalog_name *names_fields(const struct names *names, size_t *ret_count);

/* The events whose occurrences the filter looks at one by one; none is no failure. */
const struct eventcolumns *names_occurrences(const struct names *names);

#endif

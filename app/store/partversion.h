/*
 * Whether a part has changed: the last fold that changed its columns (rows of `part_version`) and
 * the marks that wait. Both together identify a state of the part: marks have random seqs, and a
 * fold that takes them away advances the version.
 */
#ifndef MUSTER_STORE_PARTVERSION_H
#define MUSTER_STORE_PARTVERSION_H

#include "base/arena.h"
#include "base/hash.h"
#include "db/db.h"

/* Stands for every part: what a rebuild changes. */
#define PARTVERSION_ALL UINT64_C(0)

/* Says that the parts changed with the project's columns version `version`. In the transaction that
 * changes them. Returns 0 or an err of db_exec. */
int partversion_set(struct db *db, struct arena *arena, uint32_t project_id, const uint64_t *parts,
                    size_t count, uint64_t version, struct err_info *info) MUST_CHECK;

/* The state of all parts of a project that have one. */
struct partversion;

/* Reads it in the open transaction; ret lives in `arena`. Returns 0 or an err of db_query. */
int partversion_read(struct db *db, struct arena *arena, uint32_t project_id,
                     struct partversion **ret, struct err_info *info) MUST_CHECK;

/*
 * A hash of the states of these parts (any order, no repeats) and of what stands for all. `names`:
 * with the project's numbers of fields and events, for a filter that names one that is unknown.
 */
struct hash128 partversion_fingerprint(const struct partversion *state, const uint64_t *parts,
                                       size_t count, bool names);

#endif

/*
 * Rows of `flow_version`: the definition of a workflow or a sequence (JSON text of
 * flow/definition.h) as it was when executions of it began. An execution points to one, so that an
 * edit does not change what is under way. The number is the owner's `version`, which grows with
 * every edit; the row is made when the first execution of that version starts. What a version waits
 * for is noted beside it (`flow_wait`), for flowevent_open.
 */
#ifndef MUSTER_STORE_FLOWVERSION_H
#define MUSTER_STORE_FLOWVERSION_H

#include <stdint.h>

#include "base/arena.h"
#include "db/db.h"

/* What a flow is: owner_kind, with the number of the workflow or sequence as owner_id. */
enum flowversion_owner { FLOWVERSION_WORKFLOW = 1, FLOWVERSION_SEQUENCE = 2 };

/* A flow at one of its versions. */
struct flowversion {
    uint32_t project_id;
    enum flowversion_owner owner_kind;
    uint32_t owner_id;
    uint32_t version;
};

/*
 * The stored definition of a version, in the arena. Runs in the open transaction or outside of one.
 * Returns 1, 0: it is not stored (yet), or an err of db_query.
 */
int flowversion_get(struct db *db, struct arena *arena, const struct flowversion *flow,
                    struct str *ret_definition, struct err_info *info) MUST_CHECK;

/*
 * Stores a definition with the names of the events that its steps wait for (which
 * have numbers: workflow_edit), in the open transaction, which has locked the owner's row. One that
 * is there stays as it is. Returns 0 or an err of the database.
 */
int flowversion_put(struct db *db, struct arena *arena, const struct flowversion *flow,
                    struct str definition, const struct str *wait_names, size_t wait_count,
                    struct err_info *info) MUST_CHECK;

/*
 * Deletes versions that are not the newest of their flow and that no living execution points to, of
 * all projects, at most `max`. For the worker. Returns 0 or an err of the database.
 */
int flowversion_sweep(struct db *db, struct arena *arena, unsigned max,
                      struct err_info *info) MUST_CHECK;

#endif

/*
 * Rows of `workflow`. What one does stands in its definition, a JSON text that is flow/'s
 * (flow/definition.h); here it is only known which events it names. Every edit grows `version`
 * (store/flowversion.h).
 */
#ifndef MUSTER_STORE_WORKFLOW_H
#define MUSTER_STORE_WORKFLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/uuid.h"
#include "db/db.h"

/* The numbers of enum definition_trigger. */
enum workflow_trigger { WORKFLOW_MANUAL = 1, WORKFLOW_EVENT = 2, WORKFLOW_SCHEDULE = 3 };

/* A due_ms that is not there. */
#define WORKFLOW_NEVER INT64_MIN

/* One workflow as stored. Text lives in the arena it was read into. */
struct workflow {
    uint32_t workflow_id;
    struct uuid uuid;
    struct str name;
    struct str description; /* at == NULL: none */
    enum workflow_trigger trigger;
    struct str event; /* name of the event of a WORKFLOW_EVENT; at == NULL: none */
    struct str cron;  /* of a WORKFLOW_SCHEDULE; at == NULL: none */
    bool allow_reentry;
    bool enabled;
    struct str definition;
    uint32_t version; /* grows with every edit */
    int64_t due_ms;   /* next run of a WORKFLOW_SCHEDULE; WORKFLOW_NEVER */
    int64_t created_ms;
    int64_t updated_ms;
};

/* ---- reading ------------------------------------------------------------------------------- */

/* By id. Returns 0, ERR_NOT_FOUND "Workflow not found" (WORKFLOW_NOT_FOUND), or an err of db_query.
 */
int workflow_get(struct db *db, struct arena *arena, uint32_t project_id, const struct uuid *uuid,
                 struct workflow *ret, struct err_info *info) MUST_CHECK;

/* By number; as workflow_get. */
int workflow_by_number(struct db *db, struct arena *arena, uint32_t project_id,
                       uint32_t workflow_id, struct workflow *ret,
                       struct err_info *info) MUST_CHECK;

/* By number, locking the row until the open transaction ends; as workflow_get. */
int workflow_lock(struct db *db, struct arena *arena, uint32_t project_id, uint32_t workflow_id,
                  struct workflow *ret, struct err_info *info) MUST_CHECK;

/*
 * A page, newest first, and the number of all, in one snapshot; in the arena. `search`: only those
 * whose name holds it, in any case; at == NULL: all. Returns 0 or an err of the database.
 */
int workflow_list(struct db *db, struct arena *arena, uint32_t project_id, struct str search,
                  uint64_t offset, uint64_t limit, struct workflow **ret, size_t *ret_count,
                  uint64_t *ret_total, struct err_info *info) MUST_CHECK;

/* A workflow that uses something. */
struct workflow_use {
    struct uuid uuid;
    struct str name;
    bool enabled;
};

/* Those that start with the event or wait for it. In the arena. Returns 0 or an err of db_query. */
int workflow_using_event(struct db *db, struct arena *arena, uint32_t project_id, struct str event,
                         struct workflow_use **ret, size_t *ret_count,
                         struct err_info *info) MUST_CHECK;

/*
 * Those whose definition holds the id of a template. In the arena, in the open transaction or
 * outside. Returns 0 or an err of db_query.
 */
int workflow_using_template(struct db *db, struct arena *arena, uint32_t project_id,
                            const struct uuid *template_uuid, struct workflow_use **ret,
                            size_t *ret_count, struct err_info *info) MUST_CHECK;

/*
 * Those whose definition holds a text somewhere: what may use something, for the caller to look at
 * closely. In the arena. Returns 0 or an err of db_query.
 */
int workflow_holding(struct db *db, struct arena *arena, uint32_t project_id, struct str text,
                     struct workflow **ret, size_t *ret_count, struct err_info *info) MUST_CHECK;

/* A schedule whose time has come. */
struct workflow_due {
    uint32_t project_id;
    uint32_t workflow_id;
    int64_t due_ms;
};

/* The enabled ones of all projects with due_ms ≤ now_ms, oldest first, at most `max`; in the arena.
 * Returns 0 or an err of db_query. */
int workflow_scheduled(struct db *db, struct arena *arena, int64_t now_ms, size_t max,
                       struct workflow_due **ret, size_t *ret_count,
                       struct err_info *info) MUST_CHECK;

/* ---- writing ------------------------------------------------------------------------------- */

/*
 * The next run, in the open transaction that has the row locked (workflow_lock): no edit, `version`
 * stays. Sets no write check. Returns 0 or an err of db_exec.
 */
int workflow_set_due(struct db *db, uint32_t project_id, uint32_t workflow_id, int64_t due_ms,
                     struct err_info *info) MUST_CHECK;

/* What an edit is given, and leaves behind. */
struct workflow_edit {
    struct arena *arena;
    struct workflow workflow; /* as stored; name, description, trigger, event, cron, allow_reentry,
                                 enabled, definition and due_ms may be changed */
    const struct str *events; /* the names that it wants to be told of, as they are recorded, each
                                 once: its trigger's first (definition_events) */
    size_t event_count;
};

/*
 * Changes `edit`, or refuses with a negative err, which undoes all. Pure: it may run several times,
 * and begins with the row as stored each time, which is locked. `ctx` is its own.
 */
typedef int workflow_change(struct workflow_edit *edit, void *ctx, struct err_info *info);

/*
 * Makes one, in its own transaction: everything of `draft` but its ids, version and times. Returns
 * 0 with `ret` as stored; ERR_UNPROCESSABLE when the project has LIMIT_WORKFLOWS, or no room for
 * the name of an event; or an err of the database.
 */
int workflow_create(struct db *db, struct arena *arena, uint32_t project_id,
                    const struct workflow_edit *draft, struct workflow *ret,
                    struct err_info *info) MUST_CHECK;

/*
 * Changes one, in its own transaction. Returns 0 with `ret` as stored; ERR_NOT_FOUND as
 * workflow_get; ERR_UNPROCESSABLE when the project has no room for the name of an event; an err of
 * `change`; or an err of the database.
 */
int workflow_update(struct db *db, struct arena *arena, uint32_t project_id,
                    const struct uuid *uuid, workflow_change *change, void *ctx,
                    struct workflow *ret, struct err_info *info) MUST_CHECK;

/*
 * Deletes one, in its own transaction; its executions end there and then, and their rows go in
 * batches. Returns 0, ERR_NOT_FOUND as workflow_get, or an err of the database.
 */
int workflow_delete(struct db *db, struct arena *arena, uint32_t project_id,
                    const struct uuid *uuid, struct err_info *info) MUST_CHECK;

#endif

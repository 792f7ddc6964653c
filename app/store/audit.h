/*
 * Rows of `audit`: who did what, for a year or as MUSTER_AUDIT_DAYS says. No personal data stands
 * in it: a contact is its id. Where an act has a transaction of its own store function the row is
 * written in it, else right behind it (api/audittrail.h).
 */
#ifndef MUSTER_STORE_AUDIT_H
#define MUSTER_STORE_AUDIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/uuid.h"
#include "db/db.h"

#define AUDIT_SUMMARY_CHARS 2048

/* Who: a key, or (key_id.at == NULL) somebody on the server, by the name of his program. */
struct audit_actor {
    struct str key_id;
    struct str program;
};

/* What. */
struct audit_act {
    const char *action;      /* "segment.created" */
    const char *object_type; /* "segment" */
    struct str object_id;    /* as the API shows it */
    struct str summary;      /* a JSON object; at == NULL: {} */
};

/*
 * Notes an act in a project, or with project_id 0 in each project of the account (a key of all
 * sites); in the open transaction, if there is one. The actor's name is copied, for sessions are
 * swept. A summary over AUDIT_SUMMARY_CHARS bytes is left out. Returns 0 or an err of the database.
 */
int audit_note(struct db *db, uint32_t account_id, uint32_t project_id,
               const struct audit_actor *actor, const struct audit_act *act,
               struct err_info *info) MUST_CHECK;

/*
 * Writes the summary of a thing that has a name (at == NULL: none) and returns it: a view of `out`,
 * which the caller inits and releases.
 */
struct str audit_name_summary(struct buf *out, struct str name);

/* One row. */
struct audit_row {
    struct uuid audit_id;
    int64_t at_ms;
    struct str key_id; /* at == NULL: nobody's */
    struct str actor;
    struct str action;
    struct str object_type;
    struct str object_id;
    struct str summary;
};

/*
 * At most `limit` rows of a project, newest first, those behind `after` (NULL: from the newest), in
 * the arena. Returns 0 or an err of the database.
 */
int audit_list(struct db *db, struct arena *arena, uint32_t project_id, const struct uuid *after,
               size_t limit, struct audit_row **ret, size_t *ret_count,
               struct err_info *info) MUST_CHECK;

/* Deletes at most `max_rows` of a project's rows from before an instant. Returns 0 or an err. */
int audit_sweep(struct db *db, uint32_t project_id, int64_t before_ms, unsigned max_rows,
                struct err_info *info) MUST_CHECK;

#endif

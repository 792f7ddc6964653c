/* Rows of `suppression`: rules that say which addresses get no mail (http-api §1.10). */
#ifndef MUSTER_STORE_SUPPRESSION_H
#define MUSTER_STORE_SUPPRESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/uuid.h"
#include "db/db.h"

/* What a pattern is compared with; all ignore case. */
enum suppression_kind {
    SUPPRESSION_ADDRESS = 1, /* the whole address */
    SUPPRESSION_DOMAIN,      /* what stands behind its @, whole */
    SUPPRESSION_PREFIX,      /* the beginning of the address */
    SUPPRESSION_SUFFIX,      /* its end */
    SUPPRESSION_WILDCARD     /* the whole address; each * stands for anything, nothing too */
};

struct suppression {
    struct uuid uuid;
    struct str name;
    enum suppression_kind kind;
    struct str pattern; /* ASCII letters in lower case */
    bool enabled;
    int64_t created_ms;
    int64_t updated_ms;
};

/* Whether the rule, enabled or not, is about a (normalised) address. Pure. */
bool suppression_matches(const struct suppression *rule, struct str address);

/* All rules of a project, newest first, in the arena. Returns 0 or an err of the database. */
int suppression_list(struct db *db, struct arena *arena, uint32_t project_id,
                     struct suppression **ret, size_t *ret_count, struct err_info *info) MUST_CHECK;

/* One rule. Returns 0, ERR_NOT_FOUND (RESOURCE_NOT_FOUND) or an err of the database. */
int suppression_get(struct db *db, struct arena *arena, uint32_t project_id,
                    const struct uuid *uuid, struct suppression *ret,
                    struct err_info *info) MUST_CHECK;

/*
 * Stores a new rule; sets its uuid and times. Returns 0; ERR_UNPROCESSABLE when the project has
 * LIMIT_SUPPRESSIONS; or an err of the database.
 */
int suppression_create(struct db *db, uint32_t project_id, struct suppression *rule,
                       struct err_info *info) MUST_CHECK;

/* Stores name, kind, pattern and enabled of a rule that is there; sets updated_ms. Returns 0,
 * ERR_NOT_FOUND, or an err of the database. */
int suppression_update(struct db *db, uint32_t project_id, struct suppression *rule,
                       struct err_info *info) MUST_CHECK;

/* Deletes a rule. Returns 0, ERR_NOT_FOUND, or an err of the database. */
int suppression_delete(struct db *db, uint32_t project_id, const struct uuid *uuid,
                       struct err_info *info) MUST_CHECK;

#endif

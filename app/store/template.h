/*
 * Rows of `template`: what stands in messages. Both dialects use them: by UUID (Plunk) and by
 * number (PushMail). Rendering: flow/render.h.
 */
#ifndef MUSTER_STORE_TEMPLATE_H
#define MUSTER_STORE_TEMPLATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/uuid.h"
#include "db/db.h"
#include "store/campaign.h"

/* One template as stored; optional texts have at == NULL when there is none. */
struct template
{
    uint32_t template_id;
    struct uuid uuid;
    struct str name;
    struct str description;
    struct str subject;
    struct str body;
    struct str sender; /* address in From; "": none (PushMail) */
    struct str sender_name;
    struct str reply_to;
    enum campaign_type type;
    int64_t created_ms;
    int64_t updated_ms;
};

/*
 * Stores a new one, in its own transaction: everything of `draft` but id, uuid and times. `ret` is
 * what was stored. Returns 0; ERR_UNPROCESSABLE when the project has LIMIT_TEMPLATES; or an err of
 * the database.
 */
int template_create(struct db *db, uint32_t project_id, const struct template *draft,
                    struct template *ret, struct err_info *info) MUST_CHECK;

/* By id. Returns 0, ERR_NOT_FOUND (TEMPLATE_NOT_FOUND "Template not found"), or an err of db_query.
 */
int template_get(struct db *db, struct arena *arena, uint32_t project_id, const struct uuid *uuid,
                 struct template *ret, struct err_info *info) MUST_CHECK;

/* By number. Returns as template_get. */
int template_by_number(struct db *db, struct arena *arena, uint32_t project_id,
                       uint32_t template_id, struct template *ret,
                       struct err_info *info) MUST_CHECK;

/* The number of the one with this id. Returns as template_get. */
int template_number(struct db *db, uint32_t project_id, const struct uuid *uuid, uint32_t *ret,
                    struct err_info *info) MUST_CHECK;

/*
 * In the open transaction of whoever is about to store a reference to it: keeps it from being
 * deleted until the end. Returns 0, ERR_NOT_FOUND as template_get, or an err of the database.
 */
int template_hold(struct db *db, uint32_t project_id, uint32_t template_id,
                  struct err_info *info) MUST_CHECK;

struct template_query {
    int type;          /* an enum campaign_type; 0: any */
    struct str search; /* part of name or subject, in any case; "": any */
    uint64_t offset;
    uint64_t limit;
};

/* One page, newest first, and the number of all that match, in one snapshot; in the arena. Returns
 * 0 or an err of db_tx. */
int template_list(struct db *db, struct arena *arena, uint32_t project_id,
                  const struct template_query *query, struct template **ret, size_t *ret_count,
                  uint64_t *ret_total, struct err_info *info) MUST_CHECK;

/*
 * Stores all texts and the type of one that was read before, in its own transaction; updated_ms is
 * filled in. Returns 0, ERR_NOT_FOUND as template_get, or an err of the database.
 */
int template_update(struct db *db, uint32_t project_id, struct template *template,
                    struct err_info *info) MUST_CHECK;

/*
 * Deletes one that nothing uses that may still send: see store/templateuse.h. Returns 0;
 * ERR_NOT_FOUND as template_get; ERR_CONFLICT that says what uses it; or an err of the database.
 */
int template_delete(struct db *db, struct arena *arena, uint32_t project_id,
                    const struct uuid *uuid, struct err_info *info) MUST_CHECK;

#endif

#include "store/templateuse.h"

#include "store/campaign.h"
#include "store/sqlvalue.h"
#include "json/jsonread.h"

/* Rows are (number, uuid, name, is active, …). */
static void templateuse_add(struct arena *arena, const struct db_rows *rows,
                            struct templateuse_list *list, size_t *room)
{
    list->at = arena_grow(arena, list->at, list->count, room, sizeof *list->at);
    list->at[list->count++] = (struct templateuse_one){.number = (uint32_t)db_i64(rows, 0),
                                                       .uuid = sqlvalue_uuid(rows, 1),
                                                       .name = sqlvalue_text(arena, rows, 2),
                                                       .is_active = db_i64(rows, 3) != 0};
}

static int templateuse_campaigns(struct db *db, struct arena *arena, uint32_t project_id,
                                 uint32_t template_id, struct templateuse_list *ret,
                                 struct err_info *info)
{
    static const char sql[] =
        "SELECT campaign_id, uuid, name, CASE WHEN status IN (?, ?, ?) THEN 1 ELSE 0 END"
        " FROM campaign WHERE project_id = ? AND template_id = ? ORDER BY campaign_id DESC";
    AUTO(db_rows) rows = NULL;
    size_t room = 0;
    int err = db_query(db, sql,
                       DB_PARAMS(DB_I64(CAMPAIGN_DRAFT), DB_I64(CAMPAIGN_SCHEDULED),
                                 DB_I64(CAMPAIGN_SENDING), DB_I64(project_id), DB_I64(template_id)),
                       false, &rows, info);
    while (err >= 0 && (err = db_next(rows, info)) > 0) {
        templateuse_add(arena, rows, ret, &room);
    }
    return err;
}

/* A definition names it by its id, as it was sent: in capitals too. */
static int templateuse_workflows(struct db *db, struct arena *arena, uint32_t project_id,
                                 const struct uuid *uuid, struct templateuse_list *ret,
                                 struct err_info *info)
{
    static const char sql[] =
        "SELECT workflow_id, uuid, name, enabled FROM workflow WHERE project_id = ?"
        " AND LOWER(definition) LIKE ? ORDER BY workflow_id DESC";
    AUTO(db_rows) rows = NULL;
    size_t room = 0;
    char id[37];
    uuid_format(uuid, id);
    struct str pattern = str_from(arena_printf(arena, "%%%s%%", id));
    int err = db_query(db, sql, DB_PARAMS(DB_I64(project_id), DB_STR(pattern)), false, &rows, info);
    while (err >= 0 && (err = db_next(rows, info)) > 0) {
        templateuse_add(arena, rows, ret, &room);
    }
    return err;
}

/* Whether a step has this templateId: a public integer has the number in its lower half. */
static bool templateuse_in_steps(struct arena *arena, struct str steps, uint32_t template_id)
{
    const struct jsonval *list = NULL;
    struct err_info ignored = {0};
    if (jsonread_parse(arena, steps, &list, &ignored) < 0 || list->type != JSONVAL_LIST) {
        return false;
    }
    for (size_t i = 0; i < list->count; i++) {
        const struct jsonval *id = jsonval_get(&list->items[i], "templateId");
        if (id != NULL && id->type == JSONVAL_NUMBER && id->number >= 0 &&
            id->number < 9007199254740992.0 && ((uint64_t)id->number & UINT32_MAX) == template_id) {
            return true;
        }
    }
    return false;
}

static int templateuse_sequences(struct db *db, struct arena *arena, uint32_t project_id,
                                 uint32_t template_id, struct templateuse_list *ret,
                                 struct err_info *info)
{
    static const char sql[] =
        "SELECT sequence_id, uuid, name, enabled, steps FROM sequence WHERE project_id = ?"
        " AND steps LIKE '%templateId%' ORDER BY sequence_id DESC";
    AUTO(db_rows) rows = NULL;
    AUTO(arena) work = arena_new();
    size_t room = 0;
    int err = db_query(db, sql, DB_PARAMS(DB_I64(project_id)), false, &rows, info);
    while (err >= 0 && (err = db_next(rows, info)) > 0) {
        if (templateuse_in_steps(work, db_bytes(rows, 4), template_id)) {
            templateuse_add(arena, rows, ret, &room);
        }
        arena_reset(work);
    }
    return err;
}

int templateuse_find(struct db *db, struct arena *arena, uint32_t project_id, uint32_t template_id,
                     const struct uuid *uuid, struct templateuse *ret, struct err_info *info)
{
    *ret = (struct templateuse){0};
    int err = templateuse_campaigns(db, arena, project_id, template_id, &ret->campaigns, info);
    if (err == 0) {
        err = templateuse_workflows(db, arena, project_id, uuid, &ret->workflows, info);
    }
    return err < 0
               ? err
               : templateuse_sequences(db, arena, project_id, template_id, &ret->sequences, info);
}

static size_t templateuse_active(const struct templateuse_list *list)
{
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++) {
        count += list->at[i].is_active;
    }
    return count;
}

int templateuse_refuse(const struct templateuse *use, struct err_info *info)
{
    size_t campaigns = templateuse_active(&use->campaigns);
    size_t workflows = templateuse_active(&use->workflows);
    size_t sequences = templateuse_active(&use->sequences);
    if (campaigns + workflows + sequences == 0) {
        return 0;
    }
    return err_set(info, ERR_CONFLICT, "CONFLICT",
                   "Cannot delete template: it is currently used in %zu active campaign(s), %zu"
                   " enabled workflow(s) and %zu enabled sequence(s). Remove it from them first.",
                   campaigns, workflows, sequences);
}

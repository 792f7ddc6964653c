#include "store/campaignedit.h"

#include "column/key.h"
#include "store/campaignsend.h"
#include "store/counter.h"
#include "store/resource.h"
#include "store/sqlvalue.h"
#include "store/template.h"

/* One write under way. */
struct edit {
    struct arena *arena;
    uint32_t project_id;
    const struct segref_names *names;
    const struct campaign *given;
    struct campaign campaign; /* of the attempt at hand: the body may run again */
};

static struct db_param number_or_null(int64_t number)
{
    return number == 0 ? DB_NULL : DB_I64(number);
}

/* ---- what it names ------------------------------------------------------------------------- */

/* Completes the segment's id and number from the one that was given. */
static int find_segment(struct db *db, struct edit *edit, struct err_info *info)
{
    static const char sql[] =
        "SELECT segment_id, uuid FROM segment WHERE project_id = ? AND uuid = ?";
    static const char number_sql[] =
        "SELECT segment_id, uuid FROM segment WHERE project_id = ? AND segment_id = ?";
    struct campaign *c = &edit->campaign;
    struct db_param id = c->has_segment ? sqlvalue_of_uuid(&c->segment) : DB_I64(c->segment_id);
    AUTO(db_rows) rows = NULL;
    int found = db_one(db, c->has_segment ? sql : number_sql,
                       DB_PARAMS(DB_I64(edit->project_id), id), &rows, info);
    if (found == 0) /* who names it by number, PushMail, has one text for it and no field */
        return c->has_segment
                   ? err_set_at(info, ERR_NOT_FOUND, "RESOURCE_NOT_FOUND", "segmentId",
                                "Segment not found")
                   : err_set(info, ERR_NOT_FOUND, "RESOURCE_NOT_FOUND", "Segment not found");
    if (found < 0)
        return found;
    c->has_segment = true;
    c->segment_id = (uint32_t)db_i64(rows, 0);
    c->segment = sqlvalue_uuid(rows, 1);
    return 0;
}

static const char *excluded_path(struct arena *arena, size_t i)
{
    return arena_printf(arena, "excludeSegmentIds.%zu", i);
}

static int check_excluded(struct db *db, const struct edit *edit, struct err_info *info)
{
    static const char sql[] = "SELECT 1 FROM segment WHERE project_id = ? AND uuid = ?";
    for (size_t i = 0; i < edit->campaign.excluded_count; i++) {
        AUTO(db_rows) rows = NULL;
        int found = db_one(
            db, sql,
            DB_PARAMS(DB_I64(edit->project_id), sqlvalue_of_uuid(&edit->campaign.excluded[i])),
            &rows, info);
        if (found == 0)
            return err_set_at(info, ERR_NOT_FOUND, "RESOURCE_NOT_FOUND",
                              excluded_path(edit->arena, i), "Segment not found");
        if (found < 0)
            return found;
    }
    return 0;
}

/* Finds what the campaign names, and keeps it there until the end. */
static int find_named(struct db *db, struct edit *edit, struct err_info *info)
{
    const struct campaign *c = &edit->campaign;
    int err = 0;
    if (c->has_segment || c->segment_id != 0)
        err = find_segment(db, edit, info);
    if (err == 0)
        err = check_excluded(db, edit, info);
    if (err == 0 && c->list_id != 0)
        err = resource_hold(db, edit->project_id, RESOURCE_LIST, c->list_id, info);
    if (err == 0 && c->tag_id != 0)
        err = resource_hold(db, edit->project_id, RESOURCE_TAG, c->tag_id, info);
    if (err == 0 && c->template_id != 0)
        err = template_hold(db, edit->project_id, c->template_id, info);
    return err;
}

/* All segments that it needs: its own, what its filter names, and the excluded ones. */
static int write_refs(struct db *db, const struct edit *edit, struct err_info *info)
{
    const struct campaign *c = &edit->campaign;
    size_t count = 0, named = edit->names->segment_count;
    struct segref_segment *all =
        arena_array(edit->arena, named + 1 + c->excluded_count, sizeof *all);
    if (c->has_segment)
        all[count++] = (struct segref_segment){c->segment, STR("segmentId")};
    for (size_t i = 0; i < named; i++)
        all[count++] = edit->names->segments[i];
    for (size_t i = 0; i < c->excluded_count; i++)
        all[count++] =
            (struct segref_segment){c->excluded[i], str_from(excluded_path(edit->arena, i))};
    struct segref_names names = {.segments = all, .segment_count = count};
    return segref_write(db, edit->arena, edit->project_id, SEGREF_CAMPAIGN, c->campaign_id, &names,
                        info);
}

/* ---- the row ------------------------------------------------------------------------------- */

static struct db_param excluded_text(struct arena *arena, const struct campaign *c)
{
    char *text = arena_alloc(arena, c->excluded_count * 37 + 1);
    for (size_t i = 0; i < c->excluded_count; i++) {
        uuid_format(&c->excluded[i], text + i * 37);
        text[i * 37 + 36] = ',';
    }
    return c->excluded_count == 0 ? DB_NULL : DB_STR(((struct str){text, c->excluded_count * 37}));
}

static int insert_row(struct db *db, const struct edit *edit, struct err_info *info)
{
    static const char sql[] =
        "INSERT INTO campaign (project_id, campaign_id, uuid, name, description, subject, body,"
        " sender, sender_name, reply_to, type, status, audience_type, audience_filter, segment_id,"
        " created_ms, updated_ms, list_id, tag_id, template_id, sending_config_id, scheduled_ms,"
        " excluded, write_id)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    const struct campaign *c = &edit->campaign;
    return db_exec(
        db, sql,
        DB_PARAMS(DB_I64(edit->project_id), DB_I64(c->campaign_id), sqlvalue_of_uuid(&c->uuid),
                  DB_STR(c->name), sqlvalue_of_text(c->description), DB_STR(c->subject),
                  DB_STR(c->body), DB_STR(c->sender), sqlvalue_of_text(c->sender_name),
                  sqlvalue_of_text(c->reply_to), DB_I64(c->type), DB_I64(c->audience),
                  sqlvalue_of_text(c->audience_filter), number_or_null(c->segment_id),
                  DB_I64(c->created_ms), DB_I64(c->updated_ms), number_or_null(c->list_id),
                  number_or_null(c->tag_id), number_or_null(c->template_id),
                  number_or_null(c->sending_config_id), number_or_null(c->scheduled_ms),
                  excluded_text(edit->arena, c), DB_I64(c->write_id)),
        NULL, info);
}

static int update_row(struct db *db, const struct edit *edit, struct err_info *info)
{
    static const char sql[] =
        "UPDATE campaign SET name = ?, description = ?, subject = ?, body = ?, sender = ?,"
        " sender_name = ?, reply_to = ?, type = ?, audience_type = ?, audience_filter = ?,"
        " segment_id = ?, updated_ms = ?, list_id = ?, tag_id = ?, template_id = ?,"
        " sending_config_id = ?, excluded = ?, write_id = ?"
        " WHERE project_id = ? AND campaign_id = ?";
    const struct campaign *c = &edit->campaign;
    return db_exec(db, sql,
                   DB_PARAMS(DB_STR(c->name), sqlvalue_of_text(c->description), DB_STR(c->subject),
                             DB_STR(c->body), DB_STR(c->sender), sqlvalue_of_text(c->sender_name),
                             sqlvalue_of_text(c->reply_to), DB_I64(c->type), DB_I64(c->audience),
                             sqlvalue_of_text(c->audience_filter), number_or_null(c->segment_id),
                             DB_I64(c->updated_ms), number_or_null(c->list_id),
                             number_or_null(c->tag_id), number_or_null(c->template_id),
                             number_or_null(c->sending_config_id), excluded_text(edit->arena, c),
                             DB_I64(c->write_id), DB_I64(edit->project_id), DB_I64(c->campaign_id)),
                   NULL, info);
}

static void set_check(struct db *db, const struct edit *edit)
{
    static const char sql[] = "SELECT campaign_id FROM campaign"
                              " WHERE project_id = ? AND uuid = ? AND write_id = ? FOR UPDATE";
    db_set_write_check(db, sql,
                       DB_PARAMS(DB_I64(edit->project_id), sqlvalue_of_uuid(&edit->campaign.uuid),
                                 DB_I64(edit->campaign.write_id)));
}

/* ---- creating ------------------------------------------------------------------------------ */

static int create_body(struct db *db, void *ctx, struct err_info *info)
{
    struct edit *edit = ctx;
    struct campaign *c = &edit->campaign;
    edit->campaign = *edit->given;
    c->status = CAMPAIGN_DRAFT;
    int err = segref_lock(db, edit->project_id, info);
    if (err == 0)
        err = find_named(db, edit, info);
    if (err == 0)
        err = counter_next(db, edit->project_id, COUNTER_CAMPAIGN, &c->campaign_id, info);
    if (err == 0)
        err = db_now_ms(db, &c->created_ms, info);
    c->updated_ms = c->created_ms;
    if (err == 0)
        err = insert_row(db, edit, info);
    if (err == 0)
        err = write_refs(db, edit, info);
    set_check(db, edit);
    return err;
}

int campaignedit_create(struct db *db, struct arena *arena, uint32_t project_id,
                        const struct campaign *draft, const struct segref_names *names,
                        struct campaign *ret, struct err_info *info)
{
    struct campaign given = *draft;
    struct edit edit = {.arena = arena, .project_id = project_id, .names = names, .given = &given};
    given.uuid = uuid_new();
    given.write_id = uuid_random63();
    int err = db_tx(db, DB_WRITE, create_body, &edit, info);
    if (err == 0)
        *ret = edit.campaign;
    return err;
}

/* ---- changing ------------------------------------------------------------------------------ */

/* Locks the row and compares it with what was read before. */
static int check_unchanged(struct db *db, struct edit *edit, struct err_info *info)
{
    struct campaign *c = &edit->campaign;
    struct campaignsend_row row;
    int err = campaignsend_lock(db, edit->project_id, &c->uuid, &row, info);
    if (err < 0)
        return err;
    if (row.status != CAMPAIGN_DRAFT && row.status != CAMPAIGN_SCHEDULED)
        return err_set(info, ERR_INVAL, "BAD_REQUEST",
                       "Only a draft or scheduled campaign can be changed; this one is %s",
                       campaign_status_word(row.status));
    if (row.write_id != edit->given->write_id || row.updated_ms != edit->given->updated_ms)
        return err_set(info, ERR_CONFLICT, "CONFLICT",
                       "The campaign was changed meanwhile; read it again");
    c->status = row.status;
    return 0;
}

static int update_body(struct db *db, void *ctx, struct err_info *info)
{
    struct edit *edit = ctx;
    edit->campaign = *edit->given;
    edit->campaign.write_id = uuid_random63();
    int err = segref_lock(db, edit->project_id, info);
    if (err == 0)
        err = check_unchanged(db, edit, info);
    if (err == 0)
        err = find_named(db, edit, info);
    if (err == 0)
        err = db_now_ms(db, &edit->campaign.updated_ms, info);
    if (err == 0)
        err = update_row(db, edit, info);
    if (err == 0)
        err = write_refs(db, edit, info);
    set_check(db, edit);
    return err;
}

int campaignedit_update(struct db *db, struct arena *arena, uint32_t project_id,
                        const struct campaign *changed, const struct segref_names *names,
                        struct campaign *ret, struct err_info *info)
{
    struct edit edit = {.arena = arena, .project_id = project_id, .names = names, .given = changed};
    int err = db_tx(db, DB_WRITE, update_body, &edit, info);
    if (err == 0)
        *ret = edit.campaign;
    return err;
}

/* ---- deleting ------------------------------------------------------------------------------ */

struct deletion {
    uint32_t project_id;
    const struct uuid *uuid;
};

static int delete_body(struct db *db, void *ctx, struct err_info *info)
{
    static const char sql[] = "DELETE FROM campaign WHERE project_id = ? AND campaign_id = ?";
    const struct deletion *deletion = ctx;
    struct campaignsend_row row;
    int err = campaignsend_lock(db, deletion->project_id, deletion->uuid, &row, info);
    if (err < 0)
        return err;
    if (row.status == CAMPAIGN_SENDING)
        return err_set(info, ERR_CONFLICT, "CONFLICT",
                       "Cannot delete a campaign while it is being sent");
    if (row.status == CAMPAIGN_SCHEDULED)
        err = campaignsend_forget(db, deletion->project_id, row.campaign_id, info);
    if (err == 0)
        err = segref_delete(db, deletion->project_id, SEGREF_CAMPAIGN, row.campaign_id, info);
    if (err == 0)
        err = db_exec(db, sql, DB_PARAMS(DB_I64(deletion->project_id), DB_I64(row.campaign_id)),
                      NULL, info);
    return err < 0 ? err
                   : resource_drop_set(db, deletion->project_id, KEY_SET_CAMPAIGN(row.campaign_id),
                                       info);
}

int campaignedit_delete(struct db *db, uint32_t project_id, const struct uuid *uuid,
                        struct err_info *info)
{
    struct deletion deletion = {project_id, uuid};
    return db_tx(db, DB_WRITE, delete_body, &deletion, info);
}

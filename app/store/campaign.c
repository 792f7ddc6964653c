#include "store/campaign.h"

#include "column/key.h"
#include "store/counter.h"
#include "store/resource.h"
#include "store/sqlvalue.h"

#define CAMPAIGN_SELECT                                                                            \
    "SELECT c.campaign_id, c.uuid, c.name, c.description, c.subject, c.body, c.sender,"            \
    " c.sender_name, c.reply_to, c.type, c.status, c.audience_type, c.audience_filter, s.uuid,"    \
    " c.created_ms, c.updated_ms, s.segment_id, c.list_id, c.tag_id, c.template_id,"               \
    " c.sending_config_id, c.scheduled_ms FROM campaign c LEFT JOIN segment s"                     \
    " ON s.project_id = c.project_id AND s.segment_id = c.segment_id WHERE c.project_id = ?"

/* ---- reading ------------------------------------------------------------------------------- */

static void campaign_from_row(struct arena *arena, const struct db_rows *rows, struct campaign *ret)
{
    *ret = (struct campaign){
        .campaign_id = (uint32_t)db_i64(rows, 0),
        .uuid = sqlvalue_uuid(rows, 1),
        .name = sqlvalue_text(arena, rows, 2),
        .description = sqlvalue_text(arena, rows, 3),
        .subject = sqlvalue_text(arena, rows, 4),
        .body = sqlvalue_text(arena, rows, 5),
        .sender = sqlvalue_text(arena, rows, 6),
        .sender_name = sqlvalue_text(arena, rows, 7),
        .reply_to = sqlvalue_text(arena, rows, 8),
        .type = (enum campaign_type)db_i64(rows, 9),
        .status = (enum campaign_status)db_i64(rows, 10),
        .audience = (enum campaign_audience)db_i64(rows, 11),
        .audience_filter = sqlvalue_text(arena, rows, 12),
        .has_segment = !db_is_null(rows, 13),
        .segment = sqlvalue_uuid(rows, 13),
        .created_ms = db_i64(rows, 14),
        .updated_ms = db_i64(rows, 15),
        .segment_id = (uint32_t)db_i64(rows, 16),
        .list_id = (uint32_t)db_i64(rows, 17),
        .tag_id = (uint32_t)db_i64(rows, 18),
        .template_id = db_i64(rows, 19),
        .sending_config_id = db_i64(rows, 20),
        .scheduled_ms = db_i64(rows, 21),
    };
}

static int campaign_not_found(struct err_info *info)
{
    return err_set(info, ERR_NOT_FOUND, "CAMPAIGN_NOT_FOUND", "Campaign not found");
}

static int campaign_read(struct db *db, struct arena *arena, const char *sql, uint32_t project_id,
                         struct db_param id, struct campaign *ret, struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    int found = db_one(db, sql, DB_PARAMS(DB_I64(project_id), id), &rows, info);
    if (found <= 0) {
        return found < 0 ? found : campaign_not_found(info);
    }
    campaign_from_row(arena, rows, ret);
    return 0;
}

int campaign_get(struct db *db, struct arena *arena, uint32_t project_id, const struct uuid *uuid,
                 struct campaign *ret, struct err_info *info)
{
    static const char sql[] = CAMPAIGN_SELECT " AND c.uuid = ?";
    return campaign_read(db, arena, sql, project_id, sqlvalue_of_uuid(uuid), ret, info);
}

int campaign_by_number(struct db *db, struct arena *arena, uint32_t project_id,
                       uint32_t campaign_id, struct campaign *ret, struct err_info *info)
{
    static const char sql[] = CAMPAIGN_SELECT " AND c.campaign_id = ?";
    return campaign_read(db, arena, sql, project_id, DB_I64(campaign_id), ret, info);
}

/* ---- listing ------------------------------------------------------------------------------- */

#define CAMPAIGN_MATCH                                                                             \
    " AND (? = 0 OR c.status = ?) AND (c.name LIKE ? ESCAPE '!' OR c.subject LIKE ? ESCAPE '!')"
#define CAMPAIGN_PAGE(order) CAMPAIGN_SELECT CAMPAIGN_MATCH " ORDER BY " order " LIMIT ? OFFSET ?"

/* By enum campaign_sort and direction; the number breaks ties, so that pages never overlap. */
static const char *const campaign_page_sql[3][2] = {
    {CAMPAIGN_PAGE("c.created_ms DESC, c.campaign_id DESC"),
     CAMPAIGN_PAGE("c.created_ms, c.campaign_id")},
    {CAMPAIGN_PAGE("c.updated_ms DESC, c.campaign_id DESC"),
     CAMPAIGN_PAGE("c.updated_ms, c.campaign_id")},
    {CAMPAIGN_PAGE("c.name DESC, c.campaign_id DESC"), CAMPAIGN_PAGE("c.name, c.campaign_id")}};

/* A LIKE pattern that finds `text` anywhere, whatever is in it. */
static struct str campaign_pattern(struct arena *arena, struct str text)
{
    char *out = arena_alloc(arena, text.len * 2 + 2);
    size_t len = 0;
    out[len++] = '%';
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '%' || text.at[i] == '_' || text.at[i] == '!') {
            out[len++] = '!';
        }
        out[len++] = text.at[i];
    }
    out[len++] = '%';
    return (struct str){out, len};
}

/* One page under way. */
struct campaign_page {
    struct arena *arena;
    uint32_t project_id;
    const struct campaign_query *query;
    struct campaign *campaigns;
    size_t count;
    uint64_t total;
};

static int campaign_count(struct db *db, struct campaign_page *page, struct db_param pattern,
                          struct err_info *info)
{
    static const char sql[] =
        "SELECT COUNT(*) FROM campaign c WHERE c.project_id = ?" CAMPAIGN_MATCH;
    struct db_param status = DB_I64(page->query->status);
    AUTO(db_rows) rows = NULL;
    int err = db_one(db, sql, DB_PARAMS(DB_I64(page->project_id), status, status, pattern, pattern),
                     &rows, info);
    if (err < 0) {
        return err;
    }
    page->total = (uint64_t)db_i64(rows, 0);
    return 0;
}

static int campaign_list_body(struct db *db, void *ctx, struct err_info *info)
{
    struct campaign_page *page = ctx;
    const struct campaign_query *query = page->query;
    const char *sql = campaign_page_sql[query->sort][query->ascending ? 1 : 0];
    struct db_param pattern = DB_STR(campaign_pattern(page->arena, query->search));
    struct db_param status = DB_I64(query->status);
    int err = campaign_count(db, page, pattern, info);
    if (err < 0) {
        return err;
    }
    AUTO(db_rows) rows = NULL;
    err = db_query(db, sql,
                   DB_PARAMS(DB_I64(page->project_id), status, status, pattern, pattern,
                             DB_U64(query->limit), DB_U64(query->offset)),
                   false, &rows, info);
    if (err < 0) {
        return err;
    }
    page->campaigns = arena_array(page->arena, query->limit, sizeof(*page->campaigns));
    page->count = 0;
    while (page->count < query->limit && (err = db_next(rows, info)) > 0) {
        campaign_from_row(page->arena, rows, &page->campaigns[page->count++]);
    }
    return err < 0 ? err : 0;
}

int campaign_list(struct db *db, struct arena *arena, uint32_t project_id,
                  const struct campaign_query *query, struct campaign **ret, size_t *ret_count,
                  uint64_t *ret_total, struct err_info *info)
{
    struct campaign_page page = {.arena = arena, .project_id = project_id, .query = query};
    int err = db_tx(db, DB_READ, campaign_list_body, &page, info);
    if (err == 0) {
        *ret = page.campaigns;
        *ret_count = page.count;
        *ret_total = page.total;
    }
    return err;
}

/* ---- writing ------------------------------------------------------------------------------- */

/* One write under way. */
struct campaign_write {
    struct arena *arena;
    uint32_t project_id;
    const struct uuid *uuid;
    const struct segref_names *names;
    struct campaign campaign;
};

static struct db_param campaign_number(int64_t number)
{
    return number == 0 ? DB_NULL : DB_I64(number);
}

static int campaign_insert(struct db *db, const struct campaign_write *write, struct err_info *info)
{
    static const char sql[] =
        "INSERT INTO campaign (project_id, campaign_id, uuid, name, description, subject, body,"
        " sender, sender_name, reply_to, type, status, audience_type, audience_filter, segment_id,"
        " created_ms, updated_ms, list_id, tag_id, template_id, sending_config_id, scheduled_ms)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    const struct campaign *c = &write->campaign;
    return db_exec(
        db, sql,
        DB_PARAMS(DB_I64(write->project_id), DB_I64(c->campaign_id), sqlvalue_of_uuid(&c->uuid),
                  DB_STR(c->name), sqlvalue_of_text(c->description), DB_STR(c->subject),
                  DB_STR(c->body), DB_STR(c->sender), sqlvalue_of_text(c->sender_name),
                  sqlvalue_of_text(c->reply_to), DB_I64(c->type), DB_I64(c->status),
                  DB_I64(c->audience), sqlvalue_of_text(c->audience_filter),
                  campaign_number(c->segment_id), DB_I64(c->created_ms), DB_I64(c->updated_ms),
                  campaign_number(c->list_id), campaign_number(c->tag_id),
                  campaign_number(c->template_id), campaign_number(c->sending_config_id),
                  campaign_number(c->scheduled_ms)),
        NULL, info);
}

/* Completes the segment's id and number from the one that was given. */
static int campaign_find_segment(struct db *db, struct campaign_write *write, struct err_info *info)
{
    static const char sql[] =
        "SELECT segment_id, uuid FROM segment WHERE project_id = ? AND uuid = ?";
    static const char number_sql[] =
        "SELECT segment_id, uuid FROM segment WHERE project_id = ? AND segment_id = ?";
    struct campaign *c = &write->campaign;
    struct db_param id = c->has_segment ? sqlvalue_of_uuid(&c->segment) : DB_I64(c->segment_id);
    AUTO(db_rows) rows = NULL;
    int found = db_one(db, c->has_segment ? sql : number_sql,
                       DB_PARAMS(DB_I64(write->project_id), id), &rows, info);
    if (found == 0) {
        return err_set(info, ERR_NOT_FOUND, "RESOURCE_NOT_FOUND", "Segment not found");
    }
    if (found < 0) {
        return found;
    }
    c->has_segment = true;
    c->segment_id = (uint32_t)db_i64(rows, 0);
    c->segment = sqlvalue_uuid(rows, 1);
    return 0;
}

/* Finds what the audience names, and keeps it there until the end. */
static int campaign_find_audience(struct db *db, struct campaign_write *write,
                                  struct err_info *info)
{
    const struct campaign *c = &write->campaign;
    int err = 0;
    if (c->has_segment || c->segment_id != 0) {
        err = campaign_find_segment(db, write, info);
    }
    if (err == 0 && c->list_id != 0) {
        err = resource_hold(db, write->project_id, RESOURCE_LIST, c->list_id, info);
    }
    if (err == 0 && c->tag_id != 0) {
        err = resource_hold(db, write->project_id, RESOURCE_TAG, c->tag_id, info);
    }
    return err;
}

/* Takes the numbers and the time, behind the segment lock. */
static int campaign_begin(struct db *db, struct campaign_write *write, struct err_info *info)
{
    int64_t now_ms;
    int err = segref_lock(db, write->project_id, info);
    if (err == 0) {
        err = campaign_find_audience(db, write, info);
    }
    if (err == 0) {
        err = counter_next(db, write->project_id, COUNTER_CAMPAIGN, &write->campaign.campaign_id,
                           info);
    }
    if (err == 0) {
        err = db_now_ms(db, &now_ms, info);
    }
    if (err == 0) {
        write->campaign.created_ms = now_ms;
        write->campaign.updated_ms = now_ms;
    }
    return err;
}

static int campaign_create_body(struct db *db, void *ctx, struct err_info *info)
{
    static const char check_sql[] =
        "SELECT campaign_id FROM campaign WHERE project_id = ? AND uuid = ? FOR UPDATE";
    struct campaign_write *write = ctx;
    const struct campaign *campaign = &write->campaign;
    int err = campaign_begin(db, write, info);
    if (err == 0) {
        err = campaign_insert(db, write, info);
    }
    if (err == 0) {
        struct segref_segment audience = {campaign->segment, STR("segmentId")};
        struct segref_names of_segment = {.segments = &audience, .segment_count = 1};
        err = segref_write(db, write->arena, write->project_id, SEGREF_CAMPAIGN,
                           campaign->campaign_id,
                           campaign->has_segment ? &of_segment : write->names, info);
    }
    db_set_write_check(db, check_sql,
                       DB_PARAMS(DB_I64(write->project_id), sqlvalue_of_uuid(&campaign->uuid)));
    return err;
}

int campaign_create(struct db *db, struct arena *arena, uint32_t project_id,
                    const struct campaign *draft, const struct segref_names *names,
                    struct campaign *ret, struct err_info *info)
{
    struct campaign_write write = {
        .arena = arena, .project_id = project_id, .names = names, .campaign = *draft};
    write.campaign.uuid = uuid_new();
    write.campaign.status = CAMPAIGN_DRAFT;
    int err = db_tx(db, DB_WRITE, campaign_create_body, &write, info);
    if (err == 0) {
        *ret = write.campaign;
    }
    return err;
}

static int campaign_delete_body(struct db *db, void *ctx, struct err_info *info)
{
    static const char find_sql[] = "SELECT campaign_id, status FROM campaign"
                                   " WHERE project_id = ? AND uuid = ? FOR UPDATE";
    static const char sql[] = "DELETE FROM campaign WHERE project_id = ? AND campaign_id = ?";
    const struct campaign_write *write = ctx;
    AUTO(db_rows) rows = NULL;
    int found =
        db_one(db, find_sql, DB_PARAMS(DB_I64(write->project_id), sqlvalue_of_uuid(write->uuid)),
               &rows, info);
    if (found <= 0) {
        return found < 0 ? found : campaign_not_found(info);
    }
    if (db_i64(rows, 1) == CAMPAIGN_SENDING) {
        return err_set(info, ERR_CONFLICT, "CONFLICT",
                       "Cannot delete a campaign while it is being sent");
    }
    uint32_t campaign_id = (uint32_t)db_i64(rows, 0);
    int err = segref_delete(db, write->project_id, SEGREF_CAMPAIGN, campaign_id, info);
    if (err == 0) {
        err =
            db_exec(db, sql, DB_PARAMS(DB_I64(write->project_id), DB_I64(campaign_id)), NULL, info);
    }
    return err < 0 ? err
                   : resource_drop_set(db, write->project_id, KEY_SET_CAMPAIGN(campaign_id), info);
}

int campaign_delete(struct db *db, uint32_t project_id, const struct uuid *uuid,
                    struct err_info *info)
{
    struct campaign_write write = {.project_id = project_id, .uuid = uuid};
    return db_tx(db, DB_WRITE, campaign_delete_body, &write, info);
}

#include "store/campaign.h"

#include "store/sqlvalue.h"

#define CAMPAIGN_SELECT                                                                            \
    "SELECT c.campaign_id, c.uuid, c.name, c.description, c.subject, c.body, c.sender,"            \
    " c.sender_name, c.reply_to, c.type, c.status, c.audience_type, c.audience_filter, s.uuid,"    \
    " c.created_ms, c.updated_ms, s.segment_id, c.list_id, c.tag_id, c.template_id,"               \
    " c.sending_config_id, c.scheduled_ms, c.excluded, c.total_recipients, c.sent_count,"          \
    " c.delivered_count, c.opened_count, c.clicked_count, c.bounced_count, c.complained_count,"    \
    " c.unsubscribed_count, c.resolved_ms, c.segment_version, c.note, c.sent_ms, c.write_id"       \
    " FROM campaign c LEFT JOIN segment s"                                                         \
    " ON s.project_id = c.project_id AND s.segment_id = c.segment_id WHERE c.project_id = ?"

const char *campaign_status_word(enum campaign_status status)
{
    static const char *const words[] = {"DRAFT", "SCHEDULED", "SENDING", "SENT", "CANCELLED"};
    return words[status - CAMPAIGN_DRAFT];
}

/* ---- reading ------------------------------------------------------------------------------- */

/* As the column has them: each with a comma behind it. */
static void campaign_read_excluded(struct str text, struct campaign *ret)
{
    while (ret->excluded_count < CAMPAIGN_EXCLUDED_MAX && text.len > 0) {
        struct str one = str_split(text, ',', &text);
        if (uuid_parse(one, &ret->excluded[ret->excluded_count])) {
            ret->excluded_count++;
        }
    }
}

static struct campaign_counts campaign_counts_of(const struct db_rows *rows)
{
    return (struct campaign_counts){
        .recipients = (uint64_t)db_i64(rows, 23),
        .sent = (uint64_t)db_i64(rows, 24),
        .delivered = (uint64_t)db_i64(rows, 25),
        .opened = (uint64_t)db_i64(rows, 26),
        .clicked = (uint64_t)db_i64(rows, 27),
        .bounced = (uint64_t)db_i64(rows, 28),
        .complained = (uint64_t)db_i64(rows, 29),
        .unsubscribed = (uint64_t)db_i64(rows, 30),
    };
}

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
        .template_id = (uint32_t)db_i64(rows, 19),
        .sending_config_id = db_i64(rows, 20),
        .scheduled_ms = db_i64(rows, 21),
        .counts = campaign_counts_of(rows),
        .resolved_ms = db_i64(rows, 31),
        .segment_version = (uint32_t)db_i64(rows, 32),
        .note = sqlvalue_text(arena, rows, 33),
        .sent_ms = db_i64(rows, 34),
        .write_id = db_i64(rows, 35),
    };
    campaign_read_excluded(db_bytes(rows, 22), ret);
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
    struct db_param pattern = DB_STR(sqlvalue_containing(page->arena, query->search));
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

#include "store/template.h"

#include "base/limits.h"
#include "store/counter.h"
#include "store/sqlvalue.h"
#include "store/templateuse.h"

#define TEMPLATE_SELECT                                                                            \
    "SELECT template_id, uuid, name, description, subject, body, sender, sender_name, reply_to,"   \
    " type, created_ms, updated_ms FROM template WHERE project_id = ?"

/* ---- reading ------------------------------------------------------------------------------- */

static void template_from_row(struct arena *arena, const struct db_rows *rows, struct template *ret)
{
    *ret = (struct template){
        .template_id = (uint32_t)db_i64(rows, 0),
        .uuid = sqlvalue_uuid(rows, 1),
        .name = sqlvalue_text(arena, rows, 2),
        .description = sqlvalue_text(arena, rows, 3),
        .subject = sqlvalue_text(arena, rows, 4),
        .body = sqlvalue_text(arena, rows, 5),
        .sender = sqlvalue_text(arena, rows, 6),
        .sender_name = sqlvalue_text(arena, rows, 7),
        .reply_to = sqlvalue_text(arena, rows, 8),
        .type = (enum campaign_type)db_i64(rows, 9),
        .created_ms = db_i64(rows, 10),
        .updated_ms = db_i64(rows, 11),
    };
}

static int template_not_found(struct err_info *info)
{
    return err_set(info, ERR_NOT_FOUND, "TEMPLATE_NOT_FOUND", "Template not found");
}

static int template_read(struct db *db, struct arena *arena, const char *sql, uint32_t project_id,
                         struct db_param id, struct template *ret, struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    int found = db_one(db, sql, DB_PARAMS(DB_I64(project_id), id), &rows, info);
    if (found <= 0) {
        return found < 0 ? found : template_not_found(info);
    }
    template_from_row(arena, rows, ret);
    return 0;
}

int template_get(struct db *db, struct arena *arena, uint32_t project_id, const struct uuid *uuid,
                 struct template *ret, struct err_info *info)
{
    static const char sql[] = TEMPLATE_SELECT " AND uuid = ?";
    return template_read(db, arena, sql, project_id, sqlvalue_of_uuid(uuid), ret, info);
}

int template_by_number(struct db *db, struct arena *arena, uint32_t project_id,
                       uint32_t template_id, struct template *ret, struct err_info *info)
{
    static const char sql[] = TEMPLATE_SELECT " AND template_id = ?";
    return template_read(db, arena, sql, project_id, DB_I64(template_id), ret, info);
}

int template_number(struct db *db, uint32_t project_id, const struct uuid *uuid, uint32_t *ret,
                    struct err_info *info)
{
    static const char sql[] = "SELECT template_id FROM template WHERE project_id = ? AND uuid = ?";
    AUTO(db_rows) rows = NULL;
    int found = db_one(db, sql, DB_PARAMS(DB_I64(project_id), sqlvalue_of_uuid(uuid)), &rows, info);
    if (found <= 0) {
        return found < 0 ? found : template_not_found(info);
    }
    *ret = (uint32_t)db_i64(rows, 0);
    return 0;
}

int template_hold(struct db *db, uint32_t project_id, uint32_t template_id, struct err_info *info)
{
    static const char sql[] = "SELECT 1 FROM template WHERE project_id = ? AND template_id = ?"
                              " LOCK IN SHARE MODE";
    AUTO(db_rows) rows = NULL;
    int found = db_one(db, sql, DB_PARAMS(DB_I64(project_id), DB_I64(template_id)), &rows, info);
    if (found == 0) {
        return template_not_found(info);
    }
    return found < 0 ? found : 0;
}

/* ---- a page -------------------------------------------------------------------------------- */

#define TEMPLATE_MATCH                                                                             \
    " AND (? = 0 OR type = ?) AND (name LIKE ? ESCAPE '!' OR subject LIKE ? ESCAPE '!')"

struct template_page {
    struct arena *arena;
    uint32_t project_id;
    const struct template_query *query;
    struct template *items;
    size_t count;
    uint64_t total;
};

static int template_page_body(struct db *db, void *ctx, struct err_info *info)
{
    static const char count_sql[] =
        "SELECT COUNT(*) FROM template WHERE project_id = ?" TEMPLATE_MATCH;
    static const char sql[] =
        TEMPLATE_SELECT TEMPLATE_MATCH " ORDER BY template_id DESC LIMIT ? OFFSET ?";
    struct template_page *page = ctx;
    const struct template_query *query = page->query;
    struct db_param pattern = DB_STR(sqlvalue_containing(page->arena, query->search));
    AUTO(db_rows) rows = NULL;
    AUTO(db_rows) total = NULL;
    size_t room = 0;
    page->items = NULL;
    page->count = 0;
    int err = db_one(db, count_sql,
                     DB_PARAMS(DB_I64(page->project_id), DB_I64(query->type), DB_I64(query->type),
                               pattern, pattern),
                     &total, info);
    if (err < 0) {
        return err;
    }
    page->total = (uint64_t)db_i64(total, 0);
    err = db_query(db, sql,
                   DB_PARAMS(DB_I64(page->project_id), DB_I64(query->type), DB_I64(query->type),
                             pattern, pattern, DB_U64(query->limit), DB_U64(query->offset)),
                   false, &rows, info);
    while (err >= 0 && (err = db_next(rows, info)) > 0) {
        page->items = arena_grow(page->arena, page->items, page->count, &room, sizeof *page->items);
        template_from_row(page->arena, rows, &page->items[page->count++]);
    }
    return err;
}

int template_list(struct db *db, struct arena *arena, uint32_t project_id,
                  const struct template_query *query, struct template **ret, size_t *ret_count,
                  uint64_t *ret_total, struct err_info *info)
{
    struct template_page page = {.arena = arena, .project_id = project_id, .query = query};
    int err = db_tx(db, DB_READ, template_page_body, &page, info);
    *ret = page.items;
    *ret_count = page.count;
    *ret_total = page.total;
    return err;
}

/* ---- writing ------------------------------------------------------------------------------- */

/* One write under way. */
struct template_write {
    struct arena *arena;
    uint32_t project_id;
    const struct uuid *uuid;
    struct template template;
};

static void template_set_check(struct db *db, const struct template_write *write, int64_t write_id)
{
    static const char sql[] =
        "SELECT 1 FROM template WHERE project_id = ? AND uuid = ? AND write_id = ? FOR UPDATE";
    db_set_write_check(db, sql,
                       DB_PARAMS(DB_I64(write->project_id), sqlvalue_of_uuid(&write->template.uuid),
                                 DB_I64(write_id)));
}

static int template_check_room(struct db *db, uint32_t project_id, struct err_info *info)
{
    static const char sql[] = "SELECT COUNT(*) FROM template WHERE project_id = ?";
    AUTO(db_rows) rows = NULL;
    int err = db_one(db, sql, DB_PARAMS(DB_I64(project_id)), &rows, info);
    if (err < 0) {
        return err;
    }
    return db_i64(rows, 0) < LIMIT_TEMPLATES
               ? 0
               : err_set(info, ERR_UNPROCESSABLE, NULL,
                         "A project can have at most %d templates: delete one first",
                         LIMIT_TEMPLATES);
}

static int template_create_body(struct db *db, void *ctx, struct err_info *info)
{
    static const char sql[] =
        "INSERT INTO template (project_id, template_id, uuid, name, description, subject, body,"
        " sender, sender_name, reply_to, type, write_id, created_ms, updated_ms)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    struct template_write *write = ctx;
    struct template *t = &write->template;
    int64_t write_id = uuid_random63();
    int err = counter_next(db, write->project_id, COUNTER_TEMPLATE, &t->template_id, info);
    if (err == 0) {
        err = template_check_room(db, write->project_id, info);
    }
    if (err == 0) {
        err = db_now_ms(db, &t->created_ms, info);
    }
    if (err < 0) {
        return err;
    }
    t->updated_ms = t->created_ms;
    template_set_check(db, write, write_id);
    return db_exec(db, sql,
                   DB_PARAMS(DB_I64(write->project_id), DB_I64(t->template_id),
                             sqlvalue_of_uuid(&t->uuid), DB_STR(t->name),
                             sqlvalue_of_text(t->description), DB_STR(t->subject), DB_STR(t->body),
                             DB_STR(t->sender), sqlvalue_of_text(t->sender_name),
                             sqlvalue_of_text(t->reply_to), DB_I64(t->type), DB_I64(write_id),
                             DB_I64(t->created_ms), DB_I64(t->updated_ms)),
                   NULL, info);
}

int template_create(struct db *db, uint32_t project_id, const struct template *draft,
                    struct template *ret, struct err_info *info)
{
    struct template_write write = {.project_id = project_id, .template = *draft};
    write.template.uuid = uuid_new();
    int err = db_tx(db, DB_WRITE, template_create_body, &write, info);
    if (err == 0) {
        *ret = write.template;
    }
    return err;
}

static int template_update_body(struct db *db, void *ctx, struct err_info *info)
{
    static const char sql[] =
        "UPDATE template SET name = ?, description = ?, subject = ?, body = ?, sender = ?,"
        " sender_name = ?, reply_to = ?, type = ?, write_id = ?, updated_ms = ?"
        " WHERE project_id = ? AND uuid = ?";
    struct template_write *write = ctx;
    struct template *t = &write->template;
    int64_t write_id = uuid_random63();
    uint64_t changed = 0;
    int err = db_now_ms(db, &t->updated_ms, info);
    if (err == 0) {
        err = db_exec(db, sql,
                      DB_PARAMS(DB_STR(t->name), sqlvalue_of_text(t->description),
                                DB_STR(t->subject), DB_STR(t->body), DB_STR(t->sender),
                                sqlvalue_of_text(t->sender_name), sqlvalue_of_text(t->reply_to),
                                DB_I64(t->type), DB_I64(write_id), DB_I64(t->updated_ms),
                                DB_I64(write->project_id), sqlvalue_of_uuid(&t->uuid)),
                      &changed, info);
    }
    if (err == 0 && changed == 0) {
        return template_not_found(info);
    }
    template_set_check(db, write, write_id);
    return err;
}

int template_update(struct db *db, uint32_t project_id, struct template *template,
                    struct err_info *info)
{
    struct template_write write = {.project_id = project_id, .template = *template};
    int err = db_tx(db, DB_WRITE, template_update_body, &write, info);
    if (err == 0) {
        *template = write.template;
    }
    return err;
}

/* Behind the row's lock: who wants to refer to it waits (template_hold). */
static int template_delete_body(struct db *db, void *ctx, struct err_info *info)
{
    static const char find_sql[] =
        "SELECT template_id FROM template WHERE project_id = ? AND uuid = ? FOR UPDATE";
    static const char sql[] = "DELETE FROM template WHERE project_id = ? AND template_id = ?";
    static const char gone_sql[] = "SELECT 1 FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM template"
                                   " WHERE project_id = ? AND uuid = ? FOR UPDATE)";
    const struct template_write *write = ctx;
    struct templateuse use;
    AUTO(db_rows) rows = NULL;
    int found =
        db_one(db, find_sql, DB_PARAMS(DB_I64(write->project_id), sqlvalue_of_uuid(write->uuid)),
               &rows, info);
    if (found <= 0) {
        return found < 0 ? found : template_not_found(info);
    }
    uint32_t template_id = (uint32_t)db_i64(rows, 0);
    int err =
        templateuse_find(db, write->arena, write->project_id, template_id, write->uuid, &use, info);
    if (err == 0) {
        err = templateuse_refuse(&use, info);
    }
    if (err < 0) {
        return err;
    }
    db_set_write_check(db, gone_sql,
                       DB_PARAMS(DB_I64(write->project_id), sqlvalue_of_uuid(write->uuid)));
    return db_exec(db, sql, DB_PARAMS(DB_I64(write->project_id), DB_I64(template_id)), NULL, info);
}

int template_delete(struct db *db, struct arena *arena, uint32_t project_id,
                    const struct uuid *uuid, struct err_info *info)
{
    struct template_write write = {.arena = arena, .project_id = project_id, .uuid = uuid};
    return db_tx(db, DB_WRITE, template_delete_body, &write, info);
}

#include "store/project.h"

#include <string.h>

#include "base/num.h"
#include "base/timeutil.h"

#define NAME_CHARS 200

#define PROJECT_COLUMNS "project_id, account_id, site_index, uuid, name, created_ms"

static void read_row(struct arena *arena, const struct db_rows *rows, struct project *ret)
{
    *ret = (struct project){.project_id = (uint32_t)db_i64(rows, 0),
                            .account_id = (uint32_t)db_i64(rows, 1),
                            .site_index = (uint32_t)db_i64(rows, 2),
                            .name = str_copy(arena, db_bytes(rows, 4)),
                            .created_ms = db_i64(rows, 5)};
    if (db_bytes(rows, 3).len == sizeof(ret->uuid.bytes))
        memcpy(ret->uuid.bytes, db_bytes(rows, 3).at, sizeof(ret->uuid.bytes));
}

/* One number from a query that always has a row. */
static int read_number(struct db *db, const char *sql, const struct db_param *params,
                       unsigned count, int64_t *ret, struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    int found = db_one(db, sql, params, count, &rows, info);
    if (found < 0)
        return found;
    if (found == 0)
        return err_set(info, ERR_NOT_FOUND, NULL, "no such account");
    *ret = db_i64(rows, 0);
    return 0;
}

static int new_account(struct db *db, struct project *project, struct err_info *info)
{
    int64_t id = 0;
    int err = db_exec(db, "INSERT INTO account (name, created_ms) VALUES (?, ?)",
                      DB_PARAMS(DB_STR(project->name), DB_I64(project->created_ms)), NULL, info);
    if (err == 0)
        err = read_number(db, "SELECT LAST_INSERT_ID()", DB_NO_PARAMS, &id, info);
    project->account_id = (uint32_t)id;
    return err;
}

/* Locks the account, so that two at once do not take the same site_index. */
static int next_site(struct db *db, struct project *project, struct err_info *info)
{
    int64_t account = 0, next = 0;
    int err = read_number(db, "SELECT account_id FROM account WHERE account_id = ? FOR UPDATE",
                          DB_PARAMS(DB_I64(project->account_id)), &account, info);
    if (err == 0)
        err = read_number(
            db, "SELECT COALESCE(MAX(site_index) + 1, 0) FROM project WHERE account_id = ?",
            DB_PARAMS(DB_I64(account)), &next, info);
    project->site_index = (uint32_t)next;
    return err;
}

static int insert_rows(struct db *db, struct project *project, struct err_info *info)
{
    int64_t id = 0;
    int err = db_exec(db,
                      "INSERT INTO project (account_id, site_index, uuid, name, created_ms) "
                      "VALUES (?, ?, ?, ?, ?)",
                      DB_PARAMS(DB_I64(project->account_id), DB_I64(project->site_index),
                                DB_BYTES(project->uuid.bytes, sizeof(project->uuid.bytes)),
                                DB_STR(project->name), DB_I64(project->created_ms)),
                      NULL, info);
    if (err == 0)
        err = read_number(db, "SELECT LAST_INSERT_ID()", DB_NO_PARAMS, &id, info);
    if (err == 0)
        err = db_exec(db, "INSERT INTO ordinal_block (project_id, next_ordinal) VALUES (?, 0)",
                      DB_PARAMS(DB_I64(id)), NULL, info);
    if (err == 0)
        err = db_exec(db, "INSERT INTO project_state (project_id) VALUES (?)",
                      DB_PARAMS(DB_I64(id)), NULL, info);
    project->project_id = (uint32_t)id;
    return err;
}

int project_insert_here(struct db *db, struct project *project, struct err_info *info)
{
    project->uuid = uuid_new();
    int err = project->account_id ? 0 : new_account(db, project, info);
    if (err == 0)
        err = next_site(db, project, info);
    if (err == 0)
        err = insert_rows(db, project, info);
    if (err == 0)
        db_set_write_check(db, "SELECT 1 FROM project WHERE uuid = ? FOR UPDATE",
                           DB_PARAMS(DB_BYTES(project->uuid.bytes, sizeof(project->uuid.bytes))));
    return err;
}

int project_check_name(struct str *name, struct err_info *info)
{
    *name = str_trim(*name);
    if (name->len == 0 || name->len > NAME_CHARS || !str_is_utf8(*name) || str_has_control(*name))
        return err_set_at(info, ERR_INVAL, NULL, "name",
                          "a project's name is 1 to %d bytes of text", NAME_CHARS);
    return 0;
}

int project_begin(struct str name, uint32_t account_id, struct project *ret, struct err_info *info)
{
    *ret =
        (struct project){.account_id = account_id, .name = name, .created_ms = timeutil_wall_ms()};
    return project_check_name(&ret->name, info);
}

struct creation {
    uint32_t account_id; /* 0: a new one */
    struct project project;
};

static int create_body(struct db *db, void *ctx, struct err_info *info)
{
    struct creation *c = ctx;
    c->project.account_id = c->account_id;
    return project_insert_here(db, &c->project, info);
}

int project_create(struct db *db, struct str name, uint32_t account_id, struct project *ret,
                   struct err_info *info)
{
    struct creation c = {.account_id = account_id};
    int err = project_begin(name, account_id, &c.project, info);
    if (err == 0)
        err = db_tx(db, DB_WRITE, create_body, &c, info);
    if (err == 0)
        *ret = c.project;
    return err;
}

static int read_list(struct arena *arena, struct db_rows *rows, struct project **ret,
                     size_t *ret_count, struct err_info *info)
{
    struct project *list = NULL;
    size_t count = 0, room = 0;
    int more;
    while ((more = db_next(rows, info)) == 1) {
        list = arena_grow(arena, list, count, &room, sizeof(*list));
        read_row(arena, rows, &list[count++]);
    }
    *ret = list;
    *ret_count = count;
    return more;
}

int project_list(struct db *db, struct arena *arena, struct project **ret, size_t *ret_count,
                 struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    int err = db_query(
        db, "SELECT " PROJECT_COLUMNS " FROM project WHERE deleted_ms IS NULL ORDER BY project_id",
        DB_NO_PARAMS, false, &rows, info);
    return err < 0 ? err : read_list(arena, rows, ret, ret_count, info);
}

int project_list_of_account(struct db *db, struct arena *arena, uint32_t account_id,
                            struct project **ret, size_t *ret_count, struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    int err = db_query(db,
                       "SELECT " PROJECT_COLUMNS " FROM project "
                       "WHERE account_id = ? AND deleted_ms IS NULL ORDER BY site_index",
                       DB_PARAMS(DB_I64(account_id)), false, &rows, info);
    return err < 0 ? err : read_list(arena, rows, ret, ret_count, info);
}

int project_find(struct db *db, struct arena *arena, struct str number_or_uuid, struct project *ret,
                 struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    struct uuid uuid;
    uint64_t number = 0;
    int found = 0;
    if (uuid_parse(number_or_uuid, &uuid))
        found = db_one(
            db, "SELECT " PROJECT_COLUMNS " FROM project WHERE uuid = ? AND deleted_ms IS NULL",
            DB_PARAMS(DB_BYTES(uuid.bytes, sizeof(uuid.bytes))), &rows, info);
    else if (num_parse_u64(number_or_uuid, UINT32_MAX, &number))
        found = db_one(db,
                       "SELECT " PROJECT_COLUMNS
                       " FROM project WHERE project_id = ? AND deleted_ms IS NULL",
                       DB_PARAMS(DB_I64(number)), &rows, info);
    if (found < 0)
        return found;
    if (found == 0)
        return err_set(info, ERR_NOT_FOUND, NULL, "no project " STR_FMT, STR_ARG(number_or_uuid));
    read_row(arena, rows, ret);
    return 0;
}

int project_by_site(struct db *db, struct arena *arena, uint32_t account_id, uint32_t site_index,
                    struct project *ret, struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    int found = db_one(db,
                       "SELECT " PROJECT_COLUMNS " FROM project "
                       "WHERE account_id = ? AND site_index = ? AND deleted_ms IS NULL",
                       DB_PARAMS(DB_I64(account_id), DB_I64(site_index)), &rows, info);
    if (found == 0)
        return err_set(info, ERR_NOT_FOUND, NULL, "Site not found");
    if (found < 0)
        return found;
    read_row(arena, rows, ret);
    return 0;
}

int project_first(struct db *db, struct arena *arena, uint32_t account_id, struct project *ret,
                  struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    int found = db_one(db,
                       "SELECT " PROJECT_COLUMNS " FROM project WHERE account_id = ? "
                       "AND deleted_ms IS NULL ORDER BY site_index LIMIT 1",
                       DB_PARAMS(DB_I64(account_id)), &rows, info);
    if (found == 0)
        return err_set(info, ERR_NOT_FOUND, NULL, "The account has no project");
    if (found < 0)
        return found;
    read_row(arena, rows, ret);
    return 0;
}

int project_of_account(struct db *db, struct arena *arena, uint32_t account_id, struct project *ret,
                       struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    struct project first = {0};
    int more, count = 0;
    int err = db_query(db,
                       "SELECT " PROJECT_COLUMNS " FROM project WHERE account_id = ? "
                       "AND deleted_ms IS NULL ORDER BY site_index LIMIT 2",
                       DB_PARAMS(DB_I64(account_id)), false, &rows, info);
    if (err < 0)
        return err;
    while ((more = db_next(rows, info)) == 1)
        if (count++ == 0)
            read_row(arena, rows, &first);
    if (more < 0)
        return more;
    if (count == 0)
        return err_set(info, ERR_NOT_FOUND, NULL, "The account has no project");
    if (count > 1)
        return err_set(info, ERR_INVAL, NULL,
                       "This key covers several sites: a siteId is needed to name one");
    *ret = first;
    return 0;
}

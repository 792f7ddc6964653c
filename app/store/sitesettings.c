#include "store/sitesettings.h"

#include "base/timeutil.h"
#include "store/sqlvalue.h"

#define COLUMNS                                                                                    \
    "project_id, account_id, site_index, uuid, name, created_ms, domain, auto_bcc, "               \
    "send_frequency_cap_days, company_name, physical_address, COALESCE(updated_ms, created_ms)"

static void from_row(struct arena *arena, const struct db_rows *rows, struct sitesettings *ret)
{
    *ret = (struct sitesettings){
        .project = {.project_id = (uint32_t)db_i64(rows, 0),
                    .account_id = (uint32_t)db_i64(rows, 1),
                    .site_index = (uint32_t)db_i64(rows, 2),
                    .uuid = sqlvalue_uuid(rows, 3),
                    .name = sqlvalue_text(arena, rows, 4),
                    .created_ms = db_i64(rows, 5)},
        .domain = sqlvalue_text(arena, rows, 6),
        .auto_bcc = sqlvalue_text(arena, rows, 7),
        .has_cap = !db_is_null(rows, 8),
        .frequency_cap_days = (uint32_t)db_i64(rows, 8),
        .company_name = sqlvalue_text(arena, rows, 9),
        .physical_address = sqlvalue_text(arena, rows, 10),
        .updated_ms = db_i64(rows, 11),
    };
}

static int missing(struct err_info *info)
{
    return err_set(info, ERR_NOT_FOUND, NULL, "Site not found");
}

int sitesettings_get(struct db *db, struct arena *arena, uint32_t account_id, uint32_t site_index,
                     struct sitesettings *ret, struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    int found = db_one(db,
                       "SELECT " COLUMNS " FROM project "
                       "WHERE account_id = ? AND site_index = ? AND deleted_ms IS NULL",
                       DB_PARAMS(DB_I64(account_id), DB_I64(site_index)), &rows, info);
    if (found == 0)
        return missing(info);
    if (found < 0)
        return found;
    from_row(arena, rows, ret);
    return 0;
}

int sitesettings_list(struct db *db, struct arena *arena, uint32_t account_id,
                      struct sitesettings **ret, size_t *ret_count, struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    struct sitesettings *list = NULL;
    size_t count = 0, room = 0;
    int more, err = db_query(db,
                             "SELECT " COLUMNS " FROM project "
                             "WHERE account_id = ? AND deleted_ms IS NULL ORDER BY site_index",
                             DB_PARAMS(DB_I64(account_id)), false, &rows, info);
    if (err < 0)
        return err;
    while ((more = db_next(rows, info)) == 1) {
        list = arena_grow(arena, list, count, &room, sizeof(*list));
        from_row(arena, rows, &list[count++]);
    }
    *ret = list;
    *ret_count = count;
    return more;
}

/* ---- writing ------------------------------------------------------------------------------- */

static int store(struct db *db, struct sitesettings *site, struct err_info *info)
{
    const struct project *project = &site->project;
    uint64_t matched = 0;
    site->updated_ms = timeutil_wall_ms();
    int err = db_exec(
        db,
        "UPDATE project SET name = ?, domain = ?, auto_bcc = ?, send_frequency_cap_days = ?, "
        "company_name = ?, physical_address = ?, updated_ms = ? "
        "WHERE account_id = ? AND project_id = ? AND deleted_ms IS NULL",
        DB_PARAMS(
            DB_STR(project->name), sqlvalue_of_text(site->domain), sqlvalue_of_text(site->auto_bcc),
            site->has_cap ? DB_I64(site->frequency_cap_days) : DB_NULL,
            sqlvalue_of_text(site->company_name), sqlvalue_of_text(site->physical_address),
            DB_I64(site->updated_ms), DB_I64(project->account_id), DB_I64(project->project_id)),
        &matched, info);
    return err == 0 && matched == 0 ? missing(info) : err;
}

static int create_body(struct db *db, void *ctx, struct err_info *info)
{
    struct sitesettings *site = ctx;
    int err = project_insert_here(db, &site->project, info);
    return err < 0 ? err : store(db, site, info);
}

int sitesettings_create(struct db *db, uint32_t account_id, struct sitesettings *site,
                        struct err_info *info)
{
    int err = project_begin(site->project.name, account_id, &site->project, info);
    return err < 0 ? err : db_tx(db, DB_WRITE, create_body, site, info);
}

int sitesettings_update(struct db *db, struct sitesettings *site, struct err_info *info)
{
    int err = project_check_name(&site->project.name, info);
    return err < 0 ? err : store(db, site, info);
}

/* ---- the end ------------------------------------------------------------------------------- */

struct deletion {
    uint32_t account_id;
    uint32_t site_index;
};

/* The project's row stays locked: nobody revives it meanwhile. */
static int lock_site(struct db *db, const struct deletion *deletion, uint32_t *ret_project_id,
                     struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    int found =
        db_one(db,
               "SELECT project_id FROM project WHERE account_id = ? AND site_index = ? "
               "AND deleted_ms IS NULL FOR UPDATE",
               DB_PARAMS(DB_I64(deletion->account_id), DB_I64(deletion->site_index)), &rows, info);
    if (found == 0)
        return missing(info);
    if (found < 0)
        return found;
    *ret_project_id = (uint32_t)db_i64(rows, 0);
    return 0;
}

/* What was sent: a campaign that was or is, or a message whose fate somebody reported. */
static int check_sends(struct db *db, uint32_t project_id, struct err_info *info)
{
    AUTO(db_rows) campaigns = NULL;
    AUTO(db_rows) events = NULL;
    int found =
        db_one(db, "SELECT 1 FROM campaign WHERE project_id = ? AND status IN (3, 4) LIMIT 1",
               DB_PARAMS(DB_I64(project_id)), &campaigns, info);
    if (found == 0)
        found = db_one(db, "SELECT 1 FROM email_event WHERE project_id = ? LIMIT 1",
                       DB_PARAMS(DB_I64(project_id)), &events, info);
    if (found <= 0)
        return found;
    return err_set(info, ERR_CONFLICT, NULL, "The site has sends and cannot be deleted");
}

static int delete_body(struct db *db, void *ctx, struct err_info *info)
{
    const struct deletion *deletion = ctx;
    uint32_t project_id = 0;
    int64_t now_ms = timeutil_wall_ms();
    int err = lock_site(db, deletion, &project_id, info);
    if (err == 0)
        err = check_sends(db, project_id, info);
    if (err == 0)
        err =
            db_exec(db, "UPDATE project SET deleted_ms = ? WHERE account_id = ? AND project_id = ?",
                    DB_PARAMS(DB_I64(now_ms), DB_I64(deletion->account_id), DB_I64(project_id)),
                    NULL, info);
    if (err == 0)
        err = db_exec(db,
                      "UPDATE api_key SET revoked_ms = ? "
                      "WHERE account_id = ? AND project_id = ? AND revoked_ms IS NULL",
                      DB_PARAMS(DB_I64(now_ms), DB_I64(deletion->account_id), DB_I64(project_id)),
                      NULL, info);
    db_set_write_check(db,
                       "SELECT 1 FROM project WHERE account_id = ? AND project_id = ? AND "
                       "deleted_ms = ? FOR UPDATE",
                       DB_PARAMS(DB_I64(deletion->account_id), DB_I64(project_id), DB_I64(now_ms)));
    return err;
}

int sitesettings_delete(struct db *db, uint32_t account_id, uint32_t site_index,
                        struct err_info *info)
{
    struct deletion deletion = {account_id, site_index};
    return db_tx(db, DB_WRITE, delete_body, &deletion, info);
}

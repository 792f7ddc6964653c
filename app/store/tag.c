#include "store/tag.h"

#include "base/limits.h"
#include "column/key.h"
#include "store/counter.h"
#include "store/resource.h"
#include "store/sqllist.h"
#include "store/sqlvalue.h"

#define TAG_SELECT "SELECT tag_id, uuid, name, created_ms FROM tag WHERE project_id = ?"

/* ---- names --------------------------------------------------------------------------------- */

bool tag_name(struct str given, struct str *ret)
{
    struct str name = str_trim(given);
    size_t chars = 0;
    for (size_t i = 0; i < name.len; i++) {
        chars += ((unsigned char)name.at[i] & 0xC0) != 0x80;
    }
    if (chars == 0 || chars > LIMIT_RESOURCE_NAME_CHARS || str_has_control(name)) {
        return false;
    }
    *ret = name;
    return true;
}

static int tag_refuse_name(struct err_info *info)
{
    return err_set(info, ERR_INVAL, "BAD_REQUEST",
                   "A tag's name must be 1 to %d characters, none of them a control character",
                   LIMIT_RESOURCE_NAME_CHARS);
}

/* ---- reading ------------------------------------------------------------------------------- */

static void tag_from_row(struct arena *arena, const struct db_rows *rows, void *item)
{
    struct tag *ret = item;
    *ret = (struct tag){
        .tag_id = (uint32_t)db_i64(rows, 0),
        .uuid = sqlvalue_uuid(rows, 1),
        .name = sqlvalue_text(arena, rows, 2),
        .created_ms = db_i64(rows, 3),
    };
}

static int tag_not_found(struct err_info *info)
{
    return err_set(info, ERR_NOT_FOUND, "RESOURCE_NOT_FOUND", "Tag not found");
}

int tag_get(struct db *db, struct arena *arena, uint32_t project_id, uint32_t tag_id,
            struct tag *ret, struct err_info *info)
{
    static const char sql[] = TAG_SELECT " AND tag_id = ?";
    AUTO(db_rows) rows = NULL;
    int found = db_one(db, sql, DB_PARAMS(DB_I64(project_id), DB_I64(tag_id)), &rows, info);
    if (found <= 0) {
        return found < 0 ? found : tag_not_found(info);
    }
    tag_from_row(arena, rows, ret);
    return 0;
}

int tag_find(struct db *db, struct arena *arena, uint32_t project_id, struct str name,
             struct tag *ret, struct err_info *info)
{
    static const char sql[] = TAG_SELECT " AND name = ?";
    AUTO(db_rows) rows = NULL;
    int found = db_one(db, sql, DB_PARAMS(DB_I64(project_id), DB_STR(name)), &rows, info);
    if (found <= 0) {
        return found < 0 ? found : tag_not_found(info);
    }
    tag_from_row(arena, rows, ret);
    return 0;
}

int tag_list(struct db *db, struct arena *arena, uint32_t project_id, uint64_t offset,
             uint64_t limit, struct tag **ret, size_t *ret_count, uint64_t *ret_total,
             struct err_info *info)
{
    static const struct resource_page page = {
        .count_sql = "SELECT COUNT(*) FROM tag WHERE project_id = ?",
        .rows_sql = TAG_SELECT " ORDER BY name LIMIT ? OFFSET ?",
        .item_bytes = sizeof(struct tag),
        .read = tag_from_row,
    };
    void *items = NULL;
    int err = resource_page(db, arena, &page, project_id, offset, limit, &items, ret_count,
                            ret_total, info);
    if (err == 0) {
        *ret = items;
    }
    return err;
}

/* ---- making one ---------------------------------------------------------------------------- */

/* One write under way. */
struct tag_write {
    uint32_t project_id;
    struct tag tag;
};

/* Writes the row; the transaction holds the tags' counter. */
static int tag_insert(struct db *db, uint32_t project_id, struct tag *tag, struct err_info *info)
{
    static const char sql[] = "INSERT INTO tag (project_id, tag_id, uuid, name, created_ms)"
                              " VALUES (?, ?, ?, ?, ?)";
    static const char check_sql[] =
        "SELECT tag_id FROM tag WHERE project_id = ? AND uuid = ? FOR UPDATE";
    int err = resource_number(db, project_id, RESOURCE_TAG, &tag->tag_id, info);
    if (err == 0) {
        err = db_now_ms(db, &tag->created_ms, info);
    }
    if (err == 0) {
        err =
            db_exec(db, sql,
                    DB_PARAMS(DB_I64(project_id), DB_I64(tag->tag_id), sqlvalue_of_uuid(&tag->uuid),
                              DB_STR(tag->name), DB_I64(tag->created_ms)),
                    NULL, info);
    }
    db_set_write_check(db, check_sql, DB_PARAMS(DB_I64(project_id), sqlvalue_of_uuid(&tag->uuid)));
    return err;
}

static int tag_create_body(struct db *db, void *ctx, struct err_info *info)
{
    static const char sql[] = "SELECT 1 FROM tag WHERE project_id = ? AND name = ?";
    struct tag_write *write = ctx;
    AUTO(db_rows) rows = NULL;
    int err = counter_lock(db, write->project_id, COUNTER_TAG, info);
    if (err < 0) {
        return err;
    }
    int found =
        db_one(db, sql, DB_PARAMS(DB_I64(write->project_id), DB_STR(write->tag.name)), &rows, info);
    if (found < 0) {
        return found;
    }
    if (found > 0) {
        return err_set(info, ERR_CONFLICT, "CONFLICT", "A tag with this name already exists");
    }
    return tag_insert(db, write->project_id, &write->tag, info);
}

int tag_create(struct db *db, uint32_t project_id, struct str name, struct tag *ret,
               struct err_info *info)
{
    struct tag_write write = {.project_id = project_id, .tag = {.uuid = uuid_new()}};
    if (!tag_name(name, &write.tag.name)) {
        return tag_refuse_name(info);
    }
    int err = db_tx(db, DB_WRITE, tag_create_body, &write, info);
    if (err == 0) {
        *ret = write.tag;
    }
    return err;
}

/* ---- making what is missing ---------------------------------------------------------------- */

/* Names and the numbers that belong to them; 0: not known. */
struct tag_names {
    struct arena *arena;
    uint32_t project_id;
    struct str *names;
    uint32_t *ids;
    size_t count;
    size_t missing;
};

/* Gives every place that has this name its number. */
static void tag_assign(struct tag_names *names, struct str name, uint32_t tag_id)
{
    for (size_t i = 0; i < names->count; i++) {
        if (names->ids[i] == 0 && str_eq(names->names[i], name)) {
            names->ids[i] = tag_id;
            names->missing--;
        }
    }
}

static int tag_names_row(const struct db_rows *rows, void *ctx)
{
    tag_assign(ctx, db_bytes(rows, 0), (uint32_t)db_i64(rows, 1));
    return 0;
}

static int tag_find_names(struct db *db, struct tag_names *names, struct err_info *info)
{
    SQLLIST(sql, "SELECT name, tag_id FROM tag WHERE project_id = ? AND name IN (", "?", ")");
    struct db_param *keys = arena_array(names->arena, names->count, sizeof(*keys));
    for (size_t i = 0; i < names->count; i++) {
        keys[i] = DB_STR(names->names[i]);
        names->ids[i] = 0;
    }
    names->missing = names->count;
    struct sqllist list = {sql, &DB_I64(names->project_id), 1, keys, names->count, 1};
    return sqllist_query(db, &list, tag_names_row, names, info);
}

static int tag_ensure_body(struct db *db, void *ctx, struct err_info *info)
{
    struct tag_names *names = ctx;
    int err = counter_lock(db, names->project_id, COUNTER_TAG, info);
    if (err == 0) {
        err = tag_find_names(db, names, info);
    }
    for (size_t i = 0; i < names->count && err == 0; i++) {
        if (names->ids[i] == 0) {
            struct tag tag = {.uuid = uuid_new(), .name = names->names[i]};
            err = tag_insert(db, names->project_id, &tag, info);
            tag_assign(names, tag.name, tag.tag_id);
        }
    }
    return err;
}

int tag_ensure(struct db *db, struct arena *arena, uint32_t project_id, const struct str *names,
               size_t count, uint32_t *ret_ids, struct err_info *info)
{
    struct tag_names found = {.arena = arena,
                              .project_id = project_id,
                              .names = arena_array(arena, count, sizeof(*found.names)),
                              .ids = ret_ids,
                              .count = count};
    for (size_t i = 0; i < count; i++) {
        if (!tag_name(names[i], &found.names[i])) {
            return tag_refuse_name(info);
        }
    }
    int err = tag_find_names(db, &found, info);
    return err < 0 || found.missing == 0 ? err : db_tx(db, DB_WRITE, tag_ensure_body, &found, info);
}

/* ---- deleting ------------------------------------------------------------------------------ */

static int tag_delete_body(struct db *db, void *ctx, struct err_info *info)
{
    static const char find_sql[] =
        "SELECT 1 FROM tag WHERE project_id = ? AND tag_id = ? FOR UPDATE";
    static const char sql[] = "DELETE FROM tag WHERE project_id = ? AND tag_id = ?";
    const struct tag_write *write = ctx;
    uint32_t tag_id = write->tag.tag_id;
    int64_t now_ms;
    AUTO(db_rows) rows = NULL;
    int found =
        db_one(db, find_sql, DB_PARAMS(DB_I64(write->project_id), DB_I64(tag_id)), &rows, info);
    if (found <= 0) {
        return found < 0 ? found : tag_not_found(info);
    }
    int err = db_now_ms(db, &now_ms, info);
    if (err == 0) {
        err = resource_release(db, write->project_id, RESOURCE_TAG, tag_id, now_ms, info);
    }
    if (err == 0) {
        err = db_exec(db, sql, DB_PARAMS(DB_I64(write->project_id), DB_I64(tag_id)), NULL, info);
    }
    return err < 0 ? err : resource_drop_set(db, write->project_id, KEY_SET_TAG(tag_id), info);
}

int tag_delete(struct db *db, uint32_t project_id, uint32_t tag_id, struct err_info *info)
{
    struct tag_write write = {.project_id = project_id, .tag = {.tag_id = tag_id}};
    return db_tx(db, DB_WRITE, tag_delete_body, &write, info);
}

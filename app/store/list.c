#include "store/list.h"

#include <stdlib.h>

#include "column/key.h"
#include "store/resource.h"
#include "store/sqllist.h"
#include "store/sqlvalue.h"

#define LIST_SELECT                                                                                \
    "SELECT list_id, uuid, name, description, created_ms, updated_ms FROM contact_list"            \
    " WHERE project_id = ?"

/* ---- reading ------------------------------------------------------------------------------- */

static void list_from_row(struct arena *arena, const struct db_rows *rows, void *item)
{
    struct list *ret = item;
    *ret = (struct list){
        .list_id = (uint32_t)db_i64(rows, 0),
        .uuid = sqlvalue_uuid(rows, 1),
        .name = sqlvalue_text(arena, rows, 2),
        .description = sqlvalue_text(arena, rows, 3),
        .created_ms = db_i64(rows, 4),
        .updated_ms = db_i64(rows, 5),
    };
}

static int list_read(struct db *db, struct arena *arena, const char *sql, uint32_t project_id,
                     uint32_t list_id, struct list *ret, struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    int found = db_one(db, sql, DB_PARAMS(DB_I64(project_id), DB_I64(list_id)), &rows, info);
    if (found < 0) {
        return found;
    }
    if (found == 0) {
        return err_set(info, ERR_NOT_FOUND, "RESOURCE_NOT_FOUND", "List not found");
    }
    list_from_row(arena, rows, ret);
    return 0;
}

int list_get(struct db *db, struct arena *arena, uint32_t project_id, uint32_t list_id,
             struct list *ret, struct err_info *info)
{
    static const char sql[] = LIST_SELECT " AND list_id = ?";
    return list_read(db, arena, sql, project_id, list_id, ret, info);
}

static int list_lock(struct db *db, struct arena *arena, uint32_t project_id, uint32_t list_id,
                     struct list *ret, struct err_info *info)
{
    static const char sql[] = LIST_SELECT " AND list_id = ? FOR UPDATE";
    return list_read(db, arena, sql, project_id, list_id, ret, info);
}

int list_page(struct db *db, struct arena *arena, uint32_t project_id, uint64_t offset,
              uint64_t limit, struct list **ret, size_t *ret_count, uint64_t *ret_total,
              struct err_info *info)
{
    static const struct resource_page page = {
        .count_sql = "SELECT COUNT(*) FROM contact_list WHERE project_id = ?",
        .rows_sql = LIST_SELECT " ORDER BY list_id DESC LIMIT ? OFFSET ?",
        .item_bytes = sizeof(struct list),
        .read = list_from_row,
    };
    void *items = NULL;
    int err = resource_page(db, arena, &page, project_id, offset, limit, &items, ret_count,
                            ret_total, info);
    if (err == 0) {
        *ret = items;
    }
    return err;
}

/* ---- the lists of contacts ----------------------------------------------------------------- */

/* Rows of one look-up, as they come. */
struct list_found {
    struct arena *arena;
    struct list_of_contact *items;
    size_t count;
    size_t room;
};

static int list_found_row(const struct db_rows *rows, void *ctx)
{
    struct list_found *found = ctx;
    found->items =
        arena_grow(found->arena, found->items, found->count, &found->room, sizeof(*found->items));
    found->items[found->count++] = (struct list_of_contact){
        .ordinal = (uint32_t)db_i64(rows, 0),
        .list_id = (uint32_t)db_i64(rows, 1),
        .name = sqlvalue_text(found->arena, rows, 2),
    };
    return 0;
}

static int list_compare_found(const void *a, const void *b)
{
    const struct list_of_contact *left = a;
    const struct list_of_contact *right = b;
    if (left->ordinal != right->ordinal) {
        return left->ordinal < right->ordinal ? -1 : 1;
    }
    return (left->list_id > right->list_id) - (left->list_id < right->list_id);
}

int list_of_contacts(struct db *db, struct arena *arena, uint32_t project_id,
                     const uint32_t *ordinals, size_t count, struct list_of_contact **ret,
                     size_t *ret_count, struct err_info *info)
{
    SQLLIST(sql,
            "SELECT m.ordinal, l.list_id, l.name FROM member m JOIN contact_list l"
            " ON l.project_id = m.project_id AND l.list_id = CAST(m.set_id AS SIGNED) - ?"
            " WHERE m.project_id = ? AND m.set_id >= ? AND m.set_id < ? AND m.ordinal IN (",
            "?", ")");
    struct db_param head[] = {DB_I64(KEY_SET_LIST(0)), DB_I64(project_id), DB_U64(KEY_SET_LIST(0)),
                              DB_U64(KEY_SET_CAMPAIGN(0))};
    struct db_param *keys = arena_array(arena, count, sizeof(*keys));
    for (size_t i = 0; i < count; i++) {
        keys[i] = DB_I64(ordinals[i]);
    }
    struct sqllist query = {sql, head, 4, keys, count, 1};
    struct list_found found = {.arena = arena};
    int err = sqllist_query(db, &query, list_found_row, &found, info);
    if (err < 0) {
        return err;
    }
    if (found.count > 0) {
        qsort(found.items, found.count, sizeof(*found.items), list_compare_found);
    }
    *ret = found.items;
    *ret_count = found.count;
    return 0;
}

/* ---- writing ------------------------------------------------------------------------------- */

/* One write under way. */
struct list_write {
    struct arena *arena;
    uint32_t project_id;
    unsigned parts;
    struct str name;
    struct str description;
    struct list list;
};

static int list_create_body(struct db *db, void *ctx, struct err_info *info)
{
    static const char sql[] = "INSERT INTO contact_list (project_id, list_id, uuid, name,"
                              " description, created_ms, updated_ms) VALUES (?, ?, ?, ?, ?, ?, ?)";
    static const char check_sql[] =
        "SELECT list_id FROM contact_list WHERE project_id = ? AND uuid = ? FOR UPDATE";
    struct list_write *write = ctx;
    struct list *list = &write->list;
    int err = resource_number(db, write->project_id, RESOURCE_LIST, &list->list_id, info);
    if (err == 0) {
        err = db_now_ms(db, &list->created_ms, info);
    }
    if (err == 0) {
        list->updated_ms = list->created_ms;
        err = db_exec(db, sql,
                      DB_PARAMS(DB_I64(write->project_id), DB_I64(list->list_id),
                                sqlvalue_of_uuid(&list->uuid), DB_STR(list->name),
                                sqlvalue_of_text(list->description), DB_I64(list->created_ms),
                                DB_I64(list->updated_ms)),
                      NULL, info);
    }
    db_set_write_check(db, check_sql,
                       DB_PARAMS(DB_I64(write->project_id), sqlvalue_of_uuid(&list->uuid)));
    return err;
}

int list_create(struct db *db, uint32_t project_id, struct str name, struct str description,
                struct list *ret, struct err_info *info)
{
    struct list_write write = {
        .project_id = project_id,
        .list = {.uuid = uuid_new(), .name = name, .description = description}};
    int err = db_tx(db, DB_WRITE, list_create_body, &write, info);
    if (err == 0) {
        *ret = write.list;
    }
    return err;
}

static bool list_same(struct str a, struct str b)
{
    return (a.at == NULL) == (b.at == NULL) && str_eq(a, b);
}

/* Takes over the parts; returns whether anything differs. */
static bool list_apply(struct list_write *write)
{
    struct list *list = &write->list;
    bool changed = false;
    if ((write->parts & LIST_SET_NAME) != 0 && !list_same(list->name, write->name)) {
        list->name = write->name;
        changed = true;
    }
    if ((write->parts & LIST_SET_DESCRIPTION) != 0 &&
        !list_same(list->description, write->description)) {
        list->description = write->description;
        changed = true;
    }
    return changed;
}

static int list_update_body(struct db *db, void *ctx, struct err_info *info)
{
    static const char sql[] = "UPDATE contact_list SET name = ?, description = ?, updated_ms = ?"
                              " WHERE project_id = ? AND list_id = ?";
    struct list_write *write = ctx;
    struct list *list = &write->list;
    int64_t now_ms;
    int err = list_lock(db, write->arena, write->project_id, list->list_id, list, info);
    if (err == 0) {
        err = db_now_ms(db, &now_ms, info);
    }
    if (err < 0 || !list_apply(write)) {
        return err;
    }
    list->updated_ms = now_ms;
    return db_exec(db, sql,
                   DB_PARAMS(DB_STR(list->name), sqlvalue_of_text(list->description),
                             DB_I64(list->updated_ms), DB_I64(write->project_id),
                             DB_I64(list->list_id)),
                   NULL, info);
}

int list_update(struct db *db, struct arena *arena, uint32_t project_id, uint32_t list_id,
                unsigned parts, struct str name, struct str description, struct list *ret,
                struct err_info *info)
{
    struct list_write write = {.arena = arena,
                               .project_id = project_id,
                               .parts = parts,
                               .name = name,
                               .description = description,
                               .list = {.list_id = list_id}};
    int err = db_tx(db, DB_WRITE, list_update_body, &write, info);
    if (err == 0) {
        *ret = write.list;
    }
    return err;
}

static int list_delete_body(struct db *db, void *ctx, struct err_info *info)
{
    static const char find_sql[] =
        "SELECT 1 FROM contact_list WHERE project_id = ? AND list_id = ? FOR UPDATE";
    static const char sql[] = "DELETE FROM contact_list WHERE project_id = ? AND list_id = ?";
    const struct list_write *write = ctx;
    uint32_t list_id = write->list.list_id;
    int64_t now_ms;
    AUTO(db_rows) rows = NULL;
    int found =
        db_one(db, find_sql, DB_PARAMS(DB_I64(write->project_id), DB_I64(list_id)), &rows, info);
    if (found <= 0) {
        return found < 0 ? found
                         : err_set(info, ERR_NOT_FOUND, "RESOURCE_NOT_FOUND", "List not found");
    }
    int err = db_now_ms(db, &now_ms, info);
    if (err == 0) {
        err = resource_release(db, write->project_id, RESOURCE_LIST, list_id, now_ms, info);
    }
    if (err == 0) {
        err = db_exec(db, sql, DB_PARAMS(DB_I64(write->project_id), DB_I64(list_id)), NULL, info);
    }
    return err < 0 ? err : resource_drop_set(db, write->project_id, KEY_SET_LIST(list_id), info);
}

int list_delete(struct db *db, uint32_t project_id, uint32_t list_id, struct err_info *info)
{
    struct list_write write = {.project_id = project_id, .list = {.list_id = list_id}};
    return db_tx(db, DB_WRITE, list_delete_body, &write, info);
}

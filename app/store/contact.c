#include "store/contact.h"

#include <stdlib.h>

#include "store/sqllist.h"
#include "store/sqlvalue.h"

#define CONTACT_SELECT "SELECT " CONTACT_COLUMNS " FROM contact "

static const char sql_by_uuid[] = CONTACT_SELECT "WHERE project_id = ? AND uuid = ?";
static const char sql_by_email[] = CONTACT_SELECT "WHERE project_id = ? AND email = ?";
SQLLIST(sql_by_ordinals, CONTACT_SELECT "WHERE project_id = ? AND ordinal IN (", "?", ")");
SQLLIST(sql_lock_ordinals,
        CONTACT_SELECT "FORCE INDEX (PRIMARY) WHERE project_id = ? AND ordinal IN (", "?",
        ") ORDER BY ordinal FOR UPDATE");
SQLLIST(sql_by_emails, CONTACT_SELECT "FORCE INDEX (email) WHERE project_id = ? AND email IN (",
        "?", ")");

void contact_from_row(struct arena *arena, const struct db_rows *rows, struct contact *ret)
{
    *ret = (struct contact){
        .ordinal = (uint32_t)db_i64(rows, 0),
        .uuid = sqlvalue_uuid(rows, 1),
        .email = str_copy(arena, db_bytes(rows, 2)),
        .status = (enum contact_status)db_i64(rows, 3),
        .data = sqlvalue_text(arena, rows, 4),
        .created_ms = db_i64(rows, 5),
        .updated_ms = db_i64(rows, 6),
        .subscribed_ms = db_is_null(rows, 7) ? INT64_MIN : db_i64(rows, 7),
    };
}

static int contact_one(struct db *db, struct arena *arena, const char *sql,
                       const struct db_param *params, unsigned count, struct contact *ret,
                       struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    int found = db_one(db, sql, params, count, &rows, info);
    if (found < 0) {
        return found;
    }
    if (found == 0) {
        return err_set(info, ERR_NOT_FOUND, "CONTACT_NOT_FOUND", "Contact not found");
    }
    contact_from_row(arena, rows, ret);
    return 0;
}

int contact_get(struct db *db, struct arena *arena, uint32_t project_id, const struct uuid *uuid,
                struct contact *ret, struct err_info *info)
{
    return contact_one(db, arena, sql_by_uuid,
                       DB_PARAMS(DB_I64(project_id), sqlvalue_of_uuid(uuid)), ret, info);
}

int contact_by_email(struct db *db, struct arena *arena, uint32_t project_id, struct str email,
                     struct contact *ret, struct err_info *info)
{
    return contact_one(db, arena, sql_by_email, DB_PARAMS(DB_I64(project_id), DB_STR(email)), ret,
                       info);
}

/* Where rows go while a list is read. */
struct contact_list {
    struct arena *arena;
    struct contact *at;
    size_t count;
    size_t room;
};

static int contact_list_add(const struct db_rows *rows, void *ctx)
{
    struct contact_list *list = ctx;
    if (list->count < list->room) {
        contact_from_row(list->arena, rows, &list->at[list->count]);
        list->count++;
    }
    return 0;
}

static int contact_list_read(struct db *db, uint32_t project_id, const char *const *sql,
                             const struct db_param *keys, size_t count, struct contact_list *list,
                             struct err_info *info)
{
    struct db_param head = DB_I64(project_id);
    struct sqllist query = {
        .sql = sql, .head = &head, .head_count = 1, .items = keys, .count = count, .width = 1};
    return sqllist_query(db, &query, contact_list_add, list, info);
}

static int compare_ordinal(const void *a, const void *b)
{
    const struct contact *left = a;
    const struct contact *right = b;
    return (left->ordinal > right->ordinal) - (left->ordinal < right->ordinal);
}

int contact_by_ordinals(struct db *db, struct arena *arena, uint32_t project_id,
                        const uint32_t *ordinals, size_t count, struct contact *ret,
                        size_t *ret_count, struct err_info *info)
{
    struct contact_list list = {
        .arena = arena, .at = arena_array(arena, count, sizeof *list.at), .room = count};
    struct db_param *keys = arena_array(arena, count, sizeof *keys);
    for (size_t i = 0; i < count; i++) {
        keys[i] = DB_I64(ordinals[i]);
    }
    int err = contact_list_read(db, project_id, sql_by_ordinals, keys, count, &list, info);
    if (err < 0) {
        return err;
    }
    qsort(list.at, list.count, sizeof *list.at, compare_ordinal);
    size_t found_count = 0;
    for (size_t i = 0; i < count; i++) {
        struct contact wanted = {.ordinal = ordinals[i]};
        const struct contact *found =
            bsearch(&wanted, list.at, list.count, sizeof *list.at, compare_ordinal);
        if (found != NULL) {
            ret[found_count++] = *found;
        }
    }
    *ret_count = found_count;
    return 0;
}

int contact_lock_ordinals(struct db *db, struct arena *arena, uint32_t project_id,
                          const uint32_t *ordinals, size_t count, struct contact *ret,
                          size_t *ret_count, struct err_info *info)
{
    struct contact_list list = {.arena = arena, .at = ret, .room = count};
    struct db_param *keys = arena_array(arena, count, sizeof *keys);
    for (size_t i = 0; i < count; i++) {
        keys[i] = DB_I64(ordinals[i]);
    }
    int err = contact_list_read(db, project_id, sql_lock_ordinals, keys, count, &list, info);
    if (err == 0) {
        *ret_count = list.count;
    }
    return err;
}

int contact_by_emails(struct db *db, struct arena *arena, uint32_t project_id,
                      const struct str *emails, size_t count, struct contact *ret,
                      size_t *ret_count, struct err_info *info)
{
    struct contact_list list = {.arena = arena, .at = ret, .room = count};
    struct db_param *keys = arena_array(arena, count, sizeof *keys);
    for (size_t i = 0; i < count; i++) {
        keys[i] = DB_STR(emails[i]);
    }
    int err = contact_list_read(db, project_id, sql_by_emails, keys, count, &list, info);
    if (err == 0) {
        *ret_count = list.count;
    }
    return err;
}

const char *contact_status_name(enum contact_status status)
{
    switch (status) {
    case CONTACT_SUBSCRIBED:
        return "subscribed";
    case CONTACT_UNSUBSCRIBED:
        return "unsubscribed";
    case CONTACT_BOUNCED:
        return "bounced";
    case CONTACT_COMPLAINED:
        return "complained";
    }
    return "unsubscribed";
}

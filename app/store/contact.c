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

/* The current row, its text borrowed from it. */
static void borrow_row(const struct db_rows *rows, struct contact *ret)
{
    *ret = (struct contact){
        .ordinal = (uint32_t)db_i64(rows, 0),
        .uuid = sqlvalue_uuid(rows, 1),
        .email = db_bytes(rows, 2),
        .status = (enum contact_status)db_i64(rows, 3),
        .data = db_is_null(rows, 4) ? (struct str){NULL, 0} : db_bytes(rows, 4),
        .created_ms = db_i64(rows, 5),
        .updated_ms = db_i64(rows, 6),
        .subscribed_ms = db_is_null(rows, 7) ? INT64_MIN : db_i64(rows, 7),
    };
}

void contact_from_row(struct arena *arena, const struct db_rows *rows, struct contact *ret)
{
    borrow_row(rows, ret);
    ret->email = str_copy(arena, ret->email);
    ret->data = sqlvalue_text(arena, rows, 4);
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

/* ---- visiting ------------------------------------------------------------------------------ */

#define VISIT_AT_ONCE 256
#define VISIT_SPREAD 4 /* with one row in four wanted, a range costs what a list costs */

#define SELECT_RANGE                                                                               \
    CONTACT_SELECT "FORCE INDEX (PRIMARY) WHERE project_id = ? AND ordinal BETWEEN ? AND ?"

static const char sql_range_up[] = SELECT_RANGE " ORDER BY ordinal";
static const char sql_range_down[] = SELECT_RANGE " ORDER BY ordinal DESC";
SQLLIST(sql_list_up, CONTACT_SELECT "FORCE INDEX (PRIMARY) WHERE project_id = ? AND ordinal IN (",
        "?", ") ORDER BY ordinal");
SQLLIST(sql_list_down, CONTACT_SELECT "FORCE INDEX (PRIMARY) WHERE project_id = ? AND ordinal IN (",
        "?", ") ORDER BY ordinal DESC");

struct visit {
    const uint32_t *ordinals; /* those that are still to come */
    size_t count;
    bool descending;
    void (*visitor)(const struct contact *contact, void *ctx);
    void *ctx;
};

/* One row; of a range also those that nobody asked for. */
static int visit_row(const struct db_rows *rows, void *ctx)
{
    struct visit *visit = ctx;
    uint32_t ordinal = (uint32_t)db_i64(rows, 0);
    while (visit->count > 0 &&
           (visit->descending ? visit->ordinals[0] > ordinal : visit->ordinals[0] < ordinal)) {
        visit->ordinals++;
        visit->count--;
    }
    if (visit->count > 0 && visit->ordinals[0] == ordinal) {
        struct contact contact;
        borrow_row(rows, &contact);
        visit->visitor(&contact, visit->ctx);
    }
    return 0;
}

static int visit_range(struct db *db, uint32_t project_id, struct visit *visit,
                       struct err_info *info)
{
    uint32_t first = visit->ordinals[0];
    uint32_t last = visit->ordinals[visit->count - 1];
    AUTO(db_rows) rows = NULL;
    int more = db_query(db, visit->descending ? sql_range_down : sql_range_up,
                        DB_PARAMS(DB_I64(project_id), DB_I64(visit->descending ? last : first),
                                  DB_I64(visit->descending ? first : last)),
                        true, &rows, info);
    if (more < 0) {
        return more;
    }
    while ((more = db_next(rows, info)) > 0) {
        (void)visit_row(rows, visit);
    }
    return more;
}

static int visit_list(struct db *db, uint32_t project_id, struct visit *visit,
                      struct err_info *info)
{
    struct db_param head = DB_I64(project_id);
    struct db_param keys[VISIT_AT_ONCE];
    for (size_t i = 0; i < visit->count; i++) {
        keys[i] = DB_I64(visit->ordinals[i]);
    }
    struct sqllist query = {.sql = visit->descending ? sql_list_down : sql_list_up,
                            .head = &head,
                            .head_count = 1,
                            .items = keys,
                            .count = visit->count,
                            .width = 1};
    return sqllist_query(db, &query, visit_row, visit, info);
}

int contact_visit(struct db *db, uint32_t project_id, const uint32_t *ordinals, size_t count,
                  void (*visitor)(const struct contact *contact, void *ctx), void *ctx,
                  struct err_info *info)
{
    int err = 0;
    for (size_t done = 0; err == 0 && done < count; done += VISIT_AT_ONCE) {
        size_t now = count - done < VISIT_AT_ONCE ? count - done : VISIT_AT_ONCE;
        uint32_t first = ordinals[done];
        uint32_t last = ordinals[done + now - 1];
        struct visit visit = {ordinals + done, now, first > last, visitor, ctx};
        uint32_t span = first > last ? first - last : last - first;
        err = span < now * VISIT_SPREAD ? visit_range(db, project_id, &visit, info)
                                        : visit_list(db, project_id, &visit, info);
    }
    return err;
}

/* ---- lists --------------------------------------------------------------------------------- */

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

struct ordinal_list {
    uint32_t *at;
    size_t count;
    size_t room;
};

static int ordinal_list_add(const struct db_rows *rows, void *ctx)
{
    struct ordinal_list *list = ctx;
    if (list->count < list->room) {
        list->at[list->count++] = (uint32_t)db_i64(rows, 0);
    }
    return 0;
}

int contact_ordinals(struct db *db, struct arena *arena, uint32_t project_id,
                     const struct uuid *uuids, size_t count, uint32_t *ret, size_t *ret_count,
                     struct err_info *info)
{
    SQLLIST(sql,
            "SELECT ordinal FROM contact FORCE INDEX (uuid) WHERE project_id = ? AND uuid IN (",
            "?", ")");
    struct ordinal_list list = {.at = ret, .room = count};
    struct db_param head = DB_I64(project_id);
    struct db_param *keys = arena_array(arena, count, sizeof *keys);
    for (size_t i = 0; i < count; i++) {
        keys[i] = sqlvalue_of_uuid(&uuids[i]);
    }
    struct sqllist query = {
        .sql = sql, .head = &head, .head_count = 1, .items = keys, .count = count, .width = 1};
    int err = sqllist_query(db, &query, ordinal_list_add, &list, info);
    *ret_count = list.count;
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

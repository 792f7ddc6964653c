#include "store/contactrows.h"

#include "store/sqllist.h"
#include "store/sqlrows.h"
#include "store/sqlvalue.h"

/* ---- reading ------------------------------------------------------------------------------- */

/* The clock rides along, which saves the usual write a round trip. */
#define LOCKED_SELECT                                                                              \
    "SELECT " CONTACT_COLUMNS ", CAST(UNIX_TIMESTAMP(UTC_TIMESTAMP(3)) * 1000 AS SIGNED)"          \
    " FROM contact "
#define LOCKED_NOW_COLUMN 8

/* The index is forced: a scan of a small table would wait for everybody's locks. */
SQLLIST(sql_lock_emails, LOCKED_SELECT "FORCE INDEX (email) WHERE project_id = ? AND email IN (",
        "?", ") ORDER BY email FOR UPDATE");
static const char sql_lock_uuid[] =
    LOCKED_SELECT "FORCE INDEX (uuid) WHERE project_id = ? AND uuid = ? FOR UPDATE";

struct lock_list {
    struct arena *arena;
    void (*found)(const struct contact *contact, void *ctx);
    void *ctx;
    int64_t now_ms;
};

static int lock_row(const struct db_rows *rows, void *ctx)
{
    struct lock_list *list = ctx;
    struct contact contact;
    contact_from_row(list->arena, rows, &contact);
    list->now_ms = db_i64(rows, LOCKED_NOW_COLUMN);
    list->found(&contact, list->ctx);
    return 0;
}

int contactrows_lock_emails(struct db *db, struct arena *arena, uint32_t project_id,
                            const struct str *emails, size_t count,
                            void (*found)(const struct contact *contact, void *ctx), void *ctx,
                            int64_t *ret_now_ms, struct err_info *info)
{
    struct lock_list list = {.arena = arena, .found = found, .ctx = ctx, .now_ms = INT64_MIN};
    struct db_param head = DB_I64(project_id);
    struct db_param *keys = arena_array(arena, count, sizeof *keys);
    for (size_t i = 0; i < count; i++) {
        keys[i] = DB_STR(emails[i]);
    }
    struct sqllist query = {.sql = sql_lock_emails,
                            .head = &head,
                            .head_count = 1,
                            .items = keys,
                            .count = count,
                            .width = 1};
    int err = sqllist_query(db, &query, lock_row, &list, info);
    if (err == 0 && list.now_ms == INT64_MIN) {
        err = db_now_ms(db, &list.now_ms, info);
    }
    if (err == 0) {
        *ret_now_ms = list.now_ms;
    }
    return err;
}

int contactrows_lock_uuid(struct db *db, struct arena *arena, uint32_t project_id,
                          const struct uuid *uuid, struct contact *ret, int64_t *ret_now_ms,
                          struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    int found = db_one(db, sql_lock_uuid, DB_PARAMS(DB_I64(project_id), sqlvalue_of_uuid(uuid)),
                       &rows, info);
    if (found < 0) {
        return found;
    }
    if (found == 0) {
        return err_set(info, ERR_NOT_FOUND, "CONTACT_NOT_FOUND", "Contact not found");
    }
    contact_from_row(arena, rows, ret);
    *ret_now_ms = db_i64(rows, LOCKED_NOW_COLUMN);
    return 0;
}

int contactrows_public_resubscribe(struct db *db, uint32_t project_id, bool *ret,
                                   struct err_info *info)
{
    static const char sql[] = "SELECT public_resubscribe FROM project WHERE project_id = ?";
    AUTO(db_rows) rows = NULL;
    int found = db_one(db, sql, DB_PARAMS(DB_I64(project_id)), &rows, info);
    if (found < 0) {
        return found;
    }
    *ret = found > 0 && db_i64(rows, 0) != 0;
    return 0;
}

/* ---- storing ------------------------------------------------------------------------------- */

#define INSERT_WIDTH 10
SQLROWS(sql_insert,
        "INSERT INTO contact (project_id, ordinal, uuid, email, status, data, write_id, created_ms,"
        " updated_ms, subscribed_ms) VALUES ",
        "(?,?,?,?,?,?,?,?,?,?)", "");

static struct db_param subscribed_param(const struct contact *contact)
{
    return contact->subscribed_ms == INT64_MIN ? DB_NULL : DB_I64(contact->subscribed_ms);
}

int contactrows_insert(struct db *db, struct arena *arena, uint32_t project_id,
                       const struct contact *const *contacts, size_t count, int64_t write_id,
                       struct err_info *info)
{
    struct db_param *params = arena_array(arena, count * INSERT_WIDTH, sizeof *params);
    for (size_t i = 0; i < count; i++) {
        const struct contact *contact = contacts[i];
        const struct db_param row[INSERT_WIDTH] = {
            DB_I64(project_id),
            DB_I64(contact->ordinal),
            sqlvalue_of_uuid(&contact->uuid),
            DB_STR(contact->email),
            DB_I64(contact->status),
            sqlvalue_of_text(contact->data),
            DB_I64(write_id),
            DB_I64(contact->created_ms),
            DB_I64(contact->updated_ms),
            subscribed_param(contact),
        };
        memcpy(params + i * INSERT_WIDTH, row, sizeof row);
    }
    return sqlrows_exec(db, sql_insert, params, count, INSERT_WIDTH, info);
}

static const char sql_update[] =
    "UPDATE contact SET email = ?, status = ?, data = ?, write_id = ?, updated_ms = ?,"
    " subscribed_ms = ? WHERE project_id = ? AND ordinal = ?";

/*
 * Many rows with different values in one statement: a row's place in the list of ordinals picks its
 * values. An INSERT … ON DUPLICATE KEY UPDATE is no way here: the table has three unique keys.
 */
#define PICK(list) "ELT(FIELD(ordinal," list ")," list ")"
#define UPDATE_MANY(list)                                                                          \
    "UPDATE contact SET status = " PICK(list) ", data = " PICK(list) ", updated_ms = " PICK(       \
        list) ", subscribed_ms = " PICK(list) ", write_id = ? WHERE project_id = ? AND ordinal "   \
                                              "IN (" list ")"

#define UPDATE_SIZES 2
static const size_t update_size[UPDATE_SIZES] = {32, 128};
static const char *const sql_update_many[UPDATE_SIZES] = {UPDATE_MANY(SQLROWS_32("?")),
                                                          UPDATE_MANY(SQLROWS_128("?"))};

#define PICK_COLUMNS 4
#define UPDATE_MAX_PARAMS ((2 * PICK_COLUMNS + 1) * 128 + 2)

static struct db_param pick_value(const struct contact *contact, unsigned column)
{
    switch (column) {
    case 0:
        return DB_I64(contact->status);
    case 1:
        return sqlvalue_of_text(contact->data);
    case 2:
        return DB_I64(contact->updated_ms);
    default:
        return subscribed_param(contact);
    }
}

/* Fewer contacts than the statement takes: the last stands in the remaining places too. */
static unsigned update_params(struct db_param *params, uint32_t project_id,
                              const struct contact *const *contacts, size_t count, size_t size,
                              int64_t write_id)
{
    unsigned at = 0;
    for (unsigned column = 0; column < PICK_COLUMNS; column++) {
        for (size_t i = 0; i < size; i++) {
            params[at++] = DB_I64(contacts[i < count ? i : count - 1]->ordinal);
        }
        for (size_t i = 0; i < size; i++) {
            params[at++] = pick_value(contacts[i < count ? i : count - 1], column);
        }
    }
    params[at++] = DB_I64(write_id);
    params[at++] = DB_I64(project_id);
    for (size_t i = 0; i < size; i++) {
        params[at++] = DB_I64(contacts[i < count ? i : count - 1]->ordinal);
    }
    return at;
}

static int update_one(struct db *db, uint32_t project_id, const struct contact *contact,
                      int64_t write_id, struct err_info *info)
{
    return db_exec(db, sql_update,
                   DB_PARAMS(DB_STR(contact->email), DB_I64(contact->status),
                             sqlvalue_of_text(contact->data), DB_I64(write_id),
                             DB_I64(contact->updated_ms), subscribed_param(contact),
                             DB_I64(project_id), DB_I64(contact->ordinal)),
                   NULL, info);
}

int contactrows_update(struct db *db, struct arena *arena, uint32_t project_id,
                       const struct contact *const *contacts, size_t count, int64_t write_id,
                       struct err_info *info)
{
    if (count == 1) {
        return update_one(db, project_id, contacts[0], write_id, info);
    }
    struct db_param *params = arena_array(arena, UPDATE_MAX_PARAMS, sizeof *params);
    for (size_t done = 0; done < count;) {
        size_t left = count - done;
        unsigned choice = left <= update_size[0] ? 0 : 1;
        size_t now = left < update_size[choice] ? left : update_size[choice];
        unsigned used =
            update_params(params, project_id, contacts + done, now, update_size[choice], write_id);
        int err = db_exec(db, sql_update_many[choice], params, used, NULL, info);
        if (err < 0) {
            return err;
        }
        done += now;
    }
    return 0;
}

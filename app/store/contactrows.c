#include "store/contactrows.h"

#include "store/sqllist.h"
#include "store/sqlrows.h"
#include "store/sqlvalue.h"

/* ---- reading ------------------------------------------------------------------------------- */

#define NOW_MS "CAST(UNIX_TIMESTAMP(UTC_TIMESTAMP(3)) * 1000 AS SIGNED)"

/*
 * The moment rides along with one contact, whether there is one or not. The project's row is read
 * in a query of its own and therefore not locked: that would be one lock for all writers. The index
 * is forced: a scan of a small table would wait for everybody's locks.
 */
#define LOCK_ONE(index)                                                                            \
    "SELECT c.ordinal, c.uuid, c.email, c.status, c.data, c.created_ms, c.updated_ms,"             \
    " c.subscribed_ms, m.now_ms, m.webhook_version, m.flows_version FROM (SELECT " NOW_MS          \
    " AS now_ms,"                                                                                  \
    " webhook_version, flows_version FROM project WHERE project_id = ?) m"                         \
    " LEFT JOIN contact c FORCE INDEX (" index ") ON c.project_id = ? AND c." index " = ?"         \
    " FOR UPDATE"
#define MOMENT_COLUMN 8

static const char sql_moment[] =
    "SELECT " NOW_MS ", webhook_version, flows_version FROM project WHERE project_id = ?";
static const char sql_lock_email[] = LOCK_ONE("email");
static const char sql_lock_uuid[] = LOCK_ONE("uuid");
SQLLIST(sql_lock_emails,
        "SELECT " CONTACT_COLUMNS
        " FROM contact FORCE INDEX (email) WHERE project_id = ? AND email IN (",
        "?", ") ORDER BY email FOR UPDATE");
/* Answered and locked in the index alone. */
SQLLIST(
    sql_hold_emails,
    "SELECT ordinal, email FROM contact FORCE INDEX (email) WHERE project_id = ? AND email IN (",
    "?", ") ORDER BY email LOCK IN SHARE MODE");

static int no_project(uint32_t project_id, struct err_info *info)
{
    return err_set(info, ERR_NOT_FOUND, NULL, "project %u is not there", project_id);
}

static struct contactrows_moment moment_from_row(const struct db_rows *rows, unsigned column)
{
    return (struct contactrows_moment){db_i64(rows, column), (uint64_t)db_i64(rows, column + 1),
                                       (uint64_t)db_i64(rows, column + 2)};
}

int contactrows_moment(struct db *db, uint32_t project_id, struct contactrows_moment *ret,
                       struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    int found = db_one(db, sql_moment, DB_PARAMS(DB_I64(project_id)), &rows, info);
    if (found > 0) {
        *ret = moment_from_row(rows, 0);
    }
    return found < 0 ? found : found == 0 ? no_project(project_id, info) : 0;
}

/* Returns whether there is a contact, or a negative err. */
static int lock_one(struct db *db, struct arena *arena, uint32_t project_id, const char *sql,
                    struct db_param key, struct contact *ret, struct contactrows_moment *ret_moment,
                    struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    int found =
        db_one(db, sql, DB_PARAMS(DB_I64(project_id), DB_I64(project_id), key), &rows, info);
    if (found <= 0) {
        return found < 0 ? found : no_project(project_id, info);
    }
    *ret_moment = moment_from_row(rows, MOMENT_COLUMN);
    if (db_is_null(rows, 0)) {
        return 0;
    }
    contact_from_row(arena, rows, ret);
    return 1;
}

int contactrows_lock_email(struct db *db, struct arena *arena, uint32_t project_id,
                           struct str email,
                           void (*found)(const struct contact *contact, void *ctx), void *ctx,
                           struct contactrows_moment *ret, struct err_info *info)
{
    struct contact contact;
    int is_found =
        lock_one(db, arena, project_id, sql_lock_email, DB_STR(email), &contact, ret, info);
    if (is_found > 0) {
        found(&contact, ctx);
    }
    return is_found < 0 ? is_found : 0;
}

int contactrows_lock_uuid(struct db *db, struct arena *arena, uint32_t project_id,
                          const struct uuid *uuid, struct contact *ret,
                          struct contactrows_moment *ret_moment, struct err_info *info)
{
    int found = lock_one(db, arena, project_id, sql_lock_uuid, sqlvalue_of_uuid(uuid), ret,
                         ret_moment, info);
    if (found == 0) {
        return err_set(info, ERR_NOT_FOUND, "CONTACT_NOT_FOUND", "Contact not found");
    }
    return found < 0 ? found : 0;
}

struct lock_list {
    struct arena *arena;
    bool hold;
    void (*found)(const struct contact *contact, void *ctx);
    void *ctx;
};

static int lock_row(const struct db_rows *rows, void *ctx)
{
    struct lock_list *list = ctx;
    struct contact contact = {0};
    if (list->hold) {
        contact.ordinal = (uint32_t)db_i64(rows, 0);
        contact.email = db_bytes(rows, 1);
    } else {
        contact_from_row(list->arena, rows, &contact);
    }
    list->found(&contact, list->ctx);
    return 0;
}

int contactrows_lock_emails(struct db *db, struct arena *arena, uint32_t project_id,
                            const struct str *emails, size_t count, bool hold,
                            void (*found)(const struct contact *contact, void *ctx), void *ctx,
                            struct err_info *info)
{
    struct lock_list list = {.arena = arena, .hold = hold, .found = found, .ctx = ctx};
    struct db_param head = DB_I64(project_id);
    struct db_param *keys = arena_raw(arena, count, sizeof *keys);
    for (size_t i = 0; i < count; i++) {
        keys[i] = DB_STR(emails[i]);
    }
    struct sqllist query = {.sql = hold ? sql_hold_emails : sql_lock_emails,
                            .head = &head,
                            .head_count = 1,
                            .items = keys,
                            .count = count,
                            .width = 1};
    return sqllist_query(db, &query, lock_row, &list, info);
}

static int ignore_row(const struct db_rows *rows, void *ctx)
{
    (void)rows;
    (void)ctx;
    return 0;
}

int contactrows_lock_erased(struct db *db, struct arena *arena, uint32_t project_id,
                            const struct str *emails, size_t count, struct err_info *info)
{
    SQLLIST(sql,
            "SELECT ordinal FROM contact FORCE INDEX (email) WHERE project_id = ? AND email IN (",
            "?", ") ORDER BY email FOR UPDATE");
    struct db_param head = DB_I64(project_id);
    struct db_param *keys = arena_raw(arena, count, sizeof *keys);
    for (size_t i = 0; i < count; i++) {
        keys[i] = DB_STR(emails[i]);
    }
    struct sqllist query = {
        .sql = sql, .head = &head, .head_count = 1, .items = keys, .count = count, .width = 1};
    return sqllist_query(db, &query, ignore_row, NULL, info);
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
    struct db_param *params = arena_raw(arena, count * INSERT_WIDTH, sizeof *params);
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

int contactrows_update_one(struct db *db, uint32_t project_id, const struct contact *contact,
                           int64_t write_id, struct err_info *info)
{
    static const char sql[] =
        "UPDATE contact SET email = ?, status = ?, data = ?, write_id = ?, updated_ms = ?,"
        " subscribed_ms = ? WHERE project_id = ? AND ordinal = ?";
    return db_exec(db, sql,
                   DB_PARAMS(DB_STR(contact->email), DB_I64(contact->status),
                             sqlvalue_of_text(contact->data), DB_I64(write_id),
                             DB_I64(contact->updated_ms), subscribed_param(contact),
                             DB_I64(project_id), DB_I64(contact->ordinal)),
                   NULL, info);
}

/*
 * Many rows with different values in one statement: a row's place in the list of ordinals picks its
 * values. An INSERT … ON DUPLICATE KEY UPDATE is no way here: the table has three unique keys. Each
 * pick searches the list, so that longer lists are slower.
 */
#define LIST_32 "?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?"
#define LIST_128 LIST_32 "," LIST_32 "," LIST_32 "," LIST_32
#define PICK(list) "ELT(FIELD(ordinal," list ")," list ")"
#define UPDATE_DATA(list)                                                                          \
    "UPDATE contact SET data = " PICK(list) ", updated_ms = GREATEST(updated_ms, ?), write_id = ?" \
                                            " WHERE project_id = ? AND ordinal IN (" list ")"
#define UPDATE_ALL(list)                                                                           \
    "UPDATE contact SET data = " PICK(list) ", status = " PICK(list) ", subscribed_ms = " PICK(    \
        list) ", updated_ms = " PICK(list) ", write_id = ? WHERE project_id = ? AND ordinal "      \
                                           "IN (" list ")"

#define UPDATE_SIZES 2
static const size_t update_size[UPDATE_SIZES] = {32, 128};

/* An UPDATE of many: the columns that are picked, and what stands behind them. */
struct update {
    const char *sql[UPDATE_SIZES];
    unsigned picked; /* of pick_value's columns, from the first on */
    const struct db_param *tail;
    unsigned tail_count;
};

#define PICK_COLUMNS 4
#define UPDATE_MAX_PARAMS ((2 * PICK_COLUMNS + 1) * 128 + 3)

static struct db_param pick_value(const struct contact *contact, unsigned column)
{
    switch (column) {
    case 0:
        return sqlvalue_of_text(contact->data);
    case 1:
        return DB_I64(contact->status);
    case 2:
        return subscribed_param(contact);
    default:
        return DB_I64(contact->updated_ms);
    }
}

/* Fewer contacts than the statement takes: the last stands in the remaining places too. */
static unsigned update_params(struct db_param *params, const struct update *update,
                              const struct contact *const *contacts, size_t count, size_t size)
{
    unsigned at = 0;
    for (unsigned column = 0; column < update->picked; column++) {
        for (size_t i = 0; i < size; i++) {
            params[at++] = DB_I64(contacts[i < count ? i : count - 1]->ordinal);
        }
        for (size_t i = 0; i < size; i++) {
            params[at++] = pick_value(contacts[i < count ? i : count - 1], column);
        }
    }
    for (unsigned i = 0; i < update->tail_count; i++) {
        params[at++] = update->tail[i];
    }
    for (size_t i = 0; i < size; i++) {
        params[at++] = DB_I64(contacts[i < count ? i : count - 1]->ordinal);
    }
    return at;
}

static int run_update(struct db *db, struct arena *arena, const struct update *update,
                      const struct contact *const *contacts, size_t count, struct err_info *info)
{
    struct db_param *params = arena_raw(arena, UPDATE_MAX_PARAMS, sizeof *params);
    for (size_t done = 0; done < count;) {
        size_t left = count - done;
        unsigned choice = left <= update_size[0] ? 0 : 1;
        size_t now = left < update_size[choice] ? left : update_size[choice];
        unsigned used = update_params(params, update, contacts + done, now, update_size[choice]);
        int err = db_exec(db, update->sql[choice], params, used, NULL, info);
        if (err < 0) {
            return err;
        }
        done += now;
    }
    return 0;
}

int contactrows_update(struct db *db, struct arena *arena, uint32_t project_id,
                       const struct contact *const *contacts, size_t count, int64_t write_id,
                       struct err_info *info)
{
    const struct db_param tail[] = {DB_I64(write_id), DB_I64(project_id)};
    struct update update = {
        {UPDATE_ALL(LIST_32), UPDATE_ALL(LIST_128)}, PICK_COLUMNS, tail, ARRAY_LEN(tail)};
    return run_update(db, arena, &update, contacts, count, info);
}

int contactrows_update_data(struct db *db, struct arena *arena, uint32_t project_id,
                            const struct contact *const *contacts, size_t count, int64_t now_ms,
                            int64_t write_id, struct err_info *info)
{
    const struct db_param tail[] = {DB_I64(now_ms), DB_I64(write_id), DB_I64(project_id)};
    struct update update = {
        {UPDATE_DATA(LIST_32), UPDATE_DATA(LIST_128)}, 1, tail, ARRAY_LEN(tail)};
    return run_update(db, arena, &update, contacts, count, info);
}

#include "store/emailrows.h"

#include <stdlib.h>

#include "store/counter.h"
#include "store/sqllist.h"
#include "store/sqlrows.h"
#include "store/sqlvalue.h"

#define WIDTH 12

int emailrows_compare(const struct emailrows_row *a, const struct emailrows_row *b)
{
    int by_id = str_cmp(a->email_id, b->email_id);
    if (by_id != 0) {
        return by_id;
    }
    if (a->type != b->type) {
        return a->type < b->type ? -1 : 1;
    }
    return (a->at_ms > b->at_ms) - (a->at_ms < b->at_ms);
}

static int compare_stored(const void *a, const void *b)
{
    const struct emailrows_stored *left = a;
    const struct emailrows_stored *right = b;
    return emailrows_compare(&left->row, &right->row);
}

struct found {
    struct arena *arena;
    struct emailrows_stored *at;
    size_t count;
    size_t room;
};

static int found_row(const struct db_rows *rows, void *ctx)
{
    struct found *found = ctx;
    found->at = arena_grow(found->arena, found->at, found->count, &found->room, sizeof *found->at);
    found->at[found->count++] =
        (struct emailrows_stored){.number = (uint32_t)db_i64(rows, 0),
                                  .row = {.email_id = str_copy(found->arena, db_bytes(rows, 1)),
                                          .type = (enum emailevent_type)db_i64(rows, 2),
                                          .at_ms = db_i64(rows, 3),
                                          .ordinal = (uint32_t)db_i64(rows, 4),
                                          .has_event = !db_is_null(rows, 5),
                                          .event = sqlvalue_uuid(rows, 5),
                                          .event_ms = db_i64(rows, 6)}};
    return 0;
}

int emailrows_find(struct db *db, struct arena *arena, uint32_t project_id,
                   const struct str *email_ids, size_t count, struct emailrows_stored **ret,
                   size_t *ret_count, struct err_info *info)
{
    SQLLIST(sql,
            "SELECT number, email_id, type, at_ms, ordinal, event_uuid, event_ms FROM email_event"
            " FORCE INDEX (said) WHERE project_id = ? AND email_id IN (",
            "?", ")");
    struct found found = {.arena = arena};
    struct db_param *keys = arena_array(arena, count, sizeof *keys);
    for (size_t i = 0; i < count; i++) {
        keys[i] = DB_BYTES(email_ids[i].at, email_ids[i].len);
    }
    struct sqllist list = {sql, &DB_I64(project_id), 1, keys, count, 1};
    int err = sqllist_query(db, &list, found_row, &found, info);
    if (err < 0) {
        return err;
    }
    if (found.count > 1) {
        qsort(found.at, found.count, sizeof *found.at, compare_stored);
    }
    *ret = found.at;
    *ret_count = found.count;
    return 0;
}

int emailrows_insert(struct db *db, struct arena *arena, uint32_t project_id,
                     const struct emailrows_row *rows, size_t count, int64_t created_ms,
                     struct emailrows_check *ret_check, struct err_info *info)
{
    SQLROWS(sql,
            "INSERT INTO email_event (project_id, number, email_id, type, at_ms, ordinal,"
            " sequence_id, event_uuid, event_ms, data, write_id, created_ms) VALUES ",
            "(?,?,?,?,?,?,?,?,?,?,?,?)", "");
    uint32_t first = 0;
    int64_t write_id = uuid_random63();
    int err = counter_take(db, project_id, COUNTER_EMAIL_EVENT, (uint32_t)count, &first, info);
    if (err < 0) {
        return err;
    }
    struct db_param *params = arena_raw(arena, count * WIDTH, sizeof *params);
    for (size_t i = 0; i < count; i++) {
        const struct emailrows_row *row = &rows[i];
        const struct db_param values[WIDTH] = {
            DB_I64(project_id),
            DB_I64(first + i),
            DB_BYTES(row->email_id.at, row->email_id.len),
            DB_I64(row->type),
            DB_I64(row->at_ms),
            DB_I64(row->ordinal),
            row->sequence_id != 0 ? DB_I64(row->sequence_id) : DB_NULL,
            row->has_event ? sqlvalue_of_uuid(&row->event) : DB_NULL,
            row->has_event ? DB_I64(row->event_ms) : DB_NULL,
            sqlvalue_of_text(row->data),
            DB_I64(write_id),
            DB_I64(created_ms)};
        memcpy(params + i * WIDTH, values, sizeof values);
    }
    *ret_check = (struct emailrows_check){first, write_id};
    return sqlrows_exec(db, sql, params, count, WIDTH, info);
}

void emailrows_set_check(struct db *db, uint32_t project_id, const struct emailrows_check *check)
{
    static const char sql[] = "SELECT 1 FROM email_event"
                              " WHERE project_id = ? AND number = ? AND write_id = ? FOR UPDATE";
    db_set_write_check(
        db, sql, DB_PARAMS(DB_I64(project_id), DB_I64(check->number), DB_I64(check->write_id)));
}

/* What the log says of a contact under one name, into its rollup. */
static int roll_up_anew(struct db *db, uint32_t project_id, uint32_t ordinal, uint32_t name_id,
                        struct err_info *info)
{
    static const char sql_log[] = "SELECT COUNT(*), MIN(at_ms), MAX(at_ms) FROM event"
                                  " FORCE INDEX (contact)"
                                  " WHERE project_id = ? AND ordinal = ? AND name_id = ?";
    static const char sql_set[] = "UPDATE contact_event SET count = ?, first_ms = ?, last_ms = ?"
                                  " WHERE project_id = ? AND name_id = ? AND ordinal = ?";
    AUTO(db_rows) rows = NULL;
    int found = db_one(db, sql_log, DB_PARAMS(DB_I64(project_id), DB_I64(ordinal), DB_I64(name_id)),
                       &rows, info);
    if (found < 0) {
        return found;
    }
    return db_exec(db, sql_set,
                   DB_PARAMS(DB_I64(db_i64(rows, 0)), DB_I64(db_i64(rows, 1)),
                             DB_I64(db_i64(rows, 2)), DB_I64(project_id), DB_I64(name_id),
                             DB_I64(ordinal)),
                   NULL, info);
}

int emailrows_displace(struct db *db, uint32_t project_id, const struct emailrows_stored *old,
                       uint32_t name_id, struct err_info *info)
{
    static const char sql_log[] =
        "DELETE FROM event WHERE project_id = ? AND at_ms = ? AND uuid = ?";
    static const char sql_report[] = "UPDATE email_event SET event_uuid = NULL, event_ms = NULL"
                                     " WHERE project_id = ? AND number = ?";
    int err = db_exec(
        db, sql_log,
        DB_PARAMS(DB_I64(project_id), DB_I64(old->row.event_ms), sqlvalue_of_uuid(&old->row.event)),
        NULL, info);
    if (err == 0) {
        err =
            db_exec(db, sql_report, DB_PARAMS(DB_I64(project_id), DB_I64(old->number)), NULL, info);
    }
    return err < 0 ? err : roll_up_anew(db, project_id, old->row.ordinal, name_id, info);
}

#include "store/importerror.h"

#include "store/sqllist.h"

#include "store/sqlrows.h"
#include "store/sqlvalue.h"

#define DELETE_AT_ONCE 5000
#define WIDTH 6

SQLROWS(sql_insert,
        "INSERT INTO import_error (project_id, job_id, row_no, line_no, email, reason) VALUES ",
        "(?,?,?,?,?,?)", "");

/* The first `max` characters. What is no UTF-8 (it came out of a file) reads as "". */
static struct str cut(struct str text, size_t max)
{
    size_t chars = 0;
    if (!str_is_utf8(text)) {
        return STR("");
    }
    for (size_t i = 0; i < text.len; i++) {
        chars += ((unsigned char)text.at[i] & 0xc0) != 0x80;
        if (chars > max) {
            return (struct str){text.at, i};
        }
    }
    return text;
}

int importerror_insert(struct db *db, struct arena *arena, uint32_t project_id,
                       const struct uuid *job_id, const struct importerror *errors, size_t count,
                       struct err_info *info)
{
    struct db_param *params = arena_array(arena, count * WIDTH, sizeof *params);
    for (size_t i = 0; i < count; i++) {
        const struct db_param row[WIDTH] = {
            DB_I64(project_id),
            sqlvalue_of_uuid(job_id),
            DB_U64(errors[i].row),
            DB_U64(errors[i].line),
            DB_STR(cut(errors[i].email, IMPORTERROR_EMAIL_CHARS)),
            DB_STR(cut(errors[i].reason, IMPORTERROR_REASON_CHARS)),
        };
        memcpy(params + i * WIDTH, row, sizeof row);
    }
    return sqlrows_exec(db, sql_insert, params, count, WIDTH, info);
}

int importerror_list(struct db *db, struct arena *arena, uint32_t project_id,
                     const struct uuid *job_id, uint64_t after, size_t limit,
                     struct importerror **ret, size_t *ret_count, struct err_info *info)
{
    static const char sql[] =
        "SELECT row_no, line_no, email, reason FROM import_error WHERE project_id = ?"
        " AND job_id = ? AND row_no > ? ORDER BY row_no LIMIT ?";
    AUTO(db_rows) rows = NULL;
    size_t count = 0;
    struct importerror *list = arena_array(arena, limit, sizeof *list);
    int err = db_query(
        db, sql,
        DB_PARAMS(DB_I64(project_id), sqlvalue_of_uuid(job_id), DB_U64(after), DB_U64(limit)),
        false, &rows, info);
    if (err < 0) {
        return err;
    }
    while ((err = db_next(rows, info)) > 0) {
        list[count++] =
            (struct importerror){(uint64_t)db_i64(rows, 0), (uint64_t)db_i64(rows, 1),
                                 sqlvalue_text(arena, rows, 2), sqlvalue_text(arena, rows, 3)};
    }
    *ret = list;
    *ret_count = count;
    return err;
}

int importerror_delete(struct db *db, uint32_t project_id, const struct uuid *job_id,
                       struct err_info *info)
{
    static const char sql[] =
        "DELETE FROM import_error WHERE project_id = ? AND job_id = ? ORDER BY row_no LIMIT ?";
    uint64_t deleted = 0;
    int err;
    do {
        err =
            db_exec(db, sql,
                    DB_PARAMS(DB_I64(project_id), sqlvalue_of_uuid(job_id), DB_I64(DELETE_AT_ONCE)),
                    &deleted, info);
    } while (err == 0 && deleted == DELETE_AT_ONCE);
    return err;
}

int importerror_forget(struct db *db, struct arena *arena, uint32_t project_id,
                       const struct str *emails, size_t count, struct err_info *info)
{
    /* The index is forced: a scan would wait for everybody's locks. */
    SQLLIST(sql,
            "UPDATE import_error e FORCE INDEX (email) SET e.email = '' WHERE e.project_id = ?"
            " AND e.email IN (",
            "?", ")");
    struct db_param head = DB_I64(project_id);
    struct db_param *keys = arena_raw(arena, count, sizeof *keys);
    for (size_t i = 0; i < count; i++) {
        keys[i] = DB_STR(emails[i]);
    }
    struct sqllist list = {
        .sql = sql, .head = &head, .head_count = 1, .items = keys, .count = count, .width = 1};
    return sqllist_exec(db, &list, NULL, info);
}

#include "store/audit.h"

#include "base/timeutil.h"
#include "store/sqlvalue.h"
#include "json/jsonwrite.h"

int audit_note(struct db *db, uint32_t account_id, uint32_t project_id,
               const struct audit_actor *actor, const struct audit_act *act, struct err_info *info)
{
    static const char sql[] =
        "INSERT INTO audit (project_id, audit_id, at_ms, key_id, actor, action, object_type, "
        "object_id, summary) SELECT p.project_id, ?, ?, ?, COALESCE((SELECT k.name FROM api_key k "
        "WHERE k.key_id = ?), ?), ?, ?, ?, ? FROM project p "
        "WHERE p.account_id = ? AND ? IN (0, p.project_id) AND p.deleted_ms IS NULL";
    int64_t now_us = timeutil_wall_us(), now_ms = now_us / 1000;
    struct uuid id = uuid_ordered(now_ms, (size_t)(now_us % 1000)); /* in the order of the acts */
    bool has_summary = act->summary.at != NULL && act->summary.len <= AUDIT_SUMMARY_CHARS;
    struct str summary = has_summary ? act->summary : STR("{}");
    struct str program = actor->program.at ? actor->program : STR("?");
    return db_exec(db, sql,
                   DB_PARAMS(sqlvalue_of_uuid(&id), DB_I64(now_ms), sqlvalue_of_text(actor->key_id),
                             sqlvalue_of_text(actor->key_id), DB_STR(program),
                             DB_STR(str_from(act->action)), DB_STR(str_from(act->object_type)),
                             DB_STR(act->object_id), DB_STR(summary), DB_I64(account_id),
                             DB_I64(project_id)),
                   NULL, info);
}

struct str audit_name_summary(struct buf *out, struct str name)
{
    struct jsonwrite w;
    jsonwrite_init(&w, out);
    jsonwrite_object(&w);
    if (name.at) {
        jsonwrite_name(&w, "name");
        jsonwrite_str(&w, name);
    }
    jsonwrite_object_end(&w);
    return jsonwrite_ok(&w) ? buf_str(out) : STR("{}");
}

static void from_row(struct arena *arena, const struct db_rows *rows, struct audit_row *ret)
{
    *ret = (struct audit_row){.audit_id = sqlvalue_uuid(rows, 0),
                              .at_ms = db_i64(rows, 1),
                              .key_id = sqlvalue_text(arena, rows, 2),
                              .actor = sqlvalue_text(arena, rows, 3),
                              .action = sqlvalue_text(arena, rows, 4),
                              .object_type = sqlvalue_text(arena, rows, 5),
                              .object_id = sqlvalue_text(arena, rows, 6),
                              .summary = sqlvalue_text(arena, rows, 7)};
}

int audit_list(struct db *db, struct arena *arena, uint32_t project_id, const struct uuid *after,
               size_t limit, struct audit_row **ret, size_t *ret_count, struct err_info *info)
{
    static const char sql[] =
        "SELECT audit_id, at_ms, key_id, actor, action, object_type, object_id, summary "
        "FROM audit WHERE project_id = ? AND audit_id < ? ORDER BY audit_id DESC LIMIT ?";
    static const struct uuid newest = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                        0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
    AUTO(db_rows) rows = NULL;
    struct audit_row *list = arena_alloc(arena, (limit + 1) * sizeof(*list));
    size_t count = 0;
    int more, err = db_query(db, sql,
                             DB_PARAMS(DB_I64(project_id),
                                       sqlvalue_of_uuid(after ? after : &newest), DB_I64(limit)),
                             false, &rows, info);
    if (err < 0)
        return err;
    while ((more = db_next(rows, info)) == 1)
        from_row(arena, rows, &list[count++]);
    *ret = list;
    *ret_count = count;
    return more;
}

int audit_sweep(struct db *db, uint32_t project_id, int64_t before_ms, unsigned max_rows,
                struct err_info *info)
{
    /* The ids begin with the instant: no index of its own is needed. */
    static const char sql[] =
        "DELETE FROM audit WHERE project_id = ? AND audit_id < ? ORDER BY audit_id LIMIT ?";
    struct uuid before = uuid_ordered(before_ms, 0);
    return db_exec(db, sql,
                   DB_PARAMS(DB_I64(project_id), sqlvalue_of_uuid(&before), DB_I64(max_rows)), NULL,
                   info);
}

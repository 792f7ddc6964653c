#include "store/segref.h"

#include "store/counter.h"
#include "store/sqllist.h"
#include "store/sqlvalue.h"

/* Names of referring segments in a 409, and bytes of each. */
#define SEGREF_NAMES_SHOWN 3
#define SEGREF_NAME_BYTES 80

int segref_lock(struct db *db, uint32_t project_id, struct err_info *info)
{
    return counter_lock(db, project_id, COUNTER_SEGMENT, info);
}

/* ---- writing ------------------------------------------------------------------------------- */

SQLLIST(segref_find_sql, "SELECT uuid, segment_id FROM segment WHERE project_id = ? AND uuid IN (",
        "?", ")");
SQLLIST(segref_insert_sql,
        "INSERT INTO segment_ref (project_id, target_id, source_kind, source_id) VALUES ",
        "(?, ?, ?, ?)", " ON DUPLICATE KEY UPDATE target_id = segment_ref.target_id");
SQLLIST(segref_insert_event_sql,
        "INSERT INTO segment_event_ref (project_id, source_id, slug) VALUES ", "(?, ?, ?)",
        " ON DUPLICATE KEY UPDATE source_id = segment_event_ref.source_id");

/* The ids that belong to names->segments, 0 while unknown. */
struct segref_found {
    const struct segref_names *names;
    uint32_t *ids;
};

static int segref_found_row(const struct db_rows *rows, void *ctx)
{
    struct segref_found *found = ctx;
    struct str uuid = db_bytes(rows, 0);
    for (size_t i = 0; i < found->names->segment_count; i++) {
        const struct uuid *named = &found->names->segments[i].uuid;
        if (str_eq(uuid, (struct str){(const char *)named->bytes, sizeof(named->bytes)})) {
            found->ids[i] = (uint32_t)db_i64(rows, 1);
        }
    }
    return 0;
}

static int segref_find(struct db *db, struct arena *arena, uint32_t project_id,
                       const struct segref_names *names, uint32_t *ret_ids, struct err_info *info)
{
    size_t count = names->segment_count;
    struct db_param *uuids = arena_array(arena, count, sizeof(*uuids));
    for (size_t i = 0; i < count; i++) {
        uuids[i] = sqlvalue_of_uuid(&names->segments[i].uuid);
    }
    struct sqllist list = {segref_find_sql, &DB_I64(project_id), 1, uuids, count, 1};
    struct segref_found found = {names, ret_ids};
    int err = sqllist_query(db, &list, segref_found_row, &found, info);
    if (err < 0) {
        return err;
    }
    for (size_t i = 0; i < count; i++) {
        if (ret_ids[i] == 0) {
            char text[37];
            uuid_format(&names->segments[i].uuid, text);
            return err_set_at(info, ERR_INVAL, "BAD_REQUEST",
                              str_copy(arena, names->segments[i].path).at,
                              "Referenced segment not found: %s", text);
        }
    }
    return 0;
}

static int segref_insert_segments(struct db *db, struct arena *arena, uint32_t project_id,
                                  enum segref_source source, uint32_t source_id,
                                  const struct segref_names *names, struct err_info *info)
{
    size_t count = names->segment_count;
    uint32_t *ids = arena_array(arena, count, sizeof(*ids));
    int err = segref_find(db, arena, project_id, names, ids, info);
    if (err < 0) {
        return err;
    }
    struct db_param *rows = arena_array(arena, count * 4, sizeof(*rows));
    for (size_t i = 0; i < count; i++) {
        rows[i * 4] = DB_I64(project_id);
        rows[i * 4 + 1] = DB_I64(ids[i]);
        rows[i * 4 + 2] = DB_I64(source);
        rows[i * 4 + 3] = DB_I64(source_id);
    }
    return sqllist_exec(db, &(struct sqllist){segref_insert_sql, NULL, 0, rows, count, 4}, NULL,
                        info);
}

static int segref_insert_events(struct db *db, struct arena *arena, uint32_t project_id,
                                uint32_t source_id, const struct segref_names *names,
                                struct err_info *info)
{
    size_t count = names->event_count;
    struct db_param *rows = arena_array(arena, count * 3, sizeof(*rows));
    for (size_t i = 0; i < count; i++) {
        rows[i * 3] = DB_I64(project_id);
        rows[i * 3 + 1] = DB_I64(source_id);
        rows[i * 3 + 2] = DB_STR(names->events[i].slug);
    }
    return sqllist_exec(db, &(struct sqllist){segref_insert_event_sql, NULL, 0, rows, count, 3},
                        NULL, info);
}

int segref_delete(struct db *db, uint32_t project_id, enum segref_source source, uint32_t source_id,
                  struct err_info *info)
{
    static const char sql[] = "DELETE FROM segment_ref"
                              " WHERE project_id = ? AND source_kind = ? AND source_id = ?";
    static const char event_sql[] =
        "DELETE FROM segment_event_ref WHERE project_id = ? AND source_id = ?";
    int err = db_exec(db, sql, DB_PARAMS(DB_I64(project_id), DB_I64(source), DB_I64(source_id)),
                      NULL, info);
    if (err < 0 || source != SEGREF_SEGMENT) {
        return err;
    }
    return db_exec(db, event_sql, DB_PARAMS(DB_I64(project_id), DB_I64(source_id)), NULL, info);
}

int segref_write(struct db *db, struct arena *arena, uint32_t project_id, enum segref_source source,
                 uint32_t source_id, const struct segref_names *names, struct err_info *info)
{
    int err = segref_delete(db, project_id, source, source_id, info);
    if (err < 0) {
        return err;
    }
    err = segref_insert_segments(db, arena, project_id, source, source_id, names, info);
    if (err < 0 || source != SEGREF_SEGMENT) {
        return err;
    }
    return segref_insert_events(db, arena, project_id, source_id, names, info);
}

/* ---- guards -------------------------------------------------------------------------------- */

static int segref_check_campaigns(struct db *db, uint32_t project_id, uint32_t segment_id,
                                  struct err_info *info)
{
    static const char sql[] = "SELECT COUNT(*) FROM segment_ref r JOIN campaign c"
                              " ON c.project_id = r.project_id AND c.campaign_id = r.source_id"
                              " WHERE r.project_id = ? AND r.target_id = ? AND r.source_kind = 2 "
                              "AND c.status IN (1, 2, 3)";
    AUTO(db_rows) rows = NULL;
    int err = db_one(db, sql, DB_PARAMS(DB_I64(project_id), DB_I64(segment_id)), &rows, info);
    if (err < 0) {
        return err;
    }
    int64_t count = db_i64(rows, 0);
    if (count == 0) {
        return 0;
    }
    return err_set(info, ERR_CONFLICT, "CONFLICT",
                   "Cannot delete segment: it is currently used in %lld active campaign(s). Remove "
                   "it from campaigns first or wait for them to complete.",
                   (long long)count);
}

/* The start of a name, cut between characters so that the message stays UTF-8. */
static struct str segref_shorten(struct str name)
{
    if (name.len <= SEGREF_NAME_BYTES) {
        return name;
    }
    size_t len = SEGREF_NAME_BYTES;
    while (len > 0 && ((unsigned char)name.at[len] & 0xC0) == 0x80) {
        len--;
    }
    return (struct str){name.at, len};
}

int segref_check_unnamed(struct db *db, struct arena *arena, uint32_t project_id,
                         uint32_t segment_id, struct err_info *info)
{
    static const char sql[] =
        "SELECT s.name FROM segment_ref r JOIN segment s"
        " ON s.project_id = r.project_id AND s.segment_id = r.source_id"
        " WHERE r.project_id = ? AND r.target_id = ? AND r.source_kind = 1 ORDER BY s.segment_id";
    AUTO(db_rows) rows = NULL;
    int err =
        db_query(db, sql, DB_PARAMS(DB_I64(project_id), DB_I64(segment_id)), false, &rows, info);
    if (err < 0) {
        return err;
    }
    const char *shown = "";
    size_t count = 0;
    while ((err = db_next(rows, info)) > 0) {
        if (count++ < SEGREF_NAMES_SHOWN) {
            shown = arena_printf(arena, "%s%s\"" STR_FMT "\"", shown, count > 1 ? ", " : "",
                                 STR_ARG(segref_shorten(db_bytes(rows, 0))));
        }
    }
    if (err < 0 || count == 0) {
        return err;
    }
    return err_set(info, ERR_CONFLICT, "CONFLICT",
                   "Cannot delete segment: the filter of %zu other segment(s) names it: %s%s. "
                   "Change or delete them first.",
                   count, shown, count > SEGREF_NAMES_SHOWN ? " …" : "");
}

/* A workflow says which segments it names only inside its text. */
static int segref_check_workflows(struct db *db, struct arena *arena, uint32_t project_id,
                                  uint32_t segment_id, struct err_info *info)
{
    static const char uuid_sql[] =
        "SELECT uuid FROM segment WHERE project_id = ? AND segment_id = ?";
    static const char sql[] = "SELECT name FROM workflow WHERE project_id = ? AND enabled = 1"
                              " AND LOCATE(?, LOWER(definition)) > 0 ORDER BY workflow_id LIMIT 1";
    AUTO(db_rows) segment = NULL;
    AUTO(db_rows) rows = NULL;
    char text[37];
    int found =
        db_one(db, uuid_sql, DB_PARAMS(DB_I64(project_id), DB_I64(segment_id)), &segment, info);
    if (found > 0) {
        struct uuid uuid = sqlvalue_uuid(segment, 0);
        uuid_format(&uuid, text);
        found = db_one(db, sql, DB_PARAMS(DB_I64(project_id), DB_STR(str_from(text))), &rows, info);
    }
    if (found <= 0) {
        return found;
    }
    struct str name = str_copy(arena, segref_shorten(db_bytes(rows, 0)));
    return err_set(info, ERR_CONFLICT, "CONFLICT",
                   "Cannot delete segment: a step of the enabled workflow \"" STR_FMT
                   "\" names it. Change or disable the workflow first.",
                   STR_ARG(name));
}

int segref_check_free(struct db *db, struct arena *arena, uint32_t project_id, uint32_t segment_id,
                      struct err_info *info)
{
    int err = segref_check_campaigns(db, project_id, segment_id, info);
    if (err == 0) {
        err = segref_check_workflows(db, arena, project_id, segment_id, info);
    }
    return err < 0 ? err : segref_check_unnamed(db, arena, project_id, segment_id, info);
}

int segref_release(struct db *db, uint32_t project_id, uint32_t segment_id, struct err_info *info)
{
    static const char sql[] =
        "DELETE FROM segment_ref WHERE project_id = ? AND target_id = ? AND source_kind = 2";
    return db_exec(db, sql, DB_PARAMS(DB_I64(project_id), DB_I64(segment_id)), NULL, info);
}

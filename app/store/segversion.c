#include "store/segversion.h"

#include "store/sqlvalue.h"

#define SEGVERSION_SELECT                                                                          \
    "SELECT v.version, v.dialect, v.filter, v.source, v.changed_ms, v.key_id, k.name"              \
    " FROM segment_version v LEFT JOIN api_key k ON k.key_id = v.key_id"                           \
    " WHERE v.project_id = ? AND v.segment_id = ?"

/* ---- writing ------------------------------------------------------------------------------- */

static int segversion_trim(struct db *db, uint32_t project_id, uint32_t segment_id, uint32_t newest,
                           struct err_info *info)
{
    static const char sql[] =
        "DELETE FROM segment_version WHERE project_id = ? AND segment_id = ? AND version <= ?";
    if (newest <= SEGVERSION_KEPT) {
        return 0;
    }
    return db_exec(
        db, sql,
        DB_PARAMS(DB_I64(project_id), DB_I64(segment_id), DB_I64(newest - SEGVERSION_KEPT)), NULL,
        info);
}

int segversion_add(struct db *db, uint32_t project_id, uint32_t segment_id,
                   const struct segversion *version, struct err_info *info)
{
    static const char sql[] =
        "INSERT INTO segment_version (project_id, segment_id, version, dialect, filter, source,"
        " changed_ms, key_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        " ON DUPLICATE KEY UPDATE dialect = ?, source = ?";
    const struct segversion *v = version;
    int err = db_exec(db, sql,
                      DB_PARAMS(DB_I64(project_id), DB_I64(segment_id), DB_I64(v->version),
                                DB_I64(v->dialect), DB_STR(v->filter), DB_STR(v->source),
                                DB_I64(v->changed_ms), sqlvalue_of_text(v->key_id),
                                DB_I64(v->dialect), DB_STR(v->source)),
                      NULL, info);
    return err < 0 ? err : segversion_trim(db, project_id, segment_id, v->version, info);
}

int segversion_drop(struct db *db, uint32_t project_id, uint32_t segment_id, struct err_info *info)
{
    static const char sql[] = "DELETE FROM segment_version WHERE project_id = ? AND segment_id = ?";
    return db_exec(db, sql, DB_PARAMS(DB_I64(project_id), DB_I64(segment_id)), NULL, info);
}

/* ---- reading ------------------------------------------------------------------------------- */

static void segversion_from_row(struct arena *arena, const struct db_rows *rows,
                                struct segversion *ret)
{
    *ret = (struct segversion){
        .version = (uint32_t)db_i64(rows, 0),
        .dialect = (int)db_i64(rows, 1),
        .filter = sqlvalue_text(arena, rows, 2),
        .source = sqlvalue_text(arena, rows, 3),
        .changed_ms = db_i64(rows, 4),
        .key_id = sqlvalue_text(arena, rows, 5),
        .key_name = sqlvalue_text(arena, rows, 6),
    };
}

static int segversion_count(struct db *db, uint32_t project_id, uint32_t segment_id, uint64_t *ret,
                            struct err_info *info)
{
    static const char sql[] =
        "SELECT COUNT(*) FROM segment_version WHERE project_id = ? AND segment_id = ?";
    AUTO(db_rows) rows = NULL;
    int got = db_one(db, sql, DB_PARAMS(DB_I64(project_id), DB_I64(segment_id)), &rows, info);
    if (got < 0) {
        return got;
    }
    *ret = (uint64_t)db_i64(rows, 0);
    return 0;
}

int segversion_list(struct db *db, struct arena *arena, uint32_t project_id, uint32_t segment_id,
                    uint64_t offset, size_t limit, struct segversion **ret, size_t *ret_count,
                    uint64_t *ret_total, struct err_info *info)
{
    static const char sql[] = SEGVERSION_SELECT " ORDER BY v.version DESC LIMIT ? OFFSET ?";
    AUTO(db_rows) rows = NULL;
    struct segversion *list = arena_array(arena, limit, sizeof(*list));
    size_t count = 0;
    int err = segversion_count(db, project_id, segment_id, ret_total, info);
    if (err == 0) {
        err = db_query(
            db, sql,
            DB_PARAMS(DB_I64(project_id), DB_I64(segment_id), DB_U64(limit), DB_U64(offset)), false,
            &rows, info);
    }
    while (err >= 0 && count < limit && (err = db_next(rows, info)) > 0) {
        segversion_from_row(arena, rows, &list[count++]);
    }
    *ret = list;
    *ret_count = count;
    return err < 0 ? err : 0;
}

int segversion_get(struct db *db, struct arena *arena, uint32_t project_id, uint32_t segment_id,
                   uint32_t version, struct segversion *ret, struct err_info *info)
{
    static const char sql[] = SEGVERSION_SELECT " AND v.version = ?";
    AUTO(db_rows) rows = NULL;
    int got = db_one(db, sql, DB_PARAMS(DB_I64(project_id), DB_I64(segment_id), DB_I64(version)),
                     &rows, info);
    if (got <= 0) {
        return got < 0 ? got
                       : err_set(info, ERR_NOT_FOUND, "RESOURCE_NOT_FOUND", "Version not found");
    }
    segversion_from_row(arena, rows, ret);
    return 0;
}

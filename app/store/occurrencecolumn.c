#include "store/occurrencecolumn.h"

#include "column/key.h"
#include "store/counter.h"

#define PATH_MAX_BYTES 600 /* as wide as the table; longer ones are read from the log */

bool occurrencecolumn_is_move(struct str name)
{
    return str_starts(name, STR("segment.")) &&
           (str_ends(name, STR(".entry")) || str_ends(name, STR(".exit")));
}

int occurrencecolumn_list(struct db *db, struct arena *arena, uint32_t project_id,
                          struct occurrencecolumn **ret, size_t *ret_count, struct err_info *info)
{
    static const char sql[] =
        "SELECT c.name_id, c.property_id, c.path, c.state, c.chunks, n.name FROM occurrence_column "
        "c"
        " JOIN event_name n ON n.project_id = c.project_id AND n.name_id = c.name_id"
        " WHERE c.project_id = ? ORDER BY c.name_id, c.property_id LIMIT ?";
    AUTO(db_rows) rows = NULL;
    struct occurrencecolumn *list = NULL;
    size_t count = 0, room = 0;
    int got = db_query(db, sql, DB_PARAMS(DB_U64(project_id), DB_I64(OCCURRENCECOLUMN_MAX)), false,
                       &rows, info);
    if (got)
        return got;
    while ((got = db_next(rows, info)) > 0) {
        list = arena_grow(arena, list, count, &room, sizeof *list);
        list[count++] = (struct occurrencecolumn){
            .name_id = (uint32_t)db_i64(rows, 0),
            .property_id = (uint32_t)db_i64(rows, 1),
            .path = str_copy(arena, db_bytes(rows, 2)),
            .state = (enum occurrencecolumn_state)db_i64(rows, 3),
            .chunks = (uint32_t)db_i64(rows, 4),
            .moves = occurrencecolumn_is_move(db_bytes(rows, 5)),
        };
    }
    *ret = list;
    *ret_count = count;
    return got;
}

/* ---- asking for one ------------------------------------------------------------------------- */

struct wanting {
    uint32_t project_id;
    uint32_t name_id;
    const struct str *paths;
    size_t count;
};

/* How many the project has, and whether this one is among them. */
static int look_up(struct db *db, const struct wanting *w, struct str path, uint64_t *ret_count,
                   bool *ret_there, struct err_info *info)
{
    static const char sql[] = "SELECT COUNT(*), COUNT(CASE WHEN name_id = ? AND path = ? THEN 1"
                              " END) FROM occurrence_column WHERE project_id = ?";
    AUTO(db_rows) rows = NULL;
    int got = db_one(db, sql, DB_PARAMS(DB_U64(w->name_id), DB_STR(path), DB_U64(w->project_id)),
                     &rows, info);
    if (got < 0)
        return got;
    *ret_count = (uint64_t)db_i64(rows, 0);
    *ret_there = db_i64(rows, 1) != 0;
    return 0;
}

static int want_one(struct db *db, const struct wanting *w, struct str path, struct err_info *info)
{
    static const char sql_insert[] =
        "INSERT INTO occurrence_column (project_id, name_id, property_id, path, state)"
        " VALUES (?, ?, ?, ?, ?)";
    static const char sql_check[] = "SELECT 1 FROM occurrence_column WHERE project_id = ?"
                                    " AND name_id = ? AND property_id = ? FOR UPDATE";
    struct db_param project = DB_U64(w->project_id), name = DB_U64(w->name_id);
    uint64_t count = 0;
    uint32_t property_id = 0;
    bool there = false;
    int err = look_up(db, w, path, &count, &there, info);
    if (err || there || count >= OCCURRENCECOLUMN_MAX || path.len > PATH_MAX_BYTES)
        return err;
    if (path.len)
        err = counter_next(db, w->project_id, COUNTER_PROPERTY, &property_id, info);
    if (err || property_id >= KEY_PROPERTY_MAX / 2) /* the rest is for those that have no number */
        return err;
    db_set_write_check(db, sql_check, DB_PARAMS(project, name, DB_U64(property_id)));
    return db_exec(db, sql_insert,
                   DB_PARAMS(project, name, DB_U64(property_id), DB_STR(path),
                             DB_I64(OCCURRENCECOLUMN_WANTED)),
                   NULL, info);
}

static int want_body(struct db *db, void *ctx, struct err_info *info)
{
    const struct wanting *w = ctx;
    int err = counter_lock(db, w->project_id, COUNTER_PROPERTY, info); /* one at a time */
    if (!err)
        err = want_one(db, w, STR(""), info);
    for (size_t i = 0; !err && i < w->count; i++)
        err = want_one(db, w, w->paths[i], info);
    return err;
}

int occurrencecolumn_want(struct db *db, uint32_t project_id, uint32_t name_id,
                          const struct str *paths, size_t count, struct err_info *info)
{
    struct wanting w = {project_id, name_id, paths, count};
    return db_tx(db, DB_WRITE, want_body, &w, info);
}

/* ---- its life ------------------------------------------------------------------------------- */

int occurrencecolumn_begin(struct db *db, uint32_t project_id, struct err_info *info)
{
    return db_exec(db, "UPDATE occurrence_column SET state = ? WHERE project_id = ? AND state = ?",
                   DB_PARAMS(DB_I64(OCCURRENCECOLUMN_BUILDING), DB_U64(project_id),
                             DB_I64(OCCURRENCECOLUMN_WANTED)),
                   NULL, info);
}

int occurrencecolumn_progress(struct db *db, uint32_t project_id,
                              const struct occurrencecolumn *column, struct err_info *info)
{
    static const char sql[] = "UPDATE occurrence_column SET state = ?, chunks = ?"
                              " WHERE project_id = ? AND name_id = ? AND property_id = ?"
                              " AND state = ?";
    return db_exec(db, sql,
                   DB_PARAMS(DB_I64(column->state), DB_U64(column->chunks), DB_U64(project_id),
                             DB_U64(column->name_id), DB_U64(column->property_id),
                             DB_I64(OCCURRENCECOLUMN_BUILDING)),
                   NULL, info);
}

int occurrencecolumn_refuse(struct db *db, uint32_t project_id, uint32_t name_id,
                            struct err_info *info)
{
    static const char sql[] = "UPDATE occurrence_column SET state = ? WHERE project_id = ?"
                              " AND name_id = ? AND state <> ?";
    return db_exec(db, sql,
                   DB_PARAMS(DB_I64(OCCURRENCECOLUMN_REFUSED), DB_U64(project_id), DB_U64(name_id),
                             DB_I64(OCCURRENCECOLUMN_WANTED)),
                   NULL, info);
}

int occurrencecolumn_forget(struct db *db, uint32_t project_id, uint32_t name_id,
                            struct err_info *info)
{
    return db_exec(db, "DELETE FROM occurrence_column WHERE project_id = ? AND name_id = ?",
                   DB_PARAMS(DB_U64(project_id), DB_U64(name_id)), NULL, info);
}

int occurrencecolumn_pending(struct db *db, struct arena *arena, uint32_t **ret, size_t *ret_count,
                             struct err_info *info)
{
    /* Goes over all projects: the worker builds for every one. */
    static const char sql[] =
        "SELECT DISTINCT project_id FROM occurrence_column WHERE state IN (?, ?)"
        " ORDER BY project_id";
    AUTO(db_rows) rows = NULL;
    uint32_t *ids = NULL;
    size_t count = 0, room = 0;
    int got = db_query(
        db, sql, DB_PARAMS(DB_I64(OCCURRENCECOLUMN_WANTED), DB_I64(OCCURRENCECOLUMN_BUILDING)),
        false, &rows, info);
    if (got)
        return got;
    while ((got = db_next(rows, info)) > 0) {
        ids = arena_grow(arena, ids, count, &room, sizeof *ids);
        ids[count++] = (uint32_t)db_i64(rows, 0);
    }
    *ret = ids;
    *ret_count = count;
    return got;
}

#include "store/flowversion.h"

#include "store/eventname.h"
#include "store/flowevent.h"
#include "store/sqlrows.h"
#include "store/sqlvalue.h"

#define KEY_PARAMS(flow)                                                                           \
    DB_I64((flow)->project_id), DB_I64((flow)->owner_kind), DB_I64((flow)->owner_id),              \
        DB_I64((flow)->version)

int flowversion_get(struct db *db, struct arena *arena, const struct flowversion *flow,
                    struct str *ret_definition, struct err_info *info)
{
    static const char sql[] = "SELECT definition FROM flow_version WHERE project_id = ?"
                              " AND owner_kind = ? AND owner_id = ? AND version = ?";
    AUTO(db_rows) rows = NULL;
    int found = db_one(db, sql, DB_PARAMS(KEY_PARAMS(flow)), &rows, info);
    if (found > 0) {
        *ret_definition = sqlvalue_text(arena, rows, 0);
    }
    return found;
}

/* ---- storing ------------------------------------------------------------------------------- */

static int put_waits(struct db *db, struct arena *arena, const struct flowversion *flow,
                     const struct str *names, size_t count, struct err_info *info)
{
    SQLROWS(sql,
            "INSERT INTO flow_wait (project_id, owner_kind, owner_id, version, name_id) VALUES ",
            "(?,?,?,?,?)", "");
    enum { WIDTH = 5 };
    uint32_t *ids = arena_array(arena, count, sizeof *ids);
    struct db_param *params = arena_array(arena, count * WIDTH, sizeof *params);
    size_t known = 0;
    int err = eventname_find(db, arena, flow->project_id, names, count, ids, info);
    for (size_t i = 0; err == 0 && i < count; i++) {
        const struct db_param row[WIDTH] = {KEY_PARAMS(flow), DB_I64(ids[i])};
        /* A name that is gone does not happen: who waits for it waits for the timeout. */
        if (ids[i] != 0) {
            memcpy(params + known++ * WIDTH, row, sizeof row);
        }
    }
    if (err == 0) {
        err = sqlrows_exec(db, sql, params, known, WIDTH, info);
    }
    return err < 0 ? err : flowevent_changed(db, flow->project_id, info);
}

int flowversion_put(struct db *db, struct arena *arena, const struct flowversion *flow,
                    struct str definition, const struct str *wait_names, size_t wait_count,
                    struct err_info *info)
{
    static const char sql[] = "INSERT INTO flow_version (project_id, owner_kind, owner_id, version,"
                              " definition) VALUES (?, ?, ?, ?, ?)";
    struct str stored;
    int found = flowversion_get(db, arena, flow, &stored, info);
    if (found != 0) {
        return found < 0 ? found : 0;
    }
    int err = db_exec(db, sql, DB_PARAMS(KEY_PARAMS(flow), DB_STR(definition)), NULL, info);
    return err < 0 || wait_count == 0 ? err
                                      : put_waits(db, arena, flow, wait_names, wait_count, info);
}

/* ---- sweeping ------------------------------------------------------------------------------ */

static int drop_body(struct db *db, void *ctx, struct err_info *info)
{
    static const char waits_sql[] = "DELETE FROM flow_wait WHERE project_id = ?"
                                    " AND owner_kind = ? AND owner_id = ? AND version = ?";
    static const char sql[] = "DELETE FROM flow_version WHERE project_id = ?"
                              " AND owner_kind = ? AND owner_id = ? AND version = ?";
    const struct flowversion *flow = ctx;
    uint64_t waits = 0;
    int err = db_exec(db, waits_sql, DB_PARAMS(KEY_PARAMS(flow)), &waits, info);
    if (err == 0) {
        err = db_exec(db, sql, DB_PARAMS(KEY_PARAMS(flow)), NULL, info);
    }
    return err == 0 && waits > 0 ? flowevent_changed(db, flow->project_id, info) : err;
}

/* New executions start with the newest version only: an older one that nobody has stays so. */
int flowversion_sweep(struct db *db, struct arena *arena, unsigned max, struct err_info *info)
{
    /* The worker's: over all projects. */
    static const char sql[] =
        "SELECT v.project_id, v.owner_kind, v.owner_id, v.version FROM flow_version v"
        " LEFT JOIN workflow w ON v.owner_kind = 1 AND w.project_id = v.project_id"
        " AND w.workflow_id = v.owner_id"
        " LEFT JOIN sequence s ON v.owner_kind = 2 AND s.project_id = v.project_id"
        " AND s.sequence_id = v.owner_id"
        " WHERE v.version < COALESCE(w.version, s.version, 0)"
        " AND NOT EXISTS (SELECT 1 FROM execution_due d WHERE d.project_id = v.project_id"
        " AND d.owner_kind = v.owner_kind AND d.owner_id = v.owner_id AND d.version = v.version)"
        " LIMIT ?";
    AUTO(db_rows) rows = NULL;
    struct flowversion *unused = arena_array(arena, max, sizeof *unused);
    size_t count = 0;
    int err = db_query(db, sql, DB_PARAMS(DB_I64(max)), false, &rows, info);
    while (err >= 0 && count < max && (err = db_next(rows, info)) > 0) {
        unused[count++] =
            (struct flowversion){(uint32_t)db_i64(rows, 0), (enum flowversion_owner)db_i64(rows, 1),
                                 (uint32_t)db_i64(rows, 2), (uint32_t)db_i64(rows, 3)};
    }
    for (size_t i = 0; err >= 0 && i < count; i++) {
        err = db_tx(db, DB_WRITE, drop_body, &unused[i], info);
    }
    return err < 0 ? err : 0;
}

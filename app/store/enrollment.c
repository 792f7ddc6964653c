#include "store/enrollment.h"

#include "store/execution.h"
#include "store/sqllist.h"
#include "store/sqlvalue.h"

int enrollment_cap_days(struct db *db, uint32_t project_id, uint32_t *ret, struct err_info *info)
{
    static const char sql[] = "SELECT send_frequency_cap_days FROM project WHERE project_id = ?";
    AUTO(db_rows) rows = NULL;
    int found = db_one(db, sql, DB_PARAMS(DB_I64(project_id)), &rows, info);
    *ret = found > 0 ? (uint32_t)db_i64(rows, 0) : 0;
    return found < 0 ? found : 0;
}

/* ---- stopping ------------------------------------------------------------------------------ */

/* Those of an answer, which has no bound: a contact may be in every sequence. */
struct enrollment_ids {
    struct arena *arena;
    uint32_t *at;
    size_t count;
    size_t room;
};

static int enrollment_add_id(const struct db_rows *rows, void *ctx)
{
    struct enrollment_ids *ids = ctx;
    ids->at = arena_grow(ids->arena, ids->at, ids->count, &ids->room, sizeof *ids->at);
    ids->at[ids->count++] = (uint32_t)db_i64(rows, 0);
    return 0;
}

int enrollment_stop(struct db *db, struct arena *arena, uint32_t project_id,
                    const uint32_t *ordinals, size_t count, struct str reason, int64_t now_ms,
                    struct err_info *info)
{
    SQLLIST(sql,
            "SELECT execution_id FROM execution_due WHERE project_id = ? AND owner_kind = ?"
            " AND ordinal IN (",
            "?", ")");
    const struct db_param head[] = {DB_I64(project_id), DB_I64(FLOWVERSION_SEQUENCE)};
    struct enrollment_ids ids = {.arena = arena};
    struct db_param *keys = arena_array(arena, count, sizeof *keys);
    for (size_t i = 0; i < count; i++) {
        keys[i] = DB_I64(ordinals[i]);
    }
    const struct sqllist list = {sql, head, ARRAY_LEN(head), keys, count, 1};
    int err = sqllist_query(db, &list, enrollment_add_id, &ids, info);
    for (size_t at = 0; err == 0 && at < ids.count; at += EXECUTION_BATCH) {
        size_t some = ids.count - at < EXECUTION_BATCH ? ids.count - at : EXECUTION_BATCH;
        err = execution_end(db, arena, project_id, ids.at + at, some, EXECUTION_EXITED, reason,
                            now_ms, NULL, info);
    }
    return err;
}

/* ---- in several ---------------------------------------------------------------------------- */

/* Of what a deleted sequence left behind nobody is told: the join. */
#define ENROLLMENT_SEVERAL                                                                         \
    "SELECT d.ordinal FROM execution_due d FORCE INDEX (contact)"                                  \
    " JOIN sequence s ON s.project_id = d.project_id AND s.sequence_id = d.owner_id"               \
    " JOIN contact c ON c.project_id = d.project_id AND c.ordinal = d.ordinal"                     \
    " WHERE d.project_id = ? AND d.owner_kind = 2"                                                 \
    " GROUP BY d.ordinal HAVING COUNT(DISTINCT d.owner_id) > 1"

/* Which sequences: rows of one contact stand together. */
struct enrollment_filling {
    struct arena *arena;
    struct enrollment_several *at;
    size_t count;
    size_t room; /* of the sequences of the contact at hand */
};

static int enrollment_fill(const struct db_rows *rows, void *ctx)
{
    struct enrollment_filling *filling = ctx;
    uint32_t ordinal = (uint32_t)db_i64(rows, 0);
    for (size_t i = 0; i < filling->count; i++) {
        struct enrollment_several *one = &filling->at[i];
        if (one->ordinal != ordinal) {
            continue;
        }
        if (one->sequence_count == 0) {
            filling->room = 0;
            one->email = sqlvalue_text(filling->arena, rows, 2);
        }
        one->sequence_ids = arena_grow(filling->arena, one->sequence_ids, one->sequence_count,
                                       &filling->room, sizeof *one->sequence_ids);
        one->sequence_ids[one->sequence_count++] = (uint32_t)db_i64(rows, 1);
    }
    return 0;
}

/* What one page is asked for. */
struct enrollment_reading {
    struct arena *arena;
    uint32_t project_id;
    uint64_t offset;
    uint64_t limit;
    struct enrollment_several *items;
    size_t count;
    uint64_t total;
};

static int enrollment_read_sequences(struct db *db, const struct enrollment_reading *reading,
                                     struct err_info *info)
{
    SQLLIST(sql,
            "SELECT d.ordinal, d.owner_id, c.email FROM execution_due d"
            " JOIN sequence s ON s.project_id = d.project_id AND s.sequence_id = d.owner_id"
            " JOIN contact c ON c.project_id = d.project_id AND c.ordinal = d.ordinal"
            " WHERE d.project_id = ? AND d.owner_kind = 2 AND d.ordinal IN (",
            "?", ") GROUP BY d.ordinal, d.owner_id, c.email ORDER BY d.ordinal, d.owner_id");
    const struct db_param head[] = {DB_I64(reading->project_id)};
    struct enrollment_filling filling = {reading->arena, reading->items, reading->count, 0};
    struct db_param *keys = arena_array(reading->arena, reading->count, sizeof *keys);
    for (size_t i = 0; i < reading->count; i++) {
        keys[i] = DB_I64(reading->items[i].ordinal);
    }
    const struct sqllist list = {sql, head, ARRAY_LEN(head), keys, reading->count, 1};
    return sqllist_query(db, &list, enrollment_fill, &filling, info);
}

static int enrollment_several_body(struct db *db, void *ctx, struct err_info *info)
{
    static const char count_sql[] = "SELECT COUNT(*) FROM (" ENROLLMENT_SEVERAL ") several";
    static const char rows_sql[] = ENROLLMENT_SEVERAL " ORDER BY d.ordinal LIMIT ? OFFSET ?";
    struct enrollment_reading *reading = ctx;
    const struct db_param project = DB_I64(reading->project_id);
    AUTO(db_rows) counted = NULL;
    AUTO(db_rows) rows = NULL;
    int more = db_one(db, count_sql, &project, 1, &counted, info);
    if (more >= 0) {
        reading->total = (uint64_t)db_i64(counted, 0);
        more = db_query(db, rows_sql,
                        DB_PARAMS(project, DB_U64(reading->limit), DB_U64(reading->offset)), false,
                        &rows, info);
    }
    reading->items = arena_array(reading->arena, reading->limit, sizeof *reading->items);
    reading->count = 0;
    while (more >= 0 && reading->count < reading->limit && (more = db_next(rows, info)) > 0) {
        reading->items[reading->count++].ordinal = (uint32_t)db_i64(rows, 0);
    }
    return more < 0 ? more : enrollment_read_sequences(db, reading, info);
}

int enrollment_list_several(struct db *db, struct arena *arena, uint32_t project_id,
                            uint64_t offset, uint64_t limit, struct enrollment_several **ret,
                            size_t *ret_count, uint64_t *ret_total, struct err_info *info)
{
    struct enrollment_reading reading = {
        .arena = arena, .project_id = project_id, .offset = offset, .limit = limit};
    int err = db_tx(db, DB_READ, enrollment_several_body, &reading, info);
    if (err == 0) {
        *ret = reading.items;
        *ret_count = reading.count;
        *ret_total = reading.total;
    }
    return err;
}

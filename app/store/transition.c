#include "store/transition.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "column/key.h"
#include "store/dirty.h"
#include "store/eventrows.h"
#include "store/sqllist.h"
#include "store/sqlrows.h"
#include "store/sqlvalue.h"
#include "json/jsonwrite.h"

/* ---- storing ------------------------------------------------------------------------------- */

#define INSERT_WIDTH 12
SQLROWS(sql_insert,
        "INSERT INTO transition (project_id, segment_id, sequence, kind, cause, ordinal, contact,"
        " uuid, name_id, at_ms, version, cause_event) VALUES ",
        "(?,?,?,?,?,?,?,?,?,?,?,?)", "");

static int insert_rows(struct db *db, struct arena *arena, uint32_t project_id, uint32_t segment_id,
                       const struct transition *transitions, size_t count, struct err_info *info)
{
    struct db_param *params = arena_array(arena, count * INSERT_WIDTH, sizeof *params);
    for (size_t i = 0; i < count; i++) {
        const struct transition *t = &transitions[i];
        const struct db_param row[INSERT_WIDTH] = {
            DB_U64(project_id),
            DB_U64(segment_id),
            DB_U64(t->sequence),
            DB_I64(t->kind),
            DB_I64(t->cause),
            DB_U64(t->ordinal),
            sqlvalue_of_uuid(&t->contact),
            sqlvalue_of_uuid(&t->uuid),
            DB_U64(t->name_id),
            DB_I64(t->at_ms),
            DB_U64(t->version),
            t->has_event ? sqlvalue_of_uuid(&t->event) : DB_NULL,
        };
        memcpy(params + i * INSERT_WIDTH, row, sizeof row);
    }
    return sqlrows_exec(db, sql_insert, params, count, INSERT_WIDTH, info);
}

int transition_insert(struct db *db, struct arena *arena, uint32_t project_id, uint32_t segment_id,
                      const struct transition *transitions, size_t count, struct err_info *info)
{
    struct eventrows_event *events = arena_array(arena, count, sizeof *events);
    struct dirty_mark *marks = arena_array(arena, count, sizeof *marks);
    size_t mark_count;
    int err = insert_rows(db, arena, project_id, segment_id, transitions, count, info);
    for (size_t i = 0; i < count; i++)
        events[i] = (struct eventrows_event){.has_contact = transitions[i].has_contact,
                                             .ordinal = transitions[i].ordinal,
                                             .name_id = transitions[i].name_id,
                                             .at_ms = transitions[i].at_ms};
    if (!err)
        err = eventrows_add_rollups(db, arena, project_id, events, count, marks, &mark_count, info);
    return err || !mark_count ? err : dirty_add(db, project_id, marks, mark_count, info);
}

struct str transition_data(struct arena *arena, const struct uuid *segment, struct str segment_name)
{
    char id[37];
    struct buf text;
    struct jsonwrite w;
    uuid_format(segment, id);
    buf_init(&text, LIMIT_DATA_BYTES);
    jsonwrite_init(&w, &text);
    jsonwrite_object(&w);
    jsonwrite_name(&w, "segmentId");
    jsonwrite_c(&w, id);
    jsonwrite_name(&w, "segmentName");
    jsonwrite_str(&w, segment_name);
    jsonwrite_object_end(&w);
    struct str data = str_copy(arena, buf_str(&text));
    buf_done(&text);
    return data;
}

/* ---- reading ------------------------------------------------------------------------------- */

#define LIST_SQL                                                                                   \
    "SELECT t.sequence, t.kind, t.cause, t.ordinal, t.contact, t.uuid, t.at_ms, t.version,"        \
    " t.cause_event, c.email FROM transition t"                                                    \
    " LEFT JOIN contact c ON c.project_id = t.project_id AND c.ordinal = t.ordinal"                \
    " WHERE t.project_id = ? AND t.segment_id = ? AND t.sequence "

int transition_list(struct db *db, struct arena *arena, uint32_t project_id, uint32_t segment_id,
                    const struct transition_page *page, struct transition **ret, size_t *ret_count,
                    struct err_info *info)
{
    static const char *const list_sql[] = {LIST_SQL "> ? ORDER BY t.sequence LIMIT ?",
                                           LIST_SQL "< ? ORDER BY t.sequence DESC LIMIT ?"};
    const char *sql = list_sql[page->newest_first];
    size_t limit = page->limit;
    AUTO(db_rows) rows = NULL;
    struct transition *list = arena_array(arena, limit, sizeof *list);
    size_t count = 0;
    int got = db_query(
        db, sql,
        DB_PARAMS(DB_U64(project_id), DB_U64(segment_id), DB_U64(page->from), DB_U64(limit)), false,
        &rows, info);
    if (got)
        return got;
    while (count < limit && (got = db_next(rows, info)) > 0)
        list[count++] = (struct transition){.sequence = (uint64_t)db_i64(rows, 0),
                                            .kind = (enum transition_kind)db_i64(rows, 1),
                                            .cause = (enum outboxbody_cause)db_i64(rows, 2),
                                            .ordinal = (uint32_t)db_i64(rows, 3),
                                            .contact = sqlvalue_uuid(rows, 4),
                                            .uuid = sqlvalue_uuid(rows, 5),
                                            .at_ms = db_i64(rows, 6),
                                            .version = (uint32_t)db_i64(rows, 7),
                                            .has_event = !db_is_null(rows, 8),
                                            .event = sqlvalue_uuid(rows, 8),
                                            .email = sqlvalue_text(arena, rows, 9)};
    *ret = list;
    *ret_count = count;
    return got < 0 ? got : 0;
}

/* Ids by ordinal, as rows tell them. */
struct id_list {
    const uint32_t *ordinals; /* ascending */
    size_t count;
    struct uuid *ids;
    int64_t *newest_ms; /* of the id that was taken; NULL: any will do */
};

static int compare_ordinals(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Columns: ordinal, id, told. */
static int take_id(const struct db_rows *rows, void *ctx)
{
    struct id_list *list = ctx;
    uint32_t ordinal = (uint32_t)db_i64(rows, 0);
    const uint32_t *at =
        bsearch(&ordinal, list->ordinals, list->count, sizeof ordinal, compare_ordinals);
    if (!at)
        return 0;
    size_t i = (size_t)(at - list->ordinals);
    if (list->newest_ms && db_i64(rows, 2) < list->newest_ms[i])
        return 0;
    if (list->newest_ms)
        list->newest_ms[i] = db_i64(rows, 2);
    list->ids[i] = sqlvalue_uuid(rows, 1);
    return 0;
}

static struct db_param *of_ordinals(struct arena *arena, const uint32_t *ordinals, size_t count)
{
    struct db_param *params = arena_array(arena, count, sizeof *params);
    for (size_t i = 0; i < count; i++)
        params[i] = DB_U64(ordinals[i]);
    return params;
}

int transition_contacts(struct db *db, struct arena *arena, uint32_t project_id,
                        uint32_t segment_id, const uint32_t *ordinals, size_t count,
                        struct uuid *ret, struct err_info *info)
{
    SQLLIST(sql,
            "SELECT ordinal, contact, 0 FROM transition FORCE INDEX (contact)"
            " WHERE project_id = ? AND segment_id = ? AND ordinal IN (",
            "?", ")");
    const struct db_param head[] = {DB_U64(project_id), DB_U64(segment_id)};
    struct id_list list = {.ordinals = ordinals, .count = count, .ids = ret};
    struct sqllist query = {sql, head, 2, of_ordinals(arena, ordinals, count), count, 1};
    memset(ret, 0, count * sizeof *ret);
    return count ? sqllist_query(db, &query, take_id, &list, info) : 0;
}

int transition_events(struct db *db, struct arena *arena, uint32_t project_id,
                      const uint32_t *names, size_t name_count, const uint32_t *ordinals,
                      size_t count, int64_t since_ms, struct uuid *ret, struct err_info *info)
{
    SQLLIST(sql_log,
            "SELECT ordinal, uuid, created_ms FROM event FORCE INDEX (contact)"
            " WHERE project_id = ? AND name_id = ? AND created_ms >= ? AND ordinal IN (",
            "?", ")");
    SQLLIST(sql_moves,
            "SELECT ordinal, uuid, at_ms FROM transition FORCE INDEX (contact)"
            " WHERE project_id = ? AND name_id = ? AND at_ms >= ? AND ordinal IN (",
            "?", ")");
    struct id_list list = {.ordinals = ordinals, .count = count, .ids = ret};
    struct db_param *params = of_ordinals(arena, ordinals, count);
    list.newest_ms = arena_array(arena, count, sizeof *list.newest_ms);
    memset(ret, 0, count * sizeof *ret);
    for (size_t i = 0; count && i < 2 * name_count; i++) {
        const struct db_param head[] = {DB_U64(project_id), DB_U64(names[i / 2]), DB_I64(since_ms)};
        struct sqllist query = {i % 2 ? sql_moves : sql_log, head, 3, params, count, 1};
        int err = sqllist_query(db, &query, take_id, &list, info);
        if (err)
            return err;
    }
    return 0;
}

/* ---- what deleted segments leave behind ---------------------------------------------------- */

#define SWEEP_ROWS 1000

struct sweep {
    struct arena *arena;
    uint32_t project_id;
    uint32_t segment_id;
    bool done;
};

/* A contact's roll-up of one name. */
struct rollup_key {
    struct db_param name;
    struct db_param ordinal;
};

/* The roll-ups in which the batch has a share. */
static int swept_rollups(struct db *db, const struct sweep *sweep, struct db_param until,
                         struct rollup_key *ret, size_t *ret_count, struct err_info *info)
{
    static const char sql[] =
        "SELECT DISTINCT name_id, ordinal FROM transition WHERE project_id = ?"
        " AND segment_id = ? AND sequence <= ? ORDER BY name_id, ordinal";
    AUTO(db_rows) rows = NULL;
    size_t count = 0;
    int got =
        db_query(db, sql, DB_PARAMS(DB_U64(sweep->project_id), DB_U64(sweep->segment_id), until),
                 false, &rows, info);
    if (got)
        return got;
    while (count < SWEEP_ROWS && (got = db_next(rows, info)) > 0)
        ret[count++] = (struct rollup_key){DB_I64(db_i64(rows, 0)), DB_I64(db_i64(rows, 1))};
    *ret_count = count;
    return got < 0 ? got : 0;
}

/* Made anew from what is left: segments of one name share their events. */
static int renew_rollups(struct db *db, const struct sweep *sweep, const struct rollup_key *keys,
                         size_t count, struct err_info *info)
{
    static const char sql_delete[] =
        "DELETE FROM contact_event WHERE project_id = ? AND name_id = ? AND ordinal = ?";
    static const char sql_insert_rest[] =
        "INSERT INTO contact_event (project_id, name_id, ordinal, count, first_ms, last_ms)"
        " SELECT t.project_id, t.name_id, t.ordinal, COUNT(*), MIN(t.at_ms), MAX(t.at_ms)"
        " FROM transition t JOIN contact c ON c.project_id = t.project_id AND c.ordinal = t.ordinal"
        " WHERE t.project_id = ? AND t.name_id = ? AND t.ordinal = ?"
        " GROUP BY t.project_id, t.name_id, t.ordinal";
    struct dirty_mark *marks = arena_array(sweep->arena, count, sizeof *marks);
    struct db_param project = DB_U64(sweep->project_id);
    for (size_t i = 0; i < count; i++) {
        struct db_param name = keys[i].name, ordinal = keys[i].ordinal;
        int err = db_exec(db, sql_delete, DB_PARAMS(project, name, ordinal), NULL, info);
        if (!err)
            err = db_exec(db, sql_insert_rest, DB_PARAMS(project, name, ordinal), NULL, info);
        if (err)
            return err;
        marks[i] = (struct dirty_mark){KEY_PART_EVENT(name.i64), (uint32_t)ordinal.i64};
    }
    return dirty_add(db, sweep->project_id, marks, count, info);
}

static int sweep_transitions(struct db *db, const struct sweep *sweep, struct db_param until,
                             struct err_info *info)
{
    static const char sql[] =
        "DELETE FROM transition WHERE project_id = ? AND segment_id = ? AND sequence <= ?";
    struct rollup_key *keys = arena_array(sweep->arena, SWEEP_ROWS, sizeof *keys);
    size_t count;
    int err = swept_rollups(db, sweep, until, keys, &count, info);
    if (!err)
        err =
            db_exec(db, sql, DB_PARAMS(DB_U64(sweep->project_id), DB_U64(sweep->segment_id), until),
                    NULL, info);
    return err ? err : renew_rollups(db, sweep, keys, count, info);
}

static int sweep_rest(struct db *db, const struct sweep *sweep, struct err_info *info)
{
    static const char sql_members[] =
        "DELETE FROM membership WHERE project_id = ? AND segment_id = ?";
    static const char sql_done[] =
        "DELETE FROM dropped_segment WHERE project_id = ? AND segment_id = ?";
    const struct db_param key[] = {DB_U64(sweep->project_id), DB_U64(sweep->segment_id)};
    int err = db_exec(db, sql_members, key, 2, NULL, info);
    return err ? err : db_exec(db, sql_done, key, 2, NULL, info);
}

static int sweep_body(struct db *db, void *ctx, struct err_info *info)
{
    static const char sql_lock[] = "SELECT segment_id FROM dropped_segment WHERE project_id = ?"
                                   " AND segment_id = ? FOR UPDATE";
    static const char sql_last[] =
        "SELECT COUNT(*), MAX(sequence) FROM (SELECT sequence FROM transition WHERE project_id = ?"
        " AND segment_id = ? ORDER BY sequence LIMIT ?) AS batch";
    struct sweep *sweep = ctx;
    AUTO(db_rows) rows = NULL;
    AUTO(db_rows) last = NULL;
    struct db_param project = DB_U64(sweep->project_id), segment = DB_U64(sweep->segment_id);
    int got = db_one(db, sql_lock, DB_PARAMS(project, segment), &rows, info);
    sweep->done = true;
    if (got <= 0)
        return got; /* somebody else finished it */
    got = db_one(db, sql_last, DB_PARAMS(project, segment, DB_I64(SWEEP_ROWS)), &last, info);
    if (got < 0)
        return got;
    int64_t count = db_i64(last, 0);
    sweep->done = count < SWEEP_ROWS;
    int err = count ? sweep_transitions(db, sweep, DB_I64(db_i64(last, 1)), info) : 0;
    return err || !sweep->done ? err : sweep_rest(db, sweep, info);
}

int transition_sweep(struct db *db, struct arena *arena, unsigned max_batches,
                     struct err_info *info)
{
    /* Goes over all projects: the worker cleans up after every one. */
    static const char sql[] = "SELECT project_id, segment_id FROM dropped_segment LIMIT 100";
    AUTO(db_rows) rows = NULL;
    int got = db_query(db, sql, DB_NO_PARAMS, false, &rows, info);
    if (got)
        return got;
    while (max_batches && (got = db_next(rows, info)) > 0) {
        struct sweep sweep = {.arena = arena,
                              .project_id = (uint32_t)db_i64(rows, 0),
                              .segment_id = (uint32_t)db_i64(rows, 1)};
        for (; !sweep.done && max_batches; max_batches--) {
            int err = db_tx(db, DB_WRITE, sweep_body, &sweep, info);
            if (err)
                return err;
        }
    }
    return got < 0 ? got : 0;
}

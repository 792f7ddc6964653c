#include "store/executionlist.h"

#include "store/executionrows.h"
#include "store/flowevent.h"
#include "store/sqllist.h"
#include "store/sqlvalue.h"

#define FLOW_PARAMS(flow)                                                                          \
    DB_I64((flow)->project_id), DB_I64((flow)->owner_kind), DB_I64((flow)->owner_id)

#define ITEM_SELECT                                                                                \
    "SELECT " EXECUTIONROWS_COLUMNS ", c.uuid, c.email" EXECUTIONROWS_FROM                         \
    " LEFT JOIN contact c ON c.project_id = e.project_id AND c.ordinal = e.ordinal"                \
    " WHERE e.project_id = ? AND e.owner_kind = ? AND e.owner_id = ?"

static void read_item(struct arena *arena, const struct db_rows *rows,
                      struct executionlist_item *ret)
{
    executionrows_read(arena, rows, &ret->execution);
    ret->contact = sqlvalue_uuid(rows, EXECUTIONROWS_WIDTH);
    ret->email = sqlvalue_text(arena, rows, EXECUTIONROWS_WIDTH + 1);
}

/* ---- a page -------------------------------------------------------------------------------- */

#define STATUSES 6

struct page {
    struct arena *arena;
    const struct executionlist_query *query;
    struct db_param params[3 + STATUSES + 2]; /* flow, statuses when asked for, limit, offset */
    unsigned count;                           /* of these but the last two */
    struct executionlist_item *items;
    size_t item_count;
    uint64_t total;
};

/* The list of statuses is filled up with the one that is asked for last. */
static void page_params(struct page *page)
{
    const struct executionlist_query *query = page->query;
    const struct db_param flow[] = {FLOW_PARAMS(&query->flow)};
    memcpy(page->params, flow, sizeof flow);
    page->count = ARRAY_LEN(flow);
    int last = 0;
    for (int status = 1; status <= STATUSES && query->statuses != 0; status++) {
        last = (query->statuses & 1U << status) != 0 ? status : last;
        page->params[page->count++] = DB_I64(last);
    }
    page->params[page->count] = DB_U64(query->limit);
    page->params[page->count + 1] = DB_U64(query->offset);
}

static int page_body(struct db *db, void *ctx, struct err_info *info)
{
    static const char *const count_sql[] = {
        "SELECT COUNT(*) FROM execution WHERE project_id = ? AND owner_kind = ? AND owner_id = ?",
        "SELECT COUNT(*) FROM execution WHERE project_id = ? AND owner_kind = ? AND owner_id = ?"
        " AND status IN (?, ?, ?, ?, ?, ?)"};
    static const char *const rows_sql[] = {
        ITEM_SELECT " ORDER BY e.execution_id DESC LIMIT ? OFFSET ?",
        ITEM_SELECT " AND e.status IN (?, ?, ?, ?, ?, ?) ORDER BY e.execution_id DESC"
                    " LIMIT ? OFFSET ?"};
    struct page *page = ctx;
    bool by_status = page->query->statuses != 0;
    AUTO(db_rows) total = NULL;
    AUTO(db_rows) rows = NULL;
    page->item_count = 0;
    int more = db_one(db, count_sql[by_status], page->params, page->count, &total, info);
    if (more < 0) {
        return more;
    }
    page->total = (uint64_t)db_i64(total, 0);
    more = db_query(db, rows_sql[by_status], page->params, page->count + 2, false, &rows, info);
    while (more >= 0 && page->item_count < page->query->limit && (more = db_next(rows, info)) > 0) {
        read_item(page->arena, rows, &page->items[page->item_count++]);
    }
    return more < 0 ? more : 0;
}

int executionlist_page(struct db *db, struct arena *arena, const struct executionlist_query *query,
                       struct executionlist_item **ret, size_t *ret_count, uint64_t *ret_total,
                       struct err_info *info)
{
    struct page page = {.arena = arena,
                        .query = query,
                        .items = arena_array(arena, query->limit, sizeof *page.items)};
    page_params(&page);
    int err = db_tx(db, DB_READ, page_body, &page, info);
    *ret = page.items;
    *ret_count = page.item_count;
    *ret_total = page.total;
    return err;
}

/* ---- one ----------------------------------------------------------------------------------- */

static int get_one(struct db *db, struct arena *arena, const char *sql,
                   const struct flowversion *flow, struct db_param key,
                   struct executionlist_item *ret, struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    int found = db_one(db, sql, DB_PARAMS(FLOW_PARAMS(flow), key), &rows, info);
    if (found == 0) {
        return err_set(info, ERR_NOT_FOUND, "RESOURCE_NOT_FOUND", "Execution not found");
    }
    if (found < 0) {
        return found;
    }
    read_item(arena, rows, ret);
    return 0;
}

int executionlist_get(struct db *db, struct arena *arena, const struct flowversion *flow,
                      const struct uuid *uuid, struct executionlist_item *ret,
                      struct err_info *info)
{
    static const char sql[] = ITEM_SELECT " AND e.uuid = ?";
    return get_one(db, arena, sql, flow, sqlvalue_of_uuid(uuid), ret, info);
}

int executionlist_by_number(struct db *db, struct arena *arena, const struct flowversion *flow,
                            uint32_t execution_id, struct executionlist_item *ret,
                            struct err_info *info)
{
    static const char sql[] = ITEM_SELECT " AND e.execution_id = ?";
    return get_one(db, arena, sql, flow, DB_I64(execution_id), ret, info);
}

struct alive {
    struct arena *arena;
    struct execution *at;
    size_t count;
    size_t room;
};

static int alive_row(const struct db_rows *rows, void *ctx)
{
    struct alive *alive = ctx;
    if (alive->count < alive->room) {
        executionrows_read(alive->arena, rows, &alive->at[alive->count++]);
    }
    return 0;
}

int executionlist_alive(struct db *db, struct arena *arena, const struct flowversion *flow,
                        const uint32_t *ordinals, size_t count, struct execution *ret,
                        size_t *ret_count, struct err_info *info)
{
    SQLLIST(sql,
            "SELECT " EXECUTIONROWS_COLUMNS EXECUTIONROWS_FROM
            " WHERE e.project_id = ? AND e.owner_kind = ? AND e.owner_id = ?"
            " AND d.execution_id IS NOT NULL AND e.ordinal IN (",
            "?", ") ORDER BY e.ordinal");
    const struct db_param head[] = {FLOW_PARAMS(flow)};
    const struct sqllist list = {
        sql, head, ARRAY_LEN(head), executionrows_ids(arena, ordinals, count), count, 1};
    struct alive alive = {.arena = arena, .at = ret, .room = count};
    int err = sqllist_query(db, &list, alive_row, &alive, info);
    *ret_count = alive.count;
    return err;
}

/* ---- logs ---------------------------------------------------------------------------------- */

int executionlist_steps(struct db *db, struct arena *arena, uint32_t project_id,
                        uint32_t execution_id, uint32_t first, struct executionlist_step **ret,
                        size_t *ret_count, struct err_info *info)
{
    static const char sql[] =
        "SELECT s.execution_id, s.number, s.step, s.type, s.outcome, s.problem, s.at_ms"
        " FROM execution e JOIN execution_step s ON s.project_id = e.project_id"
        " AND s.ordinal = e.ordinal AND s.execution_id = e.execution_id"
        " WHERE e.project_id = ? AND e.execution_id = ? AND s.number >= ? ORDER BY s.number";
    AUTO(db_rows) rows = NULL;
    size_t room = 0;
    *ret = NULL;
    *ret_count = 0;
    int err = db_query(db, sql, DB_PARAMS(DB_I64(project_id), DB_I64(execution_id), DB_I64(first)),
                       false, &rows, info);
    while (err >= 0 && (err = db_next(rows, info)) > 0) {
        *ret = arena_grow(arena, *ret, *ret_count, &room, sizeof **ret);
        (*ret)[(*ret_count)++] = (struct executionlist_step){
            .execution_id = (uint32_t)db_i64(rows, 0),
            .number = (uint32_t)db_i64(rows, 1),
            .done = {.step = sqlvalue_text(arena, rows, 2),
                     .type = (int)db_i64(rows, 3),
                     .outcome = sqlvalue_text(arena, rows, 4),
                     .problem = sqlvalue_text(arena, rows, 5),
                     .at_ms = db_i64(rows, 6)},
        };
    }
    return err;
}

/* ---- cancelling ---------------------------------------------------------------------------- */

struct cancelling {
    struct arena *arena;
    const struct flowversion *flow;
    const struct uuid *uuid;
    uint64_t cancelled;
    uint64_t total;
};

static int end_some(struct db *db, struct cancelling *cancelling, const uint32_t *ids, size_t count,
                    struct err_info *info)
{
    int64_t now_ms;
    int err = db_now_ms(db, &now_ms, info);
    return err < 0 ? err
                   : execution_end(db, cancelling->arena, cancelling->flow->project_id, ids, count,
                                   EXECUTION_CANCELLED, (struct str){NULL, 0}, now_ms,
                                   &cancelling->cancelled, info);
}

static int cancel_body(struct db *db, void *ctx, struct err_info *info)
{
    struct cancelling *cancelling = ctx;
    struct executionlist_item item;
    int err =
        executionlist_get(db, cancelling->arena, cancelling->flow, cancelling->uuid, &item, info);
    cancelling->cancelled = 0;
    if (err == 0) {
        err = end_some(db, cancelling, &item.execution.execution_id, 1, info);
    }
    if (err < 0 || cancelling->cancelled > 0) {
        return err;
    }
    err = executionlist_get(db, cancelling->arena, cancelling->flow, cancelling->uuid, &item, info);
    return err < 0 ? err
                   : err_set(info, ERR_INVAL, "BAD_REQUEST",
                             "Execution is %s: only RUNNING and WAITING ones can be cancelled",
                             execution_status_word(item.execution.status));
}

int executionlist_cancel(struct db *db, struct arena *arena, const struct flowversion *flow,
                         const struct uuid *uuid, struct err_info *info)
{
    struct cancelling cancelling = {.arena = arena, .flow = flow, .uuid = uuid};
    return db_tx(db, DB_WRITE, cancel_body, &cancelling, info);
}

static int cancel_batch_body(struct db *db, void *ctx, struct err_info *info)
{
    static const char sql[] = "SELECT execution_id FROM execution_due FORCE INDEX (flow)"
                              " WHERE project_id = ? AND owner_kind = ? AND owner_id = ? LIMIT ?";
    struct cancelling *cancelling = ctx;
    uint32_t ids[EXECUTION_BATCH];
    size_t count = 0;
    AUTO(db_rows) rows = NULL;
    int err = db_query(db, sql, DB_PARAMS(FLOW_PARAMS(cancelling->flow), DB_I64(EXECUTION_BATCH)),
                       false, &rows, info);
    while (err >= 0 && count < EXECUTION_BATCH && (err = db_next(rows, info)) > 0) {
        ids[count++] = (uint32_t)db_i64(rows, 0);
    }
    cancelling->cancelled = 0;
    cancelling->total = count;
    return err < 0 || count == 0 ? err : end_some(db, cancelling, ids, count, info);
}

int executionlist_cancel_all(struct db *db, struct arena *arena, const struct flowversion *flow,
                             uint64_t *ret_count, struct err_info *info)
{
    struct cancelling cancelling = {.arena = arena, .flow = flow};
    int err;
    *ret_count = 0;
    do {
        err = db_tx(db, DB_WRITE, cancel_batch_body, &cancelling, info);
        *ret_count += err == 0 ? cancelling.cancelled : 0;
    } while (err == 0 && cancelling.total > 0);
    return err;
}

/* ---- deleted flows ------------------------------------------------------------------------- */

int executionlist_drop_flow(struct db *db, const struct flowversion *flow, struct err_info *info)
{
    static const char sql[] =
        "INSERT INTO dropped_flow (project_id, owner_kind, owner_id) VALUES (?, ?, ?)";
    return db_exec(db, sql, DB_PARAMS(FLOW_PARAMS(flow)), NULL, info);
}

/* Rows of the log after which a batch is full. */
#define DROPPED_STEPS 20000u

struct dropping {
    struct arena *arena;
    struct flowversion flow;
};

/* Logs hang on the executions: they go first. */
static int drop_executions(struct db *db, const struct dropping *dropping, const uint32_t *ids,
                           size_t count, struct err_info *info)
{
    SQLLIST(steps_sql,
            "DELETE s FROM execution e JOIN execution_step s ON s.project_id = e.project_id"
            " AND s.ordinal = e.ordinal AND s.execution_id = e.execution_id"
            " WHERE e.project_id = ? AND e.execution_id IN (",
            "?", ")");
    SQLLIST(sql, "DELETE FROM execution WHERE project_id = ? AND execution_id IN (", "?", ")");
    uint32_t project_id = dropping->flow.project_id;
    const struct db_param head = DB_I64(project_id);
    struct sqllist list = {steps_sql, &head, 1, executionrows_ids(dropping->arena, ids, count),
                           count,     1};
    int err = sqllist_exec(db, &list, NULL, info);
    if (err == 0) {
        err = executionrows_drop_due(db, dropping->arena, project_id, ids, count, info);
    }
    if (err == 0) {
        list.sql = sql;
        err = sqllist_exec(db, &list, NULL, info);
    }
    return err;
}

/* Nothing is left but what the flow was. */
static int drop_rest(struct db *db, const struct flowversion *flow, struct err_info *info)
{
    static const char *const sql[] = {
        "DELETE FROM flow_wait WHERE project_id = ? AND owner_kind = ? AND owner_id = ?",
        "DELETE FROM flow_version WHERE project_id = ? AND owner_kind = ? AND owner_id = ?",
        "DELETE FROM dropped_flow WHERE project_id = ? AND owner_kind = ? AND owner_id = ?"};
    int err = 0;
    for (size_t i = 0; err == 0 && i < ARRAY_LEN(sql); i++) {
        err = db_exec(db, sql[i], DB_PARAMS(FLOW_PARAMS(flow)), NULL, info);
    }
    return err < 0 ? err : flowevent_changed(db, flow->project_id, info);
}

/* The next ones to go. A log may be long, and what one transaction deletes shall not be. */
static int find_dropped(struct db *db, const struct flowversion *flow, uint32_t *ids,
                        size_t *ret_count, struct err_info *info)
{
    static const char sql[] = "SELECT execution_id, steps_done FROM execution FORCE INDEX (flow)"
                              " WHERE project_id = ? AND owner_kind = ? AND owner_id = ?"
                              " ORDER BY execution_id LIMIT ? FOR UPDATE";
    uint64_t steps = 0;
    size_t count = 0;
    AUTO(db_rows) rows = NULL;
    int err = db_query(db, sql, DB_PARAMS(FLOW_PARAMS(flow), DB_I64(EXECUTION_BATCH)), false, &rows,
                       info);
    while (err >= 0 && count < EXECUTION_BATCH && steps < DROPPED_STEPS &&
           (err = db_next(rows, info)) > 0) {
        ids[count++] = (uint32_t)db_i64(rows, 0);
        steps += (uint64_t)db_i64(rows, 1);
    }
    *ret_count = count;
    return err < 0 ? err : 0;
}

static int drop_body(struct db *db, void *ctx, struct err_info *info)
{
    const struct dropping *dropping = ctx;
    uint32_t ids[EXECUTION_BATCH];
    size_t count = 0;
    int err = find_dropped(db, &dropping->flow, ids, &count, info);
    if (err < 0) {
        return err;
    }
    return count > 0 ? drop_executions(db, dropping, ids, count, info)
                     : drop_rest(db, &dropping->flow, info);
}

int executionlist_sweep(struct db *db, struct arena *arena, unsigned max_batches,
                        struct err_info *info)
{
    /* The worker's: over all projects. */
    static const char sql[] = "SELECT project_id, owner_kind, owner_id FROM dropped_flow"
                              " ORDER BY project_id, owner_kind, owner_id LIMIT 1";
    for (unsigned i = 0; i < max_batches; i++) {
        AUTO(db_rows) rows = NULL;
        int found = db_one(db, sql, DB_NO_PARAMS, &rows, info);
        if (found <= 0) {
            return found;
        }
        struct dropping dropping = {arena,
                                    {(uint32_t)db_i64(rows, 0),
                                     (enum flowversion_owner)db_i64(rows, 1),
                                     (uint32_t)db_i64(rows, 2), 0}};
        int err = db_tx(db, DB_WRITE, drop_body, &dropping, info);
        if (err < 0) {
            return err;
        }
    }
    return 0;
}

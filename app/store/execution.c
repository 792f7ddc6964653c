#include "store/execution.h"

#include <stdlib.h>

#include "store/counter.h"
#include "store/executionentry.h"
#include "store/executionmove.h"
#include "store/executionrows.h"
#include "store/sqllist.h"
#include "store/sqlrows.h"
#include "store/sqlvalue.h"

static const char *const status_words[] = {
    [EXECUTION_RUNNING] = "RUNNING",     [EXECUTION_WAITING] = "WAITING",
    [EXECUTION_COMPLETED] = "COMPLETED", [EXECUTION_EXITED] = "EXITED",
    [EXECUTION_FAILED] = "FAILED",       [EXECUTION_CANCELLED] = "CANCELLED"};

const char *execution_status_word(enum execution_status status)
{
    return status_words[status];
}

enum execution_status execution_status_parse(struct str word)
{
    for (size_t i = EXECUTION_RUNNING; i < ARRAY_LEN(status_words); i++) {
        if (str_eq_c(word, status_words[i])) {
            return (enum execution_status)i;
        }
    }
    return (enum execution_status)0;
}

/* ---- starting ------------------------------------------------------------------------------ */

/* A start under way: those who may. */
struct starting {
    struct arena *arena;
    const struct execution_entry *entry;
    struct execution_start **starts;
    size_t count;
    int64_t write_id;
};

static int insert_executions(struct db *db, const struct starting *starting, struct err_info *info)
{
    enum { WIDTH = 12 };
    SQLROWS(sql,
            "INSERT INTO execution (project_id, execution_id, uuid, owner_kind, owner_id, version,"
            " ordinal, status, step, context, write_id, started_ms, steps_done) VALUES ",
            "(?,?,?,?,?,?,?,?,?,?,?,?,0)", "");
    const struct execution_entry *entry = starting->entry;
    struct db_param *params = arena_raw(starting->arena, starting->count * WIDTH, sizeof *params);
    for (size_t i = 0; i < starting->count; i++) {
        const struct db_param row[WIDTH] = {
            DB_I64(entry->flow.project_id),
            DB_I64(starting->starts[i]->execution_id),
            sqlvalue_of_uuid(&starting->starts[i]->uuid),
            DB_I64(entry->flow.owner_kind),
            DB_I64(entry->flow.owner_id),
            DB_I64(entry->flow.version),
            DB_I64(starting->starts[i]->ordinal),
            DB_I64(EXECUTION_RUNNING),
            DB_STR(entry->step),
            sqlvalue_of_text(starting->starts[i]->context),
            DB_I64(starting->write_id),
            DB_I64(entry->now_ms),
        };
        memcpy(params + i * WIDTH, row, sizeof row);
    }
    return sqlrows_exec(db, sql, params, starting->count, WIDTH, info);
}

static int insert_due(struct db *db, const struct starting *starting, struct err_info *info)
{
    enum { WIDTH = 9 };
    SQLROWS(sql,
            "INSERT INTO execution_due (project_id, execution_id, class, due_ms, since_ms, ordinal,"
            " owner_kind, owner_id, version, token, attempts, told, is_woken) VALUES ",
            "(?,?,?,?,?,?,?,?,?,0,0,0,0)", "");
    const struct execution_entry *entry = starting->entry;
    struct db_param *params = arena_raw(starting->arena, starting->count * WIDTH, sizeof *params);
    for (size_t i = 0; i < starting->count; i++) {
        const struct db_param row[WIDTH] = {
            DB_I64(entry->flow.project_id), DB_I64(starting->starts[i]->execution_id),
            DB_I64(EXECUTION_FLOWS),        DB_I64(entry->now_ms),
            DB_I64(entry->now_ms),          DB_I64(starting->starts[i]->ordinal),
            DB_I64(entry->flow.owner_kind), DB_I64(entry->flow.owner_id),
            DB_I64(entry->flow.version),
        };
        memcpy(params + i * WIDTH, row, sizeof row);
    }
    return sqlrows_exec(db, sql, params, starting->count, WIDTH, info);
}

int execution_start(struct db *db, struct arena *arena, const struct execution_entry *entry,
                    struct execution_start *starts, size_t count, struct err_info *info)
{
    struct starting starting = {.arena = arena, .entry = entry, .write_id = uuid_random63()};
    uint32_t first = 0;
    int err = executionentry_judge(db, arena, entry, starts, count, info);
    starting.starts = arena_array(arena, count, sizeof(struct execution_start *));
    for (size_t i = 0; err == 0 && i < count; i++) {
        if (starts[i].started) {
            starting.starts[starting.count++] = &starts[i];
        }
    }
    if (err < 0 || starting.count == 0) {
        return err;
    }
    err = counter_take(db, entry->flow.project_id, COUNTER_EXECUTION, (uint32_t)starting.count,
                       &first, info);
    for (size_t i = 0; i < starting.count; i++) {
        starting.starts[i]->execution_id = first + (uint32_t)i;
        starting.starts[i]->uuid = uuid_new();
    }
    if (err == 0) {
        err = insert_executions(db, &starting, info);
    }
    if (err == 0) {
        err = insert_due(db, &starting, info);
    }
    executionrows_set_check(db, entry->flow.project_id, first, starting.write_id);
    return err;
}

/* ---- waking -------------------------------------------------------------------------------- */

struct happened {
    uint32_t name_id;
    uint32_t ordinal;
};

static int compare_happened(const void *a, const void *b)
{
    const struct happened *left = a;
    const struct happened *right = b;
    if (left->name_id != right->name_id) {
        return left->name_id < right->name_id ? -1 : 1;
    }
    return (left->ordinal > right->ordinal) - (left->ordinal < right->ordinal);
}

int execution_wake(struct db *db, struct arena *arena, uint32_t project_id, const uint32_t *names,
                   const uint32_t *ordinals, size_t count, int64_t now_ms, uint64_t *ret_woken,
                   struct err_info *info)
{
    SQLLIST(sql,
            "UPDATE execution_due FORCE INDEX (contact) SET due_ms = ?, token = 0, is_woken = 1,"
            " wait_name_id = NULL"
            " WHERE project_id = ? AND wait_name_id = ? AND ordinal IN (",
            "?", ")");
    struct happened *sorted = arena_array(arena, count, sizeof *sorted);
    struct db_param *items = arena_array(arena, count, sizeof *items);
    uint64_t woken = 0;
    int err = 0;
    for (size_t i = 0; i < count; i++) {
        sorted[i] = (struct happened){names[i], ordinals[i]};
    }
    if (count > 1) {
        qsort(sorted, count, sizeof *sorted, compare_happened);
    }
    for (size_t from = 0, to; err == 0 && from < count; from = to) {
        for (to = from; to < count && sorted[to].name_id == sorted[from].name_id; to++) {
            items[to] = DB_I64(sorted[to].ordinal);
        }
        const struct db_param head[] = {DB_I64(now_ms), DB_I64(project_id),
                                        DB_I64(sorted[from].name_id)};
        const struct sqllist list = {sql, head, 3, items + from, to - from, 1};
        uint64_t matched = 0;
        err = sqllist_exec(db, &list, &matched, info);
        woken += matched;
    }
    if (ret_woken != NULL) {
        *ret_woken = woken;
    }
    return err;
}

/* ---- ending -------------------------------------------------------------------------------- */

int execution_end(struct db *db, struct arena *arena, uint32_t project_id,
                  const uint32_t *execution_ids, size_t count, enum execution_status status,
                  struct str reason, int64_t now_ms, uint64_t *ret_ended, struct err_info *info)
{
    uint32_t *alive = arena_array(arena, count, sizeof *alive);
    size_t alive_count = 0;
    int err = executionrows_lock_alive(db, arena, project_id, execution_ids, count, alive,
                                       &alive_count, info);
    if (ret_ended != NULL) {
        *ret_ended = alive_count;
    }
    if (err < 0 || alive_count == 0) {
        return err;
    }
    const struct executionrows_state state = {
        .status = status, .reason = reason, .finished_ms = now_ms, .write_id = uuid_random63()};
    err = executionrows_set_state(db, arena, project_id, &state, alive, alive_count, info);
    if (err == 0) {
        err = executionrows_drop_due(db, arena, project_id, alive, alive_count, info);
    }
    executionrows_set_check(db, project_id, alive[0], state.write_id);
    return err;
}

/* ---- claiming ------------------------------------------------------------------------------ */

int execution_queues(struct db *db, struct arena *arena, enum execution_class class, int64_t now_ms,
                     size_t max, struct execution_queue **ret, size_t *ret_count,
                     struct err_info *info)
{
    /* The worker's, over all projects: one seek for each that has flows. A GROUP BY would read all
     * that wait whenever the server's statistics are old, and so would a bound of due_ms inside. */
    static const char sql[] =
        "SELECT q.project_id, q.due_ms FROM (SELECT p.project_id, (SELECT d.due_ms"
        " FROM execution_due d FORCE INDEX (due) WHERE d.project_id = p.project_id AND d.class = ?"
        " ORDER BY d.due_ms LIMIT 1) AS due_ms FROM project p WHERE p.flows_version > 0) q"
        " WHERE q.due_ms <= ? ORDER BY q.due_ms LIMIT ?";
    AUTO(db_rows) rows = NULL;
    struct execution_queue *queues = arena_array(arena, max, sizeof *queues);
    size_t count = 0;
    int err = db_query(db, sql, DB_PARAMS(DB_I64(class), DB_I64(now_ms), DB_U64(max)), false, &rows,
                       info);
    while (err >= 0 && count < max && (err = db_next(rows, info)) > 0) {
        queues[count++] = (struct execution_queue){(uint32_t)db_i64(rows, 0), db_i64(rows, 1)};
    }
    *ret = queues;
    *ret_count = count;
    return err < 0 ? err : 0;
}

/* A claim under way. */
struct claiming {
    struct arena *arena;
    uint32_t project_id;
    enum execution_class class;
    int64_t now_ms;
    int64_t lease_ms;
    size_t max;
    int64_t token;
    struct db_param *ids;
    size_t id_count;
    struct execution *executions;
    size_t count;
};

/* Rows that another claim holds locked are passed by; where a server does not lock, the update
 * decides. So is a wait whose event came in time and is still in the queue: it ends by the event,
 * however late somebody looks at it. */
static int find_due(struct db *db, struct claiming *claiming, struct err_info *info)
{
    static const char sql[] =
        "SELECT d.execution_id FROM execution_due d FORCE INDEX (due)"
        " WHERE d.project_id = ? AND d.class = ? AND d.due_ms <= ?"
        " AND (d.wait_name_id IS NULL OR (SELECT f.kind FROM flow_event f FORCE INDEX (contact)"
        " WHERE f.project_id = d.project_id AND f.ordinal = d.ordinal AND f.kind = 1"
        " AND f.number = d.wait_name_id AND f.created_ms <= d.due_ms LIMIT 1) IS NULL)"
        " ORDER BY d.due_ms LIMIT ? FOR UPDATE SKIP LOCKED";
    AUTO(db_rows) rows = NULL;
    int err = db_query(db, sql,
                       DB_PARAMS(DB_I64(claiming->project_id), DB_I64(claiming->class),
                                 DB_I64(claiming->now_ms), DB_U64(claiming->max)),
                       false, &rows, info);
    while (err >= 0 && claiming->id_count < claiming->max && (err = db_next(rows, info)) > 0) {
        claiming->ids[claiming->id_count++] = DB_I64(db_i64(rows, 0));
    }
    return err < 0 ? err : 0;
}

static int claimed_row(const struct db_rows *rows, void *ctx)
{
    struct claiming *claiming = ctx;
    if (claiming->count < claiming->max) {
        executionrows_read(claiming->arena, rows, &claiming->executions[claiming->count++]);
    }
    return 0;
}

/* Takes those that nobody else took meanwhile, and reads them. */
static int take_due(struct db *db, struct claiming *claiming, struct err_info *info)
{
    SQLLIST(take_sql,
            "UPDATE execution_due SET due_ms = ?, token = ?, attempts = attempts + 1"
            " WHERE project_id = ? AND due_ms <= ? AND execution_id IN (",
            "?", ")");
    SQLLIST(read_sql,
            "SELECT " EXECUTIONROWS_COLUMNS EXECUTIONROWS_FROM
            " WHERE e.project_id = ? AND d.token = ? AND d.class = ?"
            " AND NOT EXISTS (SELECT 1 FROM dropped_flow x WHERE x.project_id = e.project_id"
            " AND x.owner_kind = e.owner_kind AND x.owner_id = e.owner_id)"
            " AND e.execution_id IN (",
            "?", ")");
    const struct db_param take_head[] = {DB_I64(claiming->now_ms + claiming->lease_ms),
                                         DB_I64(claiming->token), DB_I64(claiming->project_id),
                                         DB_I64(claiming->now_ms)};
    const struct db_param read_head[] = {DB_I64(claiming->project_id), DB_I64(claiming->token),
                                         DB_I64(claiming->class)};
    struct sqllist list = {take_sql, take_head, 4, claiming->ids, claiming->id_count, 1};
    int err = sqllist_exec(db, &list, NULL, info);
    if (err == 0) {
        list = (struct sqllist){read_sql, read_head, 3, claiming->ids, claiming->id_count, 1};
        err = sqllist_query(db, &list, claimed_row, claiming, info);
    }
    return err;
}

static int claim_body(struct db *db, void *ctx, struct err_info *info)
{
    static const char check_sql[] = "SELECT 1 FROM execution_due WHERE project_id = ?"
                                    " AND execution_id = ? AND token = ? FOR UPDATE";
    struct claiming *claiming = ctx;
    claiming->id_count = 0;
    claiming->count = 0;
    claiming->token = uuid_random63();
    int err = find_due(db, claiming, info);
    if (err < 0 || claiming->id_count == 0) {
        return err;
    }
    err = take_due(db, claiming, info);
    db_set_write_check(
        db, check_sql,
        DB_PARAMS(DB_I64(claiming->project_id), claiming->ids[0], DB_I64(claiming->token)));
    return err;
}

int execution_claim(struct db *db, struct arena *arena, uint32_t project_id,
                    enum execution_class class, int64_t now_ms, size_t max, int64_t lease_ms,
                    struct execution **ret, size_t *ret_count, struct err_info *info)
{
    struct claiming claiming = {.arena = arena,
                                .project_id = project_id,
                                .class = class,
                                .now_ms = now_ms,
                                .lease_ms = lease_ms,
                                .max = max < EXECUTION_BATCH ? max : EXECUTION_BATCH};
    claiming.ids = arena_array(arena, claiming.max, sizeof *claiming.ids);
    claiming.executions = arena_array(arena, claiming.max, sizeof *claiming.executions);
    int err = db_tx(db, DB_WRITE, claim_body, &claiming, info);
    *ret = claiming.executions;
    *ret_count = err == 0 ? claiming.count : 0;
    return err;
}

/* ---- keeping and giving back --------------------------------------------------------------- */

#define OURS " WHERE project_id = ? AND execution_id = ? AND token = ?"
#define OURS_PARAMS(e) DB_I64((e)->flow.project_id), DB_I64((e)->execution_id), DB_I64((e)->token)

int execution_renew(struct db *db, const struct execution *executions, size_t count, int64_t now_ms,
                    int64_t lease_ms, bool *ret_held, struct err_info *info)
{
    static const char sql[] = "UPDATE execution_due SET due_ms = ?" OURS;
    int err = 0;
    for (size_t i = 0; err == 0 && i < count; i++) {
        uint64_t held = 0;
        err = db_exec(db, sql, DB_PARAMS(DB_I64(now_ms + lease_ms), OURS_PARAMS(&executions[i])),
                      &held, info);
        ret_held[i] = held > 0;
    }
    return err;
}

/* How many of them, from the first on, were claimed together: at most EXECUTION_BATCH. */
static size_t claimed_together(const struct execution *executions, size_t count)
{
    size_t same = 1;
    while (same < count && same < EXECUTION_BATCH &&
           executions[same].flow.project_id == executions[0].flow.project_id &&
           executions[same].token == executions[0].token) {
        same++;
    }
    return same;
}

int execution_release(struct db *db, const struct execution *executions, size_t count,
                      int64_t due_ms, struct err_info *info)
{
    SQLLIST(sql,
            "UPDATE execution_due SET due_ms = ?, token = 0, attempts = attempts - 1"
            " WHERE project_id = ? AND token = ? AND execution_id IN (",
            "?", ")");
    int err = 0;
    for (size_t at = 0, some; err == 0 && at < count; at += some) {
        struct db_param items[EXECUTION_BATCH];
        const struct execution *first = &executions[at];
        some = claimed_together(first, count - at);
        for (size_t i = 0; i < some; i++) {
            items[i] = DB_I64(first[i].execution_id);
        }
        const struct db_param head[] = {DB_I64(due_ms), DB_I64(first->flow.project_id),
                                        DB_I64(first->token)};
        const struct sqllist list = {sql, head, ARRAY_LEN(head), items, some, 1};
        err = sqllist_exec(db, &list, NULL, info);
    }
    return err;
}

int execution_retry(struct db *db, const struct execution *execution, int64_t due_ms,
                    struct err_info *info)
{
    static const char sql[] =
        "UPDATE execution_due SET due_ms = ?, token = 0, told = told + 1" OURS;
    uint64_t held = 0;
    int err = db_exec(db, sql, DB_PARAMS(DB_I64(due_ms), OURS_PARAMS(execution)), &held, info);
    return err == 0 && held == 0
               ? err_set(info, ERR_CONFLICT, NULL, "the execution is not ours any more")
               : err;
}

/* ---- moving -------------------------------------------------------------------------------- */

struct holding {
    const struct execution *executions;
    size_t count;
    const struct execution **sorted; /* by number */
    bool *held;
};

static int compare_execution(const void *a, const void *b)
{
    const struct execution *left = *(const struct execution *const *)a;
    const struct execution *right = *(const struct execution *const *)b;
    return (left->execution_id > right->execution_id) - (left->execution_id < right->execution_id);
}

static int held_row(const struct db_rows *rows, void *ctx)
{
    const struct holding *holding = ctx;
    const struct execution key = {.execution_id = (uint32_t)db_i64(rows, 0)};
    const struct execution *wanted = &key;
    const struct execution *const *found =
        bsearch(&wanted, holding->sorted, holding->count, sizeof wanted, compare_execution);
    if (found != NULL) {
        holding->held[*found - holding->executions] = (*found)->token == db_i64(rows, 1);
    }
    return 0;
}

/* In one order, so that two at once do not wait for one another. */
int execution_hold(struct db *db, struct arena *arena, const struct execution *executions,
                   size_t count, bool *ret_held, struct err_info *info)
{
    SQLLIST(sql,
            "SELECT execution_id, token FROM execution_due WHERE project_id = ?"
            " AND execution_id IN (",
            "?", ") ORDER BY execution_id FOR UPDATE");
    struct holding holding = {.executions = executions,
                              .count = count,
                              .sorted = arena_array(arena, count, sizeof(struct execution *)),
                              .held = ret_held};
    struct db_param *ids = arena_array(arena, count, sizeof *ids);
    for (size_t i = 0; i < count; i++) {
        holding.sorted[i] = &executions[i];
        ret_held[i] = false;
    }
    if (count > 1) {
        qsort(holding.sorted, count, sizeof(struct execution *), compare_execution);
    }
    for (size_t i = 0; i < count; i++) {
        ids[i] = DB_I64(holding.sorted[i]->execution_id);
    }
    if (count == 0) {
        return 0;
    }
    const struct db_param head = DB_I64(executions[0].flow.project_id);
    const struct sqllist list = {sql, &head, 1, ids, count, 1};
    return sqllist_query(db, &list, held_row, &holding, info);
}

int execution_move(struct db *db, struct arena *arena, uint32_t project_id,
                   const struct execution_move *moves, size_t count, int64_t now_ms,
                   struct err_info *info)
{
    int64_t write_id = uuid_random63();
    if (count == 0) {
        return 0;
    }
    int err = executionmove_log(db, arena, project_id, moves, count, info);
    if (err == 0) {
        err = executionmove_write(db, arena, project_id, moves, count, now_ms, write_id, info);
    }
    executionrows_set_check(db, project_id, moves[0].execution->execution_id, write_id);
    return err;
}

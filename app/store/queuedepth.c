#include "store/queuedepth.h"

#include "store/project.h"
#include "store/sqllist.h"

#define BEHIND ") LIMIT 100000) q" /* QUEUEDEPTH_MAX */

/* Each gives how many, and the instant of the oldest (NULL: none). Numbers of states: the headers
 * of the tables' files. */
SQLLIST(imports,
        "SELECT COUNT(*), MIN(turn_ms) FROM import_job WHERE state IN (2, 3) AND project_id IN (",
        "?", ")");
SQLLIST(bulk_jobs,
        "SELECT COUNT(*), MIN(turn_ms) FROM bulk_job WHERE state IN (2, 3) AND project_id IN (",
        "?", ")");
SQLLIST(deliveries_due,
        "SELECT COUNT(*), MIN(due_ms) FROM (SELECT due_ms FROM delivery_due WHERE due_ms <= ?"
        " AND project_id IN (",
        "?", BEHIND);
SQLLIST(deliveries_dead,
        "SELECT COUNT(*), NULL FROM (SELECT 1 FROM webhook w JOIN delivery d"
        " ON d.project_id = w.project_id AND d.webhook_id = w.webhook_id AND d.state = 4"
        " WHERE w.project_id IN (",
        "?", BEHIND);
SQLLIST(flow_events,
        "SELECT COUNT(*), MIN(created_ms) FROM (SELECT created_ms FROM flow_event"
        " WHERE project_id IN (",
        "?", BEHIND);
SQLLIST(flow_steps,
        "SELECT COUNT(*), MIN(due_ms) FROM (SELECT due_ms FROM execution_due FORCE INDEX (due)"
        " WHERE due_ms <= ? AND class IN (1, 2) AND project_id IN (",
        "?", BEHIND);
SQLLIST(dirty_marks, "SELECT COUNT(*), NULL FROM (SELECT 1 FROM dirty WHERE project_id IN (", "?",
        BEHIND);
SQLLIST(outbox,
        "SELECT COUNT(*), MIN(due_ms) FROM (SELECT due_ms FROM message FORCE INDEX (due)"
        " WHERE due_ms <= ? AND source IN (1, 2, 3, 4) AND project_id IN (",
        "?", BEHIND);

static const struct {
    const char *const *sql;
    bool by_clock; /* its first parameter is now */
} queues[QUEUEDEPTH_COUNT] = {
    [QUEUEDEPTH_IMPORTS] = {imports, false},
    [QUEUEDEPTH_BULK_JOBS] = {bulk_jobs, false},
    [QUEUEDEPTH_DELIVERIES_DUE] = {deliveries_due, true},
    [QUEUEDEPTH_DELIVERIES_DEAD] = {deliveries_dead, false},
    [QUEUEDEPTH_FLOW_EVENTS] = {flow_events, false},
    [QUEUEDEPTH_FLOW_STEPS] = {flow_steps, true},
    [QUEUEDEPTH_DIRTY_MARKS] = {dirty_marks, false},
    [QUEUEDEPTH_OUTBOX] = {outbox, true},
};

struct adding {
    struct queuedepth *queue;
    int64_t now_ms;
};

/* Of each of the statements that a long list of projects takes. */
static int add_row(const struct db_rows *rows, void *ctx)
{
    struct adding *adding = ctx;
    struct queuedepth *queue = adding->queue;
    queue->depth += (uint64_t)db_i64(rows, 0);
    if (queue->depth > QUEUEDEPTH_MAX)
        queue->depth = QUEUEDEPTH_MAX;
    int64_t age_ms = adding->now_ms > db_i64(rows, 1) ? adding->now_ms - db_i64(rows, 1) : 0;
    if (!db_is_null(rows, 1) && age_ms > queue->age_ms)
        queue->age_ms = age_ms;
    return 0;
}

int queuedepth_read(struct db *db, struct arena *arena, const uint32_t *projects, size_t count,
                    struct queuedepth ret[QUEUEDEPTH_COUNT], struct err_info *info)
{
    struct db_param *ids = arena_array(arena, count, sizeof *ids);
    int64_t now_ms;
    int err = db_now_ms(db, &now_ms, info);
    for (size_t i = 0; i < count; i++)
        ids[i] = DB_U64(projects[i]);
    for (size_t i = 0; err == 0 && i < QUEUEDEPTH_COUNT; i++) {
        const struct db_param now = DB_I64(now_ms);
        struct sqllist list = {queues[i].sql, &now, queues[i].by_clock, ids, count, 1};
        struct adding adding = {&ret[i], now_ms};
        ret[i] = (struct queuedepth){0, QUEUEDEPTH_NO_AGE};
        err = sqllist_query(db, &list, add_row, &adding, info);
    }
    return err;
}

int queuedepth_read_all(struct db *db, struct arena *arena, struct queuedepth ret[QUEUEDEPTH_COUNT],
                        struct err_info *info)
{
    struct project *projects;
    size_t count;
    int err = project_list(db, arena, &projects, &count, info);
    if (err < 0)
        return err;
    uint32_t *ids = arena_array(arena, count, sizeof *ids);
    for (size_t i = 0; i < count; i++)
        ids[i] = projects[i].project_id;
    return queuedepth_read(db, arena, ids, count, ret, info);
}

#include "flowhelp.h"

void flowhelp_reset(void)
{
    static const char *const statements[] = {
        "DELETE FROM workflow",      "DELETE FROM workflow_event",
        "DELETE FROM flow_version",  "DELETE FROM flow_wait",
        "DELETE FROM flow_event",    "DELETE FROM execution",
        "DELETE FROM execution_due", "DELETE FROM execution_step",
        "DELETE FROM dropped_flow",  "DELETE FROM sequence",
        "DELETE FROM tag",
    };
    static int64_t version;
    contacthelp_reset();
    AUTO(db) db = testdb_new();
    for (size_t i = 0; i < ARRAY_LEN(statements); i++) {
        testdb_exec(db, statements[i], DB_NO_PARAMS);
    }
    version += 1000;
    testdb_exec(db, "UPDATE project SET flows_version = ?", DB_PARAMS(DB_I64(version)));
}

uint64_t flowhelp_run(struct contacthelp *help, const char *sql)
{
    return testdb_exec(help->handles.db, sql, DB_NO_PARAMS);
}

struct workflow flowhelp_workflow(struct contacthelp *help, const char *event, const char *wait)
{
    struct str events[2];
    struct workflow_edit draft = {.arena = help->arena, .events = events};
    struct workflow workflow;
    draft.workflow = (struct workflow){.name = STR("w"),
                                       .trigger = event == NULL ? WORKFLOW_MANUAL : WORKFLOW_EVENT,
                                       .enabled = true,
                                       .definition = STR("{}"),
                                       .due_ms = WORKFLOW_NEVER};
    if (event != NULL) {
        draft.workflow.event = str_from(event);
        events[draft.event_count++] = str_from(event);
    }
    if (wait != NULL) {
        events[draft.event_count++] = str_from(wait);
    }
    int err = workflow_create(help->handles.db, help->arena, CONTACTHELP_PROJECT, &draft, &workflow,
                              &help->info);
    ck_assert_msg(err == 0, "%s", help->info.message);
    return workflow;
}

struct flowversion flowhelp_flow(const struct workflow *workflow)
{
    return (struct flowversion){CONTACTHELP_PROJECT, FLOWVERSION_WORKFLOW, workflow->workflow_id,
                                workflow->version};
}

/* ---- starting ------------------------------------------------------------------------------ */

struct start {
    struct contacthelp *help;
    const struct execution_entry *entry;
    struct execution_start *starts;
    size_t count;
};

static int start_body(struct db *db, void *ctx, struct err_info *info)
{
    struct start *start = ctx;
    struct workflow workflow;
    int err = workflow_lock(db, start->help->arena, CONTACTHELP_PROJECT,
                            start->entry->flow.owner_id, &workflow, info);
    return err < 0 ? err
                   : execution_start(db, start->help->arena, start->entry, start->starts,
                                     start->count, info);
}

size_t flowhelp_start(struct contacthelp *help, const struct workflow *workflow, bool allow_reentry,
                      struct execution_start *starts, size_t count, int64_t now_ms)
{
    struct execution_entry entry = {.flow = flowhelp_flow(workflow),
                                    .step = STR("one"),
                                    .allow_reentry = allow_reentry,
                                    .now_ms = now_ms};
    struct start start = {help, &entry, starts, count};
    size_t started = 0;
    int err = db_tx(help->handles.db, DB_WRITE, start_body, &start, &help->info);
    ck_assert_msg(err == 0, "%s", help->info.message);
    for (size_t i = 0; i < count; i++) {
        started += starts[i].started;
    }
    return started;
}

size_t flowhelp_claim(struct contacthelp *help, int64_t now_ms, struct execution **ret)
{
    size_t count;
    int err = execution_claim(help->handles.db, help->arena, CONTACTHELP_PROJECT, EXECUTION_FLOWS,
                              now_ms, 10, 1000, ret, &count, &help->info);
    ck_assert_msg(err == 0, "%s", help->info.message);
    return count;
}

/* ---- moving -------------------------------------------------------------------------------- */

struct move {
    struct contacthelp *help;
    const struct execution_move *moves;
    size_t count;
    int64_t now_ms;
    size_t held;
};

static int move_body(struct db *db, void *ctx, struct err_info *info)
{
    struct move *move = ctx;
    struct arena *arena = move->help->arena;
    struct execution *executions = arena_array(arena, move->count, sizeof *executions);
    struct execution_move *moves = arena_array(arena, move->count, sizeof *moves);
    bool *held = arena_array(arena, move->count, sizeof *held);
    for (size_t i = 0; i < move->count; i++) {
        executions[i] = *move->moves[i].execution;
    }
    int err = execution_hold(db, arena, executions, move->count, held, info);
    move->held = 0;
    for (size_t i = 0; i < move->count; i++) {
        if (held[i]) {
            moves[move->held++] = move->moves[i];
        }
    }
    return err < 0 ? err
                   : execution_move(db, arena, CONTACTHELP_PROJECT, moves, move->held, move->now_ms,
                                    info);
}

size_t flowhelp_move(struct contacthelp *help, const struct execution_move *moves, size_t count,
                     int64_t now_ms)
{
    struct move move = {help, moves, count, now_ms, 0};
    int err = db_tx(help->handles.db, DB_WRITE, move_body, &move, &help->info);
    ck_assert_msg(err == 0, "%s", help->info.message);
    return move.held;
}

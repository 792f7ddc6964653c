#include "flow/cronrun.h"

#include "audience/roster.h"
#include "column/key.h"
#include "flow/cron.h"
#include "flow/start.h"
#include "store/flowrun.h"

/* ---- beginning ----------------------------------------------------------------------------- */

/* A run that is due. */
struct run {
    const struct workflow_due *due;
    int64_t now_ms;
    int64_t next_ms;
    struct arena *arena;
    struct flowrun_part *parts;
    size_t count;
    uint64_t total;
};

static int64_t next_of(const struct workflow *workflow, int64_t now_ms)
{
    int64_t next_ms = cron_next(workflow->cron, now_ms);
    return next_ms == CRON_NEVER ? WORKFLOW_NEVER : next_ms;
}

/* Who enters, found outside of the transaction that stores it. */
static int take_audience(struct db *db, struct run *run, const struct workflow *workflow,
                         int64_t ahead_ms, struct err_info *info)
{
    struct definition definition;
    struct roster roster;
    int err = definition_read(run->arena, workflow->definition, &definition, info);
    if (err)
        return err;
    struct audience_query query = {.project_id = run->due->project_id,
                                   .filter = definition.audience,
                                   .at_ms = ahead_ms > 0 ? run->now_ms : AUDIENCE_AT_NOW};
    err = roster_take(db, run->arena, &query, &roster, info);
    if (err)
        return err;
    run->parts = arena_array(run->arena, roster.chunk_count, sizeof(*run->parts));
    run->total = roster.total;
    for (uint32_t chunk = 0; chunk < roster.chunk_count; chunk++)
        if (roster.chunks[chunk])
            run->parts[run->count++] =
                (struct flowrun_part){.project_id = run->due->project_id,
                                      .workflow_id = run->due->workflow_id,
                                      .run_ms = run->due->due_ms,
                                      .chunk = chunk,
                                      .rows = roster_pack(run->arena, roster.chunks[chunk])};
    return 0;
}

static int begin_body(struct db *db, void *ctx, struct err_info *info)
{
    const struct run *run = ctx;
    struct workflow workflow;
    int err =
        workflow_lock(db, run->arena, run->due->project_id, run->due->workflow_id, &workflow, info);
    if (err)
        return err;
    if (!workflow.enabled || workflow.due_ms != run->due->due_ms)
        return ERR_CONFLICT;
    err = flowrun_put(db, run->parts, run->count, info);
    return err ? err
               : workflow_set_due(db, run->due->project_id, run->due->workflow_id, run->next_ms,
                                  info);
}

int cronrun_begin(struct db *db, const struct workflow_due *due, int64_t now_ms, int64_t ahead_ms,
                  uint64_t *ret_entering, struct err_info *info)
{
    AUTO(arena) arena = arena_new();
    struct run run = {.due = due, .now_ms = now_ms, .arena = arena};
    struct workflow workflow;
    *ret_entering = 0;
    int err = workflow_by_number(db, arena, due->project_id, due->workflow_id, &workflow, info);
    if (err)
        return err == ERR_NOT_FOUND ? 0 : err;
    run.next_ms = next_of(&workflow, now_ms);
    int problem = take_audience(db, &run, &workflow, ahead_ms, info);
    if (problem == ERR_UNAVAILABLE)
        return problem;
    /* What cannot be answered would be asked again at once, and for ever. */
    struct err_info ignored = {0};
    run.count = problem ? 0 : run.count;
    err = db_tx(db, DB_WRITE, begin_body, &run, problem ? &ignored : info);
    if (err == ERR_CONFLICT || err == ERR_NOT_FOUND)
        return 0;
    *ret_entering = err || problem ? 0 : run.total;
    return problem ? problem : err;
}

/* ---- entering ------------------------------------------------------------------------------ */

struct entering {
    uint32_t project_id;
    uint32_t workflow_id;
    int64_t now_ms;
    struct arena *arena;
    uint64_t started;
};

/* Takes the next ones out of a part. Returns how many. */
static size_t take_rows(struct arena *arena, const struct flowrun_part *part, struct bits *rows,
                        struct execution_start **ret)
{
    uint16_t first[EXECUTION_BATCH];
    uint32_t count = bits_rows(rows, false, 0, EXECUTION_BATCH, first);
    *ret = arena_array(arena, count, sizeof(**ret));
    for (uint32_t i = 0; i < count; i++) {
        (*ret)[i].ordinal = part->chunk * KEY_CHUNK_ROWS + first[i];
        bits_put(rows, first[i], false);
    }
    return count;
}

static int enter_part(struct db *db, struct entering *entering, const struct start_flow *flow,
                      const struct flowrun_part *part, struct err_info *info)
{
    struct execution_start *starts = NULL;
    struct bits rows;
    if (!roster_unpack(part->rows, &rows))
        return err_set(info, ERR_INTERNAL, NULL, "a part of a scheduled run does not unpack");
    size_t count = take_rows(entering->arena, part, &rows, &starts);
    int err = start_enter(db, entering->arena, flow, entering->now_ms, starts, count, info);
    if (err)
        return err;
    for (size_t i = 0; i < count; i++)
        entering->started += starts[i].started ? 1 : 0;
    return flowrun_leave(
        db, part, bits_none(&rows) ? (struct str){NULL, 0} : roster_pack(entering->arena, &rows),
        info);
}

static int enter_body(struct db *db, void *ctx, struct err_info *info)
{
    struct entering *entering = ctx;
    const struct flowversion owner = {.project_id = entering->project_id,
                                      .owner_kind = FLOWVERSION_WORKFLOW,
                                      .owner_id = entering->workflow_id};
    struct start_flow flow;
    struct flowrun_part part;
    entering->started = 0;
    int err = start_load(db, entering->arena, &owner, &flow, info);
    if (err == ERR_NOT_FOUND || err == ERR_CORRUPT || (!err && !flow.enabled))
        return flowrun_drop(db, entering->project_id, entering->workflow_id, info);
    if (err)
        return err;
    int found =
        flowrun_take(db, entering->arena, entering->project_id, entering->workflow_id, &part, info);
    return found <= 0 ? found : enter_part(db, entering, &flow, &part, info);
}

int cronrun_enter(struct db *db, uint32_t project_id, uint32_t workflow_id, int64_t now_ms,
                  uint64_t *ret_started, struct err_info *info)
{
    AUTO(arena) arena = arena_new();
    struct entering entering = {
        .project_id = project_id, .workflow_id = workflow_id, .now_ms = now_ms, .arena = arena};
    int err = db_tx(db, DB_WRITE, enter_body, &entering, info);
    *ret_started = err ? 0 : entering.started;
    return err;
}

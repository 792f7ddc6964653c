#include "worker/callbatch.h"

#include <stdlib.h>

#include "deliver/schedule.h"
#include "flow/callstep.h"
#include "store/contact.h"
#include "store/workflow.h"

#define GIVE_UP_MS (24 * INT64_C(3600000)) /* after the execution came to the step */

/* One version of a workflow that executions of the batch run by. */
struct flow {
    struct flow *next;
    const struct flowversion *version;
    struct definition definition;
    struct workflow workflow;
    const char *problem; /* NULL: it can be read */
};

/* A batch while its requests are made. */
struct making {
    struct db *db;
    const struct urlguard *guard;
    struct callbatch *batch;
    struct flow *flows;
    struct contact *contacts; /* those that are there, in the order of the executions */
    size_t contact_count;
};

void callbatch_free(struct callbatch *batch)
{
    if (!batch)
        return;
    arena_free(batch->arena);
    free(batch);
}

/* ---- what is read -------------------------------------------------------------------------- */

static bool is_same_flow(const struct flowversion *a, const struct flowversion *b)
{
    return a->owner_kind == b->owner_kind && a->owner_id == b->owner_id && a->version == b->version;
}

static int read_flow(struct making *making, struct flow *flow, struct err_info *info)
{
    struct arena *arena = making->batch->arena;
    struct err_info why = {0};
    struct str text;
    int found = flowversion_get(making->db, arena, flow->version, &text, info);
    if (found < 0)
        return found;
    if (found == 0 || definition_read(arena, text, &flow->definition, &why) < 0)
        flow->problem = "The workflow as it was when this began cannot be read";
    if (flow->version->owner_kind != FLOWVERSION_WORKFLOW)
        flow->problem = "Only a workflow can call a URL";
    if (flow->problem)
        return 0;
    int err = workflow_by_number(making->db, arena, flow->version->project_id,
                                 flow->version->owner_id, &flow->workflow, info);
    if (err == ERR_NOT_FOUND) {
        *info = (struct err_info){0};
        flow->problem = "The workflow was deleted";
    }
    return err == ERR_NOT_FOUND ? 0 : err;
}

/* The flow of an execution, read once for each batch. */
static int find_flow(struct making *making, const struct flowversion *version,
                     const struct flow **ret, struct err_info *info)
{
    struct flow *flow = making->flows;
    int err = 0;
    while (flow && !is_same_flow(flow->version, version))
        flow = flow->next;
    if (!flow) {
        flow = arena_alloc(making->batch->arena, sizeof *flow);
        *flow = (struct flow){.next = making->flows, .version = version};
        making->flows = flow;
        err = read_flow(making, flow, info);
    }
    *ret = flow;
    return err;
}

static int read_contacts(struct making *making, struct err_info *info)
{
    struct callbatch *batch = making->batch;
    uint32_t *ordinals = arena_array(batch->arena, batch->count, sizeof *ordinals);
    making->contacts = arena_array(batch->arena, batch->count, sizeof *making->contacts);
    for (size_t i = 0; i < batch->count; i++)
        ordinals[i] = batch->executions[i].ordinal;
    return contact_by_ordinals(making->db, batch->arena, batch->project_id, ordinals, batch->count,
                               making->contacts, &making->contact_count, info);
}

static const struct contact *find_contact(const struct making *making, uint32_t ordinal)
{
    for (size_t i = 0; i < making->contact_count; i++)
        if (making->contacts[i].ordinal == ordinal)
            return &making->contacts[i];
    return NULL;
}

/* ---- the requests -------------------------------------------------------------------------- */

static void give_up(struct callbatch_item *item, const char *problem)
{
    item->fate = CALLBATCH_FAILED;
    item->outcome = STR("failed");
    item->problem = str_copy(item->batch->arena, str_from(problem));
}

static void make_request(const struct making *making, const struct flow *flow,
                         struct callbatch_item *item)
{
    const struct execution *execution = item->execution;
    const struct callstep_subject subject = {
        .contact = find_contact(making, execution->ordinal),
        .context = execution->context,
        .workflow = flow->workflow.uuid,
        .workflow_name = flow->workflow.name,
        .execution = execution->uuid,
        .started_ms = execution->started_ms,
    };
    struct callstep made;
    struct err_info why = {0};
    if (!subject.contact) {
        give_up(item, "The contact was deleted");
        return;
    }
    if (callstep_make(item->batch->arena, item->step, &subject, &made, &why) < 0 ||
        urlguard_check_url(making->guard, made.url, &why) < 0) {
        give_up(item, why.message);
        return;
    }
    item->request = (struct call_request){.url = made.url,
                                          .method = made.method,
                                          .headers = made.headers,
                                          .body = made.body,
                                          .owner = item};
}

static int make_item(struct making *making, struct callbatch_item *item, struct err_info *info)
{
    const struct flow *flow;
    int err = find_flow(making, &item->execution->flow, &flow, info);
    if (err < 0)
        return err;
    if (flow->problem) {
        give_up(item, flow->problem);
        return 0;
    }
    const struct definition_step *step = definition_find(&flow->definition, item->execution->step);
    if (!step || step->type != DEFINITION_WEBHOOK) {
        give_up(item, "The workflow as it was when this began has no such WEBHOOK step");
        return 0;
    }
    item->step = step;
    item->following = definition_next(&flow->definition, step, DEFINITION_NEXT);
    if (item->execution->attempts > SCHEDULE_ATTEMPTS)
        give_up(item, "No call came to an end; the worker was stopped during each");
    else
        make_request(making, flow, item);
    return 0;
}

static int make_items(struct making *making, struct err_info *info)
{
    struct callbatch *batch = making->batch;
    int err = read_contacts(making, info);
    batch->items = arena_array(batch->arena, batch->count, sizeof *batch->items);
    for (size_t i = 0; err == 0 && i < batch->count; i++) {
        batch->items[i] =
            (struct callbatch_item){.batch = batch, .execution = &batch->executions[i]};
        err = make_item(making, &batch->items[i], info);
    }
    return err;
}

int callbatch_claim(struct db *db, const struct urlguard *guard, uint32_t project_id,
                    int64_t now_ms, int64_t lease_ms, struct callbatch **ret, struct err_info *info)
{
    struct callbatch *batch = arena_xmalloc(sizeof *batch);
    *batch = (struct callbatch){.arena = arena_new(), .project_id = project_id};
    struct making making = {.db = db, .guard = guard, .batch = batch};
    int err = execution_claim(db, batch->arena, project_id, EXECUTION_CALL, now_ms, CALLBATCH_MAX,
                              lease_ms, &batch->executions, &batch->count, info);
    if (err == 0 && batch->count > 0)
        err = make_items(&making, info);
    if (err < 0) {
        callbatch_free(batch);
        batch = NULL;
    }
    *ret = batch;
    return err;
}

/* ---- judging ------------------------------------------------------------------------------- */

/* Of calls of a worker that died nobody knows whether they arrived. */
static struct str told_twice(const struct callbatch_item *item)
{
    const struct execution *execution = item->execution;
    if (execution->attempts - 1 <= execution->told)
        return (struct str){NULL, 0};
    return STR("It may have been called more than once: a worker died during a call");
}

static void fail_at_last(struct callbatch_item *item, const char *what)
{
    unsigned attempts = item->execution->attempts;
    struct str twice = told_twice(item);
    give_up(item, arena_printf(item->batch->arena, "%s (%u call%s)%s" STR_FMT, what, attempts,
                               attempts == 1 ? "" : "s", twice.at ? ". " : "", STR_ARG(twice)));
}

void callbatch_judge(struct callbatch_item *item, const struct sender_result *sent, int64_t now_ms,
                     uint32_t random)
{
    const struct execution *execution = item->execution;
    struct schedule_outcome outcome = {execution->attempts, sent->status, sent->retry_after_s};
    struct schedule_next next = schedule_next(&outcome, random);
    const char *what = sent->problem.len > 0
                           ? arena_printf(item->batch->arena, STR_FMT, STR_ARG(sent->problem))
                           : arena_printf(item->batch->arena, "The answer was %d", sent->status);
    if (next.fate == SCHEDULE_DELIVERED) {
        item->fate = CALLBATCH_DONE;
        item->outcome = str_from(arena_printf(item->batch->arena, "%d", sent->status));
        item->problem = told_twice(item);
    } else if (next.fate == SCHEDULE_AGAIN &&
               now_ms + next.delay_ms <= execution->since_ms + GIVE_UP_MS) {
        item->fate = CALLBATCH_AGAIN;
        item->due_ms = now_ms + next.delay_ms;
    } else {
        fail_at_last(item, what);
    }
}

/* ---- writing ------------------------------------------------------------------------------- */

struct writing {
    struct arena *arena;
    struct callbatch_item *const *items;
    size_t count;
    int64_t now_ms;
    struct execution *executions; /* copies, side by side */
    bool *held;
    struct callbatch_report report; /* of this run of the body */
};

static void fill_move(const struct writing *writing, const struct callbatch_item *item,
                      struct execution_move *ret)
{
    struct execution_done *done = arena_alloc(writing->arena, sizeof *done);
    const struct definition_step *following = item->following;
    bool goes_on = item->fate == CALLBATCH_DONE && following;
    *done = (struct execution_done){.step = item->execution->step,
                                    .type = DEFINITION_WEBHOOK,
                                    .outcome = item->outcome,
                                    .problem = item->problem,
                                    .at_ms = writing->now_ms};
    *ret = (struct execution_move){.execution = item->execution, .done = done, .done_count = 1};
    if (goes_on) {
        ret->status = EXECUTION_RUNNING;
        ret->step = following->id;
        ret->class = EXECUTION_FLOWS;
        ret->due_ms = writing->now_ms;
        return;
    }
    ret->status = item->fate == CALLBATCH_DONE ? EXECUTION_COMPLETED : EXECUTION_FAILED;
    if (item->fate == CALLBATCH_FAILED)
        ret->reason = str_from(arena_printf(
            writing->arena, "The step \"" STR_FMT "\" failed: " STR_FMT,
            STR_ARG(item->step ? item->step->name : STR("WEBHOOK")), STR_ARG(item->problem)));
}

static int write_body(struct db *db, void *ctx, struct err_info *info)
{
    struct writing *writing = ctx;
    struct execution_move *moves = arena_array(writing->arena, writing->count, sizeof *moves);
    uint32_t project_id = writing->items[0]->batch->project_id;
    size_t count = 0;
    writing->report = (struct callbatch_report){0};
    int err = execution_hold(db, writing->arena, writing->executions, writing->count, writing->held,
                             info);
    for (size_t i = 0; err == 0 && i < writing->count; i++) {
        const struct callbatch_item *item = writing->items[i];
        writing->report.stale += writing->held[i] ? 0 : 1;
        if (!writing->held[i])
            continue;
        writing->report.done += item->fate == CALLBATCH_DONE;
        writing->report.again += item->fate == CALLBATCH_AGAIN;
        writing->report.failed += item->fate == CALLBATCH_FAILED;
        if (item->fate == CALLBATCH_AGAIN)
            err = execution_retry(db, item->execution, item->due_ms, info);
        else
            fill_move(writing, item, &moves[count++]);
    }
    if (err == 0 && count > 0)
        err = execution_move(db, writing->arena, project_id, moves, count, writing->now_ms, info);
    return err;
}

int callbatch_write(struct db *db, struct arena *arena, struct callbatch_item *const *items,
                    size_t count, int64_t now_ms, struct callbatch_report *report,
                    struct err_info *info)
{
    struct writing writing = {.arena = arena, .items = items, .count = count, .now_ms = now_ms};
    writing.executions = arena_array(arena, count, sizeof *writing.executions);
    writing.held = arena_array(arena, count, sizeof *writing.held);
    for (size_t i = 0; i < count; i++)
        writing.executions[i] = *items[i]->execution;
    int err = db_tx(db, DB_WRITE, write_body, &writing, info);
    if (err == 0) {
        report->done += writing.report.done;
        report->again += writing.report.again;
        report->failed += writing.report.failed;
        report->stale += writing.report.stale;
    }
    return err;
}

#include "flow/start.h"

#include <stdlib.h>

#include "flow/sequencerules.h"
#include "store/contact.h"
#include "store/flowevent.h"
#include "store/workflow.h"

/* ---- a flow -------------------------------------------------------------------------------- */

static int load_workflow(struct db *db, struct arena *arena, struct start_flow *ret,
                         struct str *ret_text, struct err_info *info)
{
    struct workflow workflow;
    int err = workflow_lock(db, arena, ret->flow.project_id, ret->flow.owner_id, &workflow, info);
    if (err)
        return err;
    ret->flow.version = workflow.version;
    ret->enabled = workflow.enabled;
    *ret_text = workflow.definition;
    err = definition_read(arena, workflow.definition, &ret->definition, info);
    ret->definition.allow_reentry = workflow.allow_reentry;
    return err;
}

static int load_sequence(struct db *db, struct arena *arena, struct start_flow *ret,
                         struct str *ret_text, struct err_info *info)
{
    int err = sequencerules_definition(db, arena, ret->flow.project_id, ret->flow.owner_id,
                                       &ret->flow, &ret->definition, &ret->enabled, info);
    return err ? err : definition_print(arena, &ret->definition, ret_text, info);
}

int start_load(struct db *db, struct arena *arena, const struct flowversion *flow,
               struct start_flow *ret, struct err_info *info)
{
    struct str text = {NULL, 0};
    struct str *waits = NULL;
    *ret = (struct start_flow){.flow = *flow};
    int err = flow->owner_kind == FLOWVERSION_WORKFLOW ? load_workflow(db, arena, ret, &text, info)
                                                       : load_sequence(db, arena, ret, &text, info);
    if (err)
        return err;
    size_t count = definition_waits(arena, &ret->definition, &waits);
    return flowversion_put(db, arena, &ret->flow, text, waits, count, info);
}

int start_enter(struct db *db, struct arena *arena, const struct start_flow *flow, int64_t now_ms,
                struct execution_start *starts, size_t count, struct err_info *info)
{
    const struct definition_step *first = definition_start(&flow->definition);
    struct execution_entry entry = {
        .flow = flow->flow, .allow_reentry = flow->definition.allow_reentry, .now_ms = now_ms};
    if (!first)
        return 0;
    entry.step = first->id;
    return execution_start(db, arena, &entry, starts, count, info);
}

/* ---- by hand ------------------------------------------------------------------------------- */

struct by_hand {
    struct arena *arena;
    const struct start_request *request;
    struct execution_start *start;
};

static const char *word_of(const struct flowversion *flow)
{
    return flow->owner_kind == FLOWVERSION_WORKFLOW ? "workflow" : "sequence";
}

/* Whether somebody may be put in by hand. */
static int may_enter(const struct start_flow *flow, struct err_info *info)
{
    if (!flow->enabled)
        return err_set(info, ERR_INVAL, "BAD_REQUEST", "The %s is not enabled: enable it first",
                       word_of(&flow->flow));
    if (!definition_start(&flow->definition))
        return err_set(info, ERR_INVAL, "BAD_REQUEST", "The %s has no step to begin with",
                       word_of(&flow->flow));
    return 0;
}

static int refuse_entry(const struct start_flow *flow, struct err_info *info)
{
    return flow->definition.allow_reentry
               ? err_set(info, ERR_CONFLICT, "CONFLICT", "The contact is in this %s already",
                         word_of(&flow->flow))
               : err_set(info, ERR_CONFLICT, "CONFLICT",
                         "The contact is or was in this %s, and may enter it only once",
                         word_of(&flow->flow));
}

static int by_hand_body(struct db *db, void *ctx, struct err_info *info)
{
    struct by_hand *by_hand = ctx;
    const struct start_request *request = by_hand->request;
    struct start_flow flow;
    struct contact contact;
    int64_t now_ms = 0;
    int err = db_now_ms(db, &now_ms, info);
    if (!err)
        err = start_load(db, by_hand->arena, &request->flow, &flow, info);
    if (!err)
        err = may_enter(&flow, info);
    if (!err)
        err = contact_get(db, by_hand->arena, request->flow.project_id, &request->contact, &contact,
                          info);
    if (err)
        return err;
    *by_hand->start =
        (struct execution_start){.ordinal = contact.ordinal, .context = request->context};
    err = start_enter(db, by_hand->arena, &flow, now_ms, by_hand->start, 1, info);
    return err == 0 && !by_hand->start->started ? refuse_entry(&flow, info) : err;
}

int start_one(struct db *db, struct arena *arena, const struct start_request *request,
              struct execution_start *ret, struct err_info *info)
{
    struct by_hand by_hand = {arena, request, ret};
    return db_tx(db, DB_WRITE, by_hand_body, &by_hand, info);
}

/* ---- by events ----------------------------------------------------------------------------- */

/* Executions that the rows taken in one transaction start, about; one row is taken at least. */
#define STARTS_MAX (10 * (size_t)EXECUTION_BATCH)

struct by_events {
    struct arena *arena;
    uint32_t project_id;
    int64_t now_ms;
    size_t max; /* rows to take */
    struct flowevent *events;
    size_t count;
    struct start_report report;
};

/* Before anybody starts: an event that starts a flow does not end the flow's first wait. */
static int wake(struct db *db, struct by_events *by, struct err_info *info)
{
    uint32_t *names = arena_array(by->arena, by->count, sizeof(*names));
    uint32_t *ordinals = arena_array(by->arena, by->count, sizeof(*ordinals));
    size_t count = 0;
    for (size_t i = 0; i < by->count; i++) {
        if (by->events[i].kind != FLOWEVENT_EVENT)
            continue;
        names[count] = (uint32_t)by->events[i].number;
        ordinals[count++] = by->events[i].ordinal;
    }
    return execution_wake(db, by->arena, by->project_id, names, ordinals, count, by->now_ms,
                          &by->report.woken, info);
}

static bool is_started(const struct flowevent_trigger *trigger, const struct flowevent *event)
{
    return event->kind == trigger->kind && event->number == trigger->number;
}

/* Those who enter the flow of a trigger now. Returns how many. */
static size_t whom_it_starts(const struct by_events *by, const struct flowevent_trigger *trigger,
                             struct execution_start **ret)
{
    size_t count = 0;
    for (size_t i = 0; i < by->count; i++)
        count += is_started(trigger, &by->events[i]) ? 1 : 0;
    if (count == 0)
        return 0;
    *ret = arena_array(by->arena, count, sizeof(**ret));
    count = 0;
    for (size_t i = 0; i < by->count; i++)
        if (is_started(trigger, &by->events[i]))
            (*ret)[count++] = (struct execution_start){.ordinal = by->events[i].ordinal,
                                                       .context = by->events[i].data};
    return count;
}

static int enter_flow(struct db *db, struct by_events *by, const struct flowevent_trigger *trigger,
                      struct err_info *info)
{
    const struct flowversion flow = {.project_id = by->project_id,
                                     .owner_kind = trigger->owner_kind,
                                     .owner_id = trigger->owner_id};
    struct execution_start *starts = NULL;
    struct start_flow loaded;
    size_t count = whom_it_starts(by, trigger, &starts);
    if (count == 0)
        return 0;
    int err = start_load(db, by->arena, &flow, &loaded, info);
    if (err == ERR_CORRUPT) {
        by->report.broken++;
        return 0;
    }
    /* Deleted or disabled since the triggers were read. */
    if (err == ERR_NOT_FOUND || (!err && !loaded.enabled))
        return 0;
    if (!err)
        err = start_enter(db, by->arena, &loaded, by->now_ms, starts, count, info);
    for (size_t i = 0; !err && i < count; i++)
        by->report.started += starts[i].started ? 1 : 0;
    return err;
}

/* The order in which flows are locked, so that two at once do not wait for one another. */
static int compare_flow(const void *a, const void *b)
{
    const struct flowevent_trigger *left = a;
    const struct flowevent_trigger *right = b;
    if (left->owner_kind != right->owner_kind)
        return left->owner_kind < right->owner_kind ? -1 : 1;
    return (left->owner_id > right->owner_id) - (left->owner_id < right->owner_id);
}

static int events_body(struct db *db, void *ctx, struct err_info *info)
{
    struct by_events *by = ctx;
    struct flowevent_trigger *triggers = NULL;
    size_t count = 0;
    by->report = (struct start_report){0};
    int err = flowevent_take(db, by->arena, by->project_id, by->now_ms, by->max, &by->events,
                             &by->count, info);
    if (err || by->count == 0)
        return err;
    by->report.taken = by->count;
    err = flowevent_triggers(db, by->arena, by->project_id, &triggers, &count, info);
    if (!err)
        err = sequencerules_happened(db, by->arena, by->project_id, by->events, by->count,
                                     by->now_ms, info);
    if (!err)
        err = wake(db, by, info);
    if (!err && count > 1)
        qsort(triggers, count, sizeof(*triggers), compare_flow);
    for (size_t i = 0; !err && i < count; i++)
        err = enter_flow(db, by, &triggers[i], info);
    return err ? err : flowevent_drop(db, by->arena, by->project_id, by->events, by->count, info);
}

/* The most flows that one thing starts. */
static size_t most_started(const struct flowevent_trigger *triggers, size_t count)
{
    size_t most = 1;
    for (size_t from = 0, to; from < count; from = to) {
        for (to = from + 1; to < count && triggers[to].kind == triggers[from].kind &&
                            triggers[to].number == triggers[from].number;)
            to++;
        most = to - from > most ? to - from : most;
    }
    return most;
}

int start_events(struct db *db, struct arena *arena, uint32_t project_id, int64_t now_ms,
                 struct start_report *ret, struct err_info *info)
{
    struct by_events by = {.arena = arena, .project_id = project_id, .now_ms = now_ms};
    struct flowevent_trigger *triggers = NULL;
    size_t count = 0;
    *ret = (struct start_report){0};
    int err = flowevent_triggers(db, arena, project_id, &triggers, &count, info);
    if (err)
        return err;
    size_t rows = STARTS_MAX / most_started(triggers, count);
    by.max = rows < 1 ? 1 : rows < EXECUTION_BATCH ? rows : EXECUTION_BATCH;
    err = db_tx(db, DB_WRITE, events_body, &by, info);
    if (!err)
        *ret = by.report;
    return err;
}

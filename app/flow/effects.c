#include "flow/effects.h"

#include "flow/sequencerules.h"
#include "store/eventname.h"
#include "store/message.h"
#include "store/template.h"

/* Steps in one transaction; the rest is due at once. */
#define CHAIN_MAX 64

/* ---- planning ------------------------------------------------------------------------------ */

/* A plan being made. */
struct planning {
    struct db *db;
    struct arena *arena;
    struct effects_walk *walk;
    const struct definition_step *step; /* reached; NULL: the end */
    unsigned passed;                    /* steps behind, the trigger too */
    int64_t now_ms;
    bool is_over; /* the plan is made */
};

static void note_done(struct planning *p, const char *outcome, struct str problem)
{
    struct effects_walk *walk = p->walk;
    walk->done =
        arena_grow(p->arena, walk->done, walk->done_count, &walk->done_room, sizeof(*walk->done));
    walk->done[walk->done_count++] = (struct execution_done){.step = p->step->id,
                                                             .type = (int)p->step->type,
                                                             .outcome = str_from(outcome),
                                                             .problem = problem,
                                                             .at_ms = p->now_ms};
}

static void go_on(struct planning *p, const char *outcome, enum definition_branch branch)
{
    note_done(p, outcome, (struct str){NULL, 0});
    p->step = definition_next(&p->walk->flow->definition, p->step, branch);
    p->passed++;
}

static void end(struct planning *p, enum execution_status status, struct str reason)
{
    p->walk->move.status = status;
    p->walk->move.reason = reason;
    p->is_over = true;
}

static void fail(struct planning *p, struct str reason)
{
    note_done(p, "failed", reason);
    end(p, EXECUTION_FAILED, reason);
}

/* Stays at the step that is reached. */
static void rest(struct planning *p, enum execution_class class, enum execution_status status,
                 int64_t due_ms)
{
    p->walk->move.step = p->step->id;
    p->walk->move.class = class;
    p->walk->move.status = status;
    p->walk->move.due_ms = due_ms;
    p->is_over = true;
}

/* What the step reached names: asked for once in a batch. */
static int find_fact(struct planning *p, struct effects_fact **ret, struct err_info *info)
{
    struct effects_flow *flow = p->walk->flow;
    struct effects_fact *fact = &flow->facts[p->step - flow->definition.steps];
    uint32_t project_id = flow->flow.project_id;
    int err = 0;
    *ret = fact;
    if (fact->is_known)
        return 0;
    if (p->step->type == DEFINITION_WAIT_FOR_EVENT) {
        err = eventname_find(p->db, p->arena, project_id, &p->step->event, 1, &fact->number, info);
    } else {
        struct template template;
        err = template_get(p->db, p->arena, project_id, &p->step->template_uuid, &template, info);
        fact->number = err ? 0 : template.template_id;
        err = err == ERR_NOT_FOUND ? 0 : err;
    }
    fact->is_known = err == 0;
    return err;
}

/* True when the execution has waited here, and does not just arrive. */
static bool has_waited(const struct planning *p)
{
    return p->passed == 0 && p->walk->execution->status == EXECUTION_WAITING;
}

static int64_t in_ms(const struct planning *p, int64_t wait_ms)
{
    return wait_ms < EXECUTION_NO_TIMEOUT - p->now_ms ? p->now_ms + wait_ms : EXECUTION_NO_TIMEOUT;
}

static int plan_wait(struct planning *p, struct err_info *info)
{
    struct effects_fact *fact = NULL;
    if (has_waited(p)) {
        bool woken = p->walk->execution->is_woken;
        go_on(p, woken ? "EVENT" : "TIMEOUT", woken ? DEFINITION_EVENTED : DEFINITION_TIMEOUT);
        return 0;
    }
    int err = find_fact(p, &fact, info);
    if (err)
        return err;
    rest(p, EXECUTION_FLOWS, EXECUTION_WAITING, in_ms(p, p->step->wait_ms));
    p->walk->move.wait_name_id = fact->number;
    return 0;
}

/* A sequence's message is judged alone, as the first thing of a transaction: there may be a cap. */
static int plan_mail(struct planning *p, struct err_info *info)
{
    struct effects_walk *walk = p->walk;
    struct effects_fact *fact = NULL;
    if (p->passed > 0 && walk->flow->flow.owner_kind == FLOWVERSION_SEQUENCE) {
        rest(p, EXECUTION_FLOWS, EXECUTION_RUNNING, p->now_ms);
        return 0;
    }
    int err = find_fact(p, &fact, info);
    if (err)
        return err;
    if (fact->number == 0) {
        fail(p, STR("Template not found"));
        return 0;
    }
    walk->mails =
        arena_grow(p->arena, walk->mails, walk->mail_count, &walk->mail_room, sizeof(*walk->mails));
    walk->mails[walk->mail_count++] =
        (struct effects_mail){.step = p->step,
                              .template_id = fact->number,
                              .number = walk->execution->steps_done + (uint32_t)walk->done_count};
    go_on(p, "queued", DEFINITION_NEXT);
    return 0;
}

/* A step that needs an answer of its own: that is there, or the next transaction begins with it. */
static void plan_prepared(struct planning *p, bool is_ready, const char *outcome,
                          enum definition_branch branch)
{
    if (p->passed == 0 && is_ready)
        go_on(p, outcome, branch);
    else
        rest(p, EXECUTION_FLOWS, EXECUTION_RUNNING, p->now_ms);
}

static int plan_step(struct planning *p, struct err_info *info)
{
    const struct effects_walk *walk = p->walk;
    switch (p->step->type) {
    case DEFINITION_TRIGGER:
        p->step = definition_next(&walk->flow->definition, p->step, DEFINITION_NEXT);
        p->passed++;
        return 0;
    case DEFINITION_SEND_EMAIL:
        return plan_mail(p, info);
    case DEFINITION_DELAY:
        if (has_waited(p))
            go_on(p, NULL, DEFINITION_NEXT);
        else
            rest(p, EXECUTION_FLOWS, EXECUTION_WAITING, in_ms(p, p->step->wait_ms));
        return 0;
    case DEFINITION_WAIT_FOR_EVENT:
        return plan_wait(p, info);
    case DEFINITION_CONDITION:
        plan_prepared(p, walk->is_answered, walk->answer ? "yes" : "no",
                      walk->answer ? DEFINITION_YES : DEFINITION_NO);
        return 0;
    case DEFINITION_UPDATE_CONTACT:
        plan_prepared(p, walk->is_updated, NULL, DEFINITION_NEXT);
        return 0;
    case DEFINITION_WEBHOOK:
        rest(p, EXECUTION_CALL, EXECUTION_RUNNING, p->now_ms);
        return 0;
    case DEFINITION_EXIT:
        note_done(p, NULL, (struct str){NULL, 0});
        end(p, EXECUTION_EXITED, p->step->reason);
        return 0;
    }
    fail(p, STR("The step is of no known type"));
    return 0;
}

int effects_plan(struct db *db, struct arena *arena, struct effects_walk *walk, int64_t now_ms,
                 struct err_info *info)
{
    struct planning p = {
        .db = db, .arena = arena, .walk = walk, .step = walk->step, .now_ms = now_ms};
    int err = 0;
    walk->done_count = walk->mail_count = 0;
    walk->move = (struct execution_move){.execution = walk->execution};
    if (!p.step)
        end(&p, EXECUTION_FAILED, STR("The step at hand is not in the definition that it runs by"));
    else if (walk->failure.at)
        fail(&p, walk->failure);
    while (!err && !p.is_over) {
        if (!p.step)
            end(&p, EXECUTION_COMPLETED, (struct str){NULL, 0});
        else if (p.passed >= CHAIN_MAX)
            rest(&p, EXECUTION_FLOWS, EXECUTION_RUNNING, now_ms);
        else
            err = plan_step(&p, info);
    }
    walk->move.done = walk->done;
    walk->move.done_count = walk->done_count;
    return err;
}

/* ---- applying ------------------------------------------------------------------------------ */

int effects_hold(struct db *db, struct arena *arena, struct effects_walk *const *walks,
                 size_t count, struct err_info *info)
{
    struct execution *executions = arena_array(arena, count, sizeof(*executions));
    bool *held = arena_array(arena, count, sizeof(*held));
    for (size_t i = 0; i < count; i++)
        executions[i] = *walks[i]->execution;
    int err = execution_hold(db, arena, executions, count, held, info);
    for (size_t i = 0; i < count; i++) {
        walks[i]->is_held = !err && held[i];
        walks[i]->is_deferred = walks[i]->is_stopped = false;
    }
    return err;
}

/* The rules of sequences: who is stopped, who waits for his next message. */
static int judge(struct db *db, struct arena *arena, struct effects_walk *const *walks,
                 size_t count, int64_t now_ms, struct err_info *info)
{
    struct sequencerules_case *cases = arena_array(arena, count, sizeof(*cases));
    struct effects_walk **judged = arena_array(arena, count, sizeof(struct effects_walk *));
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        const struct execution *execution = walks[i]->execution;
        if (!walks[i]->is_held || execution->flow.owner_kind != FLOWVERSION_SEQUENCE)
            continue;
        judged[n] = walks[i];
        cases[n++] = (struct sequencerules_case){.ordinal = execution->ordinal,
                                                 .sequence_id = execution->flow.owner_id,
                                                 .is_email = walks[i]->mail_count > 0};
    }
    if (n == 0)
        return 0;
    int err = sequencerules_judge(db, arena, judged[0]->execution->flow.project_id, cases, n,
                                  now_ms, info);
    for (size_t i = 0; !err && i < n; i++) {
        judged[i]->is_stopped = cases[i].verdict == SEQUENCERULES_STOP;
        judged[i]->reason = cases[i].reason;
        judged[i]->is_deferred = cases[i].verdict == SEQUENCERULES_DEFER;
        if (judged[i]->is_deferred)
            err = execution_release(db, judged[i]->execution, 1, cases[i].due_ms, info);
    }
    return err;
}

static bool goes(const struct effects_walk *walk)
{
    return walk->is_held && !walk->is_deferred && !walk->is_stopped;
}

static struct message_new message_of(const struct effects_walk *walk,
                                     const struct effects_mail *mail)
{
    const struct execution *execution = walk->execution;
    return (struct message_new){.source = execution->flow.owner_kind == FLOWVERSION_SEQUENCE
                                              ? MESSAGE_OF_SEQUENCE
                                              : MESSAGE_OF_WORKFLOW,
                                .source_id = execution->flow.owner_id,
                                .execution_id = execution->execution_id,
                                .step = mail->number,
                                .ordinal = execution->ordinal,
                                .template_id = mail->template_id,
                                .sender = mail->step->from,
                                .event = execution->context};
}

static int put_messages(struct db *db, struct arena *arena, struct effects_walk *const *walks,
                        size_t count, int64_t now_ms, struct err_info *info)
{
    struct message_new *messages = NULL;
    size_t n = 0, room = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; goes(walks[i]) && k < walks[i]->mail_count; k++) {
            messages = arena_grow(arena, messages, n, &room, sizeof(*messages));
            messages[n++] = message_of(walks[i], &walks[i]->mails[k]);
        }
    }
    if (n == 0)
        return 0;
    return message_add(db, arena, walks[0]->execution->flow.project_id, messages, n, now_ms, info);
}

/* Who came to the end of a sequence completed it. */
static int complete(struct db *db, struct arena *arena, struct effects_walk *const *walks,
                    size_t count, struct err_info *info)
{
    uint32_t *sequences = arena_array(arena, count, sizeof(*sequences));
    uint32_t *ordinals = arena_array(arena, count, sizeof(*ordinals));
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        const struct execution *execution = walks[i]->execution;
        if (!goes(walks[i]) || execution->flow.owner_kind != FLOWVERSION_SEQUENCE ||
            walks[i]->move.status != EXECUTION_COMPLETED)
            continue;
        sequences[n] = execution->flow.owner_id;
        ordinals[n++] = execution->ordinal;
    }
    if (n == 0)
        return 0;
    return sequencerules_completed(db, arena, walks[0]->execution->flow.project_id, sequences,
                                   ordinals, n, info);
}

int effects_apply(struct db *db, struct arena *arena, struct effects_walk *const *walks,
                  size_t count, int64_t now_ms, struct err_info *info)
{
    struct execution_move *moves = arena_array(arena, count, sizeof(*moves));
    size_t n = 0;
    int err = judge(db, arena, walks, count, now_ms, info);
    if (!err)
        err = put_messages(db, arena, walks, count, now_ms, info);
    if (!err)
        err = complete(db, arena, walks, count, info);
    for (size_t i = 0; !err && i < count; i++) {
        if (goes(walks[i]))
            moves[n++] = walks[i]->move;
        else if (walks[i]->is_stopped)
            moves[n++] = (struct execution_move){.execution = walks[i]->execution,
                                                 .status = EXECUTION_EXITED,
                                                 .reason = walks[i]->reason};
    }
    if (err || n == 0)
        return err;
    return execution_move(db, arena, walks[0]->execution->flow.project_id, moves, n, now_ms, info);
}

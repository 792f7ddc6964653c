#include "flow/flowcheck.h"

#include <stdio.h>

#include "base/limits.h"
#include "filter/refusal.h"

/* Names of a list that a message shows. */
#define FLOWCHECK_SHOWN 5

static int flowcheck_refuse(struct err_info *info, const char *field, const char *code,
                            const char *text)
{
    int err = err_set_at(info, ERR_UNPROCESSABLE, "VALIDATION_ERROR", field, "%s", text);
    if (info != NULL) {
        (void)snprintf(info->item.code, sizeof(info->item.code), "%s", code);
    }
    return err;
}

static const char *flowcheck_name(struct arena *arena, const struct definition_step *step)
{
    struct str shown = refusal_shown(arena, step->name);
    return arena_printf(arena, "\"" STR_FMT "\"", STR_ARG(shown));
}

const int *flowcheck_branches(enum definition_type type)
{
    static const int next[] = {DEFINITION_NEXT, -1};
    static const int condition[] = {DEFINITION_YES, DEFINITION_NO, -1};
    static const int wait[] = {DEFINITION_EVENTED, DEFINITION_TIMEOUT, -1};
    static const int none[] = {-1};
    switch (type) {
    case DEFINITION_CONDITION:
        return condition;
    case DEFINITION_WAIT_FOR_EVENT:
        return wait;
    case DEFINITION_EXIT:
        return none;
    case DEFINITION_TRIGGER:
    case DEFINITION_SEND_EMAIL:
    case DEFINITION_DELAY:
    case DEFINITION_WEBHOOK:
    case DEFINITION_UPDATE_CONTACT:
        break;
    }
    return next;
}

/* ---- the graph ----------------------------------------------------------------------------- */

enum flowcheck_mark { FLOWCHECK_NEW, FLOWCHECK_OPEN, FLOWCHECK_DONE };

struct flowcheck {
    struct arena *arena;
    const struct definition *definition;
    enum flowcheck_mark *marks; /* of each step */
    size_t *way;                /* from where we began to where we are */
    size_t way_len;
    size_t circle; /* where in `way` the circle begins */
    bool stops_at_waits;
};

/* Its place among the steps; step_count when there is none. */
static size_t flowcheck_index(const struct definition *definition, struct str id)
{
    const struct definition_step *step = definition_find(definition, id);
    return step != NULL ? (size_t)(step - definition->steps) : definition->step_count;
}

/* Depth first from a step that was not visited. Returns false when the way closes a circle. */
static bool flowcheck_visit(struct flowcheck *c, size_t at)
{
    const struct definition *d = c->definition;
    const struct definition_step *step = &d->steps[at];
    bool rests = step->type == DEFINITION_DELAY || step->type == DEFINITION_WAIT_FOR_EVENT;
    if (c->stops_at_waits && rests) {
        c->marks[at] = FLOWCHECK_DONE;
        return true;
    }
    c->marks[at] = FLOWCHECK_OPEN;
    c->way[c->way_len++] = at;
    for (size_t i = 0; i < d->transition_count; i++) {
        size_t to = flowcheck_index(d, d->transitions[i].to);
        if (!str_eq(d->transitions[i].from, step->id) || to == d->step_count) {
            continue;
        }
        if (c->stops_at_waits && c->marks[to] == FLOWCHECK_OPEN) {
            for (c->circle = 0; c->way[c->circle] != to; c->circle++) {
            }
            return false;
        }
        if (c->marks[to] == FLOWCHECK_NEW && !flowcheck_visit(c, to)) {
            return false;
        }
    }
    c->marks[at] = FLOWCHECK_DONE;
    c->way_len--;
    return true;
}

static void flowcheck_begin(struct flowcheck *c, bool stops_at_waits)
{
    size_t count = c->definition->step_count;
    c->marks = arena_array(c->arena, count, sizeof(*c->marks));
    c->way = arena_array(c->arena, count, sizeof(*c->way));
    c->way_len = 0;
    c->stops_at_waits = stops_at_waits;
}

/* The steps of the circle, the first one again at its end; of a long one the middle is left out. */
static int flowcheck_tell_circle(const struct flowcheck *c, struct err_info *info)
{
    const struct definition_step *steps = c->definition->steps;
    size_t len = c->way_len - c->circle;
    const char *path = "";
    for (size_t i = 0; i < len; i++) {
        if (len > FLOWCHECK_SHOWN && i == FLOWCHECK_SHOWN - 1) {
            path = arena_printf(c->arena, "%s%zu more -> ", path, len - FLOWCHECK_SHOWN);
            i = len - 1;
        }
        path = arena_printf(c->arena, "%s%s -> ", path,
                            flowcheck_name(c->arena, &steps[c->way[c->circle + i]]));
    }
    path = arena_printf(c->arena,
                        "A circle must have a DELAY or a WAIT_FOR_EVENT in it, or it would never"
                        " rest: %s%s",
                        path, flowcheck_name(c->arena, &steps[c->way[c->circle]]));
    return flowcheck_refuse(info, "transitions", "cycle", path);
}

static int flowcheck_circles(struct flowcheck *c, struct err_info *info)
{
    flowcheck_begin(c, true);
    for (size_t i = 0; i < c->definition->step_count; i++) {
        if (c->marks[i] == FLOWCHECK_NEW && !flowcheck_visit(c, i)) {
            return flowcheck_tell_circle(c, info);
        }
    }
    return 0;
}

/* ---- what is missing ----------------------------------------------------------------------- */

/* Names of steps as they are found: the first ones, and how many there are. */
struct flowcheck_list {
    const char *text;
    size_t count;
};

static void flowcheck_add(struct arena *arena, struct flowcheck_list *list, const char *what)
{
    if (list->count < FLOWCHECK_SHOWN) {
        list->text = arena_printf(arena, "%s%s%s", list->count > 0 ? list->text : "",
                                  list->count > 0 ? ", " : "", what);
    } else if (list->count == FLOWCHECK_SHOWN) {
        list->text = arena_printf(arena, "%s and more", list->text);
    }
    list->count++;
}

static int flowcheck_reach(struct flowcheck *c, size_t trigger, struct err_info *info)
{
    struct flowcheck_list list = {.count = 0};
    flowcheck_begin(c, false);
    (void)flowcheck_visit(c, trigger);
    for (size_t i = 0; i < c->definition->step_count; i++) {
        if (c->marks[i] == FLOWCHECK_NEW) {
            flowcheck_add(c->arena, &list, flowcheck_name(c->arena, &c->definition->steps[i]));
        }
    }
    if (list.count == 0) {
        return 0;
    }
    return flowcheck_refuse(info, "steps", "unreachable",
                            arena_printf(c->arena,
                                         "No transition leads from the trigger to %s: connect or"
                                         " delete what is not reached",
                                         list.text));
}

static int flowcheck_missing(const struct flowcheck *c, struct err_info *info)
{
    const struct definition *d = c->definition;
    struct flowcheck_list list = {.count = 0};
    for (size_t i = 0; i < d->step_count; i++) {
        const int *branches = flowcheck_branches(d->steps[i].type);
        for (size_t k = 0; branches[k] >= 0; k++) {
            enum definition_branch branch = (enum definition_branch)branches[k];
            if (branch != DEFINITION_NEXT && definition_next(d, &d->steps[i], branch) == NULL) {
                flowcheck_add(c->arena, &list,
                              arena_printf(c->arena, "%s of %s", definition_branch_words[branch],
                                           flowcheck_name(c->arena, &d->steps[i])));
            }
        }
    }
    if (list.count == 0) {
        return 0;
    }
    return flowcheck_refuse(info, "steps", "missing_branch",
                            arena_printf(c->arena,
                                         "Branches that lead nowhere: %s. Add a transition for each"
                                         " (to an EXIT step where it should end)",
                                         list.text));
}

/* A CONDITION on an opened message must ask about a step that sends one. */
static int flowcheck_opened(const struct flowcheck *c, struct err_info *info)
{
    const struct definition *d = c->definition;
    for (size_t i = 0; i < d->step_count; i++) {
        const struct definition_step *step = &d->steps[i];
        if (step->type != DEFINITION_CONDITION || step->filter != NULL) {
            continue;
        }
        const struct definition_step *asked = definition_find(d, step->opened);
        if (asked == NULL || asked->type != DEFINITION_SEND_EMAIL) {
            return flowcheck_refuse(info, "steps", "invalid_value",
                                    arena_printf(c->arena,
                                                 "%s asks whether a message was opened, but"
                                                 " `opened` names no SEND_EMAIL step",
                                                 flowcheck_name(c->arena, step)));
        }
    }
    return 0;
}

int flowcheck_all(struct arena *arena, const struct definition *definition, struct err_info *info)
{
    struct flowcheck c = {.arena = arena, .definition = definition};
    size_t triggers = 0;
    size_t trigger = 0;
    for (size_t i = 0; i < definition->step_count; i++) {
        if (definition->steps[i].type == DEFINITION_TRIGGER) {
            triggers++;
            trigger = i;
        }
    }
    if (triggers != 1) {
        return flowcheck_refuse(info, "steps", "invalid_value",
                                "There must be exactly one TRIGGER step");
    }
    int err = flowcheck_circles(&c, info);
    if (err == 0) {
        err = flowcheck_reach(&c, trigger, info);
    }
    if (err == 0) {
        err = flowcheck_missing(&c, info);
    }
    return err < 0 ? err : flowcheck_opened(&c, info);
}

/* ---- one transition ------------------------------------------------------------------------ */

/* The ways out of a type, for a message: "yes, no". */
static const char *flowcheck_ways(struct arena *arena, const int *branches)
{
    const char *text = "";
    for (size_t i = 0; branches[i] >= 0; i++) {
        text = arena_printf(arena, "%s%s%s", text, i > 0 ? " or " : "",
                            definition_branch_words[branches[i]]);
    }
    return text;
}

static int flowcheck_branch(struct arena *arena, const struct definition_step *from,
                            enum definition_branch branch, struct err_info *info)
{
    const int *branches = flowcheck_branches(from->type);
    for (size_t i = 0; branches[i] >= 0; i++) {
        if (branches[i] == (int)branch) {
            return 0;
        }
    }
    const char *text = "";
    if (branches[0] < 0) {
        text = "Nothing can follow an EXIT step";
        return flowcheck_refuse(info, "fromStepId", "invalid_value", text);
    }
    if (branches[0] == DEFINITION_NEXT) {
        text = arena_printf(arena, "%s is no CONDITION or WAIT_FOR_EVENT: leave `condition` out",
                            flowcheck_name(arena, from));
    } else {
        text = arena_printf(arena, "condition must say which way out of %s this is: {\"%s\": %s}",
                            flowcheck_name(arena, from),
                            from->type == DEFINITION_CONDITION ? "branch" : "waitOutcome",
                            flowcheck_ways(arena, branches));
    }
    return flowcheck_refuse(info, "condition", "invalid_value", text);
}

int flowcheck_transition(struct arena *arena, const struct definition *definition,
                         const struct definition_transition *transition, struct err_info *info)
{
    const struct definition_step *from = definition_find(definition, transition->from);
    const struct definition_step *to = definition_find(definition, transition->to);
    if (from == NULL || to == NULL) {
        return err_set_at(
            info, ERR_NOT_FOUND, "RESOURCE_NOT_FOUND", from == NULL ? "fromStepId" : "toStepId",
            "%s is no step of this workflow", from == NULL ? "fromStepId" : "toStepId");
    }
    if (to->type == DEFINITION_TRIGGER) {
        return flowcheck_refuse(info, "toStepId", "invalid_value",
                                "Nothing can lead to the TRIGGER step");
    }
    return flowcheck_branch(arena, from, transition->branch, info);
}

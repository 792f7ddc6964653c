#include "api/workflowsteps.h"

#include <math.h>
#include <string.h>

#include "api/bodytext.h"
#include "api/workflowcheck.h"
#include "api/workflowparts.h"
#include "base/limits.h"
#include "flow/flowcheck.h"
#include "flow/stepconfig.h"

/* One edit: what it is about, and what became of it. */
struct workflowsteps {
    struct definition_step step; /* to add, or what is given of one to change */
    bool has_position;
    bool connects; /* autoConnect, splice */
    struct str id; /* of the path: a step or a transition */
    struct definition_transition transition;
};

static int workflowsteps_missing(struct err_info *info, const char *what)
{
    return err_set(info, ERR_NOT_FOUND, "RESOURCE_NOT_FOUND", "%s not found", what);
}

/* ---- lists of a definition ----------------------------------------------------------------- */

static int workflowsteps_add_transition(struct arena *arena, struct definition *definition,
                                        const struct definition_transition *transition,
                                        struct err_info *info)
{
    size_t count = definition->transition_count;
    if (count >= LIMIT_FLOW_TRANSITIONS) {
        return bodytext_refuse(info, "transitions", "too_big",
                               "A workflow has at most %d transitions", LIMIT_FLOW_TRANSITIONS);
    }
    struct definition_transition *grown = arena_array(arena, count + 1, sizeof(*grown));
    memcpy(grown, definition->transitions, count * sizeof(*grown));
    grown[count] = *transition;
    definition->transitions = grown;
    definition->transition_count++;
    return 0;
}

static int workflowsteps_add_step(struct arena *arena, struct definition *definition,
                                  const struct definition_step *step, struct err_info *info)
{
    size_t count = definition->step_count;
    if (count >= LIMIT_FLOW_STEPS) {
        return bodytext_refuse(info, "steps", "too_big", "A workflow has at most %d steps",
                               LIMIT_FLOW_STEPS);
    }
    struct definition_step *grown = arena_array(arena, count + 1, sizeof(*grown));
    memcpy(grown, definition->steps, count * sizeof(*grown));
    grown[count] = *step;
    definition->steps = grown;
    definition->step_count++;
    return 0;
}

/* Its place; step_count when there is none. */
static size_t workflowsteps_index(const struct definition *definition, struct str id)
{
    const struct definition_step *step = definition_find(definition, id);
    return step != NULL ? (size_t)(step - definition->steps) : definition->step_count;
}

/* Drops the transitions that begin or end at a step. */
static void workflowsteps_drop_ends(struct definition *definition, struct str step)
{
    size_t kept = 0;
    for (size_t i = 0; i < definition->transition_count; i++) {
        const struct definition_transition *one = &definition->transitions[i];
        if (!str_eq(one->from, step) && !str_eq(one->to, step)) {
            definition->transitions[kept++] = *one;
        }
    }
    definition->transition_count = kept;
}

/*
 * autoConnect: the newest step with a way out that leads nowhere leads to the new one; without such
 * a step it stands alone.
 */
static int workflowsteps_connect_last(struct arena *arena, struct definition *definition,
                                      const struct definition_step *step, struct err_info *info)
{
    for (size_t i = definition->step_count; i-- > 0;) {
        const struct definition_step *from = &definition->steps[i];
        const int *branches = flowcheck_branches(from->type);
        for (size_t k = 0; branches[k] >= 0 && !str_eq(from->id, step->id); k++) {
            enum definition_branch branch = (enum definition_branch)branches[k];
            if (definition_next(definition, from, branch) == NULL) {
                struct definition_transition transition = {.id = workflowparts_new_id(arena),
                                                           .from = from->id,
                                                           .to = step->id,
                                                           .branch = branch};
                return workflowsteps_add_transition(arena, definition, &transition, info);
            }
        }
    }
    return 0;
}

/* ---- reading a step ------------------------------------------------------------------------ */

/* {x, y}; nothing else of it is kept. */
static int workflowsteps_read_position(const struct api_request *req, bool is_required,
                                       struct workflowsteps *ret, struct err_info *info)
{
    const struct jsonval *given = jsonval_get(req->json, "position");
    const struct jsonval *x = jsonval_get(given, "x");
    const struct jsonval *y = jsonval_get(given, "y");
    bool is_given = given != NULL && given->type != JSONVAL_NULL;
    if (!is_given && !is_required) {
        return 0;
    }
    if (!is_given || x == NULL || y == NULL || x->type != JSONVAL_NUMBER ||
        y->type != JSONVAL_NUMBER) {
        return bodytext_refuse(info, "position", is_given ? "invalid_type" : "required",
                               "position must be an object with the numbers x and y");
    }
    struct jsonval *position = arena_alloc(req->arena, sizeof(*position));
    jsonval_object(req->arena, 2, position);
    *jsonval_add(position, "x") = *x;
    *jsonval_add(position, "y") = *y;
    ret->step.position = position;
    ret->has_position = true;
    return 0;
}

/* A member of the body; NULL when it is absent or null. */
static const struct jsonval *workflowsteps_given(const struct api_request *req, const char *name)
{
    const struct jsonval *value = jsonval_get(req->json, name);
    return value != NULL && value->type != JSONVAL_NULL ? value : NULL;
}

/*
 * The config of the body (`before` when only the templateId changes), in which the templateId that
 * may stand beside it stands in lower case: texts are searched for it. NULL: nothing is given.
 */
static const struct jsonval *workflowsteps_config(const struct api_request *req,
                                                  enum definition_type type,
                                                  const struct jsonval *before)
{
    const struct jsonval *config = workflowsteps_given(req, "config");
    const struct jsonval *id = workflowsteps_given(req, "templateId");
    if (type != DEFINITION_SEND_EMAIL || (config == NULL && id == NULL)) {
        return config;
    }
    config = config != NULL ? config : before;
    id = id != NULL ? id : jsonval_get(config, "templateId");
    if (id == NULL || (config != NULL && config->type != JSONVAL_OBJECT)) {
        return config;
    }
    struct jsonval *merged = arena_alloc(req->arena, sizeof(*merged));
    jsonval_object(req->arena, (config != NULL ? config->count : 0) + 1, merged);
    for (size_t i = 0; config != NULL && i < config->count; i++) {
        if (!str_eq_c(config->names[i], "templateId")) {
            *jsonval_add(merged, config->names[i].at) = config->items[i];
        }
    }
    *jsonval_add(merged, "templateId") =
        id->type == JSONVAL_STRING ? jsonval_of_str(str_lower_ascii(req->arena, id->string)) : *id;
    return merged;
}

/* A config for a step whose type is set: judged here and outside. */
static int workflowsteps_read_config(const struct api_request *req, const struct jsonval *config,
                                     struct definition_step *step, struct err_info *info)
{
    int err = stepconfig_read(req->arena, config, "config", step, info);
    return err < 0 ? err : workflowcheck_step(req, step, "config", info);
}

static int workflowsteps_read_new(const struct api_request *req, struct workflowsteps *ret,
                                  struct err_info *info)
{
    static const struct bodytext name = {"name", LIMIT_STEP_NAME_CHARS, true};
    bool given;
    int word;
    int err = bodytext_word(req->json, "type", definition_type_words, -1, &word, info);
    if (err == 0 && word == 0) {
        err = bodytext_refuse(info, "type", "invalid_value",
                              "A workflow has its TRIGGER step from the start: PATCH the workflow"
                              " to change what starts it");
    }
    if (err == 0) {
        ret->step.type = (enum definition_type)(word + DEFINITION_TRIGGER);
        err = bodytext_read(req->json, &name, &ret->step.name, info);
    }
    if (err == 0) {
        err = workflowsteps_read_position(req, true, ret, info);
    }
    if (err == 0 && workflowsteps_given(req, "config") == NULL) {
        err = bodytext_refuse(info, "config", "required", "config is required: an object");
    }
    if (err == 0) {
        err = api_body_bool(req->json, "autoConnect", &ret->connects, &given, info);
        ret->connects = given && ret->connects;
    }
    return err < 0 ? err
                   : workflowsteps_read_config(req, workflowsteps_config(req, ret->step.type, NULL),
                                               &ret->step, info);
}

/* ---- steps --------------------------------------------------------------------------------- */

static int workflowsteps_answer(struct api_response *res, int status,
                                const struct workflowparts *parts, struct str id)
{
    api_begin(res, status);
    workflowparts_write_step(&res->json, &parts->workflow, definition_find(&parts->definition, id));
    return 0;
}

static int workflowsteps_change_add(struct arena *arena, struct workflowparts *parts, void *ctx,
                                    struct err_info *info)
{
    const struct workflowsteps *edit = ctx;
    int err = workflowsteps_add_step(arena, &parts->definition, &edit->step, info);
    if (err == 0 && edit->connects) {
        err = workflowsteps_connect_last(arena, &parts->definition, &edit->step, info);
    }
    return err;
}

int workflowsteps_create(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct workflowsteps edit = {.step.id = workflowparts_new_id(req->arena)};
    struct workflowparts parts;
    int err = workflowparts_get(req, &parts, info);
    if (err == 0) {
        err = workflowsteps_read_new(req, &edit, info);
    }
    if (err == 0) {
        err = workflowparts_edit(req, workflowsteps_change_add, &edit, &parts, info);
    }
    return err < 0 ? err : workflowsteps_answer(res, 201, &parts, edit.step.id);
}

static int workflowsteps_change_step(struct arena *arena, struct workflowparts *parts, void *ctx,
                                     struct err_info *info)
{
    const struct workflowsteps *edit = ctx;
    size_t at = workflowsteps_index(&parts->definition, edit->id);
    (void)arena;
    if (at == parts->definition.step_count) {
        return workflowsteps_missing(info, "Step");
    }
    struct definition_step *step = &parts->definition.steps[at];
    struct definition_step before = *step;
    if (edit->step.config != NULL) {
        *step = edit->step; /* with what is read from config */
        step->id = before.id;
        step->type = before.type;
        step->name = before.name;
        step->position = before.position;
    }
    if (edit->step.name.at != NULL) {
        step->name = edit->step.name;
    }
    if (edit->has_position) {
        step->position = edit->step.position;
    }
    return 0;
}

static int workflowsteps_read_change(const struct api_request *req,
                                     const struct definition_step *stored,
                                     struct workflowsteps *ret, struct err_info *info)
{
    static const struct bodytext name = {"name", LIMIT_STEP_NAME_CHARS, false};
    int word;
    int err = bodytext_word(req->json, "type", definition_type_words,
                            (int)stored->type - DEFINITION_TRIGGER, &word, info);
    if (err == 0 && word != (int)stored->type - DEFINITION_TRIGGER) {
        err = bodytext_refuse(info, "type", "invalid_value",
                              "The type of a step cannot be changed: delete it and add another");
    }
    if (err == 0) {
        err = bodytext_read(req->json, &name, &ret->step.name, info);
    }
    if (err == 0 && ret->step.name.at != NULL && bodytext_is_blank(ret->step.name)) {
        err = bodytext_refuse(info, "name", "too_small", "name must not be empty");
    }
    if (err == 0) {
        err = workflowsteps_read_position(req, false, ret, info);
    }
    const struct jsonval *config = workflowsteps_config(req, stored->type, stored->config);
    if (err < 0 || config == NULL) {
        return err;
    }
    ret->step.type = stored->type;
    return workflowsteps_read_config(req, config, &ret->step, info);
}

int workflowsteps_update(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct workflowsteps edit = {.id = req->path_args[1]};
    struct workflowparts parts;
    int err = workflowparts_get(req, &parts, info);
    if (err < 0) {
        return err;
    }
    const struct definition_step *stored = definition_find(&parts.definition, edit.id);
    if (stored == NULL) {
        return workflowsteps_missing(info, "Step");
    }
    err = workflowsteps_read_change(req, stored, &edit, info);
    if (err == 0) {
        err = workflowparts_edit(req, workflowsteps_change_step, &edit, &parts, info);
    }
    return err < 0 ? err : workflowsteps_answer(res, 200, &parts, edit.id);
}

/*
 * splice: what led to the step leads to what followed it (of several ways out the first that leads
 * somewhere).
 */
static void workflowsteps_splice(struct definition *definition, const struct definition_step *step)
{
    const int *branches = flowcheck_branches(step->type);
    const struct definition_step *after = NULL;
    for (size_t k = 0; after == NULL && branches[k] >= 0; k++) {
        after = definition_next(definition, step, (enum definition_branch)branches[k]);
    }
    for (size_t i = 0; after != NULL && i < definition->transition_count; i++) {
        struct definition_transition *one = &definition->transitions[i];
        if (str_eq(one->to, step->id) && !str_eq(after->id, step->id)) {
            one->to = after->id;
        }
    }
}

static int workflowsteps_change_delete(struct arena *arena, struct workflowparts *parts, void *ctx,
                                       struct err_info *info)
{
    const struct workflowsteps *edit = ctx;
    struct definition *definition = &parts->definition;
    size_t at = workflowsteps_index(definition, edit->id);
    (void)arena;
    if (at == definition->step_count) {
        return workflowsteps_missing(info, "Step");
    }
    if (definition->steps[at].type == DEFINITION_TRIGGER) {
        return err_set(info, ERR_INVAL, "BAD_REQUEST", "The TRIGGER step cannot be deleted");
    }
    if (edit->connects) {
        workflowsteps_splice(definition, &definition->steps[at]);
    }
    workflowsteps_drop_ends(definition, edit->id);
    definition->step_count--;
    memmove(&definition->steps[at], &definition->steps[at + 1],
            (definition->step_count - at) * sizeof(*definition->steps));
    return 0;
}

int workflowsteps_delete(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct workflowsteps edit = {.id = req->path_args[1],
                                 .connects = str_eq_c(api_query(req, "splice"), "true")};
    struct workflowparts parts;
    int err = workflowparts_edit(req, workflowsteps_change_delete, &edit, &parts, info);
    if (err < 0) {
        return err;
    }
    api_no_content(res);
    return 0;
}

/* ---- transitions --------------------------------------------------------------------------- */

/* {branch: "yes"}, {waitOutcome: "EVENT"}, or the word alone; nothing: the only way out. */
static int workflowsteps_read_branch(const struct jsonval *body, enum definition_branch *ret,
                                     struct err_info *info)
{
    const struct jsonval *given = jsonval_get(body, "condition");
    const struct jsonval *word = given;
    if (given == NULL || given->type == JSONVAL_NULL) {
        *ret = DEFINITION_NEXT;
        return 0;
    }
    if (given->type == JSONVAL_OBJECT) {
        word = jsonval_get(given, "branch");
        word = word != NULL ? word : jsonval_get(given, "waitOutcome");
    }
    for (int i = DEFINITION_YES; word != NULL && word->type == JSONVAL_STRING; i++) {
        if (definition_branch_words[i] == NULL) {
            break;
        }
        if (str_eq_c(word->string, definition_branch_words[i])) {
            *ret = (enum definition_branch)i;
            return 0;
        }
    }
    return bodytext_refuse(info, "condition", "invalid_value",
                           "condition must be {\"branch\": \"yes\" or \"no\"} of a CONDITION, or"
                           " {\"waitOutcome\": \"EVENT\" or \"TIMEOUT\"} of a WAIT_FOR_EVENT");
}

static int workflowsteps_read_transition(const struct api_request *req,
                                         struct definition_transition *ret, struct err_info *info)
{
    static const struct bodytext from = {"fromStepId", 100, true};
    static const struct bodytext to = {"toStepId", 100, true};
    const struct jsonval *priority = jsonval_get(req->json, "priority");
    int err = bodytext_read(req->json, &from, &ret->from, info);
    if (err == 0) {
        err = bodytext_read(req->json, &to, &ret->to, info);
    }
    if (err == 0) {
        err = workflowsteps_read_branch(req->json, &ret->branch, info);
    }
    if (err < 0 || priority == NULL || priority->type == JSONVAL_NULL) {
        return err;
    }
    if (priority->type != JSONVAL_NUMBER || fabs(priority->number) > 1000000 ||
        floor(priority->number) != priority->number) {
        return bodytext_refuse(info, "priority", "invalid_type",
                               "priority must be a whole number from -1000000 to 1000000");
    }
    ret->priority = (int32_t)priority->number;
    return 0;
}

static int workflowsteps_change_connect(struct arena *arena, struct workflowparts *parts, void *ctx,
                                        struct err_info *info)
{
    const struct workflowsteps *edit = ctx;
    const struct definition_transition *added = &edit->transition;
    struct definition *definition = &parts->definition;
    int err = flowcheck_transition(arena, definition, added, info);
    for (size_t i = 0; err == 0 && i < definition->transition_count; i++) {
        const struct definition_transition *one = &definition->transitions[i];
        if (one->branch == added->branch && str_eq(one->from, added->from) &&
            str_eq(one->to, added->to)) {
            err = err_set(info, ERR_CONFLICT, "CONFLICT", "This transition is there already");
        }
    }
    return err < 0 ? err : workflowsteps_add_transition(arena, definition, added, info);
}

int workflowsteps_connect(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct workflowsteps edit = {.transition.id = workflowparts_new_id(req->arena)};
    struct workflowparts parts;
    int err = workflowsteps_read_transition(req, &edit.transition, info);
    if (err == 0) {
        err = workflowparts_edit(req, workflowsteps_change_connect, &edit, &parts, info);
    }
    if (err < 0) {
        return err;
    }
    api_begin(res, 201);
    workflowparts_write_transition(&res->json, &parts.workflow, &edit.transition);
    return 0;
}

static int workflowsteps_change_disconnect(struct arena *arena, struct workflowparts *parts,
                                           void *ctx, struct err_info *info)
{
    const struct workflowsteps *edit = ctx;
    struct definition *definition = &parts->definition;
    size_t kept = 0;
    (void)arena;
    for (size_t i = 0; i < definition->transition_count; i++) {
        if (!str_eq(definition->transitions[i].id, edit->id)) {
            definition->transitions[kept++] = definition->transitions[i];
        }
    }
    if (kept == definition->transition_count) {
        return workflowsteps_missing(info, "Transition");
    }
    definition->transition_count = kept;
    return 0;
}

int workflowsteps_disconnect(struct api_request *req, struct api_response *res,
                             struct err_info *info)
{
    struct workflowsteps edit = {.id = req->path_args[1]};
    struct workflowparts parts;
    int err = workflowparts_edit(req, workflowsteps_change_disconnect, &edit, &parts, info);
    if (err < 0) {
        return err;
    }
    api_no_content(res);
    return 0;
}

#include "api/workflowparts.h"

#include "api/jsonparts.h"
#include "flow/cron.h"
#include "flow/flowcheck.h"

int workflowparts_path_id(const struct api_request *req, struct uuid *ret, struct err_info *info)
{
    if (uuid_parse(req->path_args[0], ret)) {
        return 0;
    }
    return err_set(info, ERR_NOT_FOUND, "WORKFLOW_NOT_FOUND", "Workflow not found");
}

int workflowparts_get(const struct api_request *req, struct workflowparts *ret,
                      struct err_info *info)
{
    struct uuid uuid;
    int err = workflowparts_path_id(req, &uuid, info);
    if (err == 0) {
        err = workflow_get(req->db, req->arena, req->project_id, &uuid, &ret->workflow, info);
    }
    if (err == 0) {
        err = definition_read(req->arena, ret->workflow.definition, &ret->definition, info);
    }
    return err;
}

struct str workflowparts_new_id(struct arena *arena)
{
    struct uuid uuid = uuid_new();
    char *text = arena_alloc(arena, 37);
    uuid_format(&uuid, text);
    return str_from(text);
}

/* ---- changing ------------------------------------------------------------------------------ */

int workflowparts_store(struct workflowparts *parts, int64_t now_ms, struct workflow_edit *ret,
                        struct err_info *info)
{
    struct definition *definition = &parts->definition;
    struct workflow *workflow = &parts->workflow;
    struct str *events;
    int err = workflow->enabled ? flowcheck_all(ret->arena, definition, info) : 0;
    if (err == 0) {
        err = definition_print(ret->arena, definition, &workflow->definition, info);
    }
    if (err < 0) {
        return err;
    }
    bool runs = workflow->enabled && definition->trigger == DEFINITION_SCHEDULE;
    workflow->due_ms = runs ? cron_next(definition->cron, now_ms) : WORKFLOW_NEVER;
    workflow->trigger = (enum workflow_trigger)definition->trigger;
    workflow->event = definition->event;
    workflow->cron = definition->cron;
    workflow->allow_reentry = definition->allow_reentry;
    ret->workflow = *workflow;
    ret->event_count = definition_events(ret->arena, definition, &events);
    ret->events = events;
    return 0;
}

struct workflowparts_editing {
    workflowparts_change *change;
    void *ctx;
    int64_t now_ms;
};

static int workflowparts_apply(struct workflow_edit *edit, void *ctx, struct err_info *info)
{
    struct workflowparts_editing *editing = ctx;
    struct workflowparts parts = {.workflow = edit->workflow};
    int64_t was_due = parts.workflow.due_ms;
    int err = definition_read(edit->arena, parts.workflow.definition, &parts.definition, info);
    struct str cron = parts.definition.cron;
    if (err == 0) {
        err = editing->change(edit->arena, &parts, editing->ctx, info);
    }
    if (err == 0) {
        err = workflowparts_store(&parts, editing->now_ms, edit, info);
    }
    /* A run that is due already is not put off by an edit of something else. */
    if (err == 0 && was_due != WORKFLOW_NEVER && edit->workflow.due_ms != WORKFLOW_NEVER &&
        str_eq(cron, parts.definition.cron)) {
        edit->workflow.due_ms = was_due;
    }
    return err;
}

int workflowparts_edit(const struct api_request *req, workflowparts_change *change, void *ctx,
                       struct workflowparts *ret, struct err_info *info)
{
    struct workflowparts_editing editing = {.change = change, .ctx = ctx};
    struct uuid uuid;
    int err = workflowparts_path_id(req, &uuid, info);
    if (err == 0) {
        err = db_now_ms(req->db, &editing.now_ms, info);
    }
    if (err == 0) {
        err = workflow_update(req->db, req->arena, req->project_id, &uuid, workflowparts_apply,
                              &editing, &ret->workflow, info);
    }
    if (err == 0) {
        err = definition_read(req->arena, ret->workflow.definition, &ret->definition, info);
    }
    return err;
}

/* ---- printing ------------------------------------------------------------------------------ */

static void workflowparts_write_value(struct jsonwrite *w, const char *name,
                                      const struct jsonval *value)
{
    jsonwrite_name(w, name);
    if (value == NULL) {
        jsonwrite_null(w);
    } else {
        jsonwrite_value(w, value);
    }
}

void workflowparts_write_step(struct jsonwrite *w, const struct workflow *workflow,
                              const struct definition_step *step)
{
    jsonwrite_object(w);
    jsonparts_text(w, "id", step->id);
    jsonparts_id(w, "workflowId", &workflow->uuid);
    jsonwrite_name(w, "type");
    jsonwrite_c(w, definition_type_words[step->type - DEFINITION_TRIGGER]);
    jsonparts_text(w, "name", step->name);
    workflowparts_write_value(w, "position", step->position);
    workflowparts_write_value(w, "config", step->config);
    jsonparts_id(w, "templateId",
                 step->type == DEFINITION_SEND_EMAIL ? &step->template_uuid : NULL);
    jsonwrite_object_end(w);
}

static void workflowparts_write_branch(struct jsonwrite *w, enum definition_branch branch)
{
    jsonwrite_name(w, "condition");
    if (branch == DEFINITION_NEXT) {
        jsonwrite_null(w);
        return;
    }
    jsonwrite_object(w);
    jsonwrite_name(w,
                   branch == DEFINITION_YES || branch == DEFINITION_NO ? "branch" : "waitOutcome");
    jsonwrite_c(w, definition_branch_words[branch]);
    jsonwrite_object_end(w);
}

void workflowparts_write_transition(struct jsonwrite *w, const struct workflow *workflow,
                                    const struct definition_transition *transition)
{
    jsonwrite_object(w);
    jsonparts_text(w, "id", transition->id);
    jsonparts_id(w, "workflowId", &workflow->uuid);
    jsonparts_text(w, "fromStepId", transition->from);
    jsonparts_text(w, "toStepId", transition->to);
    workflowparts_write_branch(w, transition->branch);
    jsonwrite_name(w, "priority");
    jsonwrite_i64(w, transition->priority);
    jsonwrite_object_end(w);
}

static void workflowparts_write_lists(struct jsonwrite *w, const struct workflow *workflow,
                                      const struct definition *definition)
{
    jsonwrite_name(w, "steps");
    jsonwrite_list(w);
    for (size_t i = 0; i < definition->step_count; i++) {
        workflowparts_write_step(w, workflow, &definition->steps[i]);
    }
    jsonwrite_list_end(w);
    jsonwrite_name(w, "transitions");
    jsonwrite_list(w);
    for (size_t i = 0; i < definition->transition_count; i++) {
        workflowparts_write_transition(w, workflow, &definition->transitions[i]);
    }
    jsonwrite_list_end(w);
}

void workflowparts_write(struct jsonwrite *w, const struct workflowparts *parts, bool with_steps,
                         const struct api_request *req)
{
    const struct workflow *workflow = &parts->workflow;
    jsonwrite_object(w);
    jsonparts_id(w, "id", &workflow->uuid);
    jsonparts_text(w, "name", workflow->name);
    jsonparts_text(w, "description", workflow->description);
    jsonwrite_name(w, "triggerType");
    jsonwrite_c(w, definition_trigger_words[workflow->trigger - WORKFLOW_MANUAL]);
    workflowparts_write_value(w, "triggerConfig", parts->definition.trigger_config);
    jsonwrite_name(w, "enabled");
    jsonwrite_bool(w, workflow->enabled);
    jsonwrite_name(w, "allowReentry");
    jsonwrite_bool(w, workflow->allow_reentry);
    jsonwrite_name(w, "version");
    jsonwrite_i64(w, workflow->version);
    if (workflow->due_ms != WORKFLOW_NEVER) {
        jsonwrite_name(w, "nextRunAt");
        jsonwrite_time(w, workflow->due_ms);
    }
    if (with_steps) {
        workflowparts_write_lists(w, workflow, &parts->definition);
    }
    jsonwrite_name(w, "projectId");
    jsonwrite_c(w, req->project_uuid);
    jsonwrite_name(w, "createdAt");
    jsonwrite_time(w, workflow->created_ms);
    jsonwrite_name(w, "updatedAt");
    jsonwrite_time(w, workflow->updated_ms);
    jsonwrite_object_end(w);
}

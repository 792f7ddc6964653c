#include "api/workflows.h"

#include <stdlib.h>

#include "api/audittrail.h"
#include "api/bodytext.h"
#include "api/paging.h"
#include "api/workflowcheck.h"
#include "api/workflowparts.h"
#include "base/limits.h"
#include "flow/stepconfig.h"
#include "store/catalog.h"
#include "store/event.h"
#include "json/jsonread.h"

/* Occurrences that are looked at for the names of an event's data. */
#define WORKFLOWS_FIELD_EVENTS 100

static const struct bodytext workflows_name = {"name", LIMIT_RESOURCE_NAME_CHARS, false};
static const struct bodytext workflows_description = {"description",
                                                      LIMIT_CAMPAIGN_DESCRIPTION_CHARS, false};

static int workflows_answer(const struct api_request *req, struct api_response *res, int status,
                            const struct workflowparts *parts)
{
    api_begin(res, status);
    workflowparts_write(&res->json, parts, true, req);
    return 0;
}

/* ---- reading ------------------------------------------------------------------------------- */

int workflows_get(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct workflowparts parts;
    int err = workflowparts_get(req, &parts, info);
    return err < 0 ? err : workflows_answer(req, res, 200, &parts);
}

static int workflows_write_page(const struct api_request *req, struct api_response *res,
                                const struct workflow *workflows, size_t count,
                                struct err_info *info)
{
    int err = 0;
    jsonwrite_name(&res->json, "data");
    jsonwrite_list(&res->json);
    for (size_t i = 0; err == 0 && i < count; i++) {
        struct workflowparts parts = {.workflow = workflows[i]};
        err = definition_read(req->arena, workflows[i].definition, &parts.definition, info);
        if (err == 0) {
            workflowparts_write(&res->json, &parts, false, req);
        }
    }
    jsonwrite_list_end(&res->json);
    return err;
}

int workflows_list(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct paging paging;
    struct workflow *workflows;
    size_t count = 0;
    uint64_t total = 0;
    struct str search = api_query(req, "search");
    int err = paging_read(req, &paging, info);
    if (err == 0) {
        search.at = search.len > 0 ? search.at : NULL;
        err = workflow_list(req->db, req->arena, req->project_id, search, paging.offset,
                            paging.page_size, &workflows, &count, &total, info);
    }
    if (err < 0) {
        return err;
    }
    api_begin(res, 200);
    jsonwrite_object(&res->json);
    err = workflows_write_page(req, res, workflows, count, info);
    paging_write(&res->json, &paging, total);
    jsonwrite_object_end(&res->json);
    return err;
}

/* ---- what a condition can look at ---------------------------------------------------------- */

static int workflows_compare(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* The top-level names in the data of an event's newest occurrences; in the arena. */
static int workflows_event_names(const struct api_request *req, struct str event, struct str **ret,
                                 size_t *ret_count, struct err_info *info)
{
    struct event *events;
    size_t event_count;
    size_t room = 0;
    *ret = NULL;
    *ret_count = 0;
    event = stepconfig_event(event);
    int err = event_list(req->db, req->arena, req->project_id, &event, WORKFLOWS_FIELD_EVENTS,
                         &events, &event_count, info);
    for (size_t i = 0; err == 0 && i < event_count; i++) {
        const struct jsonval *data = NULL;
        err =
            events[i].data.at != NULL ? jsonread_parse(req->arena, events[i].data, &data, info) : 0;
        for (size_t k = 0; err == 0 && data != NULL && k < data->count; k++) {
            if (data->type == JSONVAL_OBJECT) {
                *ret = arena_grow(req->arena, *ret, *ret_count, &room, sizeof(**ret));
                (*ret)[(*ret_count)++] = data->names[k];
            }
        }
    }
    if (*ret_count > 0) {
        qsort(*ret, *ret_count, sizeof(**ret), workflows_compare);
    }
    return err;
}

static void workflows_write_field(struct jsonwrite *w, struct arena *arena, const char *prefix,
                                  struct str name)
{
    jsonwrite_c(w, arena_printf(arena, "%s" STR_FMT, prefix, STR_ARG(name)));
}

/* `names` are sorted and may repeat. */
static void workflows_write_fields(struct jsonwrite *w, struct arena *arena,
                                   const struct catalog_name *fields, size_t field_count,
                                   const struct str *names, size_t name_count)
{
    static const char *const built_in[] = {"email", "subscribed", "createdAt", "updatedAt"};
    jsonwrite_list(w);
    for (size_t i = 0; i < ARRAY_LEN(built_in); i++) {
        jsonwrite_c(w, built_in[i]);
    }
    for (size_t i = 0; i < field_count; i++) {
        workflows_write_field(w, arena, "data.", fields[i].name);
    }
    for (size_t i = 0; i < name_count; i++) {
        if (i == 0 || !str_eq(names[i], names[i - 1])) {
            workflows_write_field(w, arena, "event.", names[i]);
        }
    }
    jsonwrite_list_end(w);
}

int workflows_fields(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct str event = api_query(req, "eventName");
    struct catalog_name *fields;
    struct str *names = NULL;
    size_t field_count;
    size_t name_count = 0;
    int err = catalog_fields(req->db, req->arena, req->project_id, &fields, &field_count, info);
    if (err == 0 && event.len > 0) {
        err = workflows_event_names(req, event, &names, &name_count, info);
    }
    if (err < 0) {
        return err;
    }
    api_begin(res, 200);
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "fields");
    workflows_write_fields(&res->json, req->arena, fields, field_count, names, name_count);
    jsonwrite_object_end(&res->json);
    return 0;
}

/* ---- writing ------------------------------------------------------------------------------- */

/* What a body says of a workflow. */
struct workflows_input {
    struct str name;
    struct str description;
    bool has_description;
    bool has_trigger;
    struct definition trigger; /* its trigger's members only */
    bool enabled;
    bool has_enabled;
    bool allow_reentry;
    bool has_reentry;
};

/* A member of the body; NULL when it is absent or null. */
static const struct jsonval *workflows_given(const struct api_request *req, const char *name)
{
    const struct jsonval *value = jsonval_get(req->json, name);
    return value != NULL && value->type != JSONVAL_NULL ? value : NULL;
}

/* {eventName} as a trigger's config. */
static const struct jsonval *workflows_event_config(struct arena *arena, const struct jsonval *name)
{
    struct jsonval *config = arena_alloc(arena, sizeof(*config));
    jsonval_object(arena, 1, config);
    *jsonval_add(config, "eventName") = *name;
    return config;
}

/* The trigger that a body means: what it does not say is as it was (`stored`; NULL: a new one). */
static int workflows_read_type(const struct api_request *req, const struct definition *stored,
                               bool has_event, enum definition_trigger *ret, struct err_info *info)
{
    /* Those of a workflow, the first of definition_trigger_words. */
    static const char *const words[] = {"MANUAL", "EVENT", "SCHEDULE", NULL};
    enum definition_trigger before =
        stored == NULL || has_event ? DEFINITION_EVENT : stored->trigger;
    int word;
    int err = bodytext_word(req->json, "triggerType", words, (int)before - DEFINITION_MANUAL, &word,
                            info);
    if (err == 0) {
        *ret = (enum definition_trigger)(word + DEFINITION_MANUAL);
    }
    return err;
}

/* Its config, in which eventName, which POST takes instead, may stand too; NULL: none. */
static int workflows_read_config(const struct api_request *req, const struct definition *stored,
                                 enum definition_trigger trigger, const struct jsonval **ret,
                                 struct err_info *info)
{
    const struct jsonval *config = workflows_given(req, "triggerConfig");
    struct str name;
    bool has_name;
    int err = api_body_str(req->json, "eventName", &name, &has_name, info);
    if (config == NULL && trigger == DEFINITION_EVENT && has_name) {
        config = workflows_event_config(req->arena, jsonval_get(req->json, "eventName"));
    }
    if (config == NULL && stored != NULL && stored->trigger == trigger) {
        config = stored->trigger_config;
    }
    *ret = config;
    const struct jsonval *event = jsonval_get(config, "eventName");
    bool is_named = event != NULL && event->type != JSONVAL_NULL &&
                    (event->type != JSONVAL_STRING || !bodytext_is_blank(event->string));
    bool may_be_named = config == NULL || config->type == JSONVAL_OBJECT;
    if (err == 0 && trigger == DEFINITION_EVENT && may_be_named && !is_named) {
        err = err_set_at(info, ERR_INVAL, "BAD_REQUEST", "eventName", "Event name is required");
    }
    return err;
}

static int workflows_read_trigger(const struct api_request *req, const struct definition *stored,
                                  struct workflows_input *ret, struct err_info *info)
{
    const struct jsonval *config = NULL;
    enum definition_trigger trigger;
    bool has_event = workflows_given(req, "eventName") != NULL;
    ret->has_trigger = stored == NULL || has_event ||
                       workflows_given(req, "triggerConfig") != NULL ||
                       workflows_given(req, "triggerType") != NULL;
    if (!ret->has_trigger) {
        return 0;
    }
    int err = workflows_read_type(req, stored, has_event, &trigger, info);
    if (err == 0) {
        err = workflows_read_config(req, stored, trigger, &config, info);
    }
    if (err == 0) {
        err = stepconfig_read_trigger(req->arena, trigger, config, "triggerConfig", &ret->trigger,
                                      info);
    }
    return err < 0 ? err : workflowcheck_trigger(req, &ret->trigger, info);
}

static int workflows_read(const struct api_request *req, const struct definition *stored,
                          struct workflows_input *ret, struct err_info *info)
{
    *ret = (struct workflows_input){.name = {NULL, 0}};
    int err = bodytext_read(req->json, &workflows_name, &ret->name, info);
    if (err == 0 && bodytext_is_blank(ret->name) && (stored == NULL || ret->name.at != NULL)) {
        err = err_set_at(info, ERR_INVAL, "BAD_REQUEST", "name", "Name is required");
    }
    if (err == 0) {
        err = bodytext_read(req->json, &workflows_description, &ret->description, info);
    }
    if (err == 0) {
        err = api_body_bool(req->json, "enabled", &ret->enabled, &ret->has_enabled, info);
    }
    if (err == 0) {
        err =
            api_body_bool(req->json, "allowReentry", &ret->allow_reentry, &ret->has_reentry, info);
    }
    ret->has_description = jsonval_get(req->json, "description") != NULL;
    return err < 0 ? err : workflows_read_trigger(req, stored, ret, info);
}

static void workflows_take_trigger(struct definition *definition, const struct definition *given)
{
    definition->trigger = given->trigger;
    definition->event = given->event;
    definition->cron = given->cron;
    definition->audience = given->audience;
    definition->trigger_config = given->trigger_config;
}

/* A new one has its TRIGGER step and nothing else. */
static void workflows_begin(const struct api_request *req, const struct workflows_input *input,
                            struct workflowparts *ret)
{
    static const struct jsonval config = {.type = JSONVAL_OBJECT};
    struct jsonval *position = arena_alloc(req->arena, sizeof(*position));
    struct definition_step *step = arena_alloc(req->arena, sizeof(*step));
    jsonval_object(req->arena, 2, position);
    *jsonval_add(position, "x") = jsonval_of_number(0);
    *jsonval_add(position, "y") = jsonval_of_number(0);
    *step = (struct definition_step){.id = workflowparts_new_id(req->arena),
                                     .type = DEFINITION_TRIGGER,
                                     .name = STR("Trigger"),
                                     .config = &config,
                                     .position = position};
    *ret = (struct workflowparts){.workflow = {.name = input->name,
                                               .description = input->description,
                                               .enabled = input->enabled}};
    workflows_take_trigger(&ret->definition, &input->trigger);
    ret->definition.allow_reentry = input->allow_reentry;
    ret->definition.steps = step;
    ret->definition.step_count = 1;
}

int workflows_create(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct workflows_input input;
    struct workflowparts parts;
    struct workflow_edit draft = {.arena = req->arena};
    int64_t now_ms;
    int err = workflows_read(req, NULL, &input, info);
    if (err == 0) {
        err = db_now_ms(req->db, &now_ms, info);
    }
    if (err < 0) {
        return err;
    }
    workflows_begin(req, &input, &parts);
    err = workflowparts_store(&parts, now_ms, &draft, info);
    if (err == 0) {
        err = workflow_create(req->db, req->arena, req->project_id, &draft, &parts.workflow, info);
    }
    if (err == 0 && parts.workflow.enabled) {
        audittrail_add(req, res, "workflow.enabled", "workflow", &parts.workflow.uuid,
                       parts.workflow.name);
    }
    return err < 0 ? err : workflows_answer(req, res, 201, &parts);
}

static int workflows_change(struct arena *arena, struct workflowparts *parts, void *ctx,
                            struct err_info *info)
{
    const struct workflows_input *input = ctx;
    (void)arena;
    (void)info;
    if (input->name.at != NULL) {
        parts->workflow.name = input->name;
    }
    if (input->has_description) {
        parts->workflow.description = input->description;
    }
    if (input->has_enabled) {
        parts->workflow.enabled = input->enabled;
    }
    if (input->has_reentry) {
        parts->definition.allow_reentry = input->allow_reentry;
    }
    if (input->has_trigger) {
        workflows_take_trigger(&parts->definition, &input->trigger);
    }
    return 0;
}

int workflows_update(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct workflows_input input;
    struct workflowparts parts;
    bool was_enabled = false;
    int err = workflowparts_get(req, &parts, info);
    if (err == 0) {
        was_enabled = parts.workflow.enabled;
        err = workflows_read(req, &parts.definition, &input, info);
    }
    /* What its steps name may have gone since they were written. */
    if (err == 0 && input.has_enabled && input.enabled && !parts.workflow.enabled) {
        err = workflowcheck_all(req, &parts.definition, info);
    }
    if (err == 0) {
        err = workflowparts_edit(req, workflows_change, &input, &parts, info);
    }
    if (err == 0 && parts.workflow.enabled != was_enabled) {
        audittrail_add(req, res, was_enabled ? "workflow.disabled" : "workflow.enabled", "workflow",
                       &parts.workflow.uuid, parts.workflow.name);
    }
    return err < 0 ? err : workflows_answer(req, res, 200, &parts);
}

int workflows_delete(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct uuid uuid;
    int err = workflowparts_path_id(req, &uuid, info);
    if (err == 0) {
        err = workflow_delete(req->db, req->arena, req->project_id, &uuid, info);
    }
    if (err < 0) {
        return err;
    }
    audittrail_add(req, res, "workflow.deleted", "workflow", &uuid, (struct str){NULL, 0});
    api_no_content(res);
    return 0;
}

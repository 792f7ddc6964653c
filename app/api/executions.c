#include "api/executions.h"

#include "api/bodytext.h"
#include "api/jsonparts.h"
#include "api/paging.h"
#include "api/workflowparts.h"
#include "base/limits.h"
#include "flow/start.h"
#include "store/executionlist.h"

/* The workflow of the path, as the flow that its executions belong to. */
static int executions_flow(const struct api_request *req, struct flowversion *ret,
                           struct uuid *ret_uuid, struct err_info *info)
{
    struct workflow workflow;
    int err = workflowparts_path_id(req, ret_uuid, info);
    if (err == 0) {
        err = workflow_get(req->db, req->arena, req->project_id, ret_uuid, &workflow, info);
    }
    if (err == 0) {
        *ret = (struct flowversion){.project_id = req->project_id,
                                    .owner_kind = FLOWVERSION_WORKFLOW,
                                    .owner_id = workflow.workflow_id};
    }
    return err;
}

static int executions_path_id(const struct api_request *req, struct uuid *ret,
                              struct err_info *info)
{
    if (uuid_parse(req->path_args[1], ret)) {
        return 0;
    }
    return err_set(info, ERR_NOT_FOUND, "RESOURCE_NOT_FOUND", "Execution not found");
}

/* ---- printing ------------------------------------------------------------------------------ */

/* The members that a list shows too, into the open object. */
static void executions_write_parts(struct jsonwrite *w, const struct uuid *workflow,
                                   const struct executionlist_item *item)
{
    const struct execution *execution = &item->execution;
    jsonparts_id(w, "id", &execution->uuid);
    jsonparts_id(w, "workflowId", workflow);
    jsonparts_id(w, "contactId", &item->contact);
    jsonparts_text(w, "email", item->email);
    jsonwrite_name(w, "status");
    jsonwrite_c(w, execution_status_word(execution->status));
    jsonparts_text(w, "currentStepId", execution->step);
    jsonparts_json(w, "context", execution->context);
    jsonwrite_name(w, "startedAt");
    jsonwrite_time(w, execution->started_ms);
    jsonwrite_name(w, "completedAt");
    if (execution->finished_ms == EXECUTION_NEVER) {
        jsonwrite_null(w);
    } else {
        jsonwrite_time(w, execution->finished_ms);
    }
    jsonparts_text(w, "exitReason", execution->reason);
}

static void executions_write_step(struct jsonwrite *w, const struct execution_done *done)
{
    jsonwrite_object(w);
    jsonparts_text(w, "stepId", done->step);
    jsonwrite_name(w, "type");
    jsonwrite_c(w, definition_type_words[done->type - DEFINITION_TRIGGER]);
    jsonparts_text(w, "outcome", done->outcome);
    jsonwrite_name(w, "at");
    jsonwrite_time(w, done->at_ms);
    if (done->problem.at != NULL) {
        jsonparts_text(w, "problem", done->problem);
    }
    jsonwrite_object_end(w);
}

/* One execution with its log, of a long one the end. */
static int executions_answer(const struct api_request *req, struct api_response *res, int status,
                             const struct flowversion *flow, const struct uuid *workflow,
                             const struct uuid *uuid, struct err_info *info)
{
    struct executionlist_item item;
    struct executionlist_step *steps;
    size_t count;
    uint32_t first = 0;
    int err = executionlist_get(req->db, req->arena, flow, uuid, &item, info);
    if (err == 0) {
        uint32_t done = item.execution.steps_done;
        first = done > LIMIT_EXECUTION_STEPS ? done - LIMIT_EXECUTION_STEPS : 0;
        err = executionlist_steps(req->db, req->arena, req->project_id, item.execution.execution_id,
                                  first, &steps, &count, info);
    }
    if (err < 0) {
        return err;
    }
    api_begin(res, status);
    jsonwrite_object(&res->json);
    executions_write_parts(&res->json, workflow, &item);
    if (first > 0) {
        jsonwrite_name(&res->json, "stepsOmitted");
        jsonwrite_i64(&res->json, first);
    }
    jsonwrite_name(&res->json, "steps");
    jsonwrite_list(&res->json);
    for (size_t i = 0; i < count; i++) {
        executions_write_step(&res->json, &steps[i].done);
    }
    jsonwrite_list_end(&res->json);
    jsonwrite_object_end(&res->json);
    return 0;
}

/* ---- reading ------------------------------------------------------------------------------- */

int executions_get(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct flowversion flow;
    struct uuid workflow;
    struct uuid uuid;
    int err = executions_flow(req, &flow, &workflow, info);
    if (err == 0) {
        err = executions_path_id(req, &uuid, info);
    }
    return err < 0 ? err : executions_answer(req, res, 200, &flow, &workflow, &uuid, info);
}

static int executions_read_query(const struct api_request *req, struct executionlist_query *ret,
                                 struct paging *ret_paging, struct err_info *info)
{
    struct str status = api_query(req, "status");
    int err = paging_read(req, ret_paging, info);
    if (err == 0 && status.len > 0) {
        enum execution_status wanted = execution_status_parse(status);
        if ((int)wanted == 0) {
            return err_set_at(info, ERR_INVAL, "BAD_REQUEST", "status",
                              "Invalid status value: one of RUNNING, WAITING, COMPLETED, EXITED,"
                              " FAILED, CANCELLED");
        }
        ret->statuses = 1U << wanted;
    }
    ret->offset = ret_paging->offset;
    ret->limit = ret_paging->page_size;
    return err;
}

int executions_list(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct executionlist_query query = {.statuses = 0};
    struct paging paging;
    struct uuid workflow;
    struct executionlist_item *items;
    size_t count = 0;
    uint64_t total = 0;
    int err = executions_flow(req, &query.flow, &workflow, info);
    if (err == 0) {
        err = executions_read_query(req, &query, &paging, info);
    }
    if (err == 0) {
        err = executionlist_page(req->db, req->arena, &query, &items, &count, &total, info);
    }
    if (err < 0) {
        return err;
    }
    api_begin(res, 200);
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "data");
    jsonwrite_list(&res->json);
    for (size_t i = 0; i < count; i++) {
        jsonwrite_object(&res->json);
        executions_write_parts(&res->json, &workflow, &items[i]);
        jsonwrite_object_end(&res->json);
    }
    jsonwrite_list_end(&res->json);
    paging_write(&res->json, &paging, total);
    jsonwrite_object_end(&res->json);
    return 0;
}

/* ---- starting and ending ------------------------------------------------------------------- */

static int executions_read_start(const struct api_request *req, struct start_request *ret,
                                 struct err_info *info)
{
    const struct jsonval *context = jsonval_get(req->json, "context");
    static const struct bodytext contact = {"contactId", 100, true};
    struct str text;
    int err = bodytext_read(req->json, &contact, &text, info);
    if (err == 0 && !uuid_parse(text, &ret->contact)) {
        err = bodytext_refuse(info, "contactId", "invalid_value",
                              "contactId must be the id of a contact (a UUID)");
    }
    if (err < 0 || context == NULL || context->type == JSONVAL_NULL) {
        return err;
    }
    if (context->type != JSONVAL_OBJECT) {
        return bodytext_refuse(info, "context", "invalid_type", "Expected object, received %s",
                               jsonval_type_name(context->type));
    }
    err = jsonparts_print(req->arena, context, &ret->context, info);
    if (err == 0 && ret->context.len > LIMIT_DATA_BYTES) {
        err = bodytext_refuse(info, "context", "too_big", "context can take at most %d bytes",
                              LIMIT_DATA_BYTES);
    }
    return err;
}

int executions_start(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct start_request request = {.context = {NULL, 0}};
    struct execution_start started = {.started = false};
    struct uuid workflow;
    int err = executions_flow(req, &request.flow, &workflow, info);
    if (err == 0) {
        err = executions_read_start(req, &request, info);
    }
    if (err == 0) {
        err = start_one(req->db, req->arena, &request, &started, info);
    }
    return err < 0
               ? err
               : executions_answer(req, res, 201, &request.flow, &workflow, &started.uuid, info);
}

int executions_cancel(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct flowversion flow;
    struct uuid workflow;
    struct uuid uuid;
    int err = executions_flow(req, &flow, &workflow, info);
    if (err == 0) {
        err = executions_path_id(req, &uuid, info);
    }
    if (err == 0) {
        err = executionlist_cancel(req->db, req->arena, &flow, &uuid, info);
    }
    if (err < 0) {
        return err;
    }
    api_no_content(res);
    return 0;
}

int executions_cancel_all(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct flowversion flow;
    struct uuid workflow;
    uint64_t count = 0;
    int err = executions_flow(req, &flow, &workflow, info);
    if (err == 0) {
        err = executionlist_cancel_all(req->db, req->arena, &flow, &count, info);
    }
    if (err < 0) {
        return err;
    }
    api_begin(res, 200);
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "cancelled");
    jsonwrite_i64(&res->json, (int64_t)count);
    jsonwrite_object_end(&res->json);
    return 0;
}

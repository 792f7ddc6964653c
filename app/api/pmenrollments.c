#include "api/pmenrollments.h"

#include "api/bodytext.h"
#include "api/jsonparts.h"
#include "api/pmparts.h"
#include "base/num.h"
#include "flow/start.h"
#include "store/contact.h"
#include "store/enrollment.h"
#include "store/executionlist.h"
#include "store/sequence.h"

/* What the statuses of executions are called here. */
static const struct {
    const char *word;
    unsigned statuses; /* bits 1 << enum execution_status */
} pmenrollments_words[] = {
    {"active", 1U << EXECUTION_RUNNING | 1U << EXECUTION_WAITING},
    {"completed", 1U << EXECUTION_COMPLETED},
    {"stopped", 1U << EXECUTION_EXITED | 1U << EXECUTION_CANCELLED},
    {"failed", 1U << EXECUTION_FAILED},
};

static const char *pmenrollments_word(enum execution_status status)
{
    size_t i = 0;
    while ((pmenrollments_words[i].statuses & 1U << status) == 0) {
        i++;
    }
    return pmenrollments_words[i].word;
}

/* The sequence of the path, as the flow that its enrolments belong to. */
static int pmenrollments_flow(const struct api_request *req, struct flowversion *ret,
                              struct err_info *info)
{
    struct sequence sequence;
    uint32_t n = 0;
    int err = pushmail_path_id(req, 0, "Sequence not found", &n, info);
    if (err == 0) {
        err = sequence_get(req->db, req->arena, req->project_id, n, &sequence, info);
    }
    *ret = (struct flowversion){
        .project_id = req->project_id, .owner_kind = FLOWVERSION_SEQUENCE, .owner_id = n};
    return err;
}

/* The enrolment of the path, of this sequence. */
static int pmenrollments_find(const struct api_request *req, const struct flowversion *flow,
                              struct executionlist_item *ret, struct err_info *info)
{
    static const char missing[] = "Enrollment not found";
    uint32_t n = 0;
    int err = pushmail_path_id(req, 1, missing, &n, info);
    if (err == 0) {
        err = executionlist_by_number(req->db, req->arena, flow, n, ret, info);
    }
    return err == ERR_NOT_FOUND ? err_set(info, ERR_NOT_FOUND, NULL, "%s", missing) : err;
}

/* ---- printing ------------------------------------------------------------------------------ */

static void pmenrollments_write(struct jsonwrite *w, const struct api_request *req,
                                const struct executionlist_item *item)
{
    const struct execution *execution = &item->execution;
    uint64_t step = 0;
    jsonwrite_object(w);
    pmparts_id(w, req, "id", execution->execution_id);
    pmparts_id(w, req, "sequenceId", execution->flow.owner_id);
    pmparts_id(w, req, "contactId", execution->ordinal + 1);
    jsonparts_text(w, "email", item->email);
    jsonwrite_name(w, "status");
    jsonwrite_c(w, pmenrollments_word(execution->status));
    if (execution->reason.at != NULL) {
        jsonparts_text(w, "reason", execution->reason);
    }
    jsonwrite_name(w, "currentStep");
    if (execution->step.at != NULL && num_parse_u64(execution->step, UINT32_MAX, &step)) {
        jsonwrite_i64(w, (int64_t)step);
    } else {
        jsonwrite_null(w);
    }
    jsonwrite_name(w, "enrolledAt");
    jsonwrite_time(w, execution->started_ms);
    jsonwrite_name(w, "finishedAt");
    if (execution->finished_ms == EXECUTION_NEVER) {
        jsonwrite_null(w);
    } else {
        jsonwrite_time(w, execution->finished_ms);
    }
    jsonwrite_object_end(w);
}

static int pmenrollments_answer(const struct api_request *req, struct api_response *res, int status,
                                const struct executionlist_item *item)
{
    pushmail_begin(res, status);
    pmenrollments_write(&res->json, req, item);
    pushmail_end(res);
    return 0;
}

/* ---- reading ------------------------------------------------------------------------------- */

static int pmenrollments_statuses(const struct api_request *req, unsigned *ret,
                                  struct err_info *info)
{
    struct str word = api_query(req, "status");
    *ret = 0;
    if (word.at == NULL) {
        return 0;
    }
    for (size_t i = 0; i < ARRAY_LEN(pmenrollments_words); i++) {
        if (str_eq_c(word, pmenrollments_words[i].word)) {
            *ret = pmenrollments_words[i].statuses;
            return 0;
        }
    }
    return err_set_at(info, ERR_INVAL, "BAD_REQUEST", "status",
                      "status must be active, completed, stopped or failed");
}

int pmenrollments_list(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct executionlist_query query = {.offset = 0};
    struct executionlist_item *items = NULL;
    struct pushmail_page page;
    size_t count = 0;
    uint64_t total = 0;
    int err = pmenrollments_flow(req, &query.flow, info);
    if (err == 0) {
        err = pmenrollments_statuses(req, &query.statuses, info);
    }
    if (err == 0) {
        err = pushmail_page_read(req, &page, info);
    }
    if (err == 0) {
        query.offset = (page.page - 1) * page.limit;
        query.limit = page.limit;
        err = executionlist_page(req->db, req->arena, &query, &items, &count, &total, info);
    }
    if (err < 0) {
        return err;
    }
    pushmail_begin(res, 200);
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "enrollments");
    jsonwrite_list(&res->json);
    for (size_t i = 0; i < count; i++) {
        pmenrollments_write(&res->json, req, &items[i]);
    }
    jsonwrite_list_end(&res->json);
    pushmail_pagination(&res->json, &page, total);
    jsonwrite_object_end(&res->json);
    pushmail_end(res);
    return 0;
}

int pmenrollments_get(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct flowversion flow;
    struct executionlist_item item;
    int err = pmenrollments_flow(req, &flow, info);
    if (err == 0) {
        err = pmenrollments_find(req, &flow, &item, info);
    }
    return err < 0 ? err : pmenrollments_answer(req, res, 200, &item);
}

/* ---- writing ------------------------------------------------------------------------------- */

/* The contact of the body. One that is not subscribed would be stopped before its first step. */
static int pmenrollments_read_contact(const struct api_request *req, struct contact *ret,
                                      struct err_info *info)
{
    static const char missing[] = "Contact not found";
    uint32_t n = 0;
    size_t count = 0;
    int err = pmparts_body_id(req, req->json, "contactId", missing, &n, info);
    if (err == 0 && n == 0) {
        err = bodytext_refuse(info, "contactId", "required", "contactId is required");
    }
    if (err < 0) {
        return err;
    }
    uint32_t ordinal = n - 1;
    err = contact_by_ordinals(req->db, req->arena, req->project_id, &ordinal, 1, ret, &count, info);
    if (err == 0 && count == 0) {
        return err_set(info, ERR_NOT_FOUND, "CONTACT_NOT_FOUND", "%s", missing);
    }
    if (err == 0 && ret->status != CONTACT_SUBSCRIBED) {
        err = bodytext_refuse(info, "contactId", "invalid_value",
                              "contactId is a contact with status %s: sequences only send to"
                              " subscribed ones",
                              contact_status_name(ret->status));
    }
    return err;
}

int pmenrollments_create(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct start_request request = {.context = {NULL, 0}};
    struct execution_start start;
    struct executionlist_item item;
    struct contact contact;
    int err = pmenrollments_flow(req, &request.flow, info);
    if (err == 0) {
        err = pmenrollments_read_contact(req, &contact, info);
    }
    if (err == 0) {
        request.contact = contact.uuid;
        err = start_one(req->db, req->arena, &request, &start, info);
    }
    if (err == ERR_CORRUPT) {
        err = err_set(info, ERR_CONFLICT, NULL,
                      "The steps of the sequence cannot be done: correct them with PUT");
    }
    if (err == 0) {
        err = executionlist_by_number(req->db, req->arena, &request.flow, start.execution_id, &item,
                                      info);
    }
    return err < 0 ? err : pmenrollments_answer(req, res, 201, &item);
}

int pmenrollments_stop(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct flowversion flow;
    struct executionlist_item item;
    int err = pmenrollments_flow(req, &flow, info);
    if (err == 0) {
        err = pmenrollments_find(req, &flow, &item, info);
    }
    if (err == 0) {
        err = executionlist_cancel(req->db, req->arena, &flow, &item.execution.uuid, info);
    }
    bool is_over = err == ERR_INVAL;
    if (err == 0 || is_over) {
        err = pmenrollments_find(req, &flow, &item, info);
    }
    if (err == 0 && is_over) {
        err = err_set(info, ERR_INVAL, "BAD_REQUEST",
                      "The enrollment is %s: only an active one can be stopped",
                      pmenrollments_word(item.execution.status));
    }
    return err < 0 ? err : pmenrollments_answer(req, res, 200, &item);
}

/* ---- the report ---------------------------------------------------------------------------- */

static void pmenrollments_write_several(struct jsonwrite *w, const struct api_request *req,
                                        const struct enrollment_several *one)
{
    jsonwrite_object(w);
    pmparts_id(w, req, "contactId", one->ordinal + 1);
    jsonparts_text(w, "email", one->email);
    jsonwrite_name(w, "sequences");
    jsonwrite_list(w);
    for (size_t i = 0; i < one->sequence_count; i++) {
        jsonwrite_i64(w, (int64_t)pushmail_id(req, one->sequence_ids[i]));
    }
    jsonwrite_list_end(w);
    jsonwrite_object_end(w);
}

int pmenrollments_report(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct enrollment_several *several = NULL;
    struct pushmail_page page;
    size_t count = 0;
    uint64_t total = 0;
    int err = pushmail_page_read(req, &page, info);
    if (err == 0) {
        err = enrollment_list_several(req->db, req->arena, req->project_id,
                                      (page.page - 1) * page.limit, page.limit, &several, &count,
                                      &total, info);
    }
    if (err < 0) {
        return err;
    }
    pushmail_begin(res, 200);
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "contacts");
    jsonwrite_list(&res->json);
    for (size_t i = 0; i < count; i++) {
        pmenrollments_write_several(&res->json, req, &several[i]);
    }
    jsonwrite_list_end(&res->json);
    pushmail_pagination(&res->json, &page, total);
    jsonwrite_object_end(&res->json);
    pushmail_end(res);
    return 0;
}

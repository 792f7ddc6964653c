#include "api/send.h"

#include "api/contactinput.h"
#include "api/idempotencykey.h"
#include "api/jsonparts.h"
#include "api/sendinput.h"
#include "store/template.h"

/* What the write adds to that of the contacts. */
struct sending {
    const struct api_request *req;
    struct sendinput input;
    struct template template;
    struct message_new *messages; /* one of each of input.items */
    int64_t now_ms;
};

/* Marketing goes to the subscribed only, and a caller who names one address hears of it. */
static int check_subscribed(const struct sending *sending, struct err_info *info)
{
    const struct sendinput *input = &sending->input;
    if (!input->has_template || sending->template.type == CAMPAIGN_TRANSACTIONAL) {
        return 0;
    }
    for (size_t i = 0; i < input->count; i++) {
        if (input->items[i].contact->status != CONTACT_SUBSCRIBED) {
            return err_set_at(info, ERR_UNPROCESSABLE, "VALIDATION_ERROR", "to",
                              "The template is a marketing one, and " STR_FMT
                              " is not subscribed: use a TRANSACTIONAL template",
                              STR_ARG(input->items[i].email));
        }
    }
    return 0;
}

/* In the transaction of the contacts. */
static int add_messages(struct db *db, void *ctx, struct err_info *info)
{
    struct sending *sending = ctx;
    const struct sendinput *input = &sending->input;
    uint32_t project_id = sending->req->project_id;
    uint64_t execution_id = (uint64_t)uuid_random63();
    int err = check_subscribed(sending, info);
    if (err == 0 && input->has_template) {
        err = template_hold(db, project_id, sending->template.template_id, info);
    }
    if (err == 0) {
        err = db_now_ms(db, &sending->now_ms, info);
    }
    if (err < 0) {
        return err;
    }
    for (size_t i = 0; i < input->count; i++) {
        sending->messages[i] = input->message;
        sending->messages[i].source = MESSAGE_OF_SEND;
        sending->messages[i].execution_id = execution_id;
        sending->messages[i].ordinal = input->items[i].contact->ordinal;
        sending->messages[i].template_id = sending->template.template_id;
    }
    err = message_add(db, sending->req->arena, project_id, sending->messages, input->count,
                      sending->now_ms, info);
    if (err == 0) {
        message_set_check(db, project_id, &sending->messages[0].uuid);
    }
    return err;
}

static void answer(struct api_response *res, const struct sending *sending)
{
    struct jsonwrite *w = &res->json;
    api_begin(res, 200);
    jsonwrite_object(w);
    jsonwrite_name(w, "success");
    jsonwrite_bool(w, true);
    jsonwrite_name(w, "data");
    jsonwrite_object(w);
    jsonwrite_name(w, "emails");
    jsonwrite_list(w);
    for (size_t i = 0; i < sending->input.count; i++) {
        const struct contact *contact = sending->input.items[i].contact;
        jsonwrite_object(w);
        jsonwrite_name(w, "contact");
        jsonwrite_object(w);
        jsonparts_id(w, "id", &contact->uuid);
        jsonparts_text(w, "email", contact->email);
        jsonwrite_object_end(w);
        jsonparts_id(w, "email", &sending->messages[i].uuid);
        jsonwrite_object_end(w);
    }
    jsonwrite_list_end(w);
    jsonwrite_name(w, "timestamp");
    jsonwrite_time(w, sending->now_ms);
    jsonwrite_object_end(w);
    jsonwrite_object_end(w);
}

int send_mail(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct idempotency_claim claim;
    struct idempotency_claim *claimed = NULL;
    struct sending sending = {.req = req};
    int err = sendinput_read(req, &sending.input, info);
    if (err == 0) {
        err = idempotencykey_read(req, STR("POST /v1/send"), &claim, &claimed, info);
    }
    if (err == 0 && sending.input.has_template) {
        err = template_get(req->db, req->arena, req->project_id, &sending.input.template,
                           &sending.template, info);
    }
    if (err < 0) {
        return err;
    }
    struct contactwrite_handles handles = contactinput_handles(req);
    const struct contactwrite_batch batch = {.project_id = req->project_id,
                                             .items = sending.input.items,
                                             .count = sending.input.count,
                                             .claim = claimed,
                                             .all_or_nothing = true,
                                             .also = add_messages,
                                             .also_ctx = &sending};
    sending.messages = arena_array(req->arena, batch.count, sizeof *sending.messages);
    err = contactwrite_upsert(&handles, req->arena, &batch, info);
    if (err == ERR_CONFLICT && claimed != NULL) {
        return idempotencykey_answer_reused(req, res, claimed, info);
    }
    if (err < 0) {
        return err;
    }
    answer(res, &sending);
    if (claimed != NULL) {
        idempotencykey_used(req);
    }
    return 0;
}

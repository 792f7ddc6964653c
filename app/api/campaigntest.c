#include "api/campaigntest.h"

#include "api/bodytext.h"
#include "api/campaigns.h"
#include "api/contactinput.h"
#include "base/limits.h"
#include "store/email.h"
#include "store/message.h"
#include "store/sitesettings.h"
#include "store/template.h"

/* ---- who may get one ----------------------------------------------------------------------- */

static bool is_address(struct arena *arena, struct str text, struct str email)
{
    struct str normalised;
    return text.at != NULL && email_normalise(arena, text, &normalised) &&
           str_eq(normalised, email);
}

/*
 * There are no users here. Who a project's members are is known from what it says of itself: where
 * its mail comes from, where replies go, and who gets a copy of everything.
 */
static int check_member(const struct api_request *req, const struct campaign *campaign,
                        struct str email, struct err_info *info)
{
    struct sitesettings site;
    int err = sitesettings_get(req->db, req->arena, req->account_id, req->site_index, &site, info);
    if (err < 0)
        return err;
    if (is_address(req->arena, campaign->sender, email) ||
        is_address(req->arena, campaign->reply_to, email) ||
        is_address(req->arena, site.auto_bcc, email))
        return 0;
    return err_set_at(info, ERR_FORBIDDEN, "FORBIDDEN", "email",
                      "A test goes to members of the project only: the campaign's from or replyTo"
                      " address, or the site's autoBcc");
}

/* ---- the message --------------------------------------------------------------------------- */

/* What the campaign would say now. Returns 0 or an err of template_by_number. */
static int fill_message(const struct api_request *req, const struct campaign *campaign,
                        struct message_new *ret, struct err_info *info)
{
    struct template template;
    *ret = (struct message_new){.source = MESSAGE_OF_SEND,
                                .execution_id = (uint64_t)uuid_random63(),
                                .subject = campaign->subject,
                                .body = campaign->body,
                                .sender = campaign->sender,
                                .sender_name = campaign->sender_name,
                                .reply_to = campaign->reply_to};
    if (campaign->template_id == 0)
        return 0;
    int err = template_by_number(req->db, req->arena, req->project_id, campaign->template_id,
                                 &template, info);
    if (err < 0)
        return err;
    ret->subject = template.subject;
    ret->body = template.body;
    ret->sender = template.sender;
    ret->sender_name = template.sender_name;
    ret->reply_to = template.reply_to;
    return 0;
}

/* A test under way. */
struct test {
    const struct api_request *req;
    const struct contactwrite_item *item;
    struct message_new message;
};

static int add_message(struct db *db, void *ctx, struct err_info *info)
{
    struct test *test = ctx;
    int64_t now_ms;
    int err = db_now_ms(db, &now_ms, info);
    if (err < 0)
        return err;
    test->message.ordinal = test->item->contact->ordinal;
    err = message_add(db, test->req->arena, test->req->project_id, &test->message, 1, now_ms, info);
    if (err == 0)
        message_set_check(db, test->req->project_id, &test->message.uuid);
    return err;
}

/* The member becomes a contact as with /v1/send: one that is not subscribed. */
static int send_test(const struct api_request *req, struct str email, struct test *test,
                     struct err_info *info)
{
    struct contactwrite_handles handles = contactinput_handles(req);
    struct contactwrite_item item = {
        .email = email, .subscribe = CONTACTCHANGE_UNSUBSCRIBE, .subscribe_only_new = true};
    struct contactwrite_batch batch = {.project_id = req->project_id,
                                       .items = &item,
                                       .count = 1,
                                       .all_or_nothing = true,
                                       .also = add_message,
                                       .also_ctx = test};
    test->req = req;
    test->item = &item;
    return contactwrite_upsert(&handles, req->arena, &batch, info);
}

/* ---- the handler --------------------------------------------------------------------------- */

static int read_email(const struct api_request *req, struct str *ret, struct err_info *info)
{
    static const struct bodytext field = {"email", LIMIT_EMAIL_BYTES, true};
    struct str text;
    int err = bodytext_read(req->json, &field, &text, info);
    if (err < 0 || email_normalise(req->arena, text, ret))
        return err;
    return bodytext_refuse(info, "email", "invalid_email", "email must be an email address");
}

int campaigntest_send(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct test test;
    struct campaign campaign;
    struct str email;
    char id[37];
    int err = campaigns_find(req, &campaign, info);
    if (err == 0)
        err = read_email(req, &email, info);
    if (err == 0)
        err = check_member(req, &campaign, email, info);
    if (err == 0)
        err = fill_message(req, &campaign, &test.message, info);
    if (err == 0)
        err = send_test(req, email, &test, info);
    if (err < 0)
        return err;
    uuid_format(&test.message.uuid, id);
    api_begin(res, 200);
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "success");
    jsonwrite_bool(&res->json, true);
    jsonwrite_name(&res->json, "data");
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "email");
    jsonwrite_c(&res->json, id);
    jsonwrite_object_end(&res->json);
    jsonwrite_name(&res->json, "message");
    jsonwrite_c(&res->json, "Test email is on its way");
    jsonwrite_object_end(&res->json);
    return 0;
}

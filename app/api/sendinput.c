#include "api/sendinput.h"

#include <stdio.h>
#include <strings.h>

#include "api/bodytext.h"
#include "api/contactinput.h"
#include "api/jsonparts.h"
#include "api/templateparts.h"
#include "base/limits.h"
#include "store/email.h"

/* ---- to whom ------------------------------------------------------------------------------- */

/* An address as it was given, without what stands around it, and normalised, alone or as {email,
 * name?}; `place` is "to", "to.3" or "from". */
static int read_address(struct arena *arena, const struct jsonval *value, const char *place,
                        struct str *ret_given, struct str *ret_email, struct str *ret_name,
                        struct err_info *info)
{
    const struct jsonval *email = value;
    *ret_name = (struct str){NULL, 0};
    if (value->type == JSONVAL_OBJECT) {
        const struct bodytext name = {.name = "name", .max_chars = LIMIT_CAMPAIGN_FROM_CHARS};
        int err = bodytext_read(value, &name, ret_name, info);
        if (err < 0) {
            return err;
        }
        email = jsonval_get(value, "email");
    }
    if (email == NULL || email->type != JSONVAL_STRING) {
        return bodytext_refuse(info, place, email == NULL ? "required" : "invalid_type",
                               "%s must be an email address, or an object with one as email",
                               place);
    }
    if (!email_normalise(arena, email->string, ret_email)) {
        return err_set_at(info, ERR_UNPROCESSABLE, "INVALID_EMAIL", place,
                          "%s is no valid email address", place);
    }
    *ret_given = str_trim(email->string);
    return 0;
}

/* One recipient; an address that stands there already is no second one. */
static int add_recipient(struct arena *arena, const struct jsonval *value, const char *place,
                         struct sendinput *ret, struct err_info *info)
{
    struct str given;
    struct str ignored_name;
    struct str email;
    int err = read_address(arena, value, place, &given, &email, &ignored_name, info);
    if (err < 0) {
        return err;
    }
    for (size_t i = 0; i < ret->count; i++) {
        if (str_eq(ret->items[i].email, email)) {
            return 0;
        }
    }
    ret->items[ret->count++].email = email;
    return 0;
}

static int read_to(const struct api_request *req, struct sendinput *ret, struct err_info *info)
{
    const struct jsonval *to = jsonval_get(req->json, "to");
    bool is_list = to != NULL && to->type == JSONVAL_LIST;
    if (to == NULL || to->type == JSONVAL_NULL || (is_list && to->count == 0)) {
        return bodytext_refuse(info, "to", "required",
                               "to is required: an email address or a list"
                               " of them");
    }
    size_t count = is_list ? to->count : 1;
    if (count > LIMIT_SEND_TO) {
        return bodytext_refuse(info, "to", "too_big", "to can hold at most %d addresses",
                               LIMIT_SEND_TO);
    }
    int err = 0;
    ret->items = arena_array(req->arena, count, sizeof *ret->items);
    for (size_t i = 0; err == 0 && i < count; i++) {
        err = add_recipient(req->arena, is_list ? &to->items[i] : to,
                            is_list ? arena_printf(req->arena, "to.%zu", i) : "to", ret, info);
    }
    return err;
}

/* What becomes of the contacts. New ones are not subscribed by a mail that they get (decision 7).
 */
static int read_contact(const struct api_request *req, struct sendinput *ret,
                        struct contactdata_input *ret_data, struct err_info *info)
{
    bool subscribed;
    bool is_given;
    int err = api_body_bool(req->json, "subscribed", &subscribed, &is_given, info);
    if (err == 0) {
        err = contactdata_read(req->arena, jsonval_get(req->json, "data"), "data", ret_data, info);
    }
    if (err < 0) {
        return err;
    }
    for (size_t i = 0; i < ret->count; i++) {
        ret->items[i].subscribe =
            is_given && subscribed ? CONTACTCHANGE_SUBSCRIBE : CONTACTCHANGE_UNSUBSCRIBE;
        ret->items[i].subscribe_only_new = !is_given;
        ret->items[i].patch = ret_data->patch;
    }
    return 0;
}

/* ---- headers ------------------------------------------------------------------------------- */

/* Those that the message says in another way, or that are ours to say. */
static bool is_taken(struct str name)
{
    static const char *const taken[] = {"from",
                                        "to",
                                        "cc",
                                        "bcc",
                                        "subject",
                                        "reply-to",
                                        "date",
                                        "message-id",
                                        "mime-version",
                                        "sender",
                                        "return-path",
                                        "list-unsubscribe",
                                        "content-type",
                                        "content-transfer-encoding",
                                        "list-unsubscribe-post"};
    for (size_t i = 0; i < ARRAY_LEN(taken); i++) {
        if (strlen(taken[i]) == name.len && strncasecmp(name.at, taken[i], name.len) == 0) {
            return true;
        }
    }
    return false;
}

/* ftext of RFC 5322, that is printable ASCII without a colon, and not too long for a line. */
static bool is_header_name(struct str name)
{
    bool is_one = name.len > 0 && name.len <= 76;
    for (size_t i = 0; i < name.len; i++) {
        is_one = is_one && name.at[i] > ' ' && name.at[i] <= '~' && name.at[i] != ':';
    }
    return is_one;
}

static int check_header(struct str name, const struct jsonval *value, struct err_info *info)
{
    char place[128];
    (void)snprintf(place, sizeof place, "headers.%.*s", name.len < 76 ? (int)name.len : 76,
                   name.at);
    if (!is_header_name(name)) {
        return bodytext_refuse(info, "headers", "invalid_value",
                               "The name of a header is 1 to 76 printable ASCII characters, none"
                               " of them a blank or a colon");
    }
    if (is_taken(name)) {
        return bodytext_refuse(info, place, "invalid_value",
                               "This header cannot be set here: the message says it itself");
    }
    if (value->type != JSONVAL_STRING) {
        return bodytext_refuse(info, place, "invalid_type", "Expected string, received %s",
                               jsonval_type_name(value->type));
    }
    if (str_has_control(value->string) || value->string.len > LIMIT_SEND_HEADER_CHARS) {
        return bodytext_refuse(info, place, "invalid_value",
                               "A header has at most %d bytes, and no control characters",
                               LIMIT_SEND_HEADER_CHARS);
    }
    return 0;
}

static int read_headers(const struct api_request *req, struct message_new *ret,
                        struct err_info *info)
{
    const struct jsonval *headers = jsonval_get(req->json, "headers");
    if (headers == NULL || headers->type == JSONVAL_NULL) {
        return 0;
    }
    if (headers->type != JSONVAL_OBJECT || headers->count > LIMIT_SEND_HEADERS) {
        return bodytext_refuse(info, "headers", "invalid_type",
                               "headers must be an object of at most %d strings",
                               LIMIT_SEND_HEADERS);
    }
    for (size_t i = 0; i < headers->count; i++) {
        int err = check_header(headers->names[i], &headers->items[i], info);
        if (err < 0) {
            return err;
        }
    }
    return jsonparts_print(req->arena, headers, &ret->headers, info);
}

/* ---- what it says -------------------------------------------------------------------------- */

static int read_from(const struct api_request *req, struct message_new *ret, struct err_info *info)
{
    const struct bodytext name = {.name = "name", .max_chars = LIMIT_CAMPAIGN_FROM_CHARS};
    const struct jsonval *from = jsonval_get(req->json, "from");
    struct str of_from = {NULL, 0};
    struct str normalised;
    int err = bodytext_read(req->json, &name, &ret->sender_name, info);
    if (err == 0 && from != NULL && from->type != JSONVAL_NULL) {
        err = read_address(req->arena, from, "from", &ret->sender, &normalised, &of_from, info);
    }
    if (ret->sender_name.at == NULL) {
        ret->sender_name = of_from;
    }
    return err;
}

static int read_template(const struct api_request *req, struct sendinput *ret,
                         struct err_info *info)
{
    struct str text;
    int err = api_body_str(req->json, "template", &text, &ret->has_template, info);
    if (err == 0 && ret->has_template && !uuid_parse(text, &ret->template)) {
        return bodytext_refuse(info, "template", "invalid_value",
                               "template must be the id of a template, a UUID");
    }
    return err;
}

static int read_texts(const struct api_request *req, struct sendinput *ret, struct err_info *info)
{
    bool alone = !ret->has_template;
    const struct bodytext subject = {"subject", LIMIT_CAMPAIGN_SUBJECT_CHARS, alone};
    const struct bodytext body = {"body", LIMIT_CAMPAIGN_BODY_CHARS, alone};
    const struct bodytext reply_to = {"replyTo", LIMIT_EMAIL_BYTES, false};
    struct message_new *message = &ret->message;
    int err = bodytext_read(req->json, &subject, &message->subject, info);
    if (err == 0) {
        err = bodytext_read(req->json, &body, &message->body, info);
    }
    if (err == 0) {
        err = bodytext_read(req->json, &reply_to, &message->reply_to, info);
    }
    if (err == 0) {
        err = templateparts_check_address(req->arena, "replyTo", &message->reply_to, info);
    }
    if (err == 0) {
        err = read_from(req, message, info);
    }
    return err < 0 ? err : read_headers(req, message, info);
}

int sendinput_read(const struct api_request *req, struct sendinput *ret, struct err_info *info)
{
    struct contactdata_input data;
    *ret = (struct sendinput){.count = 0};
    const struct jsonval *attachments = jsonval_get(req->json, "attachments");
    if (attachments != NULL && attachments->type != JSONVAL_NULL) {
        return bodytext_refuse(info, "attachments", "invalid_value",
                               "Attachments are not supported: put a link into the body");
    }
    int err = read_to(req, ret, info);
    if (err == 0) {
        err = read_template(req, ret, info);
    }
    if (err == 0) {
        err = read_texts(req, ret, info);
    }
    if (err == 0) {
        err = read_contact(req, ret, &data, info);
    }
    return err < 0 ? err : contactdata_print(req->arena, data.all, &ret->message.data, info);
}

#include "api/templateparts.h"

#include "api/bodytext.h"
#include "base/limits.h"
#include "store/email.h"

static const char *const words[] = {"TRANSACTIONAL", "MARKETING", "HEADLESS", NULL};

const char *templateparts_type(enum campaign_type type)
{
    return words[type - CAMPAIGN_TRANSACTIONAL];
}

int templateparts_check_address(struct arena *arena, const char *field, struct str *text,
                                struct err_info *info)
{
    struct str normalised;
    if (text->at == NULL) {
        return 0;
    }
    *text = str_trim(*text);
    if (email_normalise(arena, *text, &normalised)) {
        return 0;
    }
    return bodytext_refuse(info, field, "invalid_email", "%s must be an email address", field);
}

static int read_sender(const struct api_request *req, bool is_new, struct template *template,
                       struct err_info *info)
{
    bool is_plunk = req->dialect == API_PLUNK;
    const char *name = is_plunk ? "from" : "fromEmail";
    const struct jsonval *given = jsonval_get(req->json, name);
    const struct bodytext field = {.name = name, .max_chars = LIMIT_EMAIL_BYTES};
    struct str text;
    if (given == NULL && !is_new) {
        return 0;
    }
    int err = bodytext_read(req->json, &field, &text, info);
    if (err < 0) {
        return err;
    }
    if (bodytext_is_blank(text)) {
        template->sender = STR("");
        return is_plunk
                   ? err_set_at(info, ERR_INVAL, "BAD_REQUEST", name, "From address is required")
                   : 0;
    }
    template->sender = text;
    return templateparts_check_address(req->arena, name, &template->sender, info);
}

static int read_type(const struct jsonval *body, bool is_new, struct template *template,
                     struct err_info *info)
{
    int type = CAMPAIGN_MARKETING - CAMPAIGN_TRANSACTIONAL;
    if (!is_new) {
        type = (int)template->type - CAMPAIGN_TRANSACTIONAL;
    }
    int err = bodytext_word(body, "type", words, type, &type, info);
    template->type = (enum campaign_type)(type + CAMPAIGN_TRANSACTIONAL);
    return err;
}

int templateparts_read(const struct api_request *req, bool is_new, struct template *template,
                       struct err_info *info)
{
    bool is_plunk = req->dialect == API_PLUNK;
    const struct {
        struct bodytext field;
        struct str *ret;
    } texts[] = {
        {{"name", LIMIT_RESOURCE_NAME_CHARS, true}, &template->name},
        {{"subject", LIMIT_CAMPAIGN_SUBJECT_CHARS, true}, &template->subject},
        {{is_plunk ? "body" : "htmlBody", LIMIT_CAMPAIGN_BODY_CHARS, true}, &template->body},
        {{"description", LIMIT_CAMPAIGN_DESCRIPTION_CHARS, false}, &template->description},
        {{"fromName", LIMIT_CAMPAIGN_FROM_CHARS, false}, &template->sender_name},
        {{"replyTo", LIMIT_EMAIL_BYTES, false}, &template->reply_to},
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        bool is_given = jsonval_get(req->json, texts[i].field.name) != NULL;
        if (!is_given && !(is_new && texts[i].field.required)) {
            continue;
        }
        int err = bodytext_read(req->json, &texts[i].field, texts[i].ret, info);
        if (err < 0) {
            return err;
        }
    }
    int err = templateparts_check_address(req->arena, "replyTo", &template->reply_to, info);
    if (err == 0) {
        err = read_sender(req, is_new, template, info);
    }
    return err < 0 ? err : read_type(req->json, is_new, template, info);
}

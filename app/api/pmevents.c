#include "api/pmevents.h"

#include "api/jsonparts.h"
#include "api/pushmail.h"
#include "store/emailevent.h"
#include "json/jsonread.h"

/* PushMail's words by type. `sent` is ours: PushMail shows what became of messages only. */
static const char *const words[EMAILEVENT_TYPES] = {
    [EMAILEVENT_SENT] = "sent",
    [EMAILEVENT_DELIVERED] = "delivered",
    [EMAILEVENT_OPENED] = "open",
    [EMAILEVENT_CLICKED] = "click",
    [EMAILEVENT_BOUNCED] = "bounce",
    [EMAILEVENT_COMPLAINED] = "spam_report",
    [EMAILEVENT_UNSUBSCRIBED] = "unsubscribe",
};

/* What nobody can tell us, and so never is in a list. */
static const char *const unheard[] = {"dropped", "deferred"};

/* ---- reading ------------------------------------------------------------------------------- */

/* The type that is asked for; 0: any. ret_none: one that there cannot be. */
static int read_type(const struct api_request *req, enum emailevent_type *ret, bool *ret_none,
                     struct err_info *info)
{
    struct str text = api_query(req, "type");
    *ret = (enum emailevent_type)0;
    *ret_none = false;
    if (text.len == 0) {
        return 0;
    }
    for (int type = EMAILEVENT_SENT; type < EMAILEVENT_TYPES; type++) {
        if (str_eq_c(text, words[type])) {
            *ret = (enum emailevent_type)type;
            return 0;
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(unheard); i++) {
        *ret_none = *ret_none || str_eq_c(text, unheard[i]);
    }
    return *ret_none ? 0
                     : err_set_at(info, ERR_INVAL, "BAD_REQUEST", "type",
                                  "type must be one of delivered, open, click, bounce,"
                                  " spam_report, unsubscribe, dropped, deferred, sent");
}

/* ---- printing ------------------------------------------------------------------------------ */

/* A text of what was told; at == NULL: nothing. */
static struct str told_text(const struct jsonval *told, const char *name)
{
    const struct jsonval *value = told == NULL ? NULL : jsonval_get(told, name);
    bool is_text = value != NULL && value->type == JSONVAL_STRING;
    return is_text ? value->string : (struct str){NULL, 0};
}

static void write_data(struct jsonwrite *w, enum emailevent_type type, const struct jsonval *told)
{
    static const char *const names[EMAILEVENT_TYPES][2] = {
        [EMAILEVENT_OPENED] = {"userAgent", NULL},
        [EMAILEVENT_CLICKED] = {"url", "userAgent"},
        [EMAILEVENT_BOUNCED] = {"reason", "bounceType"},
        [EMAILEVENT_COMPLAINED] = {"reason", NULL},
        [EMAILEVENT_UNSUBSCRIBED] = {"reason", NULL},
    };
    jsonwrite_name(w, "data");
    jsonwrite_object(w);
    for (size_t i = 0; i < ARRAY_LEN(names[type]) && names[type][i] != NULL; i++) {
        struct str text = told_text(told, names[type][i]);
        if (text.at != NULL) {
            jsonparts_text(w, names[type][i], text);
        }
    }
    jsonwrite_object_end(w);
}

static void write_event(const struct api_request *req, struct jsonwrite *w,
                        const struct emailevent *event)
{
    const struct jsonval *told = NULL;
    if (event->data.at != NULL && jsonread_parse(req->arena, event->data, &told, NULL) < 0) {
        told = NULL;
    }
    jsonwrite_object(w);
    jsonwrite_name(w, "id");
    jsonwrite_i64(w, (int64_t)pushmail_id(req, event->number));
    jsonparts_text(w, "sendId", event->email_id);
    jsonparts_text(w, "toEmail", event->address);
    jsonparts_text(w, "subject", told_text(told, "subject"));
    jsonwrite_name(w, "type");
    jsonwrite_c(w, words[event->type]);
    write_data(w, event->type, told);
    jsonparts_text(w, "ipAddress", told_text(told, "ipAddress"));
    jsonwrite_name(w, "timestamp");
    jsonwrite_time(w, event->at_ms);
    jsonwrite_object_end(w);
}

int pmevents_list(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct pushmail_page page;
    enum emailevent_type type;
    struct emailevent *events = NULL;
    size_t count = 0;
    uint64_t total = 0;
    bool is_none;
    int err = read_type(req, &type, &is_none, info);
    if (err == 0) {
        err = pushmail_page_read(req, &page, info);
    }
    if (err == 0 && !is_none) {
        err = emailevent_list(req->db, req->arena, req->project_id, type,
                              (page.page - 1) * page.limit, (size_t)page.limit, &events, &count,
                              &total, info);
    }
    if (err < 0) {
        return err;
    }
    pushmail_begin(res, 200);
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "events");
    jsonwrite_list(&res->json);
    for (size_t i = 0; i < count; i++) {
        write_event(req, &res->json, &events[i]);
    }
    jsonwrite_list_end(&res->json);
    pushmail_pagination(&res->json, &page, total);
    jsonwrite_object_end(&res->json);
    pushmail_end(res);
    return 0;
}

#include "api/emailevents.h"

#include "api/bodytext.h"
#include "api/contactinput.h"
#include "api/pushmail.h"
#include "base/timeutil.h"
#include "store/email.h"
#include "store/emailwrite.h"

#define URL_CHARS 2048
#define REASON_CHARS 1000
#define TARGET_CHARS 200

/* ---- reading ------------------------------------------------------------------------------- */

/* contactId goes before email: an address may be another one by now. */
static int read_contact(struct arena *arena, const struct jsonval *object,
                        struct emailwrite_item *item, struct err_info *info)
{
    struct str email;
    struct str id;
    bool has_email;
    bool has_id;
    int err = api_body_str(object, "contactId", &id, &has_id, info);
    if (err == 0) {
        err = api_body_str(object, "email", &email, &has_email, info);
    }
    if (err < 0) {
        return err;
    }
    if (!has_id && !has_email) {
        return bodytext_refuse(info, "email", "required", "email or contactId is required");
    }
    if (has_id) {
        return uuid_parse(id, &item->contact)
                   ? 0
                   : err_set(info, ERR_NOT_FOUND, "CONTACT_NOT_FOUND", "Contact not found");
    }
    return email_normalise(arena, email, &item->email)
               ? 0
               : err_set_at(info, ERR_UNPROCESSABLE, "INVALID_EMAIL", "email",
                            "Invalid email address");
}

static int read_time(const struct jsonval *object, int64_t *ret_ms, struct err_info *info)
{
    struct str text;
    bool is_given;
    int err = api_body_str(object, "timestamp", &text, &is_given, info);
    if (err < 0) {
        return err;
    }
    if (!is_given) {
        return bodytext_refuse(info, "timestamp", "required", "timestamp is required");
    }
    enum timeutil_date kind = timeutil_parse(text, ret_ms);
    if (kind != TIMEUTIL_DAY && kind != TIMEUTIL_INSTANT) {
        return bodytext_refuse(info, "timestamp", "invalid_value",
                               "timestamp must be an ISO 8601 instant with a zone, such as"
                               " 2026-01-31T12:00:00Z");
    }
    return 0;
}

/* A UUID, or the integer that PushMail's routes show. */
static int read_target(struct arena *arena, const struct jsonval *object, const char *name,
                       struct str *ret, struct err_info *info)
{
    const struct bodytext field = {.name = name, .max_chars = TARGET_CHARS};
    const struct jsonval *value = jsonval_get(object, name);
    uint64_t id;
    if (value != NULL && value->type == JSONVAL_NUMBER) {
        if (!pushmail_integer(value, &id)) {
            return bodytext_refuse(info, name, "invalid_value",
                                   "%s must be a whole number, or a string", name);
        }
        *ret = str_from(arena_printf(arena, "%llu", (unsigned long long)id));
        return 0;
    }
    int err = bodytext_read(object, &field, ret, info);
    if (err == 0 && ret->len == 0) {
        *ret = (struct str){NULL, 0};
    }
    return err;
}

static int read_rest(struct arena *arena, const struct jsonval *object,
                     struct emailwrite_item *item, struct err_info *info)
{
    static const char *const bounces[] = {"hard", "soft", NULL};
    const struct bodytext url = {.name = "url", .max_chars = URL_CHARS};
    const struct bodytext reason = {.name = "reason", .max_chars = REASON_CHARS};
    int bounce = 0;
    int err = read_target(arena, object, "campaignId", &item->campaign, info);
    if (err == 0) {
        err = read_target(arena, object, "sequenceId", &item->sequence, info);
    }
    if (err == 0) {
        err = bodytext_read(object, &url, &item->url, info);
    }
    if (err == 0) {
        err = bodytext_read(object, &reason, &item->reason, info);
    }
    if (err == 0) { /* without a word a bounce is for good (§4.7) */
        err = bodytext_word(object, "bounceType", bounces, 0, &bounce, info);
    }
    item->is_soft = bounce == 1;
    return err;
}

static int read_item(struct arena *arena, const struct jsonval *object,
                     struct emailwrite_item *item, struct err_info *info)
{
    const struct bodytext email_id = {
        .name = "emailId", .max_chars = EMAILEVENT_ID_CHARS, .required = true};
    int type = 0;
    if (object->type != JSONVAL_OBJECT) {
        return err_set(info, ERR_UNPROCESSABLE, "VALIDATION_ERROR", "Expected object, received %s",
                       jsonval_type_name(object->type));
    }
    int err = read_contact(arena, object, item, info);
    if (err == 0) {
        err = bodytext_word(object, "type", emailevent_words, -1, &type, info);
    }
    if (err == 0) {
        err = bodytext_read(object, &email_id, &item->email_id, info);
    }
    if (err == 0) {
        err = read_time(object, &item->at_ms, info);
    }
    item->type = (enum emailevent_type)(EMAILEVENT_SENT + type);
    return err < 0 ? err : read_rest(arena, object, item, info);
}

static int read_batch(const struct api_request *req, struct emailwrite_batch *ret,
                      struct err_info *info)
{
    const struct jsonval *list;
    int err = api_body_list(req->json, "events", &list, info);
    if (err < 0) {
        return err;
    }
    if (list == NULL) {
        return bodytext_refuse(info, "events", "required", "events is required: a list");
    }
    if (list->count > EMAILWRITE_MAX) {
        return bodytext_refuse(info, "events", "too_big", "events can hold at most %d items",
                               EMAILWRITE_MAX);
    }
    struct emailwrite_item *items = arena_array(req->arena, list->count, sizeof *items);
    for (size_t i = 0; i < list->count; i++) {
        struct err_info problem = {0};
        err = read_item(req->arena, &list->items[i], &items[i], &problem);
        if (err < 0) {
            emailwrite_fail(req->arena, &items[i], err, &problem);
        }
    }
    *ret = (struct emailwrite_batch){.project_id = req->project_id,
                                     .site_index = req->site_index,
                                     .items = items,
                                     .count = list->count};
    return 0;
}

/* ---- answering ----------------------------------------------------------------------------- */

static void write_count(struct jsonwrite *w, const char *name, const struct emailwrite_batch *batch,
                        enum emailwrite_outcome outcome)
{
    int64_t count = 0;
    for (size_t i = 0; i < batch->count; i++) {
        count += batch->items[i].problem_err == 0 && batch->items[i].outcome == outcome;
    }
    jsonwrite_name(w, name);
    jsonwrite_i64(w, count);
}

static void write_errors(const struct api_request *req, struct jsonwrite *w,
                         const struct emailwrite_batch *batch)
{
    struct contactwrite_item *items = arena_array(req->arena, batch->count, sizeof *items);
    for (size_t i = 0; i < batch->count; i++) {
        items[i].problem_err = batch->items[i].problem_err;
        items[i].problem = batch->items[i].problem;
    }
    contactinput_write_errors(w,
                              &(struct contactwrite_batch){.items = items, .count = batch->count});
}

int emailevents_add(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct emailwrite_batch batch;
    struct jsonwrite *w = &res->json;
    int err = read_batch(req, &batch, info);
    if (err == 0) {
        err = emailwrite_run(req->db, req->arena, &batch, info);
    }
    if (err < 0) {
        return err;
    }
    api_begin(res, 200);
    jsonwrite_object(w);
    jsonwrite_name(w, "success");
    jsonwrite_bool(w, true);
    jsonwrite_name(w, "data");
    jsonwrite_object(w);
    write_count(w, "accepted", &batch, EMAILWRITE_STORED);
    write_count(w, "duplicates", &batch, EMAILWRITE_DUPLICATE);
    write_errors(req, w, &batch);
    jsonwrite_object_end(w);
    jsonwrite_object_end(w);
    return 0;
}

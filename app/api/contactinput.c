#include "api/contactinput.h"

#include <stdio.h>

#include "api/bodytext.h"
#include "base/limits.h"
#include "store/contact.h"
#include "store/email.h"

static int read_email(struct arena *arena, const struct jsonval *object, struct str *ret,
                      struct err_info *info)
{
    struct str given;
    bool is_given;
    int err = api_body_str(object, "email", &given, &is_given, info);
    if (err < 0 || !is_given) {
        return err;
    }
    if (!email_normalise(arena, given, ret)) {
        return err_set_at(info, ERR_UNPROCESSABLE, "INVALID_EMAIL", "email",
                          "Invalid email address");
    }
    return 0;
}

int contactinput_read(struct arena *arena, const struct jsonval *object, struct contactinput *ret,
                      struct err_info *info)
{
    bool subscribed;
    bool is_given;
    *ret = (struct contactinput){.subscribe = CONTACTCHANGE_KEEP};
    int err = read_email(arena, object, &ret->email, info);
    if (err == 0) {
        err = api_body_bool(object, "subscribed", &subscribed, &is_given, info);
    }
    if (err < 0) {
        return err;
    }
    if (is_given) {
        ret->subscribe = subscribed ? CONTACTCHANGE_SUBSCRIBE : CONTACTCHANGE_UNSUBSCRIBE;
    }
    const struct jsonval *data = jsonval_get(object, "data");
    ret->clear_data = data != NULL && data->type == JSONVAL_NULL;
    return contactdata_read(arena, data, "data", &ret->data, info);
}

struct contactwrite_handles contactinput_handles(const struct api_request *req)
{
    return (struct contactwrite_handles){req->db, req->context->reserve, req->context->hostmem};
}

static int read_item(struct arena *arena, const struct jsonval *value,
                     int (*read)(struct arena *arena, const struct jsonval *object,
                                 struct contactwrite_item *item, struct err_info *info),
                     struct contactwrite_item *item, struct err_info *info)
{
    if (value->type != JSONVAL_OBJECT) {
        return err_set(info, ERR_UNPROCESSABLE, "VALIDATION_ERROR", "Expected object, received %s",
                       jsonval_type_name(value->type));
    }
    return read(arena, value, item, info);
}

int contactinput_read_batch(const struct api_request *req, const char *name,
                            int (*read)(struct arena *arena, const struct jsonval *object,
                                        struct contactwrite_item *item, struct err_info *info),
                            struct contactwrite_batch *ret, struct err_info *info)
{
    const struct jsonval *list;
    int err = api_body_list(req->json, name, &list, info);
    if (err < 0) {
        return err;
    }
    if (list == NULL) {
        return bodytext_refuse(info, name, "required", "%s is required: a list", name);
    }
    if (list->count > LIMIT_BATCH_ITEMS) {
        return bodytext_refuse(info, name, "too_big", "%s can hold at most %d items", name,
                               LIMIT_BATCH_ITEMS);
    }
    struct contactwrite_item *items = arena_array(req->arena, list->count, sizeof *items);
    for (size_t i = 0; i < list->count; i++) {
        struct err_info problem = {0};
        err = read_item(req->arena, &list->items[i], read, &items[i], &problem);
        if (err < 0) {
            contactwrite_fail(req->arena, &items[i], err, &problem);
        }
    }
    *ret = (struct contactwrite_batch){.project_id = req->project_id,
                                       .by_public = req->key_kind == API_KEY_PUBLIC,
                                       .items = items,
                                       .count = list->count};
    return 0;
}

int contactinput_check_new(const struct api_request *req, struct str email, const char *exists,
                           struct err_info *info)
{
    struct contact contact;
    int err = contact_by_email(req->db, req->arena, req->project_id, email, &contact, info);
    if (err == ERR_NOT_FOUND) {
        return 0;
    }
    return err < 0 ? err : err_set(info, ERR_CONFLICT, NULL, "%s", exists);
}

/* Where the message is about the whole request, what is wrong stands in the item. */
static void write_message(struct jsonwrite *w, const struct err_info *problem)
{
    const struct err_item *item = &problem->item;
    if (problem->has_item && strcmp(problem->message, item->message) != 0) {
        char text[sizeof item->field + sizeof item->message + 2];
        (void)snprintf(text, sizeof text, "%s: %s", item->field, item->message);
        jsonwrite_c(w, text);
    } else {
        jsonwrite_c(w, problem->message);
    }
}

void contactinput_write_errors(struct jsonwrite *w, const struct contactwrite_batch *batch)
{
    jsonwrite_name(w, "errors");
    jsonwrite_list(w);
    for (size_t i = 0; i < batch->count; i++) {
        const struct err_info *problem = batch->items[i].problem;
        if (batch->items[i].problem_err == 0) {
            continue;
        }
        jsonwrite_object(w);
        jsonwrite_name(w, "index");
        jsonwrite_i64(w, (int64_t)i);
        jsonwrite_name(w, "code");
        jsonwrite_c(w, problem->code);
        jsonwrite_name(w, "message");
        write_message(w, problem);
        jsonwrite_object_end(w);
    }
    jsonwrite_list_end(w);
}

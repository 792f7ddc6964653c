#include "api/deliveries.h"

#include <stdio.h>

#include "api/bodytext.h"
#include "api/jsonparts.h"
#include "api/paging.h"
#include "store/deliveryask.h"
#include "store/deliverylist.h"
#include "store/webhook.h"

/* ---- printing ------------------------------------------------------------------------------ */

/* How many bytes of valid UTF-8 the text begins with, as one character; 0: none. */
static size_t deliveries_char(struct str text)
{
    for (size_t len = 1; len <= 4 && len <= text.len; len++) {
        if (str_is_utf8((struct str){text.at, len})) {
            return len;
        }
    }
    return 0;
}

/* Any bytes as text: what is no UTF-8 becomes U+FFFD. */
static struct str deliveries_text(struct arena *arena, struct str bytes)
{
    static const char replacement[] = "\xef\xbf\xbd";
    char *out = arena_alloc(arena, bytes.len * 3 + 1);
    size_t len = 0;
    size_t from = 0;
    while (from < bytes.len) {
        size_t step = deliveries_char((struct str){bytes.at + from, bytes.len - from});
        if (step == 0) {
            memcpy(out + len, replacement, 3);
            len += 3;
            from++;
        } else {
            memcpy(out + len, bytes.at + from, step);
            len += step;
            from += step;
        }
    }
    return (struct str){out, len};
}

static void deliveries_write_attempt(struct jsonwrite *w, struct arena *arena,
                                     const struct deliverylist_attempt *attempt)
{
    jsonwrite_object(w);
    jsonwrite_name(w, "number");
    jsonwrite_i64(w, attempt->attempt_no);
    jsonwrite_name(w, "at");
    jsonwrite_time(w, attempt->started_ms);
    jsonwrite_name(w, "status");
    if (attempt->status == 0) {
        jsonwrite_null(w);
    } else {
        jsonwrite_i64(w, attempt->status);
    }
    jsonwrite_name(w, "ms");
    jsonwrite_i64(w, attempt->duration_ms);
    jsonparts_text(w, "error", attempt->error);
    jsonparts_text(w, "reply",
                   attempt->reply.at == NULL ? attempt->reply
                                             : deliveries_text(arena, attempt->reply));
    jsonwrite_object_end(w);
}

/* `payload`: the body as it is sent, which is JSON of our own; at == NULL: not to be told. */
static void deliveries_write(struct jsonwrite *w, struct arena *arena,
                             const struct deliverylist_item *item, struct str payload)
{
    jsonwrite_object(w);
    jsonparts_id(w, "id", &item->delivery_id);
    jsonparts_id(w, "eventId", &item->event_id);
    jsonparts_text(w, "type", item->type);
    jsonwrite_name(w, "state");
    jsonwrite_c(w, deliverylist_state_word(item->state));
    jsonwrite_name(w, "attemptCount");
    jsonwrite_i64(w, item->attempt_count);
    jsonwrite_name(w, "attempts");
    jsonwrite_list(w);
    for (size_t i = 0; i < item->attempt_rows; i++) {
        deliveries_write_attempt(w, arena, &item->attempts[i]);
    }
    jsonwrite_list_end(w);
    jsonwrite_name(w, "nextAttemptAt");
    if (item->due_ms == DELIVERYLIST_NEVER) {
        jsonwrite_null(w);
    } else {
        jsonwrite_time(w, item->due_ms);
    }
    jsonwrite_name(w, "createdAt");
    jsonwrite_time(w, item->created_ms);
    jsonwrite_name(w, "updatedAt");
    jsonwrite_time(w, item->updated_ms);
    if (payload.at != NULL) {
        jsonparts_json(w, "payload", payload);
    }
    jsonwrite_object_end(w);
}

/* ---- the list ------------------------------------------------------------------------------ */

static int deliveries_webhook_id(const struct api_request *req, struct uuid *ret,
                                 struct err_info *info)
{
    if (uuid_parse(req->path_args[0], ret)) {
        return 0;
    }
    return err_set(info, ERR_NOT_FOUND, "RESOURCE_NOT_FOUND", "Webhook not found");
}

static int deliveries_find_webhook(const struct api_request *req, struct webhook *ret,
                                   struct err_info *info)
{
    struct uuid uuid;
    int err = deliveries_webhook_id(req, &uuid, info);
    return err < 0 ? err : webhook_get(req->db, req->arena, req->project_id, &uuid, ret, info);
}

static int deliveries_read_state(const struct api_request *req, unsigned *ret,
                                 struct err_info *info)
{
    struct str word = api_query(req, "state");
    *ret = 0;
    if (word.len == 0) {
        return 0;
    }
    for (unsigned state = DELIVERY_PENDING; state <= DELIVERY_DEAD; state++) {
        if (str_eq_c(word, deliverylist_state_word((enum delivery_state)state))) {
            *ret = state;
            return 0;
        }
    }
    return err_set_at(info, ERR_INVAL, "BAD_REQUEST", "state",
                      "state must be one of pending, failed, delivered, dead");
}

static int deliveries_read_query(const struct api_request *req, struct paging_cursor *paging,
                                 struct deliverylist_query *ret, struct err_info *info)
{
    struct webhook webhook;
    int err = deliveries_find_webhook(req, &webhook, info);
    if (err == 0) {
        err = deliveries_read_state(req, &ret->state, info);
    }
    if (err == 0) {
        err = paging_read_cursor(req, paging, info);
    }
    if (err == 0) {
        ret->project_id = req->project_id;
        ret->webhook_id = webhook.webhook_id;
        ret->has_after = paging->has_after;
        ret->after = paging->after;
        ret->limit = paging->limit;
    }
    return err;
}

int deliveries_list(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct deliverylist_query query = {.state = 0};
    struct paging_cursor paging;
    struct deliverylist_item *items;
    size_t count = 0;
    bool has_more = false;
    uint64_t total = 0;
    int err = deliveries_read_query(req, &paging, &query, info);
    if (err == 0) {
        err =
            deliverylist_page(req->db, req->arena, &query, &items, &count, &has_more, &total, info);
    }
    if (err < 0) {
        return err;
    }
    api_begin(res, 200);
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "data");
    jsonwrite_list(&res->json);
    for (size_t i = 0; i < count; i++) {
        deliveries_write(&res->json, req->arena, &items[i], (struct str){NULL, 0});
    }
    jsonwrite_list_end(&res->json);
    paging_write_cursor(&res->json, &paging, count > 0 ? &items[count - 1].delivery_id : NULL,
                        has_more, total);
    jsonwrite_object_end(&res->json);
    return 0;
}

/* ---- one message --------------------------------------------------------------------------- */

static int deliveries_find(const struct api_request *req, const struct uuid *delivery_id,
                           struct webhook *webhook, struct deliverylist_item *ret,
                           struct err_info *info)
{
    int err = deliveries_find_webhook(req, webhook, info);
    return err < 0 ? err
                   : deliverylist_get(req->db, req->arena, req->project_id, webhook->webhook_id,
                                      delivery_id, ret, info);
}

int deliveries_get(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct webhook webhook;
    struct deliverylist_item item;
    struct uuid delivery_id;
    struct str payload;
    if (!uuid_parse(req->path_args[1], &delivery_id)) {
        delivery_id = (struct uuid){0}; /* the webhook is looked for first, whatever follows it */
    }
    int err = deliveries_find(req, &delivery_id, &webhook, &item, info);
    if (err == 0) {
        err = deliverylist_body(req->db, req->arena, req->project_id, webhook.webhook_id,
                                &delivery_id, &payload, info);
    }
    if (err < 0) {
        return err;
    }
    api_begin(res, 200);
    deliveries_write(&res->json, req->arena, &item, payload);
    return 0;
}

/* ---- by hand ------------------------------------------------------------------------------- */

/* 202 with the message as it stands now. */
static int deliveries_answer(const struct api_request *req, struct api_response *res,
                             const struct uuid *delivery_id, struct err_info *info)
{
    struct webhook webhook;
    struct deliverylist_item item;
    int err = deliveries_find(req, delivery_id, &webhook, &item, info);
    if (err < 0) {
        return err;
    }
    api_begin(res, 202);
    deliveries_write(&res->json, req->arena, &item, (struct str){NULL, 0});
    return 0;
}

int deliveries_test(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct uuid webhook;
    struct uuid delivery_id;
    int err = deliveries_webhook_id(req, &webhook, info);
    if (err == 0) {
        err = deliveryask_test(req->db, req->arena, req->project_id, &webhook, &delivery_id, info);
    }
    return err < 0 ? err : deliveries_answer(req, res, &delivery_id, info);
}

int deliveries_retry(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct uuid webhook;
    struct uuid delivery_id;
    int err = deliveries_webhook_id(req, &webhook, info);
    if (err == 0 && !uuid_parse(req->path_args[1], &delivery_id)) {
        err = err_set(info, ERR_NOT_FOUND, "RESOURCE_NOT_FOUND", "Delivery not found");
    }
    if (err == 0) {
        err = deliveryask_retry(req->db, req->arena, req->project_id, &webhook, &delivery_id, info);
    }
    return err < 0 ? err : deliveries_answer(req, res, &delivery_id, info);
}

/* Sequences are whole numbers that a JSON number can hold. */
static int deliveries_read_after(const struct api_request *req, uint64_t *ret,
                                 struct err_info *info)
{
    const struct jsonval *after = jsonval_get(req->json, "after");
    const double most = 9007199254740991.0;
    *ret = 0;
    if (after == NULL || after->type == JSONVAL_NULL) {
        return bodytext_refuse(info, "after", "required",
                               "after is required: the last sequence that need not be sent again,"
                               " 0 for all");
    }
    if (after->type != JSONVAL_NUMBER) {
        const char *type = jsonval_type_name(after->type);
        int err =
            bodytext_refuse(info, "after", "invalid_type", "Expected number, received %s", type);
        (void)snprintf(info->item.received, sizeof(info->item.received), "%s", type);
        return err;
    }
    if (after->number < 0 || after->number > most ||
        after->number != (double)(uint64_t)after->number) {
        return bodytext_refuse(info, "after", "invalid_value",
                               "after must be a sequence: a whole number from 0");
    }
    *ret = (uint64_t)after->number;
    return 0;
}

static int deliveries_read_segment(const struct api_request *req, struct uuid *ret,
                                   struct err_info *info)
{
    static const struct bodytext field = {"segmentId", 36, true};
    struct str text;
    int err = bodytext_read(req->json, &field, &text, info);
    if (err == 0 && !uuid_parse(text, ret)) {
        err = bodytext_refuse(info, "segmentId", "invalid_value", "segmentId must be a UUID");
    }
    return err;
}

int deliveries_replay(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct uuid webhook;
    struct uuid segment;
    uint64_t after;
    uint64_t count = 0;
    int err = deliveries_webhook_id(req, &webhook, info);
    if (err == 0) {
        err = deliveries_read_after(req, &after, info);
    }
    if (err == 0) {
        err = deliveries_read_segment(req, &segment, info);
    }
    if (err == 0) {
        err = deliveryask_replay(req->db, req->arena, req->project_id, &webhook, &segment, after,
                                 &count, info);
    }
    if (err < 0) {
        return err;
    }
    api_begin(res, 202);
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "queued");
    jsonwrite_i64(&res->json, (int64_t)count);
    jsonwrite_object_end(&res->json);
    return 0;
}

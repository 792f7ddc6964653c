#include "api/track.h"

#include <stdio.h>

#include "api/bodytext.h"
#include "api/contactinput.h"
#include "api/idempotencykey.h"
#include "api/jsonparts.h"
#include "base/limits.h"
#include "base/timeutil.h"
#include "store/eventname.h"

/* ---- reading ------------------------------------------------------------------------------- */

int track_check_name(struct str name, const char *place, struct err_info *info)
{
    switch (eventname_judge(name)) {
    case EVENTNAME_OK:
        return 0;
    case EVENTNAME_RESERVED:
        (void)bodytext_refuse(info, place, "reserved_event", "Cannot track reserved system event");
        (void)snprintf(info->item.received, sizeof info->item.received, STR_FMT,
                       name.len < sizeof info->item.received ? (int)name.len
                                                             : (int)sizeof info->item.received - 1,
                       name.at);
        return ERR_UNPROCESSABLE;
    case EVENTNAME_BAD:
        break;
    }
    return bodytext_refuse(info, place, "invalid_value",
                           "An event name is 1 to %d bytes without control characters, and none of"
                           " contact, names, stats, track, import, batch",
                           LIMIT_EVENT_NAME_BYTES);
}

static int read_name(const struct jsonval *object, struct str *ret, struct err_info *info)
{
    bool is_given;
    int err = api_body_str(object, "event", ret, &is_given, info);
    if (err < 0) {
        return err;
    }
    if (!is_given) {
        return bodytext_refuse(info, "event", "required", "event is required");
    }
    return track_check_name(*ret, "event", info);
}

static int read_time(const struct jsonval *object, int64_t *ret_ms, struct err_info *info)
{
    struct str text;
    bool is_given;
    int err = api_body_str(object, "timestamp", &text, &is_given, info);
    *ret_ms = CONTACTWRITE_NOW;
    if (err < 0 || !is_given) {
        return err;
    }
    enum timeutil_date kind = timeutil_parse(text, ret_ms);
    if (kind != TIMEUTIL_DAY && kind != TIMEUTIL_INSTANT) {
        return bodytext_refuse(info, "timestamp", "invalid_value",
                               "timestamp must be an ISO 8601 instant with a zone, such as"
                               " 2026-01-31T12:00:00Z");
    }
    return 0;
}

static int read_event(struct arena *arena, const struct jsonval *object,
                      const struct contactdata_input *data, struct contactwrite_event *ret,
                      struct err_info *info)
{
    int err = read_name(object, &ret->name, info);
    if (err == 0) {
        err = read_time(object, &ret->at_ms, info);
    }
    return err < 0 ? err : contactdata_print(arena, data->all, &ret->data, info);
}

static int read_track_item(struct arena *arena, const struct jsonval *object,
                           struct contactwrite_item *item, struct err_info *info)
{
    struct contactinput input;
    bool keep_existing;
    bool is_given;
    struct contactwrite_event *event = arena_alloc(arena, sizeof *event);
    int err = contactinput_read(arena, object, &input, info);
    if (err == 0 && input.email.at == NULL) {
        err = bodytext_refuse(info, "email", "required", "email is required");
    }
    if (err == 0) {
        err =
            api_body_bool(object, "preserveExistingSubscription", &keep_existing, &is_given, info);
    }
    if (err == 0) {
        err = read_event(arena, object, &input.data, event, info);
    }
    if (err < 0) {
        return err;
    }
    *item = (struct contactwrite_item){.email = input.email,
                                       .subscribe = input.subscribe,
                                       .subscribe_only_new = is_given && keep_existing,
                                       .patch = input.data.patch,
                                       .event = event};
    return 0;
}

/* ---- one ----------------------------------------------------------------------------------- */

static void answer_tracked(struct api_response *res, const struct contactwrite_item *item)
{
    api_begin(res, 200);
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "success");
    jsonwrite_bool(&res->json, true);
    jsonwrite_name(&res->json, "data");
    jsonwrite_object(&res->json);
    jsonparts_id(&res->json, "contact", &item->contact->uuid);
    jsonparts_id(&res->json, "event", &item->event->uuid);
    jsonwrite_name(&res->json, "timestamp");
    jsonwrite_time(&res->json, item->event->stored_ms);
    jsonwrite_object_end(&res->json);
    jsonwrite_object_end(&res->json);
}

int track_one(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct contactwrite_item item;
    struct idempotency_claim claim;
    struct idempotency_claim *claimed = NULL;
    int err = read_track_item(req->arena, req->json, &item, info);
    if (err == 0) {
        err = idempotencykey_read(req, STR("POST /v1/track"), &claim, &claimed, info);
    }
    if (err < 0) {
        return err;
    }
    struct contactwrite_handles handles = contactinput_handles(req);
    struct contactwrite_batch batch = {.project_id = req->project_id,
                                       .by_public = req->key_kind == API_KEY_PUBLIC,
                                       .items = &item,
                                       .count = 1,
                                       .claim = claimed,
                                       .all_or_nothing = true};
    err = contactwrite_upsert(&handles, req->arena, &batch, info);
    if (err == ERR_CONFLICT && claimed != NULL) {
        return idempotencykey_answer_reused(req, res, claimed, info);
    }
    if (err < 0) {
        return err;
    }
    answer_tracked(res, &item);
    if (claimed != NULL) {
        idempotencykey_used(req);
    }
    return 0;
}

/* ---- many ---------------------------------------------------------------------------------- */

int track_batch(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct contactwrite_batch batch;
    int64_t accepted = 0;
    struct contactwrite_handles handles = contactinput_handles(req);
    int err = contactinput_read_batch(req, "events", read_track_item, &batch, info);
    if (err == 0) {
        err = contactwrite_upsert(&handles, req->arena, &batch, info);
    }
    if (err < 0) {
        return err;
    }
    for (size_t i = 0; i < batch.count; i++) {
        accepted += batch.items[i].problem_err == 0;
    }
    api_begin(res, 200);
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "success");
    jsonwrite_bool(&res->json, true);
    jsonwrite_name(&res->json, "data");
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "accepted");
    jsonwrite_i64(&res->json, accepted);
    contactinput_write_errors(&res->json, &batch);
    jsonwrite_object_end(&res->json);
    jsonwrite_object_end(&res->json);
    return 0;
}

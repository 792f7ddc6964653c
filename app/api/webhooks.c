#include "api/webhooks.h"

#include <stdio.h>

#include "api/audittrail.h"
#include "api/bodytext.h"
#include "api/errors.h"
#include "api/jsonparts.h"
#include "base/base64.h"
#include "base/limits.h"
#include "base/urlguard.h"
#include "store/outboxpattern.h"
#include "store/webhook.h"

/* ---- printing ------------------------------------------------------------------------------ */

static void webhooks_write_time(struct jsonwrite *w, const char *name, int64_t ms)
{
    jsonwrite_name(w, name);
    if (ms == WEBHOOK_NEVER) {
        jsonwrite_null(w);
    } else {
        jsonwrite_time(w, ms);
    }
}

/* `secret`: at == NULL: it is not told. */
static void webhooks_write(struct jsonwrite *w, const struct webhook *webhook, struct str secret,
                           const char *project_uuid)
{
    jsonwrite_object(w);
    jsonparts_id(w, "id", &webhook->uuid);
    jsonparts_text(w, "url", webhook->url);
    jsonparts_json(w, "events", webhook->events);
    jsonparts_text(w, "description", webhook->description);
    jsonwrite_name(w, "enabled");
    jsonwrite_bool(w, webhook->enabled);
    if (secret.at != NULL) {
        jsonparts_text(w, "secret", secret);
    }
    jsonparts_text(w, "disabledReason", webhook->disabled_reason);
    webhooks_write_time(w, "disabledAt", webhook->disabled_ms);
    webhooks_write_time(w, "lastSuccessAt", webhook->last_success_ms);
    webhooks_write_time(w, "failingSince", webhook->failing_since_ms);
    jsonwrite_name(w, "failures");
    jsonwrite_i64(w, webhook->failures);
    jsonwrite_name(w, "projectId");
    jsonwrite_c(w, project_uuid);
    webhooks_write_time(w, "createdAt", webhook->created_ms);
    webhooks_write_time(w, "updatedAt", webhook->updated_ms);
    jsonwrite_object_end(w);
}

static int webhooks_answer(const struct api_request *req, struct api_response *res, int status,
                           const struct webhook *webhook, struct str secret)
{
    api_begin(res, status);
    webhooks_write(&res->json, webhook, secret, req->project_uuid);
    return 0;
}

/* A secret as its owner keeps it (Standard Webhooks, "Signature scheme"). */
static struct str webhooks_secret_text(struct arena *arena, struct str secret)
{
    struct str text = base64_encode(arena, secret.at, secret.len);
    return str_from(arena_printf(arena, "whsec_" STR_FMT, STR_ARG(text)));
}

/* ---- reading ------------------------------------------------------------------------------- */

static int webhooks_path_id(const struct api_request *req, struct uuid *ret, struct err_info *info)
{
    if (uuid_parse(req->path_args[0], ret)) {
        return 0;
    }
    return err_set(info, ERR_NOT_FOUND, "RESOURCE_NOT_FOUND", "Webhook not found");
}

static int webhooks_read_url(const struct api_request *req, bool is_required, struct str *ret,
                             struct err_info *info)
{
    const struct bodytext field = {"url", URLGUARD_URL_BYTES, is_required};
    struct urlguard guard;
    struct err_info why = {.message = ""};
    int err = bodytext_read(req->json, &field, ret, info);
    if (err < 0 || ret->at == NULL) {
        return err;
    }
    err = urlguard_parse(req->context->webhook_allow, &guard, info);
    if (err < 0) {
        return err_set(info, ERR_INTERNAL, NULL, "MUSTER_WEBHOOK_ALLOW is malformed");
    }
    if (urlguard_check_url(&guard, *ret, &why) < 0) {
        return bodytext_refuse(info, "url", "invalid_url", "%s", why.message);
    }
    return 0;
}

static int webhooks_check_events(const struct jsonval *list, struct err_info *info)
{
    char field[40];
    if (list->count == 0) {
        return bodytext_refuse(info, "events", "too_small",
                               "events must name at least one event; leave it out for"
                               " [\"segment.*\"]");
    }
    if (list->count > LIMIT_WEBHOOK_EVENTS) {
        return bodytext_refuse(info, "events", "too_big", "events can hold at most %d names",
                               LIMIT_WEBHOOK_EVENTS);
    }
    int err = bodytext_check_strings(list, "events", info);
    for (size_t i = 0; err == 0 && i < list->count; i++) {
        (void)snprintf(field, sizeof(field), "events.%zu", i);
        err = outboxpattern_check(list->items[i].string, field, info);
    }
    return err;
}

/* The list as JSON text, in the arena; at == NULL: not given. */
static int webhooks_read_events(const struct api_request *req, struct str *ret,
                                struct err_info *info)
{
    const struct jsonval *list;
    struct buf out;
    struct jsonwrite w;
    int err = api_body_list(req->json, "events", &list, info);
    *ret = (struct str){NULL, 0};
    if (err < 0 || list == NULL) {
        return err;
    }
    err = webhooks_check_events(list, info);
    if (err < 0) {
        return err;
    }
    buf_init(&out, LIMIT_BODY_BYTES);
    jsonwrite_init(&w, &out);
    jsonwrite_value(&w, list);
    *ret = str_copy(req->arena, buf_str(&out));
    buf_done(&out);
    return 0;
}

/* Reads what is given; `ret_parts` tells what that was. */
static int webhooks_read(const struct api_request *req, bool is_new, struct webhook_input *ret,
                         unsigned *ret_parts, struct err_info *info)
{
    static const struct bodytext description = {"description", LIMIT_WEBHOOK_DESCRIPTION_CHARS,
                                                false};
    bool has_enabled = false;
    *ret = (struct webhook_input){.enabled = true};
    *ret_parts = 0;
    int err = webhooks_read_url(req, is_new, &ret->url, info);
    if (err == 0) {
        err = webhooks_read_events(req, &ret->events, info);
    }
    if (err == 0) {
        err = bodytext_read(req->json, &description, &ret->description, info);
    }
    if (err == 0) {
        err = api_body_bool(req->json, "enabled", &ret->enabled, &has_enabled, info);
    }
    if (err < 0) {
        return err;
    }
    ret->enabled = ret->enabled || !has_enabled;
    *ret_parts |= ret->url.at != NULL ? WEBHOOK_SET_URL : 0;
    *ret_parts |= ret->events.at != NULL ? WEBHOOK_SET_EVENTS : 0;
    *ret_parts |= jsonval_get(req->json, "description") != NULL ? WEBHOOK_SET_DESCRIPTION : 0;
    *ret_parts |= has_enabled ? WEBHOOK_SET_ENABLED : 0;
    return 0;
}

/* The master key is read when it is needed, which is rare: no process keeps it. Returns false with
 * the answer made when there is none. */
static bool webhooks_load_seal(const struct api_request *req, struct api_response *res,
                               struct seal *ret)
{
    struct err_info why = {.message = ""};
    int err = seal_load(req->context->master_key_file, ret, &why);
    if (err == 0) {
        return true;
    }
    errors_answer_with(
        req, res, 503, "EXTERNAL_SERVICE_ERROR",
        "This server has no master key to keep webhook secrets with: its"
        " administrator must set MUSTER_MASTER_KEY_FILE (`muster doctor` tells more)",
        (struct str){NULL, 0});
    res->err = err;
    (void)snprintf(res->problem, sizeof(res->problem), "%.200s", why.message);
    return false;
}

/* ---- handlers ------------------------------------------------------------------------------ */

int webhooks_list(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct webhook *webhooks;
    size_t count;
    int err = webhook_list(req->db, req->arena, req->project_id, &webhooks, &count, info);
    if (err < 0) {
        return err;
    }
    api_begin(res, 200);
    jsonwrite_list(&res->json);
    for (size_t i = 0; i < count; i++) {
        webhooks_write(&res->json, &webhooks[i], (struct str){NULL, 0}, req->project_uuid);
    }
    jsonwrite_list_end(&res->json);
    return 0;
}

int webhooks_get(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct uuid uuid;
    struct webhook webhook;
    int err = webhooks_path_id(req, &uuid, info);
    if (err == 0) {
        err = webhook_get(req->db, req->arena, req->project_id, &uuid, &webhook, info);
    }
    return err < 0 ? err : webhooks_answer(req, res, 200, &webhook, (struct str){NULL, 0});
}

int webhooks_create(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct webhook_input input;
    struct webhook webhook;
    struct seal seal;
    struct str secret;
    unsigned parts;
    int err = webhooks_read(req, true, &input, &parts, info);
    if (err < 0) {
        return err;
    }
    if (!webhooks_load_seal(req, res, &seal)) {
        return 0;
    }
    if (input.events.at == NULL) {
        input.events = STR("[\"segment.*\"]");
    }
    err = webhook_create(req->db, req->arena, &seal, req->project_id, &input, &webhook, &secret,
                         info);
    if (err == 0) {
        audittrail_add(req, res, "webhook.created", "webhook", &webhook.uuid,
                       (struct str){NULL, 0});
    }
    return err < 0
               ? err
               : webhooks_answer(req, res, 201, &webhook, webhooks_secret_text(req->arena, secret));
}

int webhooks_update(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct webhook_input input;
    struct webhook webhook;
    struct uuid uuid;
    unsigned parts;
    int err = webhooks_path_id(req, &uuid, info);
    if (err == 0) {
        err = webhooks_read(req, false, &input, &parts, info);
    }
    if (err == 0) {
        err = webhook_update(req->db, req->arena, req->project_id, &uuid, parts, &input, &webhook,
                             info);
    }
    if (err == 0) {
        audittrail_add(req, res, "webhook.updated", "webhook", &webhook.uuid,
                       (struct str){NULL, 0});
    }
    return err < 0 ? err : webhooks_answer(req, res, 200, &webhook, (struct str){NULL, 0});
}

int webhooks_delete(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct uuid uuid;
    int err = webhooks_path_id(req, &uuid, info);
    if (err == 0) {
        err = webhook_delete(req->db, req->arena, req->project_id, &uuid, info);
    }
    if (err < 0) {
        return err;
    }
    audittrail_add(req, res, "webhook.deleted", "webhook", &uuid, (struct str){NULL, 0});
    api_no_content(res);
    return 0;
}

int webhooks_rotate(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct webhook webhook;
    struct seal seal;
    struct uuid uuid;
    struct str secret;
    int err = webhooks_path_id(req, &uuid, info);
    if (err < 0) {
        return err;
    }
    if (!webhooks_load_seal(req, res, &seal)) {
        return 0;
    }
    err =
        webhook_rotate(req->db, req->arena, &seal, req->project_id, &uuid, &webhook, &secret, info);
    if (err == 0) {
        audittrail_add(req, res, "webhook.secret_rotated", "webhook", &webhook.uuid,
                       (struct str){NULL, 0});
    }
    return err < 0
               ? err
               : webhooks_answer(req, res, 200, &webhook, webhooks_secret_text(req->arena, secret));
}

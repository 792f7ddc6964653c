#include "api/snshooks.h"

#include "api/jsonparts.h"
#include "store/snsenvelope.h"
#include "store/snshook.h"
#include "store/snsmessage.h"

/* ---- printing ------------------------------------------------------------------------------ */

static void write_time(struct jsonwrite *w, const char *name, int64_t ms)
{
    jsonwrite_name(w, name);
    if (ms == SNSHOOK_NEVER) {
        jsonwrite_null(w);
    } else {
        jsonwrite_time(w, ms);
    }
}

/* `token`: NULL: it is not told. */
static void write_hook(const struct api_request *req, struct jsonwrite *w,
                       const struct snshook *hook, const char *token)
{
    jsonwrite_object(w);
    jsonparts_id(w, "id", &hook->id);
    if (token != NULL) {
        jsonparts_text(w, "token", str_from(token));
        jsonparts_text(w, "path", str_from(arena_printf(req->arena, "/hooks/sns/%s", token)));
    }
    jsonparts_text(w, "topicArn", hook->topic_arn);
    jsonwrite_name(w, "verified");
    jsonwrite_bool(w, hook->is_verified);
    write_time(w, "confirmedAt", hook->confirmed_ms);
    jsonparts_text(w, "problem", hook->problem);
    write_time(w, "problemAt", hook->problem_ms);
    jsonwrite_name(w, "projectId");
    jsonwrite_c(w, req->project_uuid);
    write_time(w, "createdAt", hook->created_ms);
    jsonwrite_object_end(w);
}

/* ---- for the owner ------------------------------------------------------------------------- */

static int path_id(const struct api_request *req, struct uuid *ret, struct err_info *info)
{
    return uuid_parse(req->path_args[0], ret)
               ? 0
               : err_set(info, ERR_NOT_FOUND, "RESOURCE_NOT_FOUND", "SNS hook not found");
}

int snshooks_list(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct snshook *hooks = NULL;
    size_t count = 0;
    int err = snshook_list(req->db, req->arena, req->project_id, &hooks, &count, info);
    if (err < 0) {
        return err;
    }
    api_begin(res, 200);
    jsonwrite_list(&res->json);
    for (size_t i = 0; i < count; i++) {
        write_hook(req, &res->json, &hooks[i], NULL);
    }
    jsonwrite_list_end(&res->json);
    return 0;
}

int snshooks_create(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct snshook hook;
    char token[SNSHOOK_TOKEN_CHARS];
    int err = snshook_create(req->db, req->project_id, &hook, token, info);
    if (err < 0) {
        return err;
    }
    api_begin(res, 201);
    write_hook(req, &res->json, &hook, token);
    return 0;
}

int snshooks_rotate(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct snshook hook;
    struct uuid id;
    char token[SNSHOOK_TOKEN_CHARS];
    int err = path_id(req, &id, info);
    if (err == 0) {
        err = snshook_rotate(req->db, req->arena, req->project_id, &id, &hook, token, info);
    }
    if (err < 0) {
        return err;
    }
    api_begin(res, 200);
    write_hook(req, &res->json, &hook, token);
    return 0;
}

int snshooks_delete(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct uuid id;
    int err = path_id(req, &id, info);
    if (err == 0) {
        err = snshook_delete(req->db, req->project_id, &id, info);
    }
    if (err < 0) {
        return err;
    }
    api_no_content(res);
    return 0;
}

/* ---- for SNS ------------------------------------------------------------------------------- */

/* The signature is judged later, by a worker that may fetch the certificate: nothing of the message
 * is believed here. */
int snshooks_receive(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct snsenvelope envelope;
    struct snshook hook;
    uint32_t project_id = 0;
    int err = snshook_by_token(req->db, req->arena, req->path_args[0], &project_id, &hook, info);
    if (err == 0) {
        err = snsenvelope_read(req->arena, req->json, &envelope, info);
    }
    if (err == 0) {
        err = snsmessage_take(req->db, project_id, &hook, &envelope, req->body, info);
    }
    if (err < 0) {
        return err;
    }
    api_begin(res, 200);
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "success");
    jsonwrite_bool(&res->json, true);
    jsonwrite_object_end(&res->json);
    return 0;
}

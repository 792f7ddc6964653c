#include "api/sessions.h"

#include "api/audittrail.h"
#include "api/bodytext.h"
#include "api/jsonparts.h"
#include "api/keys.h"
#include "store/hostmem.h"
#include "store/project.h"
#include "store/session.h"

#define KEY_CHARS 200 /* more than any key or token has: longer ones are not looked at */

/* ---- printing ------------------------------------------------------------------------------ */

static void write_project(struct jsonwrite *w, const struct project *project)
{
    jsonwrite_name(w, "project");
    jsonwrite_object(w);
    jsonparts_id(w, "id", &project->uuid);
    jsonparts_text(w, "name", project->name);
    jsonwrite_object_end(w);
}

static int answer(const struct api_request *req, struct api_response *res,
                  const struct session *session, struct err_info *info)
{
    struct project project;
    struct jsonwrite *w = &res->json;
    const char *number = arena_printf(req->arena, "%u", session->project_id);
    int err = project_find(req->db, req->arena, str_from(number), &project, info);
    if (err < 0)
        return err;
    api_begin(res, 200);
    api_header(res, "Cache-Control", "no-store");
    jsonwrite_object(w);
    jsonwrite_name(w, "key");
    jsonwrite_c(w, session->key);
    jsonwrite_name(w, "expiresAt");
    jsonwrite_time(w, session->expires_ms);
    jsonwrite_name(w, "id");
    jsonwrite_c(w, session->key_id);
    jsonparts_text(w, "name", session->name);
    keys_write_scopes(w, session->scopes);
    write_project(w, &project);
    jsonwrite_object_end(w);
    return 0;
}

/* ---- with a key ---------------------------------------------------------------------------- */

static int is_no_key(struct err_info *info)
{
    *info = (struct err_info){.code = ""};
    return err_set_at(info, ERR_DENIED, NULL, "key", "Invalid API key");
}

/* The key of the body, when it is good for a session. */
static int find_key(const struct api_request *req, struct str text, struct apikey *ret,
                    struct err_info *info)
{
    struct apikey_text parsed;
    struct apikey_found found;
    uint64_t revocations = hostmem_revocations(req->context->hostmem);
    if (!apikey_parse(str_trim(text), &parsed))
        return is_no_key(info);
    int err = apikey_find(req->db, &parsed, revocations, &found, info);
    if (err == ERR_DENIED)
        return is_no_key(info);
    if (err < 0)
        return err;
    if (parsed.kind == APIKEY_PUBLIC)
        return err_set_at(info, ERR_FORBIDDEN, NULL, "key",
                          "A public key (pk_*) may only track; sign in with a secret key (sk_*)");
    if (parsed.kind == APIKEY_SESSION)
        return err_set_at(info, ERR_FORBIDDEN, NULL, "key",
                          "A session key (ses_*) makes no further session; sign in with a secret "
                          "key (sk_*)");
    struct str id = str_copy(req->arena, str_from(parsed.key_id));
    err = apikey_get(req->db, req->arena, found.account_id, id, ret, info);
    return err == ERR_NOT_FOUND ? is_no_key(info) : err; /* revoked since it was believed */
}

/* The error that says which projects there are. */
static int needs_project(const struct api_request *req, uint32_t account_id, struct err_info *info)
{
    const size_t shown = 5;
    struct project *list = NULL;
    size_t count = 0;
    const char *ids = "";
    int err = project_list_of_account(req->db, req->arena, account_id, &list, &count, info);
    for (size_t i = 0; err == 0 && i < count && i < shown; i++) {
        char uuid[37];
        uuid_format(&list[i].uuid, uuid);
        ids = arena_printf(req->arena, "%s%s%s", ids, i ? ", " : "", uuid);
    }
    if (err < 0)
        return err;
    return bodytext_refuse(info, "projectId", "required",
                           "This key is good for %zu projects; projectId says which one: %s%s",
                           count, ids, count > shown ? ", …" : "");
}

static int choose_project(const struct api_request *req, const struct apikey *key,
                          struct str wanted, uint32_t *ret, struct err_info *info)
{
    struct project project;
    struct uuid uuid;
    int err = ERR_NOT_FOUND;
    *ret = key->project_id;
    if (wanted.at == NULL && key->project_id)
        return 0;
    if (wanted.at == NULL) {
        err = project_of_account(req->db, req->arena, key->account_id, &project, info);
        if (err == ERR_INVAL)
            return needs_project(req, key->account_id, info);
    } else if (uuid_parse(wanted, &uuid)) {
        err = project_find(req->db, req->arena, wanted, &project, info);
    }
    bool is_its_own = err == 0 && project.account_id == key->account_id &&
                      (key->project_id == 0 || project.project_id == key->project_id);
    if (err == ERR_NOT_FOUND || (err == 0 && !is_its_own)) {
        *info = (struct err_info){.code = ""};
        return err_set_at(info, ERR_FORBIDDEN, NULL, "projectId",
                          "This key does not have access to that project");
    }
    if (err == 0)
        *ret = project.project_id;
    return err;
}

static int begin_with_key(const struct api_request *req, struct str text, struct session *ret,
                          struct err_info *info)
{
    const struct bodytext field = {"projectId", KEY_CHARS, false};
    struct apikey key;
    struct str wanted;
    uint32_t project_id = 0;
    int err = bodytext_read(req->json, &field, &wanted, info);
    if (err == 0)
        err = find_key(req, text, &key, info);
    if (err == 0)
        err = choose_project(req, &key, wanted, &project_id, info);
    return err < 0 ? err : session_of_key(req->db, &key, project_id, ret, info);
}

/* ---- handlers ------------------------------------------------------------------------------ */

int sessions_create(struct api_request *req, struct api_response *res, struct err_info *info)
{
    const struct bodytext key_field = {"key", KEY_CHARS, false};
    const struct bodytext token_field = {"loginToken", KEY_CHARS, false};
    struct str key, token;
    struct session session;
    int err = bodytext_read(req->json, &key_field, &key, info);
    if (err == 0)
        err = bodytext_read(req->json, &token_field, &token, info);
    if (err < 0)
        return err;
    if ((key.at == NULL) == (token.at == NULL))
        return bodytext_refuse(info, "key", key.at ? "invalid" : "required",
                               "Send one of the two: key, an API key, or loginToken, from a "
                               "sign-in link");
    err = key.at ? begin_with_key(req, key, &session, info)
                 : session_of_link(req->db, req->arena, token, &session, info);
    return err < 0 ? err : answer(req, res, &session, info);
}

int sessions_get(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct apikey key;
    struct project project;
    int err = project_find(req->db, req->arena, str_from(req->project_uuid), &project, info);
    if (err == 0)
        err = apikey_get(req->db, req->arena, req->account_id, str_from(req->key_id), &key, info);
    if (err < 0)
        return err;
    api_begin(res, 200);
    jsonwrite_object(&res->json);
    keys_write(req, &res->json, &key, NULL);
    write_project(&res->json, &project);
    jsonwrite_object_end(&res->json);
    return 0;
}

int sessions_end(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct audit_actor actor = audittrail_actor(req);
    if (!req->key_is_session)
        return err_set(info, ERR_FORBIDDEN, NULL,
                       "This key is no session; DELETE /keys/%s revokes it", req->key_id);
    int err = apikey_revoke(req->db, str_from(req->key_id), &actor, "session.ended", info);
    if (err < 0)
        return err;
    hostmem_revoked(req->context->hostmem);
    api_no_content(res);
    return 0;
}

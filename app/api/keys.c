#include "api/keys.h"

#include <stdio.h>

#include "api/audittrail.h"
#include "api/bodytext.h"
#include "api/jsonparts.h"
#include "store/hostmem.h"
#include "store/keyscope.h"

#define NAME_CHARS 200

/* ---- printing ------------------------------------------------------------------------------ */

static void write_time(struct jsonwrite *w, const char *name, int64_t ms)
{
    jsonwrite_name(w, name);
    if (ms)
        jsonwrite_time(w, ms);
    else
        jsonwrite_null(w);
}

void keys_write_scopes(struct jsonwrite *w, unsigned scopes)
{
    jsonwrite_name(w, "scopes");
    jsonwrite_list(w);
    for (unsigned scope = KEYSCOPE_READ; scope <= KEYSCOPE_ALL; scope <<= 1)
        if (scopes & scope)
            jsonwrite_c(w, keyscope_word(scope));
    jsonwrite_list_end(w);
}

/* PushMail's keys have one prefix; that of one project is what `muster key create` calls site. */
static const char *kind_word(const struct apikey *key)
{
    bool is_site = key->kind == APIKEY_ACCOUNT && key->project_id != 0;
    return is_site ? "site" : apikey_kind_name(key->kind);
}

void keys_write(const struct api_request *req, struct jsonwrite *w, const struct apikey *key,
                const char *text)
{
    char prefix[APIKEY_TEXT_MAX];
    apikey_prefix(key, prefix);
    jsonparts_text(w, "id", key->key_id);
    jsonparts_text(w, "name", key->name);
    jsonwrite_name(w, "kind");
    jsonwrite_c(w, kind_word(key));
    jsonwrite_name(w, "prefix");
    jsonwrite_c(w, prefix);
    keys_write_scopes(w, key->scopes);
    write_time(w, "createdAt", key->created_ms);
    write_time(w, "lastUsedAt", key->last_used_ms);
    write_time(w, "expiresAt", key->expires_ms);
    if (str_eq_c(key->key_id, req->key_id)) {
        jsonwrite_name(w, "current");
        jsonwrite_bool(w, true);
    }
    if (text) {
        jsonwrite_name(w, "key");
        jsonwrite_c(w, text);
    }
}

int keys_list(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct apikey *keys = NULL;
    size_t count = 0;
    struct jsonwrite *w = &res->json;
    int err = apikey_list_of_project(req->db, req->arena, req->project_id, &keys, &count, info);
    if (err < 0)
        return err;
    api_begin(res, 200);
    jsonwrite_object(w);
    jsonwrite_name(w, "data");
    jsonwrite_list(w);
    for (size_t i = 0; i < count; i++) {
        jsonwrite_object(w);
        keys_write(req, w, &keys[i], NULL);
        jsonwrite_object_end(w);
    }
    jsonwrite_list_end(w);
    jsonwrite_object_end(w);
    return 0;
}

/* ---- making -------------------------------------------------------------------------------- */

/* The words of `scopes`; `fallback` when there are none. */
static int read_scopes(const struct jsonval *body, unsigned fallback, unsigned *ret,
                       struct err_info *info)
{
    const struct jsonval *list = NULL;
    int err = api_body_list(body, "scopes", &list, info);
    if (err == 0 && list)
        err = bodytext_check_strings(list, "scopes", info);
    if (err < 0)
        return err;
    *ret = list ? 0 : fallback;
    for (size_t i = 0; list && i < list->count; i++) {
        unsigned scope = keyscope_of_word(list->items[i].string);
        char field[32];
        (void)snprintf(field, sizeof(field), "scopes.%zu", i);
        if (scope == 0)
            return bodytext_refuse(info, field, "invalid_value",
                                   "%s must be one of read, write, admin, *", field);
        *ret |= scope;
    }
    return *ret ? 0
                : bodytext_refuse(info, "scopes", "too_small",
                                  "scopes must name at least one of read, write, admin, *");
}

/* What the new key may do. A public key tracks, and nothing else can be said of it. */
static int decide_scopes(const struct api_request *req, struct apikey_new *key,
                         struct err_info *info)
{
    const struct jsonval *given = jsonval_get(req->json, "scopes");
    bool is_public = key->kind == APIKEY_PUBLIC;
    if (is_public && given && given->type != JSONVAL_NULL)
        return bodytext_refuse(info, "scopes", "invalid",
                               "A public key takes no scopes: it may only track");
    int err =
        read_scopes(req->json, is_public ? KEYSCOPE_WRITE : req->key_scopes, &key->scopes, info);
    if (err == 0 && !keyscope_covers(req->key_scopes, key->scopes)) {
        char own[KEYSCOPE_TEXT_MAX];
        keyscope_print(req->key_scopes, ", ", own);
        return err_set_at(info, ERR_FORBIDDEN, NULL, "scopes",
                          "A key may give no scope that it does not have; this one has: %s", own);
    }
    return err;
}

int keys_create(struct api_request *req, struct api_response *res, struct err_info *info)
{
    static const char *const kinds[] = {"secret", "public", NULL};
    const struct bodytext name_field = {"name", NAME_CHARS, true};
    const struct audit_actor actor = audittrail_actor(req);
    struct apikey_new key = {.account_id = req->account_id, .project_id = req->project_id};
    struct apikey_text parsed;
    struct apikey made;
    char text[APIKEY_TEXT_MAX];
    int kind = 0;
    int err = bodytext_read(req->json, &name_field, &key.name, info);
    if (err == 0)
        err = bodytext_word(req->json, "kind", kinds, -1, &kind, info);
    key.kind = kind ? APIKEY_PUBLIC : APIKEY_SECRET;
    key.name = str_trim(key.name);
    if (err == 0)
        err = decide_scopes(req, &key, info);
    if (err == 0)
        err = apikey_create(req->db, &key, &actor, text, info);
    if (err < 0)
        return err;
    if (!apikey_parse(str_from(text), &parsed))
        return err_set(info, ERR_INTERNAL, NULL, "a fresh key does not parse");
    err = apikey_get(req->db, req->arena, req->account_id, str_from(parsed.key_id), &made, info);
    if (err < 0)
        return err;
    api_begin(res, 201);
    api_header(res, "Cache-Control", "no-store");
    jsonwrite_object(&res->json);
    keys_write(req, &res->json, &made, text);
    jsonwrite_object_end(&res->json);
    return 0;
}

/* ---- the end ------------------------------------------------------------------------------- */

int keys_delete(struct api_request *req, struct api_response *res, struct err_info *info)
{
    const struct audit_actor actor = audittrail_actor(req);
    struct apikey *keys = NULL;
    size_t count = 0;
    int err = apikey_list_of_project(req->db, req->arena, req->project_id, &keys, &count, info);
    if (err < 0)
        return err;
    for (size_t i = 0; i < count; i++) {
        if (!str_eq(keys[i].key_id, req->path_args[0]))
            continue;
        bool is_session = keys[i].kind == APIKEY_SESSION;
        err = apikey_revoke(req->db, keys[i].key_id, &actor,
                            is_session ? "session.ended" : "key.revoked", info);
        if (err < 0)
            return err;
        hostmem_revoked(req->context->hostmem);
        api_no_content(res);
        return 0;
    }
    return err_set(info, ERR_NOT_FOUND, NULL, "Key not found");
}

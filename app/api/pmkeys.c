#include "api/pmkeys.h"

#include "api/audittrail.h"
#include "api/bodytext.h"
#include "api/keys.h"
#include "api/pushmail.h"
#include "api/site.h"
#include "base/num.h"
#include "store/apikey.h"
#include "store/hostmem.h"
#include "store/project.h"

#define NAME_CHARS 200

static void write_time(struct jsonwrite *w, const char *name, int64_t ms)
{
    jsonwrite_name(w, name);
    if (ms)
        jsonwrite_time(w, ms);
    else
        jsonwrite_null(w);
}

/* `text`: NULL but where the key was just made. `site_id`: 0 for one of the whole account. */
static void write_key(struct jsonwrite *w, const struct apikey *key, const char *text,
                      int64_t site_id)
{
    char prefix[APIKEY_TEXT_MAX];
    apikey_prefix(key, prefix);
    jsonwrite_object(w);
    jsonwrite_name(w, "id");
    jsonwrite_i64(w, key->number);
    jsonwrite_name(w, "name");
    jsonwrite_str(w, key->name);
    jsonwrite_name(w, "prefix");
    jsonwrite_c(w, prefix);
    if (text) {
        jsonwrite_name(w, "key");
        jsonwrite_c(w, text);
    }
    jsonwrite_name(w, "siteId");
    if (site_id > 0)
        jsonwrite_i64(w, site_id);
    else
        jsonwrite_null(w);
    keys_write_scopes(w, key->scopes);
    if (!text)
        write_time(w, "lastUsedAt", key->last_used_ms);
    write_time(w, "createdAt", key->created_ms);
    jsonwrite_object_end(w);
}

static bool is_visible(const struct api_request *req, const struct apikey *key)
{
    return key->revoked_ms == 0 && (req->project_id == 0 || key->project_id == req->project_id);
}

/* The live keys of the account that the asking key may see. */
static int list_keys(const struct api_request *req, struct apikey **ret, size_t *ret_count,
                     struct err_info *info)
{
    struct apikey *keys = NULL;
    size_t count = 0;
    int err = apikey_list(req->db, req->arena, req->account_id, &keys, &count, info);
    *ret_count = 0;
    for (size_t i = 0; err == 0 && i < count; i++)
        if (is_visible(req, &keys[i]))
            keys[(*ret_count)++] = keys[i];
    *ret = keys;
    return err;
}

static int64_t site_id_of(const struct project *sites, size_t count, uint32_t project_id)
{
    for (size_t i = 0; i < count; i++)
        if (sites[i].project_id == project_id)
            return (int64_t)sites[i].site_index + 1;
    return 0;
}

int pmkeys_list(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct pushmail_page page;
    struct apikey *keys = NULL;
    struct project *sites = NULL;
    size_t count = 0, site_count = 0;
    struct jsonwrite *w = &res->json;
    int err = pushmail_page_read(req, &page, info);
    if (err == 0)
        err = list_keys(req, &keys, &count, info);
    if (err == 0)
        err = project_list_of_account(req->db, req->arena, req->account_id, &sites, &site_count,
                                      info);
    if (err < 0)
        return err;
    uint64_t first = (page.page - 1) * page.limit;
    pushmail_begin(res, 200);
    jsonwrite_object(w);
    jsonwrite_name(w, "apiKeys");
    jsonwrite_list(w);
    for (uint64_t i = first; i < count && i < first + page.limit; i++)
        write_key(w, &keys[i], NULL, site_id_of(sites, site_count, keys[i].project_id));
    jsonwrite_list_end(w);
    pushmail_pagination(w, &page, count);
    jsonwrite_object_end(w);
    pushmail_end(res);
    return 0;
}

/* The site that the new key is for; both 0: all of the account. */
static int read_site(const struct api_request *req, uint32_t *ret_project_id, int64_t *ret_site_id,
                     struct err_info *info)
{
    bool given;
    struct project project;
    uint32_t index = req->site_index;
    int err = site_read_id(req, &given, &index, info);
    *ret_project_id = 0;
    *ret_site_id = 0;
    if (err < 0 || (!given && req->project_id == 0))
        return err;
    if (req->project_id != 0 && index != req->site_index)
        err = ERR_NOT_FOUND;
    else
        err = project_by_site(req->db, req->arena, req->account_id, index, &project, info);
    if (err == ERR_NOT_FOUND)
        return err_set(info, ERR_FORBIDDEN, NULL, "This API key does not have access to this site");
    if (err < 0)
        return err;
    *ret_project_id = project.project_id;
    *ret_site_id = (int64_t)project.site_index + 1;
    return 0;
}

int pmkeys_create(struct api_request *req, struct api_response *res, struct err_info *info)
{
    const struct bodytext field = {"name", NAME_CHARS, true};
    struct str name;
    struct apikey_new fresh = {
        .kind = APIKEY_ACCOUNT, .account_id = req->account_id, .scopes = req->key_scopes};
    const struct audit_actor actor = audittrail_actor(req);
    int64_t site_id = 0;
    char text[APIKEY_TEXT_MAX];
    struct apikey_text parsed;
    struct apikey key;
    int err = bodytext_read(req->json, &field, &name, info);
    if (err == 0)
        err = read_site(req, &fresh.project_id, &site_id, info);
    fresh.name = str_trim(name);
    if (err == 0)
        err = apikey_create(req->db, &fresh, &actor, text, info);
    if (err < 0)
        return err;
    if (!apikey_parse(str_from(text), &parsed))
        return err_set(info, ERR_INTERNAL, NULL, "a fresh key does not parse");
    err = apikey_get(req->db, req->arena, req->account_id, str_from(parsed.key_id), &key, info);
    if (err < 0)
        return err;
    pushmail_begin(res, 201);
    write_key(&res->json, &key, text, site_id);
    pushmail_end(res);
    return 0;
}

int pmkeys_delete(struct api_request *req, struct api_response *res, struct err_info *info)
{
    const struct audit_actor actor = audittrail_actor(req);
    struct apikey *keys = NULL;
    size_t count = 0;
    uint64_t number = 0;
    int err = list_keys(req, &keys, &count, info);
    if (err < 0)
        return err;
    bool is_number = num_parse_u64(req->path_args[0], UINT32_MAX, &number);
    for (size_t i = 0; is_number && i < count; i++) {
        if (keys[i].number != number)
            continue;
        err = apikey_revoke(req->db, keys[i].key_id, &actor, "key.revoked", info);
        if (err < 0)
            return err;
        hostmem_revoked(req->context->hostmem);
        pushmail_deleted(res);
        return 0;
    }
    return err_set(info, ERR_NOT_FOUND, NULL, "API key not found");
}

#include "api/auth.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "api/routes.h"
#include "base/timeutil.h"
#include "store/apikey.h"
#include "store/hostmem.h"
#include "store/keyscope.h"

/* The use of a key is noted this coarsely, so that it costs one write a minute. */
#define TOUCH_MS 60000

/* The text behind "Bearer "; at == NULL when the header has another form. */
static struct str bearer(struct str header)
{
    static const char scheme[] = "Bearer ";
    size_t len = sizeof(scheme) - 1;
    if (header.len <= len || strncasecmp(header.at, scheme, len) != 0)
        return (struct str){NULL, 0};
    return str_trim((struct str){header.at + len, header.len - len});
}

/* A note that fails is no reason to refuse the request; the next use tries again. */
static void note_use(struct api_request *req, const struct apikey_found *found)
{
    int64_t now_ms = timeutil_wall_ms();
    struct err_info ignored = {0};
    if (now_ms - found->last_used_ms >= TOUCH_MS &&
        apikey_touch(req->db, req->key_id, now_ms, &ignored) < 0)
        return;
}

/* Whether the key may do what the route is for. */
static int check_scope(const struct api_request *req, struct err_info *info)
{
    static const unsigned needed_for[] = {[ROUTE_READ] = KEYSCOPE_READ,
                                          [ROUTE_WRITE] = KEYSCOPE_WRITE,
                                          [ROUTE_ADMIN] = KEYSCOPE_ADMIN};
    char own[KEYSCOPE_TEXT_MAX];
    if (req->route->scope == ROUTE_NO_SCOPE ||
        keyscope_allows(req->key_scopes, needed_for[req->route->scope]))
        return 0;
    keyscope_print(req->key_scopes, ", ", own);
    return err_set(info, ERR_FORBIDDEN, NULL, "This key lacks the scope \"%s\"; it has: %s",
                   keyscope_word(needed_for[req->route->scope]), own);
}

int auth_check(struct api_request *req, struct err_info *info)
{
    struct apikey_text text;
    struct apikey_found found;
    if (req->route->keys == ROUTE_OPEN)
        return 0;
    if (str_trim(req->authorization).len == 0)
        return err_set(info, ERR_DENIED, "MISSING_AUTH", "Authorization header is required");
    if (!apikey_parse(bearer(req->authorization), &text))
        return err_set(info, ERR_DENIED, NULL, "Invalid API key");
    memcpy(req->key_id, text.key_id, sizeof(text.key_id));
    if (text.kind == APIKEY_PUBLIC && req->route->keys != ROUTE_ANY_KEY)
        return err_set(info, ERR_DENIED, NULL,
                       "Invalid secret API key. This endpoint requires a secret key (sk_*), not a "
                       "public key.");
    uint64_t revocations = hostmem_revocations(req->context->hostmem);
    int err = apikey_find(req->db, &text, revocations, &found, info);
    if (err < 0)
        return err;
    note_use(req, &found);
    req->key_kind = text.kind == APIKEY_PUBLIC ? API_KEY_PUBLIC : API_KEY_SECRET;
    req->key_is_session = text.kind == APIKEY_SESSION;
    req->key_scopes = found.scopes;
    req->account_id = found.account_id;
    req->project_id = found.project_id;
    req->site_index = found.site_index;
    if (found.project_id)
        uuid_format(&found.project_uuid, req->project_uuid);
    return check_scope(req, info);
}

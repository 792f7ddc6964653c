#include "api/publictoken.h"

#include <string.h>

#include "base/base64.h"
#include "base/hash.h"

/* Bytes of a token: contact id, scope (what it allows, the project's number), code. */
#define ID_BYTES 16
#define SCOPE_BYTES 5
#define SIGNED_BYTES (ID_BYTES + SCOPE_BYTES)
#define CODE_BYTES 16
#define TOKEN_BYTES (SIGNED_BYTES + CODE_BYTES)
#define TOKEN_CHARS 50

/* ---- bytes --------------------------------------------------------------------------------- */

static void code_of(const struct publiclink_secret *secret, const uint8_t *bytes,
                    uint8_t ret[CODE_BYTES])
{
    static const char purpose[] = "public link 1";
    uint8_t text[sizeof(purpose) + SIGNED_BYTES];
    uint8_t code[32];
    memcpy(text, purpose, sizeof(purpose));
    memcpy(text + sizeof(purpose), bytes, SIGNED_BYTES);
    hash_hmac_sha256(secret->bytes, sizeof secret->bytes, text, sizeof text, code);
    memcpy(ret, code, CODE_BYTES);
}

static uint32_t project_of(const uint8_t *token)
{
    const uint8_t *at = token + ID_BYTES + 1;
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void make(const struct publiclink_secret *secret, uint32_t project_id,
                 const struct uuid *contact, enum publictoken_scope scope, uint8_t ret[TOKEN_BYTES])
{
    memcpy(ret, contact->bytes, ID_BYTES);
    ret[ID_BYTES] = (uint8_t)scope;
    for (unsigned i = 0; i < 4; i++) {
        ret[ID_BYTES + 1 + i] = (uint8_t)(project_id >> (24 - 8 * i));
    }
    code_of(secret, ret, ret + SIGNED_BYTES);
}

/* ---- text: base64url without padding ------------------------------------------------------- */

static const char *to_text(struct arena *arena, const uint8_t bytes[TOKEN_BYTES])
{
    struct str plain = base64_encode(arena, bytes, TOKEN_BYTES);
    char *text = arena_copy(arena, plain.at, TOKEN_CHARS);
    for (size_t i = 0; i < TOKEN_CHARS; i++) {
        text[i] = (char)(text[i] == '+' ? '-' : text[i] == '/' ? '_' : text[i]);
    }
    return text;
}

static bool from_text(struct arena *arena, struct str text, uint8_t ret[TOKEN_BYTES])
{
    char plain[TOKEN_CHARS + 2];
    struct str bytes;
    if (text.len != TOKEN_CHARS || memchr(text.at, '+', text.len) != NULL ||
        memchr(text.at, '/', text.len) != NULL) {
        return false;
    }
    for (size_t i = 0; i < TOKEN_CHARS; i++) {
        plain[i] = (char)(text.at[i] == '-' ? '+' : text.at[i] == '_' ? '/' : text.at[i]);
    }
    memcpy(plain + TOKEN_CHARS, "==", 2);
    if (!base64_decode(arena, (struct str){plain, sizeof plain}, &bytes) ||
        bytes.len != TOKEN_BYTES) {
        return false;
    }
    memcpy(ret, bytes.at, TOKEN_BYTES);
    return true;
}

/* ---- giving out ---------------------------------------------------------------------------- */

/* A host that is safe in a URL: what a client sends is his to choose. */
static bool is_host(struct str host)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-:[]";
    for (size_t i = 0; i < host.len; i++) {
        if (host.at[i] == '\0' || strchr(allowed, host.at[i]) == NULL) {
            return false;
        }
    }
    return host.len > 0;
}

static const char *base_of(const struct api_request *req)
{
    const char *configured = req->context->public_url;
    if (configured != NULL && *configured != '\0') {
        size_t len = strlen(configured);
        return configured[len - 1] == '/' ? arena_copy(req->arena, configured, len - 1)
                                          : configured;
    }
    return is_host(req->host) ? arena_printf(req->arena, "%s://" STR_FMT,
                                             req->is_https ? "https" : "http", STR_ARG(req->host))
                              : "";
}

int publictoken_pages(const struct api_request *req, struct publictoken_pages *ret,
                      struct err_info *info)
{
    ret->base = base_of(req);
    ret->project_id = req->project_id;
    return publiclink_secret(req->db, req->project_id, &ret->secret, info);
}

struct str publictoken_url(struct arena *arena, const struct publictoken_pages *pages,
                           const struct uuid *contact, enum publictoken_scope scope)
{
    static const char *const names[] = {[PUBLICTOKEN_SUBSCRIBE] = "subscribe",
                                        [PUBLICTOKEN_UNSUBSCRIBE] = "unsubscribe",
                                        [PUBLICTOKEN_MANAGE] = "manage"};
    uint8_t token[TOKEN_BYTES];
    make(&pages->secret, pages->project_id, contact, scope, token);
    return str_from(arena_printf(arena, "%s/contacts/public/%s/%s", pages->base,
                                 to_text(arena, token), names[scope]));
}

int publictoken_write_urls(const struct api_request *req, struct jsonwrite *w,
                           const struct uuid *contact, struct err_info *info)
{
    static const struct {
        const char *member;
        enum publictoken_scope scope;
    } urls[] = {
        {"unsubscribeUrl", PUBLICTOKEN_UNSUBSCRIBE},
        {"subscribeUrl", PUBLICTOKEN_SUBSCRIBE},
        {"manageUrl", PUBLICTOKEN_MANAGE},
    };
    struct publictoken_pages pages;
    int err = publictoken_pages(req, &pages, info);
    for (size_t i = 0; err == 0 && i < ARRAY_LEN(urls); i++) {
        jsonwrite_name(w, urls[i].member);
        jsonwrite_str(w, publictoken_url(req->arena, &pages, contact, urls[i].scope));
    }
    return err;
}

/* ---- taking -------------------------------------------------------------------------------- */

/* Returns 1 when the token is good for `needed`, 0, or an err of the database. */
static int check(const struct api_request *req, const uint8_t token[TOKEN_BYTES], unsigned needed,
                 struct err_info *info)
{
    struct publiclink_secret secret;
    uint8_t code[CODE_BYTES];
    int found = publiclink_find(req->db, project_of(token), &secret, info);
    if (found <= 0) {
        return found;
    }
    code_of(&secret, token, code);
    return hash_equal(code, token + SIGNED_BYTES, CODE_BYTES) &&
           (token[ID_BYTES] & needed) == needed;
}

int publictoken_open(const struct api_request *req, struct str token, unsigned needed,
                     uint32_t *ret_project, struct contact *ret, struct err_info *info)
{
    uint8_t bytes[TOKEN_BYTES];
    struct uuid uuid;
    int found = 0;
    if (from_text(req->arena, token, bytes)) {
        found = check(req, bytes, needed, info);
        memcpy(uuid.bytes, bytes, ID_BYTES);
        *ret_project = project_of(bytes);
    } else if (uuid_parse(token, &uuid)) {
        found = publiclink_bare_id(req->db, &uuid, ret_project, info);
    }
    if (found <= 0) {
        return found < 0 ? found
                         : err_set(info, ERR_NOT_FOUND, "CONTACT_NOT_FOUND", "Contact not found");
    }
    return contact_get(req->db, req->arena, *ret_project, &uuid, ret, info);
}

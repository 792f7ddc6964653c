#include "api/routes.h"

#include <stdio.h>
#include <string.h>

#include "api/campaigns.h"
#include "api/changes.h"
#include "api/contacts.h"
#include "api/deliveries.h"
#include "api/events.h"
#include "api/fields.h"
#include "api/imports.h"
#include "api/members.h"
#include "api/segments.h"
#include "api/system.h"
#include "api/track.h"
#include "api/webhooks.h"

/* clang-format off */
static const struct route table[] = {
    /* method   pattern                             handler                 keys           body           pool */
    {API_GET,    "/",                               system_root,            ROUTE_OPEN,    ROUTE_NO_BODY, ROUTE_FAST},
    {API_GET,    "/health",                         system_health,          ROUTE_OPEN,    ROUTE_NO_BODY, ROUTE_FAST},
    {API_GET,    "/config",                         system_config,          ROUTE_OPEN,    ROUTE_NO_BODY, ROUTE_FAST},
    {API_GET,    "/metrics",                        system_metrics,         ROUTE_OPEN,    ROUTE_NO_BODY, ROUTE_FAST},
    {API_GET,    "/contacts",                       contacts_list,          ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST},
    {API_POST,   "/contacts",                       contacts_create,        ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST},
    {API_POST,   "/contacts/lookup",                contacts_lookup,        ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST},
    {API_POST,   "/contacts/batch",                 contacts_batch,         ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST},
    {API_GET,    "/contacts/fields",                fields_list,            ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST},
    {API_GET,    "/contacts/fields/:field/values",  fields_values,          ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST},
    {API_POST,   "/contacts/import",                imports_create,         ROUTE_SECRET,  ROUTE_STREAM,  ROUTE_BULK},
    {API_GET,    "/contacts/import/:jobId",         imports_get,            ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST},
    {API_GET,    "/contacts/import/:jobId/errors.csv", imports_errors,      ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_BULK},
    {API_POST,   "/contacts/import/:jobId/cancel",  imports_cancel,         ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST},
    {API_GET,    "/contacts/:id",                   contacts_get,           ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST},
    {API_PATCH,  "/contacts/:id",                   contacts_patch,         ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST},
    {API_DELETE, "/contacts/:id",                   contacts_delete,        ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST},
    {API_POST,   "/v1/track",                       track_one,              ROUTE_ANY_KEY, ROUTE_JSON,    ROUTE_FAST},
    {API_POST,   "/v1/track/batch",                 track_batch,            ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST},
    {API_GET,    "/events",                         events_list,            ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST},
    {API_POST,   "/events/track",                   events_track,           ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST},
    {API_POST,   "/events/import",                  imports_create,         ROUTE_SECRET,  ROUTE_STREAM,  ROUTE_BULK},
    {API_GET,    "/events/import/:jobId",           imports_get,            ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST},
    {API_GET,    "/events/import/:jobId/errors.csv", imports_errors,        ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_BULK},
    {API_POST,   "/events/import/:jobId/cancel",    imports_cancel,         ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST},
    {API_GET,    "/events/names",                   events_names,           ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST},
    {API_GET,    "/events/stats",                   events_stats,           ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST},
    {API_GET,    "/events/contact/:id",             events_of_contact,      ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST},
    {API_GET,    "/events/:name/usage",             events_usage,           ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST},
    {API_DELETE, "/events/:name",                   events_delete,          ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_BULK},
    {API_GET,    "/segments",                       segments_list,          ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST},
    {API_POST,   "/segments",                       segments_create,        ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST},
    {API_POST,   "/segments/preview",               segments_preview,       ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST},
    {API_GET,    "/segments/:id",                   segments_get,           ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST},
    {API_PATCH,  "/segments/:id",                   segments_update,        ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST},
    {API_DELETE, "/segments/:id",                   segments_delete,        ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST},
    {API_GET,    "/segments/:id/contacts",          segments_contacts,      ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST},
    {API_POST,   "/segments/:id/members",           members_add,            ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST},
    {API_DELETE, "/segments/:id/members",           members_remove,         ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST},
    {API_POST,   "/segments/:id/compute",           changes_compute,        ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_BULK},
    {API_GET,    "/segments/:id/changes",           changes_list,           ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST},
    {API_POST,   "/segments/:id/refresh",           segments_refresh,       ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST},
    {API_GET,    "/campaigns",                      campaigns_list,         ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST},
    {API_POST,   "/campaigns",                      campaigns_create,       ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST},
    {API_GET,    "/campaigns/:id",                  campaigns_get,          ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST},
    {API_DELETE, "/campaigns/:id",                  campaigns_delete,       ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST},
    {API_GET,    "/webhooks",                       webhooks_list,          ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST},
    {API_POST,   "/webhooks",                       webhooks_create,        ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST},
    {API_GET,    "/webhooks/:id",                   webhooks_get,           ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST},
    {API_PATCH,  "/webhooks/:id",                   webhooks_update,        ROUTE_SECRET,  ROUTE_JSON,    ROUTE_FAST},
    {API_DELETE, "/webhooks/:id",                   webhooks_delete,        ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST},
    {API_POST,   "/webhooks/:id/rotate-secret",     webhooks_rotate,        ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST},
    {API_POST,   "/webhooks/:id/test",              deliveries_test,        ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST},
    {API_POST,   "/webhooks/:id/replay",            deliveries_replay,      ROUTE_SECRET,  ROUTE_JSON,    ROUTE_BULK},
    {API_GET,    "/webhooks/:id/deliveries",        deliveries_list,        ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST},
    {API_POST,   "/webhooks/:id/deliveries/:deliveryId/retry", deliveries_retry,  ROUTE_SECRET,  ROUTE_NO_BODY, ROUTE_FAST},
};
/* clang-format on */

const struct route *routes_table(size_t *ret_count)
{
    *ret_count = ARRAY_LEN(table);
    return table;
}

static const char *const method_names[API_METHODS + 1] = {
    [API_GET] = "GET",       [API_POST] = "POST",       [API_PUT] = "PUT",   [API_PATCH] = "PATCH",
    [API_DELETE] = "DELETE", [API_OPTIONS] = "OPTIONS", [API_METHODS] = "?",
};

const char *routes_method_name(enum api_method method)
{
    return method_names[method];
}

enum api_method routes_method(struct str name)
{
    if (str_eq_c(name, "HEAD"))
        return API_GET;
    for (unsigned m = 0; m < API_METHODS; m++)
        if (str_eq_c(name, method_names[m]))
            return (enum api_method)m;
    return API_METHODS;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

int routes_decode(struct arena *arena, struct str raw, bool plus, struct str *ret,
                  struct err_info *info)
{
    char *out = arena_alloc(arena, raw.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < raw.len; i++) {
        char c = raw.at[i];
        if (c == '%') {
            int high = i + 2 < raw.len ? hex_digit(raw.at[i + 1]) : -1;
            int low = high >= 0 ? hex_digit(raw.at[i + 2]) : -1;
            if (low < 0)
                return err_set(info, ERR_INVAL, NULL, "The URL has a broken %% escape");
            c = (char)(high * 16 + low);
            i += 2;
        } else if (c == '+' && plus) {
            c = ' ';
        }
        if (c == '\0')
            return err_set(info, ERR_INVAL, NULL, "The URL has a NUL character");
        out[len++] = c;
    }
    struct str text = {out, len};
    if (!str_is_utf8(text))
        return err_set(info, ERR_INVAL, NULL, "The URL is not valid UTF-8");
    *ret = text;
    return 0;
}

int routes_split(struct api_request *req, struct err_info *info)
{
    struct str rest = req->raw_path;
    req->part_count = 0;
    if (rest.len > 0 && rest.at[0] == '/')
        rest = (struct str){rest.at + 1, rest.len - 1};
    while (rest.at && rest.len > 0) {
        struct str raw = str_split(rest, '/', &rest);
        if (req->part_count == API_MAX_PARTS)
            return err_set(info, ERR_NOT_FOUND, NULL, "Unknown route");
        int err = routes_decode(req->arena, raw, false, &req->parts[req->part_count++], info);
        if (err < 0)
            return err;
    }
    return 0;
}

/* Next part of a pattern; *at moves behind it. at == NULL at the end. */
static struct str next_part(const char **at)
{
    const char *start = *at;
    if (*start != '/' || start[1] == '\0')
        return (struct str){NULL, 0};
    start++;
    size_t len = strcspn(start, "/");
    *at = start + len;
    return (struct str){start, len};
}

/*
 * Compares a pattern with the parts. `shape` gets one character per part, 'l' for a literal and 'p'
 * for a parameter, so that strcmp orders patterns by "a literal first beats a parameter".
 */
static bool pattern_matches(const char *pattern, const struct api_request *req,
                            char shape[API_MAX_PARTS + 1])
{
    for (unsigned i = 0; i < req->part_count; i++) {
        struct str part = next_part(&pattern);
        bool is_param = part.len > 0 && part.at[0] == ':';
        if (!part.at || req->parts[i].len == 0 || (!is_param && !str_eq(part, req->parts[i])))
            return false;
        shape[i] = is_param ? 'p' : 'l';
    }
    shape[req->part_count] = '\0';
    return next_part(&pattern).at == NULL;
}

static void take_args(struct api_request *req, const char *shape)
{
    unsigned arg = 0;
    for (unsigned i = 0; shape[i] && arg < ARRAY_LEN(req->path_args); i++)
        if (shape[i] == 'p')
            req->path_args[arg++] = req->parts[i];
}

/* The best shape among the patterns that match, whatever their method: a path means one thing. */
static bool best_shape(const struct route *routes, size_t count, const struct api_request *req,
                       char best[API_MAX_PARTS + 1])
{
    char shape[API_MAX_PARTS + 1];
    bool any = false;
    for (size_t i = 0; i < count; i++) {
        if (!pattern_matches(routes[i].pattern, req, shape) || (any && strcmp(shape, best) >= 0))
            continue;
        memcpy(best, shape, sizeof(shape));
        any = true;
    }
    return any;
}

enum route_result routes_match(const struct route *routes, size_t count, struct api_request *req,
                               char allow[64])
{
    char best[API_MAX_PARTS + 1], shape[API_MAX_PARTS + 1];
    size_t len = 0;
    allow[0] = '\0';
    if (!best_shape(routes, count, req, best))
        return ROUTE_UNKNOWN;
    for (size_t i = 0; i < count; i++) {
        if (!pattern_matches(routes[i].pattern, req, shape) || strcmp(shape, best) != 0)
            continue;
        if (routes[i].method == req->method) {
            req->route = &routes[i];
            take_args(req, shape);
            return ROUTE_FOUND;
        }
        len += (size_t)snprintf(allow + len, 64 - len, "%s%s", len ? ", " : "",
                                routes_method_name(routes[i].method));
    }
    return ROUTE_WRONG_METHOD;
}

#include "api/phases.h"

#include <string.h>

#include "api/auth.h"
#include "api/errors.h"
#include "api/ratelimit.h"
#include "api/routes.h"
#include "api/site.h"
#include "base/limits.h"
#include "base/uuid.h"
#include "json/jsonread.h"

#define HEADERS_BYTES 8192
#define REQUEST_ID_CHARS 64

void phases_init(struct api_response *res)
{
    memset(res, 0, sizeof(*res));
    buf_init(&res->body, LIMIT_RESPONSE_BYTES);
    buf_init(&res->headers, HEADERS_BYTES);
}

void phases_done(struct api_response *res)
{
    buf_done(&res->body);
    buf_done(&res->headers);
}

/* The sender's id when it is harmless in a log line and a header, else a fresh one. */
static void identify(struct api_request *req)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    struct str given = req->raw_request_id;
    bool good = given.len >= 1 && given.len <= REQUEST_ID_CHARS;
    for (size_t i = 0; good && i < given.len; i++)
        good = given.at[i] != '\0' && strchr(allowed, given.at[i]) != NULL;
    if (good) {
        memcpy(req->request_id, given.at, given.len);
        req->request_id[given.len] = '\0';
    } else {
        struct uuid fresh = uuid_new();
        uuid_format(&fresh, req->request_id);
    }
}

static int read_query(struct api_request *req, struct err_info *info)
{
    struct str rest = req->raw_query;
    req->query_count = 0;
    while (rest.at && rest.len > 0) {
        struct str value, pair = str_split(rest, '&', &rest);
        struct str name = str_split(pair, '=', &value);
        if (pair.len == 0)
            continue;
        if (req->query_count == API_MAX_QUERY)
            return err_set(info, ERR_INVAL, NULL, "At most %d query parameters are allowed",
                           API_MAX_QUERY);
        struct api_param *param = &req->query[req->query_count++];
        int err = routes_decode(req->arena, name, true, &param->name, info);
        if (err == 0)
            err = routes_decode(req->arena, value, true, &param->value, info);
        if (err < 0)
            return err;
    }
    return 0;
}

/* By the path as it was sent: also where it is a short form of one below /api/v1. */
static bool is_cors_path(const struct api_request *req)
{
    struct str path = req->raw_path;
    return str_starts(path, STR("/v1")) && (path.len == 3 || path.at[3] == '/');
}

static void write_cors(struct api_response *res)
{
    api_header(res, "Access-Control-Allow-Origin", "*");
    api_header(res, "Access-Control-Allow-Methods", "GET, POST, PUT, DELETE, OPTIONS");
    api_header(res, "Access-Control-Allow-Headers", "Content-Type, Authorization");
}

/*
 * Finds the route. Returns 0 with req->route set, 0 with it NULL when the answer is already made
 * (405, a preflight), or an err.
 */
static int find_route(struct api_request *req, struct api_response *res, struct err_info *info)
{
    size_t count = 0;
    const struct route *table = routes_table(&count);
    char allow[64];
    req->dialect = routes_dialect(req->raw_path);
    int err = routes_split(req, info);
    if (err < 0)
        return err;
    if (routes_expand(req))
        req->dialect = API_PUSHMAIL;
    req->method = routes_method(req->method_name);
    if (req->method == API_OPTIONS && is_cors_path(req)) {
        api_no_content(res);
        res->status = 200;
        return 0;
    }
    switch (routes_match(table, count, req, allow)) {
    case ROUTE_FOUND:
        return 0;
    case ROUTE_UNKNOWN:
        break;
    case ROUTE_WRONG_METHOD:
        errors_answer_with(req, res, 405, "METHOD_NOT_ALLOWED",
                           arena_printf(req->arena, "This path takes %s only", allow),
                           (struct str){NULL, 0});
        api_header(res, "Allow", "%s", allow);
        return 0;
    }
    return err_set(info, ERR_NOT_FOUND, NULL, "Unknown route");
}

/* Floods are kept away by nginx, before a process is bound to the request; here is the size. */
static int limit(const struct api_request *req, struct err_info *info)
{
    if (req->route->body == ROUTE_JSON && req->body_too_large)
        return err_set(info, ERR_TOO_LARGE, NULL, "The request body is larger than %d bytes",
                       LIMIT_BODY_BYTES);
    return 0;
}

static int read_body(struct api_request *req, struct err_info *info)
{
    static const struct jsonval empty = {.type = JSONVAL_OBJECT};
    if (req->route->body != ROUTE_JSON)
        return 0;
    req->json = &empty;
    if (req->body.len == 0)
        return 0;
    int err = jsonread_parse(req->arena, req->body, &req->json, info);
    if (err == 0 && req->json->type != JSONVAL_OBJECT)
        err = err_set(info, ERR_INVAL, "INVALID_REQUEST_BODY",
                      "The request body must be a JSON object, not %s",
                      jsonval_type_name(req->json->type));
    return err;
}

/* Calls the handler under the budget of its pool. */
static int handle(struct api_request *req, struct api_response *res, struct err_info *info)
{
    int err = req->route->handler(req, res, info);
    if (err < 0)
        return err;
    if (res->body.failed || res->headers.failed ||
        (res->json.out && res->body.len > 0 && !jsonwrite_ok(&res->json)))
        return err_set(info, ERR_INTERNAL, NULL, "the answer could not be written");
    return 0;
}

static void start_budget(const struct api_request *req)
{
    bool is_bulk = req->route->pool == ROUTE_BULK || req->is_handed_over;
    unsigned ms = is_bulk ? ROUTE_BULK_MS : ROUTE_FAST_MS;
    db_set_deadline_ms(req->db, ms);
    if (req->context->reserve)
        db_set_deadline_ms(req->context->reserve, ms);
}

/*
 * What the fast pool has not the time for goes to the bulk pool: nginx takes this answer as the
 * order to ask there, with the same method and body (conf/nginx/muster.conf). The client sees the
 * answer from there only.
 */
static void hand_over(struct api_response *res)
{
    api_no_content(res);
    res->status = 202;
    api_header(res, "X-Accel-Redirect", "@handed_over");
}

/* The phases, in order. */
static int answer(struct api_request *req, struct api_response *res, struct err_info *info)
{
    int err = find_route(req, res, info);
    if (err < 0 || !req->route)
        return err;
    start_budget(req);
    err = auth_check(req, info);
    if (err == 0 && ratelimit_take(req, res) > 0)
        return 0;
    if (err == 0)
        err = limit(req, info);
    if (err == 0)
        err = read_query(req, info);
    if (err == 0)
        err = read_body(req, info);
    if (err == 0)
        err = site_decide(req, info);
    if (err == 0)
        err = handle(req, res, info);
    return err;
}

void phases_run(struct api_request *req, struct api_response *res)
{
    struct err_info info = {0};
    buf_clear(&res->headers);
    buf_clear(&res->body);
    res->json.out = NULL;
    res->more = NULL;
    res->err = 0;
    res->problem[0] = '\0';
    identify(req);
    int err = answer(req, res, &info);
    if (err == ERR_SLOW && !req->is_handed_over) {
        hand_over(res);
    } else if (err < 0) {
        res->more = NULL;
        errors_answer(req, res, err, &info);
    }
    ratelimit_headers(req, res);
    if (is_cors_path(req))
        write_cors(res);
    api_header(res, "X-Request-ID", "%s", req->request_id);
}

/*
 * The route table: one line per route, the only place that says which paths there are, who may call
 * them, and what they take. Matching: the raw path is split at '/', each part is decoded once, and
 * a literal part beats a parameter at the first part that differs (http-api §4.4).
 */
#ifndef MUSTER_API_ROUTES_H
#define MUSTER_API_ROUTES_H

#include "api/api.h"

/* Who may call. */
enum route_keys {
    ROUTE_OPEN,    /* anybody, no key is looked at */
    ROUTE_SECRET,  /* secret keys */
    ROUTE_ANY_KEY, /* secret and public keys */
    ROUTE_ACCOUNT  /* secret keys; about the account: no project is decided */
};

/* What is done with the request's body. */
enum route_body {
    ROUTE_NO_BODY, /* ignored, whatever it is */
    ROUTE_JSON,    /* a JSON object; an empty body counts as {} */
    ROUTE_STREAM   /* the handler reads it, piece by piece: api_read_body */
};

/* Which pool serves it (conf/nginx/muster.conf routes alike) and so how long it may take. */
enum route_pool { ROUTE_FAST, ROUTE_BULK };

#define ROUTE_FAST_MS 10000u
#define ROUTE_BULK_MS 600000u

/*
 * What a key must be allowed (api_key.scopes) to call it. Reading is whatever stores nothing,
 * previews too. A line that forgets its scope is for administrators only.
 */
enum route_scope {
    ROUTE_ADMIN,
    ROUTE_WRITE,
    ROUTE_READ,
    ROUTE_NO_SCOPE /* no key at all, or any good one */
};

struct route {
    enum api_method method;
    const char *pattern; /* ":name" parts are parameters, at most 4 */
    api_handler *handler;
    enum route_keys keys;
    enum route_body body;
    enum route_pool pool;
    enum route_scope scope;
};

/* What a path and a method come to. */
enum route_result { ROUTE_FOUND, ROUTE_UNKNOWN, ROUTE_WRONG_METHOD };

/* The table, for tests and lists; ret_count gets its length. */
const struct route *routes_table(size_t *ret_count);

/*
 * Splits and decodes req->raw_path into req->parts. A trailing '/' is dropped.
 * Returns 0 or ERR_INVAL: a broken %-escape, a NUL, no UTF-8, more than API_MAX_PARTS parts
 * (ERR_NOT_FOUND: no route is that long).
 */
int routes_split(struct api_request *req, struct err_info *info) MUST_CHECK;

/*
 * The dialect of a path as it came, by its beginning.
 */
enum api_dialect routes_dialect(struct str raw_path);

/*
 * Rewrites the parts of the PushMail paths that its pages abbreviate, /v1/segments and the like, to
 * /api/v1/…; true when it did.
 */
bool routes_expand(struct api_request *req);

/*
 * Finds the route of req->parts and req->method in `table`; sets req->route and req->path_args when
 * found. On ROUTE_WRONG_METHOD `allow` gets the methods that the path has ("GET, POST").
 */
enum route_result routes_match(const struct route *table, size_t count, struct api_request *req,
                               char allow[64]);

/* The method of a name such as "GET"; HEAD is API_GET; API_METHODS for any other word. */
enum api_method routes_method(struct str name);

/* The upper-case name of a method; never NULL. */
const char *routes_method_name(enum api_method method);

/*
 * Decodes %-escapes (and '+' as a blank when `plus`), once, into the arena. Returns 0 or ERR_INVAL
 * for a broken escape, a NUL or what is no UTF-8.
 */
int routes_decode(struct arena *arena, struct str raw, bool plus, struct str *ret,
                  struct err_info *info) MUST_CHECK;

#endif

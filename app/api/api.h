/*
 * What a request and an answer are to a handler. No FastCGI here: the same handler runs in-process
 * in tests. A handler parses, calls audience/ or store/ once, and prints.
 */
#ifndef MUSTER_API_API_H
#define MUSTER_API_API_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/config.h"
#include "base/err.h"
#include "base/str.h"
#include "db/db.h"
#include "json/jsonval.h"
#include "json/jsonwrite.h"

#define API_MAX_PARTS 12
#define API_MAX_QUERY 32

struct hostmem; /* store/hostmem.h: shared memory of this host */
struct route;   /* api/routes.h */

/* What lives as long as the process. */
struct api_context {
    struct db *db;
    struct db *reserve; /* a second handle, for hostmem_take: never in a transaction */
    struct hostmem *hostmem;
    const char *sql_dir;         /* migrations, for /health */
    const char *environment;     /* "production", "stack" … for /health */
    const char *master_key_file; /* for secrets that are kept sealed; NULL or "": none */
    const char *webhook_allow;   /* as base/urlguard.h reads it; NULL: nothing more */
    const char *public_url;      /* what links in messages begin with; NULL or "": the host asked */
    int64_t started_ms;
    struct config_rates rates;     /* plan NULL: as off */
    uint64_t import_reserve_bytes; /* of the database's disk, which an upload must leave free */
};

/* API_METHODS: a method that no route has. HEAD is taken as GET; nginx drops the body. */
enum api_method { API_GET, API_POST, API_PUT, API_PATCH, API_DELETE, API_OPTIONS, API_METHODS };

/* Whose shapes the request and its answer have; decided by the path (http-api, decision 1). */
enum api_dialect { API_PLUNK, API_PUSHMAIL, API_MAILPANDA };

enum api_key_kind { API_KEY_NONE, API_KEY_SECRET, API_KEY_PUBLIC };

struct api_param {
    struct str name;
    struct str value;
};

/* What is left of the account's requests in this minute. */
struct api_rate {
    uint32_t limit; /* 0: nothing was counted */
    uint32_t left;
    int64_t reset_s; /* unix time when the next minute begins */
};

/*
 * Fills `out` with 1 to `size` bytes, in order; *ret_len 0: the end. Returns 0 or a negative err:
 * the rest does not come.
 */
typedef int api_source(void *ctx, char *out, size_t size, size_t *ret_len, struct err_info *info);

struct api_request {
    /* As received: filled by the adapter. */
    struct str method_name;
    struct str raw_path; /* undecoded, without the query */
    struct str raw_query;
    struct str authorization;   /* at == NULL: absent */
    struct str idempotency_key; /* at == NULL: absent */
    struct str content_type;
    struct str content_encoding; /* at == NULL: absent */
    struct str raw_request_id;
    struct str host;         /* that was asked, with a port; at == NULL: absent */
    bool is_https;           /* as the client sees it */
    struct str body;         /* empty when body_too_large */
    bool body_too_large;     /* over LIMIT_BODY_BYTES: it was not read */
    uint64_t content_length; /* of the body, read or not */
    api_source *source;      /* the bytes of one that was not read, for api_read_body */
    void *source_ctx;
    bool is_internal;    /* came in by the operator's own listener (/metrics) */
    bool is_handed_over; /* a process of the fast pool looked at it, and had not the time */

    /* Filled by the phases before the handler runs. */
    struct arena *arena;
    const struct api_context *context;
    struct db *db;
    enum api_method method;
    enum api_dialect dialect;
    char request_id[65];
    const struct route *route;       /* NULL: none matched */
    struct str parts[API_MAX_PARTS]; /* decoded path parts */
    unsigned part_count;
    struct str path_args[4]; /* what the route's :parameters matched, in order */
    struct api_param query[API_MAX_QUERY];
    unsigned query_count;
    const struct jsonval *json; /* parsed body, an object; NULL when the route takes none */
    size_t body_at;             /* bytes of `body` that api_read_body has given */
    uint32_t project_id;   /* 0: a ROUTE_ACCOUNT route and a key for all sites of the account */
    char project_uuid[37]; /* the projectId of answers */
    uint32_t account_id;
    uint32_t site_index; /* of the project in its account: the high half of public ids */
    enum api_key_kind key_kind;
    char key_id[25];
    bool key_is_session;
    unsigned key_scopes;  /* store/keyscope.h */
    struct api_rate rate; /* of PushMail */
};

struct api_response;

/*
 * Appends the next piece of an answer to the emptied res->body. Returns 1: there is more, 0: that
 * was the last, or an err: the answer is cut off, so that the client sees that it is not whole.
 */
typedef int api_more(struct api_response *res, void *ctx, struct err_info *info);

struct api_response {
    int status;
    const char *content_type; /* default application/json */
    struct buf body;
    struct jsonwrite json; /* writes to body */
    struct buf headers;    /* further "Name: value\r\n" lines */
    api_more *more;        /* for answers without a bound: what follows `body`; NULL: nothing */
    void *more_ctx;        /* in the request's arena */
    int err;               /* what the handler returned, for the log line */
    char problem[256];     /* words for the log line, of a 5xx above all; no user data */
};

/*
 * Returns 0 with the response filled, or an err with `info`: the error answer is then made from
 * them in the dialect of the route, and whatever was written is dropped.
 */
typedef int api_handler(struct api_request *req, struct api_response *res, struct err_info *info);

/* Value of a query parameter; at == NULL when absent. The first wins. */
struct str api_query(const struct api_request *req, const char *name);

/*
 * A positive whole number from the query: `fallback` when absent, ERR_INVAL (code BAD_REQUEST) when
 * it is none, cut to `max` above it. zero_is_default: 0 gives fallback (pageSize).
 */
int api_query_count(const struct api_request *req, const char *name, uint64_t fallback,
                    uint64_t max, bool zero_is_default, uint64_t *ret,
                    struct err_info *info) MUST_CHECK;

/*
 * Typed members of the body. Each returns 0 and sets ret_given (absent and null are "not given"
 * unless said), or ERR_UNPROCESSABLE with code VALIDATION_ERROR, item.field = name, item.code
 * invalid_type, item.received = the type's word.
 */
int api_body_str(const struct jsonval *object, const char *name, struct str *ret, bool *ret_given,
                 struct err_info *info) MUST_CHECK;
int api_body_bool(const struct jsonval *object, const char *name, bool *ret, bool *ret_given,
                  struct err_info *info) MUST_CHECK;
int api_body_list(const struct jsonval *object, const char *name, const struct jsonval **ret,
                  struct err_info *info) MUST_CHECK; /* *ret NULL when absent */

/*
 * The next bytes of the body of a ROUTE_STREAM request, however large it is. As api_source;
 * ERR_INVAL when the client left in the middle.
 */
int api_read_body(struct api_request *req, char *out, size_t size, size_t *ret_len,
                  struct err_info *info) MUST_CHECK;

/* Starts the answer: sets the status; the body is then written through res->json. */
void api_begin(struct api_response *res, int status);

/* 204 without a body. */
void api_no_content(struct api_response *res);

/* Adds a header line; `value` must hold no control bytes. */
void api_header(struct api_response *res, const char *name, const char *fmt, ...) PRINTF_LIKE(3, 4);

#endif

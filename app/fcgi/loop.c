#include "fcgi/loop.h"

#include <fcgiapp.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "api/phases.h"
#include "api/routes.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/num.h"
#include "base/procmem.h"
#include "base/stopsignal.h"
#include "base/timeutil.h"

#define LISTEN_FD 0
#define ACCEPT_US 20000
#define MEMORY_CHECK_EVERY 128

/*
 * Who loses the race for a connection must not wait in accept(), where no signal reaches it. The
 * flag belongs to all processes of the pool, and systemd takes it away with every start of one
 * (StandardInput=socket); the timeout is the socket's own and stays.
 */
static bool never_block(void)
{
    struct timeval timeout = {.tv_usec = ACCEPT_US};
    int flags = fcntl(LISTEN_FD, F_GETFL);
    return flags >= 0 && fcntl(LISTEN_FD, F_SETFL, flags | O_NONBLOCK) == 0 &&
           setsockopt(LISTEN_FD, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) == 0;
}

static bool prepare_library(FCGX_Request *fcgx)
{
    /* A silent peer may hold the process this long before the request and after the answer. */
    setenv("LIBFCGI_IS_AF_UNIX_KEEPER_POLL_TIMEOUT", "200", 0);
    setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", "200", 0);
    if (!never_block() || FCGX_IsCGI() || FCGX_Init() != 0 ||
        FCGX_InitRequest(fcgx, LISTEN_FD, FCGI_FAIL_ACCEPT_ON_INTR) != 0) {
        log_note(LOG_LEVEL_ERROR, "cannot serve", "fd 0 is not a listening socket");
        return false;
    }
    return true;
}

/* The library frees its parameters with the request: copy. at == NULL when absent. */
static struct str param(struct arena *arena, const FCGX_Request *fcgx, const char *name)
{
    const char *value = FCGX_GetParam(name, fcgx->envp);
    if (!value)
        return (struct str){NULL, 0};
    return str_copy(arena, str_from(value));
}

/* The bytes of a large body, which are read only when a handler wants them. */
struct body_source {
    FCGX_Request *fcgx;
    uint64_t left;
};

static int next_bytes(void *ctx, char *out, size_t size, size_t *ret_len, struct err_info *info)
{
    struct body_source *source = ctx;
    size_t wanted = source->left < size ? (size_t)source->left : size;
    if (wanted > INT_MAX)
        wanted = INT_MAX;
    int got = wanted ? FCGX_GetStr(out, (int)wanted, source->fcgx->in) : 0;
    *ret_len = got > 0 ? (size_t)got : 0;
    source->left -= *ret_len;
    if (*ret_len < wanted || FCGX_GetError(source->fcgx->in) != 0)
        return err_set(info, ERR_INVAL, NULL, "The request body did not arrive whole");
    return 0;
}

static void offer_body(FCGX_Request *fcgx, struct api_request *req)
{
    struct body_source *source = arena_alloc(req->arena, sizeof *source);
    *source = (struct body_source){fcgx, req->content_length};
    req->source = next_bytes;
    req->source_ctx = source;
}

/* False when the body is not all there: the request must then have no effect. */
static bool read_body(FCGX_Request *fcgx, struct api_request *req, uint64_t *ret_bytes)
{
    uint64_t length = 0;
    struct str text = param(req->arena, fcgx, "CONTENT_LENGTH");
    if (text.len > 0 && !num_parse_u64(text, INT64_MAX, &length))
        return false;
    *ret_bytes = length;
    req->content_length = length;
    req->body_too_large = length > LIMIT_BODY_BYTES;
    if (req->body_too_large)
        offer_body(fcgx, req);
    if (req->body_too_large || length == 0)
        return true;
    char *bytes = arena_alloc(req->arena, length + 1);
    int got = FCGX_GetStr(bytes, (int)length, fcgx->in);
    req->body = (struct str){bytes, length};
    return got == (int)length && FCGX_GetError(fcgx->in) == 0;
}

static bool read_request(FCGX_Request *fcgx, struct api_request *req, uint64_t *ret_bytes)
{
    struct arena *arena = req->arena;
    struct str uri = param(arena, fcgx, "REQUEST_URI");
    req->raw_path = str_split(uri, '?', &req->raw_query);
    req->method_name = param(arena, fcgx, "REQUEST_METHOD");
    req->authorization = param(arena, fcgx, "HTTP_AUTHORIZATION");
    req->idempotency_key = param(arena, fcgx, "HTTP_IDEMPOTENCY_KEY");
    req->content_type = param(arena, fcgx, "CONTENT_TYPE");
    req->content_encoding = param(arena, fcgx, "HTTP_CONTENT_ENCODING");
    req->raw_request_id = param(arena, fcgx, "HTTP_X_REQUEST_ID");
    req->host = param(arena, fcgx, "HTTP_HOST");
    req->is_https = str_eq_c(param(arena, fcgx, "REQUEST_SCHEME"), "https");
    req->is_internal = str_eq_c(param(arena, fcgx, "MUSTER_LISTENER"), "metrics");
    req->is_handed_over = str_eq_c(param(arena, fcgx, "MUSTER_HANDED_OVER"), "1");
    return read_body(fcgx, req, ret_bytes);
}

/* Some clients want words in the status line, and nginx sends only those that it is given. */
static const char *reason_of(int status)
{
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {302, "Found"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {409, "Conflict"},
        {413, "Content Too Large"},
        {415, "Unsupported Media Type"},
        {422, "Unprocessable Content"},
        {429, "Too Many Requests"},
        {500, "Internal Server Error"},
        {503, "Service Unavailable"},
        {507, "Insufficient Storage"},
    };
    for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return "Status";
}

static void write_answer(FCGX_Request *fcgx, const struct api_response *res)
{
    char head[160];
    int len =
        snprintf(head, sizeof(head), "Status: %d %s\r\n", res->status, reason_of(res->status));
    FCGX_PutStr(head, len, fcgx->out);
    if (!res->more) {
        len = snprintf(head, sizeof(head), "Content-Length: %zu\r\n", res->body.len);
        FCGX_PutStr(head, len, fcgx->out);
    }
    if (res->content_type) {
        len = snprintf(head, sizeof(head), "Content-Type: %s\r\n", res->content_type);
        FCGX_PutStr(head, len, fcgx->out);
    }
    FCGX_PutStr(res->headers.at, (int)res->headers.len, fcgx->out);
    FCGX_PutStr("\r\n", 2, fcgx->out);
    if (res->body.len > 0)
        FCGX_PutStr(res->body.at, (int)res->body.len, fcgx->out);
}

/* The pieces behind the first. False when the answer could not be given whole. */
static bool write_more(FCGX_Request *fcgx, struct api_response *res, uint64_t *ret_bytes)
{
    struct err_info info = {0};
    int more = res->more ? 1 : 0;
    while (more > 0 && FCGX_GetError(fcgx->out) == 0) {
        buf_clear(&res->body);
        more = res->more(res, res->more_ctx, &info);
        if (more < 0 || res->body.failed)
            break;
        *ret_bytes += res->body.len;
        if (res->body.len > 0)
            FCGX_PutStr(res->body.at, (int)res->body.len, fcgx->out);
    }
    if (more < 0)
        log_note(LOG_LEVEL_ERROR, "an answer was cut off", "%s", info.message);
    return more == 0;
}

struct measure {
    int64_t start_us;
    uint64_t bytes_in;
    uint64_t bytes_out;
    struct db_stats before;
};

static void log_request(const struct api_request *req, const struct api_response *res,
                        const struct measure *measure)
{
    struct log_line line;
    struct db_stats now = db_stats(req->db);
    const char *method = routes_method_name(req->method);
    const char *route = req->route ? req->route->pattern : "-";
    int64_t us = timeutil_mono_us() - measure->start_us;
    metrics_request(method, route, res->status, us);
    log_begin(&line, res->status >= 500 ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO, "request");
    log_add(&line, "id", "%s", req->request_id);
    log_add(&line, "method", "%s", method);
    log_add(&line, "route", "%s", route);
    log_add_i64(&line, "status", res->status);
    log_add_i64(&line, "us", us);
    log_add_i64(&line, "in", (int64_t)measure->bytes_in);
    log_add_i64(&line, "out", (int64_t)measure->bytes_out);
    if (req->project_id)
        log_add_i64(&line, "project", req->project_id);
    if (req->key_id[0])
        log_add(&line, "key", "%s", req->key_id);
    log_add_i64(&line, "stmts", (int64_t)(now.statements - measure->before.statements));
    log_add_i64(&line, "rows", (int64_t)(now.rows - measure->before.rows));
    if (res->status >= 500 && res->err < 0)
        log_add(&line, "err", "%s", err_name(res->err));
    if (res->problem[0])
        log_add(&line, "problem", "%s", res->problem);
    log_end(&line);
}

static void serve(FCGX_Request *fcgx, const struct api_context *context, struct arena *arena,
                  struct api_response *res)
{
    struct api_request req = {.arena = arena, .context = context, .db = context->db};
    struct measure measure = {timeutil_mono_us(), 0, 0, db_stats(context->db)};
    if (!read_request(fcgx, &req, &measure.bytes_in)) {
        log_note(LOG_LEVEL_WARN, "request dropped", "its body did not arrive whole");
        FCGX_Free(fcgx, 1);
        return;
    }
    phases_run(&req, res);
    write_answer(fcgx, res);
    measure.bytes_out = res->body.len;
    /* Without the end of the answer nginx, and so the client, knows that it was cut off. */
    if (write_more(fcgx, res, &measure.bytes_out))
        FCGX_Finish_r(fcgx);
    else
        FCGX_Free(fcgx, 1);
    log_request(&req, res, &measure);
}

static bool is_worn(const struct loop_config *config, uint64_t served)
{
    if (config->max_requests && served >= config->max_requests)
        return true;
    return config->max_private_bytes && served % MEMORY_CHECK_EVERY == 0 &&
           procmem_now().private_bytes > config->max_private_bytes;
}

enum loop_end loop_run(const struct loop_config *config)
{
    FCGX_Request fcgx;
    struct api_response res;
    /* libfcgi's reads do not survive a signal: a SIGTERM in mid-request would cut the body short.
     */
    stopsignal_prepare();
    if (!prepare_library(&fcgx))
        return LOOP_FAILED;
    AUTO(arena) arena = arena_new();
    uint64_t served = 0;
    enum loop_end end = LOOP_STOPPED;
    phases_init(&res);
    while (!stopsignal_asked()) {
        if (!stopsignal_wait(LISTEN_FD, config->tick_ms > 0 ? config->tick_ms : -1)) {
            if (config->between)
                config->between();
            continue;
        }
        if (FCGX_Accept_r(&fcgx) != 0)
            continue;            /* another process of the pool was faster, or the peer left */
        fcgx.keepConnection = 0; /* nginx asks to keep it: see conf/nginx/muster.conf */
        serve(&fcgx, config->context, arena, &res);
        arena_reset(arena);
        if (config->between)
            config->between();
        if (is_worn(config, ++served)) {
            end = LOOP_WORN;
            break;
        }
    }
    phases_done(&res);
    return end;
}

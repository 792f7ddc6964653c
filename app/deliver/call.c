#include "deliver/call.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/timeutil.h"

static const char too_many[] = "More than 5 redirects.";
static const char too_slow[] = "No complete answer within 10 seconds.";

/* One under way. */
struct call {
    struct call *next;
    struct call_request request;      /* as it is now: a redirect may have changed it */
    char url[URLGUARD_URL_BYTES + 1]; /* where a redirect led */
    const char *kept[2];              /* headers that go along to another origin */
    unsigned redirects;
    int64_t start_us;
};

struct call_pool {
    struct sender *sender;
    struct call *active;
    struct call *shown; /* the one whose result the caller looks at */
};

struct call_pool *call_pool_new(const struct urlguard *guard)
{
    struct call_pool *pool = arena_xmalloc(sizeof *pool);
    *pool = (struct call_pool){.sender = sender_new(guard)};
    return pool;
}

void call_pool_free(struct call_pool *pool)
{
    if (!pool)
        return;
    sender_free(pool->sender);
    for (struct call *call = pool->active, *next; call; call = next) {
        next = call->next;
        free(call);
    }
    free(pool->shown);
    free(pool);
}

static void send_request(struct call_pool *pool, struct call *call)
{
    int64_t left_ms = CALL_BUDGET_MS - (timeutil_mono_us() - call->start_us) / 1000;
    const struct sender_message message = {
        .url = call->request.url,
        .method = call->request.method,
        .headers = call->request.headers,
        .body = call->request.body,
        .budget_ms = left_ms > 1 ? left_ms : 1,
        .owner = call,
    };
    sender_start(pool->sender, &message);
}

void call_start(struct call_pool *pool, const struct call_request *request)
{
    struct call *call = arena_xmalloc(sizeof *call);
    *call = (struct call){.request = *request, .start_us = timeutil_mono_us()};
    call->next = pool->active;
    pool->active = call;
    send_request(pool, call);
}

static void take_out(struct call_pool *pool, const struct call *call)
{
    struct call **at = &pool->active;
    while (*at != call)
        at = &(*at)->next;
    *at = call->next;
}

void call_run(struct call_pool *pool, int timeout_ms)
{
    sender_run(pool->sender, timeout_ms);
}

/* ---- redirects ------------------------------------------------------------------------------ */

/* Scheme, host and port. */
static struct str origin_of(struct str url)
{
    unsigned slashes = 0;
    for (size_t i = 0; i < url.len; i++) {
        slashes += url.at[i] == '/' ? 1 : 0;
        if (slashes == 3 || url.at[i] == '?' || url.at[i] == '#')
            return (struct str){url.at, i};
    }
    return url;
}

/* Headers may hold secrets that are for the first receiver alone. */
static bool is_same_origin(struct str a, struct str b)
{
    a = origin_of(a);
    b = origin_of(b);
    return a.len == b.len && strncasecmp(a.at, b.at, a.len) == 0;
}

/* As browsers and RFC 9110 (15.4) have it: only 307 and 308 keep method and body. */
static void turn_into_get(struct call_request *request, int status)
{
    if (status == 307 || status == 308)
        return;
    request->method = "GET";
    request->body = (struct str){NULL, 0};
}

/* To another origin goes what the body is, where the body goes. */
static void drop_headers(struct call *call)
{
    static const char type[] = "content-type:";
    const char *kept = NULL;
    for (const char *const *line = call->request.headers; line && *line; line++)
        if (call->request.body.at && strncasecmp(*line, type, sizeof type - 1) == 0)
            kept = *line;
    call->kept[0] = kept;
    call->request.headers = call->kept;
}

/* Follows one redirect. Returns false when there is none to follow; `result` then says why. */
static bool follow(struct call_pool *pool, struct call *call, struct sender_result *result)
{
    if (result->redirect.len == 0)
        return false;
    if (call->redirects >= CALL_REDIRECTS_MAX) {
        result->problem = str_from(too_many);
        return false;
    }
    if (result->redirect.len > URLGUARD_URL_BYTES)
        return false;
    call->redirects++;
    turn_into_get(&call->request, result->status);
    if (!is_same_origin(call->request.url, result->redirect))
        drop_headers(call);
    snprintf(call->url, sizeof call->url, STR_FMT, STR_ARG(result->redirect));
    call->request.url = str_from(call->url);
    send_request(pool, call);
    return true;
}

bool call_take(struct call_pool *pool, struct sender_result *ret)
{
    free(pool->shown);
    pool->shown = NULL;
    while (sender_take(pool->sender, ret)) {
        struct call *call = ret->owner;
        if (follow(pool, call, ret))
            continue;
        int64_t ms = (timeutil_mono_us() - call->start_us) / 1000;
        if (ret->status == 0 && !ret->is_refused && ms >= CALL_BUDGET_MS)
            ret->problem = str_from(too_slow);
        ret->owner = call->request.owner;
        ret->duration_ms = ms;
        ret->redirect = (struct str){NULL, 0};
        take_out(pool, call);
        pool->shown = call;
        return true;
    }
    return false;
}

size_t call_in_flight(const struct call_pool *pool)
{
    return sender_in_flight(pool->sender);
}

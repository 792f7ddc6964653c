/*
 * HTTP requests that workflows make, many at once, through the guarded sender (deliver/sender.h):
 * any method, headers of one's own, and redirects, each judged like the first URL. A call has ten
 * seconds with all its redirects. Whom one calls at once, and how often again: the caller's.
 * Source: http-api §1.9.
 */
#ifndef MUSTER_DELIVER_CALL_H
#define MUSTER_DELIVER_CALL_H

#include "deliver/sender.h"

#define CALL_BUDGET_MS 10000
#define CALL_REDIRECTS_MAX 5

struct call_pool;

/* `guard` is borrowed for its life. Free with call_pool_free (NULL allowed), which ends what is
 * under way without a result. */
struct call_pool *call_pool_new(const struct urlguard *guard);
void call_pool_free(struct call_pool *pool);
AUTO_DEFINE(call_pool);

/* A request. All of it is borrowed until its result has been taken. */
struct call_request {
    struct str url;
    const char *method;         /* "POST" … */
    const char *const *headers; /* as sender_message's */
    struct str body;            /* at == NULL: none */
    void *owner;                /* comes back with the result */
};

/* Begins a call. Never fails: what goes wrong is told by the result. */
void call_start(struct call_pool *pool, const struct call_request *request);

/* Moves everything on, waiting up to timeout_ms for something to happen. */
void call_run(struct call_pool *pool, int timeout_ms);

/*
 * Takes a result, of which `redirect` is empty; its views are valid until the next call of any
 * function here. Returns false when none is waiting.
 */
bool call_take(struct call_pool *pool, struct sender_result *ret);

/* Calls whose result has not been taken. */
size_t call_in_flight(const struct call_pool *pool);

#endif

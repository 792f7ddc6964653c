#include "api/ratelimit.h"

#include <inttypes.h>

#include "api/routes.h"
#include "base/timeutil.h"

#define MINUTE_S 60
#define LOOK_PATH "/api/v1/rate-limit"

static struct api_rate rate_of(uint32_t limit, uint32_t used, int64_t now_s)
{
    return (struct api_rate){.limit = limit,
                             .left = used < limit ? limit - used : 0,
                             .reset_s = (now_s / MINUTE_S + 1) * MINUTE_S};
}

static uint32_t limit_of(const struct api_request *req, enum hostmem_rate rate)
{
    const struct config_rates *rates = &req->context->rates;
    return rate == HOSTMEM_SEND ? rates->send : rates->general;
}

/* Which of the two a request counts for (http-api §2). */
static enum hostmem_rate rate_class(const struct api_request *req)
{
    static const char *const sending[] = {"/api/v1/campaigns/:id/send",
                                          "/api/v1/campaigns/:id/schedule"};
    for (size_t i = 0; i < ARRAY_LEN(sending); i++)
        if (strcmp(req->route->pattern, sending[i]) == 0)
            return HOSTMEM_SEND;
    return HOSTMEM_GENERAL;
}

struct api_rate ratelimit_look(const struct api_request *req, enum hostmem_rate rate)
{
    int64_t now_s = timeutil_wall_ms() / 1000;
    uint32_t limit = limit_of(req, rate);
    uint32_t used = hostmem_rate_used(req->context->hostmem, req->account_id, rate,
                                      (uint32_t)(now_s / MINUTE_S));
    return rate_of(limit, used, now_s);
}

static void refuse(const struct api_request *req, struct api_response *res, int64_t now_s)
{
    struct jsonwrite *w = &res->json;
    int64_t wait_s = req->rate.reset_s - now_s;
    api_begin(res, 429);
    jsonwrite_object(w);
    jsonwrite_name(w, "error");
    jsonwrite_c(w, "Rate limit exceeded. Please retry after the reset time.");
    jsonwrite_name(w, "retryAfter");
    jsonwrite_i64(w, wait_s);
    jsonwrite_name(w, "limit");
    jsonwrite_i64(w, req->rate.limit);
    jsonwrite_name(w, "resetAt");
    jsonwrite_i64(w, req->rate.reset_s);
    jsonwrite_object_end(w);
    api_header(res, "Retry-After", "%" PRId64, wait_s);
}

int ratelimit_take(struct api_request *req, struct api_response *res)
{
    enum hostmem_rate rate = rate_class(req);
    uint32_t limit = limit_of(req, rate);
    if (limit == 0 || req->dialect != API_PUSHMAIL || req->key_kind == API_KEY_NONE)
        return 0;
    /* What was handed over was counted by the process that had it first. */
    if (strcmp(req->route->pattern, LOOK_PATH) == 0 || req->is_handed_over) {
        req->rate = ratelimit_look(req, rate);
        return 0;
    }
    int64_t now_s = timeutil_wall_ms() / 1000;
    uint32_t used = hostmem_rate_take(req->context->hostmem, req->account_id, rate,
                                      (uint32_t)(now_s / MINUTE_S));
    req->rate = rate_of(limit, used, now_s);
    if (used <= limit)
        return 0;
    refuse(req, res, now_s);
    return 1;
}

void ratelimit_headers(const struct api_request *req, struct api_response *res)
{
    if (req->rate.limit == 0)
        return;
    api_header(res, "X-RateLimit-Limit", "%" PRIu32, req->rate.limit);
    api_header(res, "X-RateLimit-Remaining", "%" PRIu32, req->rate.left);
    api_header(res, "X-RateLimit-Reset", "%" PRId64, req->rate.reset_s);
}

/*
 * PushMail's limit of requests: per account, in fixed minutes of the clock, counted in the memory
 * of this host (http-api §2). How many: configuration.
 */
#ifndef MUSTER_API_RATELIMIT_H
#define MUSTER_API_RATELIMIT_H

#include "api/api.h"
#include "store/hostmem.h"

/*
 * Counts an authenticated PushMail request and fills req->rate; others, and those to /rate-limit,
 * are not counted. Returns 0, or 1 when there were too many: the 429 is then answered.
 */
int ratelimit_take(struct api_request *req, struct api_response *res) MUST_CHECK;

/* The X-RateLimit headers of a request that has req->rate; else nothing. */
void ratelimit_headers(const struct api_request *req, struct api_response *res);

/* What is left of one kind of requests; nothing is counted. limit 0: it is not limited. */
struct api_rate ratelimit_look(const struct api_request *req, enum hostmem_rate rate);

#endif

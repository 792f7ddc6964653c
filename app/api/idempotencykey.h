/* The Idempotency-Key header (http-api §1.4), for the handlers that take one. */
#ifndef MUSTER_API_IDEMPOTENCYKEY_H
#define MUSTER_API_IDEMPOTENCYKEY_H

#include "api/api.h"
#include "store/idempotency.h"

/*
 * What the request claims with its key, for the write: *ret_claim is `claim`, or NULL when there is
 * no key. `name` is "POST /v1/track". Returns 0, or ERR_INVAL for a key that is none.
 */
int idempotencykey_read(const struct api_request *req, struct str name,
                        struct idempotency_claim *claim, struct idempotency_claim **ret_claim,
                        struct err_info *info) MUST_CHECK;

/* Answers a second use of a key: 409, with what is known of the first. Returns 0 or an err of the
 * database. */
int idempotencykey_answer_reused(struct api_request *req, struct api_response *res,
                                 const struct idempotency_claim *claim,
                                 struct err_info *info) MUST_CHECK;

/* After an effect with a key: now and then old keys are purged, which may fail without harm. */
void idempotencykey_used(const struct api_request *req);

#endif

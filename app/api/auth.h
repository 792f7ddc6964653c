/* Who is asking: the key of the Authorization header, and whether it may. */
#ifndef MUSTER_API_AUTH_H
#define MUSTER_API_AUTH_H

#include "api/api.h"

/*
 * Fills account and key of `req` as its route demands, and the project when the key is of one
 * (else: api/site.h); a route without keys needs nothing.
 * Returns 0; ERR_DENIED with the documented text (no header, a malformed, unknown or revoked key, a
 * public key where a secret one is needed); ERR_FORBIDDEN, naming the scope, when the key lacks
 * that of the route; or an err of the database.
 */
int auth_check(struct api_request *req, struct err_info *info) MUST_CHECK;

#endif

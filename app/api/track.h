/* Handlers of /v1/track: a contact did something (http-api §1.4, §1.6, §4.1). */
#ifndef MUSTER_API_TRACK_H
#define MUSTER_API_TRACK_H

#include "api/api.h"

api_handler track_one;   /* POST /v1/track, with Idempotency-Key */
api_handler track_batch; /* POST /v1/track/batch */

/*
 * Judges an event name that a client gave; `place` is its name in the body ("event"). Returns 0 or
 * ERR_UNPROCESSABLE: reserved_event (§1.2), or no name that an event can have.
 */
int track_check_name(struct str name, const char *place, struct err_info *info) MUST_CHECK;

#endif

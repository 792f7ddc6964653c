/* One request from its parts to its answer, phase by phase. */
#ifndef MUSTER_API_PHASES_H
#define MUSTER_API_PHASES_H

#include "api/api.h"

/* Makes the answer ready for use; phases_done releases it. */
void phases_init(struct api_response *res);
void phases_done(struct api_response *res);

/*
 * Answers `req`, whose "as received" part is filled, along with arena, context and db. Never fails:
 * every failure is an answer. `res` was made by phases_init and may be used again.
 */
void phases_run(struct api_request *req, struct api_response *res);

#endif

/*
 * Handlers of PushMail's /sequences (http-api §2). Steps come back as they were given; they are
 * judged (flow/sequencesteps.h) while the sequence is enabled. Who is on the way:
 * api/pmenrollments.h.
 */
#ifndef MUSTER_API_PMSEQUENCES_H
#define MUSTER_API_PMSEQUENCES_H

#include "api/api.h"

api_handler pmsequences_list;   /* GET /api/v1/sequences */
api_handler pmsequences_create; /* POST /api/v1/sequences */
api_handler pmsequences_get;    /* GET /api/v1/sequences/:id */
api_handler pmsequences_update; /* PUT /api/v1/sequences/:id */
api_handler pmsequences_delete; /* DELETE /api/v1/sequences/:id */

#endif

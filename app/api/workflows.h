/* Handlers of /workflows: what starts one, and whether it is on (http-api §1.9). */
#ifndef MUSTER_API_WORKFLOWS_H
#define MUSTER_API_WORKFLOWS_H

#include "api/api.h"

api_handler workflows_list;   /* GET /workflows */
api_handler workflows_create; /* POST /workflows */
api_handler workflows_fields; /* GET /workflows/fields */
api_handler workflows_get;    /* GET /workflows/:id */
api_handler workflows_update; /* PATCH /workflows/:id */
api_handler workflows_delete; /* DELETE /workflows/:id */

#endif

/* Handlers of /templates: what stands in messages (http-api §1.10). */
#ifndef MUSTER_API_TEMPLATES_H
#define MUSTER_API_TEMPLATES_H

#include "api/api.h"

api_handler templates_list;      /* GET /templates */
api_handler templates_create;    /* POST /templates */
api_handler templates_get;       /* GET /templates/:id */
api_handler templates_patch;     /* PATCH /templates/:id */
api_handler templates_delete;    /* DELETE /templates/:id */
api_handler templates_duplicate; /* POST /templates/:id/duplicate */
api_handler templates_usage;     /* GET /templates/:id/usage */

#endif

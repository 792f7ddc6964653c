/* Handlers of PushMail's /sites (http-api §2). A site is a project. */
#ifndef MUSTER_API_PMSITES_H
#define MUSTER_API_PMSITES_H

#include "api/api.h"

api_handler pmsites_list;   /* GET /api/v1/sites: those that the key sees */
api_handler pmsites_create; /* POST /api/v1/sites: with a key for the whole account */
api_handler pmsites_get;    /* GET /api/v1/sites/:id */
api_handler pmsites_update; /* PUT /api/v1/sites/:id */
api_handler pmsites_delete; /* DELETE /api/v1/sites/:id: likewise */

#endif

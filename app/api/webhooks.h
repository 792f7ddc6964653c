/* Handlers of /webhooks: endpoints, and what is sent to them (http-api §4.3). */
#ifndef MUSTER_API_WEBHOOKS_H
#define MUSTER_API_WEBHOOKS_H

#include "api/api.h"

api_handler webhooks_list;   /* GET /webhooks */
api_handler webhooks_create; /* POST /webhooks */
api_handler webhooks_get;    /* GET /webhooks/:id */
api_handler webhooks_update; /* PATCH /webhooks/:id */
api_handler webhooks_delete; /* DELETE /webhooks/:id */
api_handler webhooks_rotate; /* POST /webhooks/:id/rotate-secret */

#endif

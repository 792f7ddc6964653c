/* Handlers of PushMail's /tags (http-api §2). Who has one: api/pmmembers.h. */
#ifndef MUSTER_API_PMTAGS_H
#define MUSTER_API_PMTAGS_H

#include "api/api.h"

api_handler pmtags_list;   /* GET /api/v1/tags */
api_handler pmtags_create; /* POST /api/v1/tags */
api_handler pmtags_get;    /* GET /api/v1/tags/:id */
api_handler pmtags_delete; /* DELETE /api/v1/tags/:id */

#endif

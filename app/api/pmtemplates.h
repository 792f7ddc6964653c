/* Handlers of PushMail's /templates (http-api §2 names templateId; the shapes are ours). */
#ifndef MUSTER_API_PMTEMPLATES_H
#define MUSTER_API_PMTEMPLATES_H

#include "api/api.h"

api_handler pmtemplates_list;   /* GET /api/v1/templates */
api_handler pmtemplates_create; /* POST /api/v1/templates */
api_handler pmtemplates_get;    /* GET /api/v1/templates/:id */
api_handler pmtemplates_update; /* PUT /api/v1/templates/:id */
api_handler pmtemplates_delete; /* DELETE /api/v1/templates/:id */

#endif

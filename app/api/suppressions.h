/* Handlers of /suppressions: rules that say which addresses get no mail (http-api §1.10). */
#ifndef MUSTER_API_SUPPRESSIONS_H
#define MUSTER_API_SUPPRESSIONS_H

#include "api/api.h"

api_handler suppressions_list;    /* GET /suppressions */
api_handler suppressions_create;  /* POST /suppressions */
api_handler suppressions_update;  /* PUT /suppressions/:id */
api_handler suppressions_delete;  /* DELETE /suppressions/:id */
api_handler suppressions_preview; /* POST /suppressions/preview */
api_handler suppressions_emails;  /* GET /suppressions/emails: messages that were held back */
api_handler suppressions_email;   /* GET /suppressions/emails/:id */

#endif

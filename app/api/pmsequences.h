/* Handlers of PushMail's /sequences (http-api §2): kept as they are given, nobody is enrolled yet.
 */
#ifndef MUSTER_API_PMSEQUENCES_H
#define MUSTER_API_PMSEQUENCES_H

#include "api/api.h"

api_handler pmsequences_list;   /* GET /api/v1/sequences */
api_handler pmsequences_create; /* POST /api/v1/sequences */
api_handler pmsequences_get;    /* GET /api/v1/sequences/:id */
api_handler pmsequences_delete; /* DELETE /api/v1/sequences/:id */

#endif

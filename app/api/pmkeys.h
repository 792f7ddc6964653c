/* Handlers of PushMail's /api-keys (http-api §2). A key of one site sees and makes that site's. */
#ifndef MUSTER_API_PMKEYS_H
#define MUSTER_API_PMKEYS_H

#include "api/api.h"

api_handler pmkeys_list;   /* GET /api/v1/api-keys: live ones, without their texts */
api_handler pmkeys_create; /* POST /api/v1/api-keys: the text is shown here, once */
api_handler pmkeys_delete; /* DELETE /api/v1/api-keys/:id: revokes */

#endif

/* Handlers of PushMail's /contacts (http-api §2), less bulk and export. */
#ifndef MUSTER_API_PMCONTACTS_H
#define MUSTER_API_PMCONTACTS_H

#include "api/api.h"

api_handler pmcontacts_create; /* POST /api/v1/contacts: 409 for an address that is there */
api_handler pmcontacts_list;   /* GET /api/v1/contacts */
api_handler pmcontacts_get;    /* GET /api/v1/contacts/:id */
api_handler pmcontacts_update; /* PUT /api/v1/contacts/:id */
api_handler pmcontacts_delete; /* DELETE /api/v1/contacts/:id */
api_handler pmcontacts_tag;    /* POST /api/v1/contacts/:id/tags {tag}: made when it is not there */
api_handler pmcontacts_to_list; /* POST /api/v1/contacts/:id/lists {listId} */

#endif

/* Handlers of what looks at a field of contacts, and of deleting one (http-api §1.5). */
#ifndef MUSTER_API_FIELDUSE_H
#define MUSTER_API_FIELDUSE_H

#include "api/api.h"

api_handler fielduse_get;    /* GET /contacts/fields/:field/usage */
api_handler fielduse_delete; /* DELETE /contacts/fields/:field */

#endif

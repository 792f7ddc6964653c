/* Handlers of /contacts/fields: what can be filtered on, and which values there are. */
#ifndef MUSTER_API_FIELDS_H
#define MUSTER_API_FIELDS_H

#include "api/api.h"

api_handler fields_list;   /* GET /contacts/fields */
api_handler fields_values; /* GET /contacts/fields/:field/values */

#endif

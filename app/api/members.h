/* Handlers of /segments/:id/members: who is in a static segment, by address (http-api §1.7). */
#ifndef MUSTER_API_MEMBERS_H
#define MUSTER_API_MEMBERS_H

#include "api/api.h"

api_handler members_add;    /* POST /segments/:id/members */
api_handler members_remove; /* DELETE /segments/:id/members */

#endif

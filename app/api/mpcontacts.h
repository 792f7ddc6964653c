/* Handlers of MailPanda's /contacts (http-api §3). A group is a list. */
#ifndef MUSTER_API_MPCONTACTS_H
#define MUSTER_API_MPCONTACTS_H

#include "api/api.h"

api_handler mpcontacts_list;   /* GET /api/contacts */
api_handler mpcontacts_create; /* POST /api/contacts */
api_handler mpcontacts_update; /* PUT /api/contacts/:id */

#endif

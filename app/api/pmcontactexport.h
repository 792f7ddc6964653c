/* Handler of PushMail's /contacts/export (http-api §2): CSV or JSON, streamed. */
#ifndef MUSTER_API_PMCONTACTEXPORT_H
#define MUSTER_API_PMCONTACTEXPORT_H

#include "api/api.h"

api_handler pmcontactexport_get; /* GET /api/v1/contacts/export */

#endif

/* Handlers of the bulk actions on contacts (http-api §1.5); the worker does them. */
#ifndef MUSTER_API_BULK_H
#define MUSTER_API_BULK_H

#include "api/api.h"

api_handler bulk_subscribe;   /* POST /contacts/bulk-subscribe */
api_handler bulk_unsubscribe; /* POST /contacts/bulk-unsubscribe */
api_handler bulk_delete;      /* POST /contacts/bulk-delete */
api_handler bulk_get;         /* GET /contacts/bulk/:jobId */

#endif

/* Handlers of MailPanda's /segments (http-api §3, sources/mailpanda-segments.txt). */
#ifndef MUSTER_API_MPSEGMENTS_H
#define MUSTER_API_MPSEGMENTS_H

#include "api/api.h"

api_handler mpsegments_list;     /* GET /api/segments */
api_handler mpsegments_create;   /* POST /api/segments */
api_handler mpsegments_contacts; /* GET /api/segments/contacts?segment_id= */
api_handler mpsegments_update;   /* PUT /api/segments/:id */
api_handler mpsegments_delete;   /* DELETE /api/segments/:id */

#endif

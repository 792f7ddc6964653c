/* Handlers of PushMail's /segments (http-api §2, sources/pushmail-segments.txt). */
#ifndef MUSTER_API_PMSEGMENTS_H
#define MUSTER_API_PMSEGMENTS_H

#include "api/api.h"

api_handler pmsegments_list;          /* GET /api/v1/segments */
api_handler pmsegments_create;        /* POST /api/v1/segments */
api_handler pmsegments_preview_count; /* POST /api/v1/segments/preview-count */
api_handler pmsegments_get;           /* GET /api/v1/segments/:id */
api_handler pmsegments_update;        /* PUT /api/v1/segments/:id */
api_handler pmsegments_delete;        /* DELETE /api/v1/segments/:id */
api_handler pmsegments_contacts;      /* GET /api/v1/segments/:id/contacts */
api_handler pmsegments_count;         /* POST /api/v1/segments/:id/count */

#endif

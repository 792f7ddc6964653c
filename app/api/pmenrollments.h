/*
 * Handlers of PushMail's enrolments (http-api §2): the executions of a sequence, and the report of
 * contacts that are in several.
 */
#ifndef MUSTER_API_PMENROLLMENTS_H
#define MUSTER_API_PMENROLLMENTS_H

#include "api/api.h"

api_handler pmenrollments_list;   /* GET /api/v1/sequences/:id/enrollments */
api_handler pmenrollments_create; /* POST /api/v1/sequences/:id/enrollments */
api_handler pmenrollments_get;    /* GET /api/v1/sequences/:id/enrollments/:enrollmentId */
api_handler pmenrollments_stop;   /* DELETE /api/v1/sequences/:id/enrollments/:enrollmentId */
api_handler pmenrollments_report; /* GET /api/v1/reports/multi-sequence */

#endif

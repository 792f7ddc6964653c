/* Handlers of the executions of a workflow (http-api §1.9). */
#ifndef MUSTER_API_EXECUTIONS_H
#define MUSTER_API_EXECUTIONS_H

#include "api/api.h"

api_handler executions_start;      /* POST /workflows/:id/executions */
api_handler executions_list;       /* GET /workflows/:id/executions */
api_handler executions_get;        /* GET /workflows/:id/executions/:executionId */
api_handler executions_cancel;     /* DELETE /workflows/:id/executions/:executionId */
api_handler executions_cancel_all; /* POST /workflows/:id/executions/cancel-all */

#endif

/* Handlers of the steps and transitions of a workflow (http-api §1.9). */
#ifndef MUSTER_API_WORKFLOWSTEPS_H
#define MUSTER_API_WORKFLOWSTEPS_H

#include "api/api.h"

api_handler workflowsteps_create;     /* POST /workflows/:id/steps */
api_handler workflowsteps_update;     /* PATCH /workflows/:id/steps/:stepId */
api_handler workflowsteps_delete;     /* DELETE /workflows/:id/steps/:stepId */
api_handler workflowsteps_connect;    /* POST /workflows/:id/transitions */
api_handler workflowsteps_disconnect; /* DELETE /workflows/:id/transitions/:transitionId */

#endif

/* Handlers of a webhook's messages (http-api §4.3): what was sent, and sending by hand. */
#ifndef MUSTER_API_DELIVERIES_H
#define MUSTER_API_DELIVERIES_H

#include "api/api.h"

api_handler deliveries_list;   /* GET /webhooks/:id/deliveries */
api_handler deliveries_get;    /* GET /webhooks/:id/deliveries/:deliveryId: with its payload */
api_handler deliveries_retry;  /* POST /webhooks/:id/deliveries/:deliveryId/retry */
api_handler deliveries_replay; /* POST /webhooks/:id/replay */
api_handler deliveries_test;   /* POST /webhooks/:id/test */

#endif

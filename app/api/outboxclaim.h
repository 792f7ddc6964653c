/* Handler of the outbox: messages for a sender outside (http-api §4.5). */
#ifndef MUSTER_API_OUTBOXCLAIM_H
#define MUSTER_API_OUTBOXCLAIM_H

#include "api/api.h"

api_handler outboxclaim_run; /* POST /v1/outbox/claim */

#endif

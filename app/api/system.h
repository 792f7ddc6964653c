/* Routes about the server itself. */
#ifndef MUSTER_API_SYSTEM_H
#define MUSTER_API_SYSTEM_H

#include "api/api.h"

api_handler system_root;    /* GET /: 302 to the dashboard */
api_handler system_health;  /* GET /health: 200, or 503 without database or a migration */
api_handler system_config;  /* GET /config: what a client may want to know before it has a key */
api_handler system_metrics; /* GET /metrics: Prometheus text, on the operator's listener only */

#endif

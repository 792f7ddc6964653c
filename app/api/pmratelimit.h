/* Handler of PushMail's /rate-limit (http-api §2). */
#ifndef MUSTER_API_PMRATELIMIT_H
#define MUSTER_API_PMRATELIMIT_H

#include "api/api.h"

api_handler pmratelimit_get; /* GET /api/v1/rate-limit; is not counted itself */

#endif

/* Handler of reports about messages (http-api §4.5): what a sender tells became of them. */
#ifndef MUSTER_API_EMAILEVENTS_H
#define MUSTER_API_EMAILEVENTS_H

#include "api/api.h"

api_handler emailevents_add; /* POST /v1/email-events */

#endif

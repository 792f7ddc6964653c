/* Handler of PushMail's events (http-api §2): what became of messages, newest first. */
#ifndef MUSTER_API_PMEVENTS_H
#define MUSTER_API_PMEVENTS_H

#include "api/api.h"

api_handler pmevents_list; /* GET /api/v1/events */

#endif

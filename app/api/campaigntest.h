/* POST /campaigns/:id/test: one message to somebody of the project (http-api §1.8). */
#ifndef MUSTER_API_CAMPAIGNTEST_H
#define MUSTER_API_CAMPAIGNTEST_H

#include "api/api.h"

api_handler campaigntest_send; /* POST /campaigns/:id/test */

#endif

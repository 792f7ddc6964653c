/* Handlers of /hooks/sns: Amazon SES tells what became of messages, over SNS (http-api §4.5). */
#ifndef MUSTER_API_SNSHOOKS_H
#define MUSTER_API_SNSHOOKS_H

#include "api/api.h"

api_handler snshooks_list;    /* GET /hooks/sns */
api_handler snshooks_create;  /* POST /hooks/sns: the answer has the token, this once */
api_handler snshooks_delete;  /* DELETE /hooks/sns/:id */
api_handler snshooks_rotate;  /* POST /hooks/sns/:id/rotate-token */
api_handler snshooks_receive; /* POST /hooks/sns/:token, which SNS calls */

#endif

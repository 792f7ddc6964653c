/* Handler of transactional mail (http-api §1.10): it ends in the outbox. */
#ifndef MUSTER_API_SEND_H
#define MUSTER_API_SEND_H

#include "api/api.h"

api_handler send_mail; /* POST /v1/send */

#endif

/* GET /contacts/:id/export: all that is known of one person (http-api §4.1). */
#ifndef MUSTER_API_PERSONEXPORT_H
#define MUSTER_API_PERSONEXPORT_H

#include "api/api.h"

api_handler personexport_get; /* GET /contacts/:id/export */

#endif

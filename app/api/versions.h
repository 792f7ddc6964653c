/* Handlers of a segment's versions: what its filter was, since when, by whom (http-api §4.2). */
#ifndef MUSTER_API_VERSIONS_H
#define MUSTER_API_VERSIONS_H

#include "api/api.h"

api_handler versions_list;    /* GET /segments/:id/versions */
api_handler versions_restore; /* POST /segments/:id/versions/:n/restore */

#endif

/* Handlers of a tracked segment's entries and exits (http-api §1.7 compute, §4.2 changes). */
#ifndef MUSTER_API_CHANGES_H
#define MUSTER_API_CHANGES_H

#include "api/api.h"

api_handler changes_list;    /* GET /segments/:id/changes */
api_handler changes_compute; /* POST /segments/:id/compute */

#endif

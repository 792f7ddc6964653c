/* What a list of segments shows of those that are on the screen: live counts, and how they grew. */
#ifndef MUSTER_API_SEGMENTFIGURES_H
#define MUSTER_API_SEGMENTFIGURES_H

#include "api/api.h"

/* Each takes `ids`, at most 100; what the project does not have is left out of the answer. Returns
 * 0; ERR_INVAL at the parameter that is wrong; ERR_SLOW; or an err of the database. */
api_handler segmentfigures_counts;  /* GET /segments/counts */
api_handler segmentfigures_history; /* GET /segments/history */

#endif

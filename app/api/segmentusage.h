/* GET /segments/:id/usage: who refers to a segment, and whether it can be deleted now. */
#ifndef MUSTER_API_SEGMENTUSAGE_H
#define MUSTER_API_SEGMENTUSAGE_H

#include "api/api.h"

api_handler segmentusage_get;

#endif

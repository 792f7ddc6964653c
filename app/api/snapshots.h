/* POST /segments/:id/snapshot: a static segment of those who are in now. */
#ifndef MUSTER_API_SNAPSHOTS_H
#define MUSTER_API_SNAPSHOTS_H

#include "api/api.h"

api_handler snapshots_create;

#endif

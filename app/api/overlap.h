/* POST /segments/overlap: who is in exactly which of 2 to 10 segments. */
#ifndef MUSTER_API_OVERLAP_H
#define MUSTER_API_OVERLAP_H

#include "api/api.h"

api_handler overlap_compute;

#endif

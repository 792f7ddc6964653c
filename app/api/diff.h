/* What saving another condition would do to a segment (http-api §4.2). */
#ifndef MUSTER_API_DIFF_H
#define MUSTER_API_DIFF_H

#include "api/api.h"

api_handler diff_preview; /* POST /segments/:id/diff */

#endif

/* Handler of POST /segments/convert: a filter of one dialect in another (http-api §4.2). */
#ifndef MUSTER_API_CONVERT_H
#define MUSTER_API_CONVERT_H

#include "api/api.h"

api_handler convert_filter; /* POST /segments/convert */

#endif

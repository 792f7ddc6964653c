/* GET /system: what is running, what waits, and what the limits are (http-api §4.6). */
#ifndef MUSTER_API_SYSTEMINFO_H
#define MUSTER_API_SYSTEMINFO_H

#include "api/api.h"

/*
 * The project's own numbers; those of the whole server are for keys with the scope `admin` only.
 * Returns 0 or an err of the database.
 */
api_handler systeminfo_get;

#endif

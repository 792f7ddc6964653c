/* GET /events/stats/volume: how many events of which name by the hour or day, for charts. */
#ifndef MUSTER_API_EVENTVOLUME_H
#define MUSTER_API_EVENTVOLUME_H

#include "api/api.h"

/*
 * The most frequent names one by one, the others together; of `name` that one alone. Returns 0;
 * ERR_INVAL for a wrong interval, date or range; ERR_SLOW for the bulk pool; or an err of the
 * database.
 */
api_handler eventvolume_get;

#endif

/* GET /segments/:id/history: how a segment grew, by the hour or the day. */
#ifndef MUSTER_API_HISTORY_H
#define MUSTER_API_HISTORY_H

#include "api/api.h"

/*
 * Query: from, to (instants or days, to: now, from: 30 days before), interval (hour or day).
 * Answers 200 with points and growth; ERR_INVAL names the parameter that is wrong: no date, from
 * after to, another interval, more than 2,400 points.
 */
api_handler history_get;

#endif

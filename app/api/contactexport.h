/* Contacts as CSV and as NDJSON (http-api decision 9, §4.6), for every list that takes `format`. */
#ifndef MUSTER_API_CONTACTEXPORT_H
#define MUSTER_API_CONTACTEXPORT_H

#include "api/api.h"
#include "audience/audience.h"

/*
 * Whether the request asks for a stream: `format` is csv or ndjson; json (or nothing) is the
 * ordinary list. Returns 1, 0, or ERR_INVAL at field "format" for any other word.
 */
int contactexport_asked(const struct api_request *req, struct err_info *info) MUST_CHECK;

/*
 * Answers everybody whom `query` finds, newest contact first (AUDIENCE_OLDEST: oldest), in the
 * format asked for. CSV: id, email, subscribed, status, createdAt, updatedAt, then data.<path> for
 * each path under which some contact of the project holds a value now; with `spreadsheet=1`, fields
 * that look like formulas get a ' before them. NDJSON: the object of GET /contacts/:id on a line.
 * Returns 0; ERR_INVAL for `spreadsheet` that is no flag; or an err as contactstream_answer.
 */
int contactexport_answer(struct api_request *req, struct api_response *res,
                         const struct audience_query *query, struct err_info *info) MUST_CHECK;

#endif

/* The query parameters with which a time is asked for: dates, and the width of a chart's points. */
#ifndef MUSTER_API_DATERANGE_H
#define MUSTER_API_DATERANGE_H

#include "api/api.h"

/*
 * A date of the query, `fallback_ms` when it is not given; a day as an end means all of that day.
 * Returns 0, or ERR_INVAL at the parameter.
 */
int daterange_read(const struct api_request *req, const char *name, bool is_end,
                   int64_t fallback_ms, int64_t *ret_ms, struct err_info *info) MUST_CHECK;

/* `interval`, hour or day (when it is not given), in ms. Returns 0, or ERR_INVAL at it. */
int daterange_interval(const struct api_request *req, int64_t *ret_ms,
                       struct err_info *info) MUST_CHECK;

#endif

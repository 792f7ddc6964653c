/* What the handlers of segments share, whatever dialect they speak. */
#ifndef MUSTER_API_SEGMENTPARTS_H
#define MUSTER_API_SEGMENTPARTS_H

#include "api/api.h"
#include "audience/audience.h"
#include "store/segment.h"

/* The question "who is in this segment". Returns 0 or an err of names_load. */
int segmentparts_ask(const struct api_request *req, const struct segment *segment,
                     struct audience_query *ret, struct err_info *info) MUST_CHECK;

/* Counts the members now, into `segment`; nothing is stored. Returns 0 or an err of audience_page.
 */
int segmentparts_count(const struct api_request *req, struct segment *segment,
                       struct err_info *info) MUST_CHECK;

/*
 * Brings the counts of listed segments (with their filters) up to date, at most
 * SEGMENTPARTS_LIVE_COUNTS of them; the others, and one that cannot be counted at present, keep the
 * stored count. Returns 0, or ERR_SLOW when one needs the bulk pool.
 */
#define SEGMENTPARTS_LIVE_COUNTS 100
int segmentparts_count_listed(const struct api_request *req, struct segment *segments,
                              size_t count) MUST_CHECK;

/* Puts a name and the slug that it makes, at most LIMIT_SLUG_BYTES; a name without any letter gives
 * the id. */
void segmentparts_set_name(const struct api_request *req, const struct uuid *uuid, struct str name,
                           struct segment_input *input);

/*
 * Reads member `name` of the body as a filter of the dialect, counts who is in it, and fills what
 * SEGMENT_SET_FILTER stores. Returns 0, or an err of condition_read or audience_page.
 */
int segmentparts_read_filter(const struct api_request *req, enum segment_dialect dialect,
                             const char *name, struct segment_input *input,
                             struct err_info *info) MUST_CHECK;

/* The same for a filter that stands elsewhere; `name` is the path in messages. */
int segmentparts_take_filter(const struct api_request *req, enum segment_dialect dialect,
                             const struct jsonval *value, const char *name,
                             struct segment_input *input, struct err_info *info) MUST_CHECK;

/*
 * Counts who is in a filter of the body; nothing is stored. Errors as segmentparts_read_filter.
 */
int segmentparts_preview(const struct api_request *req, enum segment_dialect dialect,
                         const char *name, uint64_t *ret, struct err_info *info) MUST_CHECK;

/* Deletes the first members of a static segment that is gone; the worker sweeps the rest. */
void segmentparts_drop(const struct api_request *req, const struct segment *segment);

#endif

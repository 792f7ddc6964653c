/* POST /audience/preview: how many of an audience would get a message now. */
#ifndef MUSTER_API_AUDIENCEPREVIEW_H
#define MUSTER_API_AUDIENCEPREVIEW_H

#include "api/api.h"

/*
 * Answers the arithmetic of audience/reach.h; nothing is stored. Errors: 400 as campaigns have them
 * when the audience type misses its part, or at excludeSegmentIds when there are too many; 404
 * "Segment not found"; whatever a condition can be refused for.
 */
api_handler audiencepreview_count;

#endif

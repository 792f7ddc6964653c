/* Handlers of /segments: the segments themselves (http-api §1.7, §4.2). Members: api/members.h. */
#ifndef MUSTER_API_SEGMENTS_H
#define MUSTER_API_SEGMENTS_H

#include "api/api.h"
#include "store/segment.h"

api_handler segments_list;     /* GET /segments */
api_handler segments_create;   /* POST /segments */
api_handler segments_preview;  /* POST /segments/preview */
api_handler segments_get;      /* GET /segments/:id */
api_handler segments_update;   /* PATCH /segments/:id */
api_handler segments_delete;   /* DELETE /segments/:id */
api_handler segments_contacts; /* GET /segments/:id/contacts */
api_handler segments_refresh;  /* POST /segments/:id/refresh */

/*
 * The segment that the path names (its first parameter). Returns 0; ERR_NOT_FOUND for an id that is
 * none, or none of this project; or an err of the database.
 */
int segments_find(const struct api_request *req, struct segment *ret,
                  struct err_info *info) MUST_CHECK;

/*
 * Counts the segment's members now and stores the count; `segment` is updated. Returns 0 or an err
 * of audience_page.
 */
int segments_recount(const struct api_request *req, struct segment *segment,
                     struct err_info *info) MUST_CHECK;

/* Answers the segment's object. Returns 0 or an err of condition_write. */
int segments_answer(const struct api_request *req, struct api_response *res, int status,
                    const struct segment *segment, struct err_info *info) MUST_CHECK;

#endif

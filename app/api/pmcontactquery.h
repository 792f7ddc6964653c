/* Which contacts a PushMail list or export asks for: q, status, list, tag and segment, ANDed. */
#ifndef MUSTER_API_PMCONTACTQUERY_H
#define MUSTER_API_PMCONTACTQUERY_H

#include "api/api.h"
#include "filter/filter.h"

/*
 * Reads the query. *ret is in the request's arena; NULL: everybody. A list and a segment are named
 * by their id (list or listId, segment or segmentId), a tag by its name or id (tag) or its id
 * (tagId). Returns 0; ERR_INVAL for a status that is none, or a q that is too long; ERR_NOT_FOUND
 * for a list, tag or segment that this site does not have; or an err of the database.
 */
int pmcontactquery_read(const struct api_request *req, const struct filter **ret,
                        struct err_info *info) MUST_CHECK;

#endif

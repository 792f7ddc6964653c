/* What PushMail's handlers of tags, lists, segments, campaigns and sequences share. */
#ifndef MUSTER_API_PMPARTS_H
#define MUSTER_API_PMPARTS_H

#include "api/api.h"
#include "api/pushmail.h"
#include "audience/audience.h"

/* Writes "id" and "siteId" into the open object; `n` as pushmail_id. */
void pmparts_ids(struct jsonwrite *w, const struct api_request *req, uint32_t n);

/* Writes the name and the public id; null when n is 0. */
void pmparts_id(struct jsonwrite *w, const struct api_request *req, const char *name, uint32_t n);

/* Writes the name and the instant; null when ms is 0. */
void pmparts_time(struct jsonwrite *w, const char *name, int64_t ms);

/*
 * Writes "contacts" and "pagination" of one page into the open object: {id, email, firstName,
 * lastName, status} each, lastName where asked for.
 */
void pmparts_contacts(struct jsonwrite *w, const struct api_request *req,
                      const struct audience_page *found, bool last_name,
                      const struct pushmail_page *page);

/* How many are in a set (KEY_SET_…) now. Returns 0 or an err of audience_page. */
int pmparts_count(const struct api_request *req, uint64_t set_id, uint64_t *ret,
                  struct err_info *info) MUST_CHECK;

/*
 * A member of the body that is the id of a thing of this site: *ret_n 0 when it is absent or null.
 * Returns 0; ERR_UNPROCESSABLE when it is no number; ERR_NOT_FOUND with the text `missing` for what
 * is no id of this site.
 */
int pmparts_body_id(const struct api_request *req, const struct jsonval *object, const char *name,
                    const char *missing, uint32_t *ret_n, struct err_info *info) MUST_CHECK;

/*
 * Members of a set that is dropped with its owner: deletes the first of them; the worker sweeps the
 * rest. The answer is that of pushmail_deleted. Returns 0.
 */
int pmparts_dropped(const struct api_request *req, struct api_response *res, uint64_t set_id);

#endif

/* Which project a request means, where its key does not say (http-api, decisions 2 and 3). */
#ifndef MUSTER_API_SITE_H
#define MUSTER_API_SITE_H

#include "api/api.h"

/*
 * Fills project_id, project_uuid and site_index of a request whose key is good and whose body is
 * read. A key of one project means that one. With a key for all sites of an account PushMail takes
 * the siteId of query or body, else the site that the first integer of the path says, else the only
 * one; MailPanda the first one; Plunk the only one. Routes of the account itself need none.
 * Returns 0; ERR_FORBIDDEN: a siteId that is not the key's; ERR_NOT_FOUND: an id of a site that
 * the account does not have; ERR_INVAL: a siteId that is none, or is needed and not given; or an
 * err of the database.
 */
int site_decide(struct api_request *req, struct err_info *info) MUST_CHECK;

/*
 * PushMail's rule, for a ROUTE_ACCOUNT route that finds out which site it is about on its own: in
 * an upload's form. Errors as site_decide.
 */
int site_choose(struct api_request *req, struct err_info *info) MUST_CHECK;

/*
 * The siteId of query or body, which wins: a number or digits. Returns 0 with *ret_given and, when
 * it was, *ret_index the site's 0-based number in its account (UINT32_MAX for a number that no site
 * can have), or ERR_INVAL for what is no number.
 */
int site_read_id(const struct api_request *req, bool *ret_given, uint32_t *ret_index,
                 struct err_info *info) MUST_CHECK;

#endif

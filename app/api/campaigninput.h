/* The body of POST and PUT /campaigns (http-api §1.8): what a campaign says, judged. */
#ifndef MUSTER_API_CAMPAIGNINPUT_H
#define MUSTER_API_CAMPAIGNINPUT_H

#include "api/api.h"
#include "store/campaign.h"
#include "store/segref.h"

/* A new campaign. ret_names: what its filter names. Returns 0, ERR_UNPROCESSABLE or ERR_INVAL that
 * name the field; nothing is looked up. */
int campaigninput_new(const struct api_request *req, struct campaign *ret,
                      struct segref_names *ret_names, struct err_info *info) MUST_CHECK;

/*
 * Changes a campaign that was read before: members that the body does not have stay as they are,
 * null takes an optional one away. Errors as campaigninput_new.
 */
int campaigninput_change(const struct api_request *req, struct campaign *campaign,
                         struct segref_names *ret_names, struct err_info *info) MUST_CHECK;

/* What the stored filter of a campaign names. Returns 0, or ERR_INVAL when it does not read back.
 */
int campaigninput_names(struct arena *arena, const struct campaign *campaign,
                        struct segref_names *ret, struct err_info *info) MUST_CHECK;

/*
 * An instant ahead: of the member `name` of the body, ret_ms 0 when it is not given. Returns 0;
 * ERR_INVAL "Invalid <name> date format" or "<name> must be in the future"; ERR_UNPROCESSABLE for
 * another type; or an err of the database, whose clock decides.
 */
int campaigninput_time(const struct api_request *req, const char *name, int64_t *ret_ms,
                       struct err_info *info) MUST_CHECK;

#endif

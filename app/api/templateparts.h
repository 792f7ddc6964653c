/* What the handlers of templates share in both dialects: reading what a client says of one. */
#ifndef MUSTER_API_TEMPLATEPARTS_H
#define MUSTER_API_TEMPLATEPARTS_H

#include "api/api.h"
#include "store/template.h"

/* The word of a type: "TRANSACTIONAL", "MARKETING", "HEADLESS". */
const char *templateparts_type(enum campaign_type type);

/*
 * Takes over into `template` what the body says of it, in the names of the request's dialect. Of a
 * new one name, subject, body and (Plunk) from have to be there, and the type is MARKETING unless
 * said; else what is absent stays, and null empties what may be empty. Texts borrow from the body.
 * Returns 0; ERR_INVAL "From address is required"; ERR_UNPROCESSABLE (VALIDATION_ERROR) with the
 * field for anything else.
 */
int templateparts_read(const struct api_request *req, bool is_new, struct template *template,
                       struct err_info *info) MUST_CHECK;

/* The address, which is kept as it was written but for blanks and line ends around it, has to be
 * one; at == NULL is none and fine. Returns 0 or ERR_UNPROCESSABLE. */
int templateparts_check_address(struct arena *arena, const char *field, struct str *text,
                                struct err_info *info) MUST_CHECK;

#endif

/*
 * Errors as the request's dialect says them: the envelope of http-api §1.2, or {"error":"text"} of
 * PushMail and MailPanda; and the one map from err to HTTP status.
 */
#ifndef MUSTER_API_ERRORS_H
#define MUSTER_API_ERRORS_H

#include "api/api.h"

/* HTTP status of an err value. */
int errors_status(enum err err);

/*
 * Makes the whole answer from a failure: whatever was written before is dropped. Unknown and
 * internal failures keep their words for the log (res->problem) and tell the client nothing.
 * 503 carries Retry-After, 401 carries WWW-Authenticate. In PushMail and MailPanda a 422 is a 400,
 * and the text names the place of an item that it does not name already.
 */
void errors_answer(const struct api_request *req, struct api_response *res, int err,
                   const struct err_info *info);

/*
 * The same for handlers that need `details` or a status that no err has (405): `details` is JSON
 * text (at == NULL: none). The handler returns 0 after it.
 */
void errors_answer_with(const struct api_request *req, struct api_response *res, int status,
                        const char *code, const char *message, struct str details);

/*
 * The text of a failure that answers for one item of many: its message, with the place in front
 * when it does not name it. In the request's arena, or `info`'s own.
 */
const char *errors_plain(const struct api_request *req, const struct err_info *info);

#endif

/*
 * What a definition's steps name outside of themselves, looked up: templates, segments, URLs. How
 * they are written and hang together is judged in flow/.
 */
#ifndef MUSTER_API_WORKFLOWCHECK_H
#define MUSTER_API_WORKFLOWCHECK_H

#include "api/api.h"
#include "flow/definition.h"

/*
 * Looks up what one step names. `path` is where its config stands ("config"). Returns 0;
 * ERR_NOT_FOUND (TEMPLATE_NOT_FOUND) for a template; ERR_INVAL "Referenced segment not found: …";
 * ERR_UNPROCESSABLE for a URL that nothing may be sent to; or as audience_page.
 */
int workflowcheck_step(const struct api_request *req, const struct definition_step *step,
                       const char *path, struct err_info *info) MUST_CHECK;

/* The same for a whole definition, its trigger included. */
int workflowcheck_all(const struct api_request *req, const struct definition *definition,
                      struct err_info *info) MUST_CHECK;

/* The trigger alone. */
int workflowcheck_trigger(const struct api_request *req, const struct definition *definition,
                          struct err_info *info) MUST_CHECK;

#endif

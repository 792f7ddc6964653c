/* GET /audit, and what handlers note for it. */
#ifndef MUSTER_API_AUDITTRAIL_H
#define MUSTER_API_AUDITTRAIL_H

#include "api/api.h"
#include "store/audit.h"

/* GET /audit?limit&cursor: newest first. ERR_INVAL for a limit or cursor that is none. */
api_handler audittrail_list;

/* Who asks, for what the store notes itself. */
struct audit_actor audittrail_actor(const struct api_request *req);

/*
 * Notes an act that is done and committed, about a thing with a UUID; `name` is one that people
 * gave it, at == NULL: none. When that fails the act stands all the same, so the answer stays as it
 * is, and the log line says it.
 */
void audittrail_add(const struct api_request *req, struct api_response *res, const char *action,
                    const char *object_type, const struct uuid *id, struct str name);

/* The same, about a thing that is known by a text. */
void audittrail_add_text(const struct api_request *req, struct api_response *res,
                         const char *action, const char *object_type, struct str id);

#endif

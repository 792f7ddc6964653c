/*
 * /session: an API key or a sign-in link is exchanged for a key that ends by itself, so that a
 * browser keeps nothing that is worth more.
 */
#ifndef MUSTER_API_SESSIONS_H
#define MUSTER_API_SESSIONS_H

#include "api/api.h"

/*
 * POST /session {loginToken} or {key, projectId?}. Besides the database's: ERR_DENIED for a key or
 * a link that is none, ERR_FORBIDDEN for a public or a session key and for a project that is not
 * the key's, ERR_UNPROCESSABLE for neither or both, and when a key of several projects needs one.
 */
api_handler sessions_create;

/* GET /session: the asking key, whatever it is, and its project. */
api_handler sessions_get;

/* DELETE /session: ends the asking one. ERR_FORBIDDEN when the key is no session. */
api_handler sessions_end;

#endif

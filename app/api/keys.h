/* /keys: the keys of a project, sessions too. For keys with the scope admin. */
#ifndef MUSTER_API_KEYS_H
#define MUSTER_API_KEYS_H

#include "api/api.h"
#include "store/apikey.h"

/* GET /keys: the live ones, newest first. */
api_handler keys_list;

/*
 * POST /keys {name, kind, scopes?}. ERR_UNPROCESSABLE with the field; ERR_FORBIDDEN for scopes that
 * the asking key does not have.
 */
api_handler keys_create;

/* DELETE /keys/:id. ERR_NOT_FOUND when the project has no live key of that id. */
api_handler keys_delete;

/*
 * Writes the members of a key into the open object; current: true only where it is the one that
 * asks. `text`: the whole key, NULL but where it was just made.
 */
void keys_write(const struct api_request *req, struct jsonwrite *w, const struct apikey *key,
                const char *text);

/* Writes `scopes` and its list of words. */
void keys_write_scopes(struct jsonwrite *w, unsigned scopes);

#endif

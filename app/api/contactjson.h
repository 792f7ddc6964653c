/* The one printer of a contact: the object of http-api §1.5, for every route that answers one. */
#ifndef MUSTER_API_CONTACTJSON_H
#define MUSTER_API_CONTACTJSON_H

#include "store/contact.h"
#include "json/jsonwrite.h"

/* Writes the whole object. `project_uuid` is its projectId, as text. */
void contactjson_write(struct jsonwrite *w, const struct contact *contact,
                       const char *project_uuid);

/*
 * The members only, inside an object that the caller opened and will close: for answers that add
 * some (`_meta`).
 */
void contactjson_members(struct jsonwrite *w, const struct contact *contact,
                         const char *project_uuid);

/* A list of contacts. */
void contactjson_list(struct jsonwrite *w, const struct contact *contacts, size_t count,
                      const char *project_uuid);

#endif

/* Handlers of /contacts (http-api §1.5, §4.1), less its fields (api/fields.h). */
#ifndef MUSTER_API_CONTACTS_H
#define MUSTER_API_CONTACTS_H

#include "api/api.h"
#include "store/contact.h"

api_handler contacts_create; /* POST /contacts: by address, 201 new or 200 existing */
api_handler contacts_list;   /* GET /contacts */
api_handler contacts_get;    /* GET /contacts/:id */
api_handler contacts_patch;  /* PATCH /contacts/:id */
api_handler contacts_delete; /* DELETE /contacts/:id */
api_handler contacts_lookup; /* POST /contacts/lookup */
api_handler contacts_batch;  /* POST /contacts/batch */

/* The contact whose id is the route's first parameter. Returns 0, ERR_NOT_FOUND for what is no id
 * too, or an err of the database. */
int contacts_find(const struct api_request *req, struct contact *ret,
                  struct err_info *info) MUST_CHECK;

#endif

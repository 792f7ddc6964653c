/* Handlers of who is on a list and who has a tag (http-api §2, §4.7). */
#ifndef MUSTER_API_PMMEMBERS_H
#define MUSTER_API_PMMEMBERS_H

#include "api/api.h"

/* GET /api/v1/lists/:id/contacts: who is on it, newest entry first. With q: who is not and could be
 * added, by a part of the address. The same for tags. */
api_handler pmmembers_of_list;
api_handler pmmembers_of_tag;

api_handler pmmembers_add_to_list;      /* POST /api/v1/lists/:id/contacts */
api_handler pmmembers_remove_from_list; /* DELETE /api/v1/lists/:id/contacts */
api_handler pmmembers_add_to_tag;       /* POST /api/v1/tags/:id/contacts */
api_handler pmmembers_remove_from_tag;  /* DELETE /api/v1/tags/:id/contacts */

#endif

/* Handlers of PushMail's /lists (http-api §2). Who is on one: api/pmmembers.h. */
#ifndef MUSTER_API_PMLISTS_H
#define MUSTER_API_PMLISTS_H

#include "api/api.h"

api_handler pmlists_list;   /* GET /api/v1/lists */
api_handler pmlists_create; /* POST /api/v1/lists */
api_handler pmlists_get;    /* GET /api/v1/lists/:id */
api_handler pmlists_update; /* PUT /api/v1/lists/:id */
api_handler pmlists_delete; /* DELETE /api/v1/lists/:id */

#endif

/*
 * Handlers of PushMail's /imports (http-api §2): a CSV file of contacts, and how far it is. siteId,
 * tag and listId stand in the query, or in the form before the file.
 */
#ifndef MUSTER_API_PMIMPORTS_H
#define MUSTER_API_PMIMPORTS_H

#include "api/api.h"

api_handler pmimports_create; /* POST /api/v1/imports, multipart or text/csv */
api_handler pmimports_get;    /* GET /api/v1/imports/:id */

#endif

/* Handlers of /contacts/import and /events/import (http-api §1.5, §4.1, §4.6, §4.7). */
#ifndef MUSTER_API_IMPORTS_H
#define MUSTER_API_IMPORTS_H

#include "api/api.h"

api_handler imports_create; /* POST /contacts/import, /events/import: the file */
api_handler imports_get;    /* GET …/import/:jobId */
api_handler imports_errors; /* GET …/import/:jobId/errors.csv */
api_handler imports_cancel; /* POST …/import/:jobId/cancel */

#endif

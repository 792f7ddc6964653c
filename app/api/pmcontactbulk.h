/* Handler of PushMail's /contacts/bulk (http-api §2): up to 100 contacts, made or changed. */
#ifndef MUSTER_API_PMCONTACTBULK_H
#define MUSTER_API_PMCONTACTBULK_H

#include "api/api.h"

api_handler pmcontactbulk_write; /* POST /api/v1/contacts/bulk */

#endif

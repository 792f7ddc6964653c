/* Handlers of /campaigns: drafts, and which segments they use (http-api §1.8). */
#ifndef MUSTER_API_CAMPAIGNS_H
#define MUSTER_API_CAMPAIGNS_H

#include "api/api.h"
#include "store/campaign.h"

api_handler campaigns_list;   /* GET /campaigns */
api_handler campaigns_create; /* POST /campaigns */
api_handler campaigns_get;    /* GET /campaigns/:id */
api_handler campaigns_delete; /* DELETE /campaigns/:id */

/* The word of a status. */
const char *campaigns_status(enum campaign_status status);

#endif

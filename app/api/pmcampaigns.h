/* Handlers of PushMail's /campaigns (http-api §2): drafts with an audience; nothing is sent yet. */
#ifndef MUSTER_API_PMCAMPAIGNS_H
#define MUSTER_API_PMCAMPAIGNS_H

#include "api/api.h"

api_handler pmcampaigns_list;   /* GET /api/v1/campaigns */
api_handler pmcampaigns_create; /* POST /api/v1/campaigns */
api_handler pmcampaigns_get;    /* GET /api/v1/campaigns/:id */
api_handler pmcampaigns_delete; /* DELETE /api/v1/campaigns/:id */

#endif

/* Handlers of PushMail's /campaigns (http-api §2): what they say, whom they are for, and sending.
 */
#ifndef MUSTER_API_PMCAMPAIGNS_H
#define MUSTER_API_PMCAMPAIGNS_H

#include "api/api.h"

api_handler pmcampaigns_list;     /* GET /api/v1/campaigns */
api_handler pmcampaigns_create;   /* POST /api/v1/campaigns */
api_handler pmcampaigns_get;      /* GET /api/v1/campaigns/:id */
api_handler pmcampaigns_update;   /* PUT /api/v1/campaigns/:id */
api_handler pmcampaigns_delete;   /* DELETE /api/v1/campaigns/:id */
api_handler pmcampaigns_send;     /* POST /api/v1/campaigns/:id/send */
api_handler pmcampaigns_schedule; /* POST /api/v1/campaigns/:id/schedule */
api_handler pmcampaigns_cancel;   /* POST /api/v1/campaigns/:id/cancel */

#endif

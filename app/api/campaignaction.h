/* Handlers of what is done with a campaign: sending, cancelling, copying, looking at its numbers
 * (http-api §1.8). */
#ifndef MUSTER_API_CAMPAIGNACTION_H
#define MUSTER_API_CAMPAIGNACTION_H

#include "api/api.h"

api_handler campaignaction_send;      /* POST /campaigns/:id/send */
api_handler campaignaction_cancel;    /* POST /campaigns/:id/cancel */
api_handler campaignaction_duplicate; /* POST /campaigns/:id/duplicate */
api_handler campaignaction_stats;     /* GET /campaigns/:id/stats */
api_handler campaignaction_bulk;      /* POST /campaigns/bulk-update */

#endif

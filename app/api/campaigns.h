/* Handlers of /campaigns: what they say, and how far they are (http-api §1.8). */
#ifndef MUSTER_API_CAMPAIGNS_H
#define MUSTER_API_CAMPAIGNS_H

#include "api/api.h"
#include "store/campaign.h"

api_handler campaigns_list;   /* GET /campaigns */
api_handler campaigns_create; /* POST /campaigns */
api_handler campaigns_get;    /* GET /campaigns/:id */
api_handler campaigns_update; /* PUT /campaigns/:id */
api_handler campaigns_delete; /* DELETE /campaigns/:id */

/* The path's id. Returns 0 or ERR_UNPROCESSABLE when it is no UUID. */
int campaigns_path_id(const struct api_request *req, struct uuid *ret,
                      struct err_info *info) MUST_CHECK;

/* The campaign of the path. Returns 0, or an err of campaigns_path_id or campaign_get. */
int campaigns_find(const struct api_request *req, struct campaign *ret,
                   struct err_info *info) MUST_CHECK;

/* Answers {success, data: the campaign, message}; message NULL: none. Returns 0. */
int campaigns_answer(const struct api_request *req, struct api_response *res, int status,
                     const struct campaign *campaign, const char *message);

/* Writes totalRecipients, sentCount … into the open object. */
void campaigns_write_counts(struct jsonwrite *w, const struct campaign_counts *counts);

#endif

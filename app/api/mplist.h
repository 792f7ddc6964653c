/* MailPanda's list of contacts: any number of them, each with the names of its groups. */
#ifndef MUSTER_API_MPLIST_H
#define MUSTER_API_MPLIST_H

#include "api/api.h"
#include "audience/audience.h"

/*
 * Answers {"contacts":[…]} with everybody whom `query` finds, newest first. It is evaluated once;
 * rows and groups are then read piece by piece while the client takes them, so that memory does not
 * grow with their number. Returns 0, or an err as audience_page; then nothing was begun.
 */
int mplist_answer(struct api_request *req, struct api_response *res,
                  const struct audience_query *query, struct err_info *info) MUST_CHECK;

#endif

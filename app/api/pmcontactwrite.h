/* Storing contacts of PushMail with the tags and lists that they come with, in one transaction. */
#ifndef MUSTER_API_PMCONTACTWRITE_H
#define MUSTER_API_PMCONTACTWRITE_H

#include "api/pmcontactfields.h"
#include "store/contactwrite.h"

/*
 * Makes or changes the contacts of `batch`, whose project is the request's; fields[i] belongs to
 * items[i], and has been copied into it. An item that names a list that is not there gets that as
 * its problem. Tags that are not there are made first, in a transaction of their own.
 * Returns 0 or an err as contactwrite_upsert.
 */
int pmcontactwrite_run(struct api_request *req, const struct pmcontactfields *fields,
                       struct contactwrite_batch *batch, struct err_info *info) MUST_CHECK;

#endif

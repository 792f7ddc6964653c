/* GET /segments/:id/contacts/:contactId/explain (http-api §4.2). */
#ifndef MUSTER_API_EXPLAIN_H
#define MUSTER_API_EXPLAIN_H

#include "api/api.h"

/*
 * Why the contact is in the segment, or is not: the filter's tree with the result of each node, the
 * datum that decided each leaf, and when each changes with the clock alone. Returns 0;
 * ERR_NOT_FOUND for a segment or contact that the project does not have; ERR_INVAL at field "at";
 * or an err of the database.
 */
api_handler explain_get;

#endif

/* POST /segments/lint: what is to be said against a filter before it is saved. */
#ifndef MUSTER_API_LINT_H
#define MUSTER_API_LINT_H

#include "api/api.h"

/*
 * Answers the warnings of audience/advice.h about `condition`, and about the `name` of a segment
 * to be. Nothing is stored. Errors: those of a condition, as /segments/preview has them; 422 for a
 * name that no segment can have.
 */
api_handler lint_check;

#endif

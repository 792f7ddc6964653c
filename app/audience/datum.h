/* Datum: what decided a leaf of an explanation, as JSON. */
#ifndef MUSTER_AUDIENCE_DATUM_H
#define MUSTER_AUDIENCE_DATUM_H

#include "audience/reasons.h"
#include "json/jsonval.h"

/*
 * The datum that decided a leaf: the value of its field, {count, first, last} of the occurrences
 * that it looks at (with `decides`, the time of the one that a window on a count hangs on),
 * {member, enteredAt} of a set. Made in `arena`; borrows from `reasons`.
 */
void datum_of(const struct reasons *reasons, struct arena *arena, const struct forecast_node *leaf,
              struct jsonval *ret);

#endif

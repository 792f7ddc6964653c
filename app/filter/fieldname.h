/*
 * Names of fields: the built-in ones, the activities of a message with their synonyms, and what a
 * kind of field is called in messages.
 */
#ifndef MUSTER_FILTER_FIELDNAME_H
#define MUSTER_FILTER_FIELDNAME_H

#include "filter/filter.h"

/* Finds a built-in by its exact name. Returns false (ret untouched) when there is none. */
bool fieldname_builtin(struct str name, enum filter_column *ret);

/* Returns the name of a built-in column, NULL for data, events and segments. */
const char *fieldname_of(enum filter_column column);

/*
 * Returns the event under which a message activity is recorded ("email.opened" for "open" and
 * "opened"), NULL when `activity` is none. Static storage.
 */
const char *fieldname_activity(struct str activity);

/* True when an event name is one of the system's message activities ("email.opened"). */
bool fieldname_is_activity(struct str event);

/*
 * Returns the word for the leaf's kind of field in "Unsupported operator for … field: X":
 * string, boolean, date, JSON, event, email activity, segment. Never NULL.
 */
const char *fieldname_kind(const struct filter_leaf *leaf);

#endif

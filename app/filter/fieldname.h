/*
 * Names of fields: the built-in ones, prefixes of the others, the activities of a message with
 * their synonyms, and what a kind of field is called in messages.
 */
#ifndef MUSTER_FILTER_FIELDNAME_H
#define MUSTER_FILTER_FIELDNAME_H

#include "filter/filter.h"

/* Finds a built-in by its exact name. Returns false (ret untouched) when there is none. */
bool fieldname_builtin(struct str name, enum filter_column *ret);

/* Returns the name of a built-in column, NULL for those whose leaves carry a name of their own. */
const char *fieldname_of(enum filter_column column);

/*
 * Finds the kind of set of a field such as "tag.5": tag, list, campaign, sequence. Returns false
 * (nothing set) when the field has none of those prefixes; `ret_id` is what follows it.
 */
bool fieldname_set(struct str field, enum filter_column *ret, struct str *ret_id);

/* True for the columns of fieldname_set. */
bool fieldname_is_set(enum filter_column column);

/* Returns what stands before the name in a field ("data.", "event.", "tag."), "" for built-ins. */
const char *fieldname_prefix(enum filter_column column);

/*
 * Returns the event under which a message activity is recorded ("email.opened" for "open" and
 * "opened"), NULL when `activity` is none. Static storage.
 */
const char *fieldname_activity(struct str activity);

/* True when an event name is one of the system's message activities ("email.opened"). */
bool fieldname_is_activity(struct str event);

/*
 * Returns the word for the leaf's kind of field in "Unsupported operator for … field: X":
 * string, boolean, date, JSON, event, email activity, segment, tag, list, campaign, sequence.
 * Never NULL.
 */
const char *fieldname_kind(const struct filter_leaf *leaf);

#endif

/* The three ways to write a filter down: one parser and one printer for each. */
#ifndef MUSTER_FILTER_DIALECT_H
#define MUSTER_FILTER_DIALECT_H

#include "filter/filter.h"
#include "filter/notes.h"

enum dialect { DIALECT_PLUNK = 1, DIALECT_PUSHMAIL = 2, DIALECT_MAILPANDA = 3 };

/* The words for the dialects, from DIALECT_PLUNK on, ended by NULL. */
extern const char *const dialect_words[];

/*
 * Parses and checks a filter of the dialect, as plunk_parse, pmrules_parse and mprules_parse do.
 * Returns 0 or ERR_INVAL.
 */
int dialect_parse(struct arena *arena, enum dialect dialect, const struct jsonval *value,
                  const char *path, const struct filter **ret, struct err_info *info) MUST_CHECK;

/*
 * Prints a tree in the dialect, as a JSON value in `arena`. Returns NULL when it cannot be said
 * there (never in Plunk); `notes` then has a line for each part that cannot.
 */
const struct jsonval *dialect_print(struct arena *arena, enum dialect dialect,
                                    const struct filter *filter, struct notes *notes);

/* The form without any condition, which stands for a filter that the dialect cannot say. */
const struct jsonval *dialect_empty(struct arena *arena, enum dialect dialect);

#endif

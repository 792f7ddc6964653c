/*
 * The MailPanda dialect: a list of {field, operator, value}, all of which must hold; parse and
 * print. Fields and operators of filters.md §6 "MailPanda".
 * Each error's item.field is the path from the body's root ("rules.0").
 */
#ifndef MUSTER_FILTER_MPRULES_H
#define MUSTER_FILTER_MPRULES_H

#include "filter/filter.h"
#include "filter/notes.h"

/*
 * Parses and checks rules. `path` is where they stand in the body ("rules"). `ret` lives in `arena`
 * and borrows text from `rules`.
 * Returns 0, or ERR_INVAL (code BAD_REQUEST, has_item) for what filters.md calls a 400, as
 * plunk_parse.
 */
int mprules_parse(struct arena *arena, const struct jsonval *rules, const char *path,
                  const struct filter **ret, struct err_info *info) MUST_CHECK;

/*
 * Prints a tree in the MailPanda form as a JSON value in `arena`, which reads back as the same
 * meaning; of a tree that came from mprules_parse, as the same tree. Returns NULL when the tree
 * cannot be said there; `notes` then has a line for each part that cannot.
 */
const struct jsonval *mprules_print(struct arena *arena, const struct filter *filter,
                                    struct notes *notes);

#endif

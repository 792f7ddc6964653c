/*
 * The PushMail dialect: {operator, conditions: […]}, parse and print. Conditions and operators of
 * filters.md §6 "PushMail"; single conditions are pmleaf.h's.
 * Each error's item.field is the path from the body's root ("rules.conditions.0").
 */
#ifndef MUSTER_FILTER_PMRULES_H
#define MUSTER_FILTER_PMRULES_H

#include "filter/filter.h"
#include "filter/notes.h"

/*
 * Parses and checks rules. `path` is where they stand in the body ("rules"). `ret` lives in `arena`
 * and borrows text from `rules`.
 * Returns 0, or ERR_INVAL (code BAD_REQUEST, has_item) for what filters.md calls a 400, as
 * plunk_parse.
 */
int pmrules_parse(struct arena *arena, const struct jsonval *rules, const char *path,
                  const struct filter **ret, struct err_info *info) MUST_CHECK;

/*
 * Prints a tree in the PushMail form as a JSON value in `arena`, which reads back as the same
 * meaning; of a tree that came from pmrules_parse, as the same tree. Returns NULL when the tree
 * cannot be said there; `notes` then has a line for each part that cannot.
 */
const struct jsonval *pmrules_print(struct arena *arena, const struct filter *filter,
                                    struct notes *notes);

#endif

/*
 * One condition of the PushMail dialect that is no group: attribute, tag, list, engagement,
 * send_history; parse and print.
 */
#ifndef MUSTER_FILTER_PMLEAF_H
#define MUSTER_FILTER_PMLEAF_H

#include "filter/filter.h"

/*
 * Parses and checks the condition (an object) that stands at `path` into `leaf`, which must be
 * zeroed and borrows text from `json`. Returns 0, or ERR_INVAL as pmrules_parse.
 */
int pmleaf_parse(struct arena *arena, const struct jsonval *json, const char *path,
                 struct filter_leaf *leaf, struct err_info *info) MUST_CHECK;

/*
 * Prints a leaf into `ret`, which lives in `arena`. Returns NULL, or, for what the dialect cannot
 * say, the reason (text in `arena`; `ret` is then left null).
 */
const char *pmleaf_print(struct arena *arena, const struct filter_leaf *leaf, struct jsonval *ret);

#endif

/*
 * A filter in a request body: judged, in its canonical and its given form, and with what it names.
 */
#ifndef MUSTER_API_CONDITION_H
#define MUSTER_API_CONDITION_H

#include "filter/filter.h"
#include "store/segref.h"

struct condition {
    const struct filter *filter;
    struct str source;    /* as given, printed without blanks */
    struct str canonical; /* Plunk text of the tree */
    struct segref_names names;
};

/*
 * Reads a condition; `path` is where it stands in the body. NULL (absent) is refused like any other
 * value that is no object. The result lives in `arena` and borrows from `value`.
 * Returns 0, or ERR_INVAL as plunk_parse and check_size.
 */
int condition_read(struct arena *arena, const struct jsonval *value, const char *path,
                   struct condition *ret, struct err_info *info) MUST_CHECK;

/*
 * The instant of an `at` (text.at == NULL, not given: AUDIENCE_AT_NOW). Returns 0, or ERR_INVAL at
 * field "at" when it is no date.
 */
int condition_at(struct str text, int64_t *ret_ms, struct err_info *info) MUST_CHECK;

#endif

/*
 * The Plunk dialect: parse and print. Every operator of filters.md §4-5, `not: true` on groups, and
 * the courtesy of bare event names.
 * Error texts: http-api §1.7; each error's item.field is the path from the body's root.
 */
#ifndef MUSTER_FILTER_PLUNK_H
#define MUSTER_FILTER_PLUNK_H

#include "filter/filter.h"

/*
 * Parses and checks a condition. `path` is where it stands in the body ("condition").
 * `ret` lives in `arena`; it borrows text from `condition`, which must live as long.
 * Returns 0, or ERR_INVAL (code BAD_REQUEST, has_item) for everything that filters.md §1-§6 calls
 * a 400: shape, unknown operators and fields, operands that do not fit, and every limit of §1 but
 * the 64 KiB of text, which the caller checks with check_size.
 * Segments named in it are only checked for the form of a UUID; whether they exist, and cycles,
 * is audience/'s to say.
 */
int plunk_parse(struct arena *arena, const struct jsonval *condition, const char *path,
                const struct filter **ret, struct err_info *info) MUST_CHECK;

/*
 * Prints a tree in the Plunk form as a JSON value in `arena`. parse → print → parse is the
 * identity on trees.
 */
const struct jsonval *plunk_print(struct arena *arena, const struct filter *filter);

#endif

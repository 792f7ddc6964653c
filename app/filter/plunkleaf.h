/*
 * One filter of the Plunk dialect, {field, operator, value?, unit?, window?, where?}: parse and
 * print. Groups are plunk.h's.
 */
#ifndef MUSTER_FILTER_PLUNKLEAF_H
#define MUSTER_FILTER_PLUNKLEAF_H

#include "filter/filter.h"

/* One parse. */
struct plunkleaf_parse {
    struct arena *arena;
    struct err_info *info;
    size_t leaves; /* so far; those of `where` count too */
};

/*
 * Parses and checks the filter that stands at `path` into `leaf`, which must be zeroed and borrows
 * text from `json`. Returns 0, or ERR_INVAL as plunk_parse.
 */
int plunkleaf_parse(struct plunkleaf_parse *p, const struct jsonval *json, const char *path,
                    struct filter_leaf *leaf) MUST_CHECK;

/* Prints a leaf. What it makes lives in `arena` and borrows text from the leaf. */
void plunkleaf_print(struct arena *arena, const struct filter_leaf *leaf, struct jsonval *ret);

/* Prints one operand as it was written. */
struct jsonval plunkleaf_value(const struct filter_value *value);

/* Prints all operands as a list. What it makes lives in `arena` and borrows from the leaf. */
void plunkleaf_values(struct arena *arena, const struct filter_leaf *leaf, struct jsonval *ret);

#endif

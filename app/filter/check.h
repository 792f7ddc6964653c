/*
 * What a leaf may say, whatever dialect wrote it: which operators fit which column, which operands
 * fit which operator, and the limits of filters.md §1. Dialects call it leaf by leaf while they
 * parse, with the operator's own spelling for the message.
 */
#ifndef MUSTER_FILTER_CHECK_H
#define MUSTER_FILTER_CHECK_H

#include "filter/filter.h"

/* What a dialect read of one leaf before it was judged. */
struct check_input {
    const char *path;             /* place of the leaf, for item.field */
    struct str field;             /* field as spelled, for the message */
    struct str operator_name;     /* operator as spelled */
    const struct jsonval *value;  /* NULL when absent */
    const struct jsonval *unit;   /* NULL when absent */
    const struct jsonval *window; /* of the counts: {value, unit}; NULL when absent */
};

/*
 * Completes `leaf` (column, name, op, negated are set) with its operands and judges it, in this
 * order: does the operator fit the column, is a required value there, does the value fit, does the
 * unit. The operands borrow text from `in->value`.
 * Returns 0, or ERR_INVAL with one of the texts of http-api §1.7 or, where none fits, one that
 * names the operator, what was given and what would be right.
 */
int check_leaf(struct arena *arena, const struct check_input *in, struct filter_leaf *leaf,
               struct err_info *info) MUST_CHECK;

/*
 * Returns the ERR_INVAL for an operator that does not fit the leaf's column, in the words of
 * http-api §1.7.
 */
int check_misfit(struct arena *arena, const struct check_input *in, const struct filter_leaf *leaf,
                 struct err_info *info) MUST_CHECK;

/*
 * Judges an id of a tag, list, campaign or sequence and gives it in canonical form: a whole number
 * from 1 in decimal, or a UUID in lower case. `ret` lives in `arena` or borrows from `id`.
 * Returns false (ret untouched) when it is neither.
 */
bool check_id(struct arena *arena, struct str id, struct str *ret);

/*
 * Judges a data path: parts between dots, none empty, no control characters, at most
 * LIMIT_FILTER_PATH_BYTES. Returns 0 or ERR_INVAL.
 */
int check_path(struct str path, const char *place, struct err_info *info) MUST_CHECK;

/*
 * The length that a field path or an event name may have: LIMIT_FILTER_PATH_BYTES.
 * Returns 0 or ERR_INVAL that names the limit.
 */
int check_path_length(struct str path, const char *place, struct err_info *info) MUST_CHECK;

/* The 64 KiB limit on a filter as sent. Returns 0 or ERR_INVAL that names the limit. */
int check_size(size_t bytes, const char *place, struct err_info *info) MUST_CHECK;

#endif

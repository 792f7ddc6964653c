/*
 * Words for what a leaf may not say: the one shape of message for an operand that does not fit, in
 * the spelling of the dialect that was read.
 */
#ifndef MUSTER_FILTER_REFUSAL_H
#define MUSTER_FILTER_REFUSAL_H

#include "base/err.h"
#include "json/jsonval.h"

/* Where the leaf stands and how its parts were spelled. */
struct refusal {
    struct arena *arena;
    const char *path; /* for item.field */
    struct str field;
    struct str operator_name;
    struct err_info *info;
};

/* Returns ERR_INVAL with "Operator "X" on F takes <right>, got <given>". */
int refusal_operand(const struct refusal *r, const char *right, const char *given);

/* As refusal_operand, with the word for the value's type ("a number"). */
int refusal_type(const struct refusal *r, const char *right, const struct jsonval *given);

/* As refusal_operand, and shows a text. */
int refusal_text(const struct refusal *r, const char *right, struct str given);

/* As refusal_operand, and shows a number. */
int refusal_number(const struct refusal *r, const char *right, double given);

/*
 * Returns ERR_INVAL with "Operator "X" does not fit the field "F"; <right>": the words of the
 * dialects that have none of their own. `right` says which operators there are.
 */
int refusal_misfit(const struct refusal *r, const char *right);

/*
 * What a message shows of text that a client sent: all of it, or its first 80 bytes, cut between
 * characters, and "...". Lives in `arena` or is `text` itself.
 */
struct str refusal_shown(struct arena *arena, struct str text);

/* How many bytes of a text that is: whole characters of valid UTF-8. */
size_t refusal_shown_bytes(struct str text);

#endif

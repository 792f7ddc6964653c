/*
 * struct str: a borrowed run of bytes, usually UTF-8, not NUL-terminated unless a function says so.
 */
#ifndef MUSTER_BASE_STR_H
#define MUSTER_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"

struct str {
    const char *at; /* may be NULL only when len is 0 */
    size_t len;     /* bytes */
};

#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})
#define STR_FMT "%.*s"
#define STR_ARG(s) (int)(s).len, (s).at

/* Returns a view of a NUL-terminated string; NULL gives the empty view. */
struct str str_from(const char *text);

/* Returns a copy in `arena`, NUL-terminated behind its length. */
struct str str_copy(struct arena *arena, struct str s);

/* Bytewise: equal; equal to a NUL-terminated text; begins with; ends with. */
bool str_eq(struct str a, struct str b);
bool str_eq_c(struct str a, const char *b);
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);

/* Bytewise order, shorter first among equals: < 0, 0, > 0. UTF-8 makes this code-point order. */
int str_cmp(struct str a, struct str b);

/* Returns `s` without ASCII white space (space, \t \n \r \f \v) at both ends. */
struct str str_trim(struct str s);

/* Returns a copy with ASCII letters in lower case. */
struct str str_lower_ascii(struct arena *arena, struct str s);

/* Splits off what stands before the first `sep`; `rest` becomes what follows, at == NULL when
 * there was no `sep`. */
struct str str_split(struct str s, char sep, struct str *rest);

/* True when the bytes are valid UTF-8 (no surrogates, no overlongs, at most U+10FFFF). */
bool str_is_utf8(struct str s);

/* True when a byte below 0x20 or 0x7f stands in it. */
bool str_has_control(struct str s);

#endif

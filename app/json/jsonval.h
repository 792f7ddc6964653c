/*
 * A JSON value as a tree in an arena. Text is UTF-8 without NUL bytes (the reader refuses \u0000),
 * NUL-terminated behind its length. Object members keep the order in which they were sent; names
 * are unique within their object (the reader refuses duplicates).
 */
#ifndef MUSTER_JSON_JSONVAL_H
#define MUSTER_JSON_JSONVAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/str.h"

enum jsonval_type {
    JSONVAL_NULL,
    JSONVAL_BOOL,
    JSONVAL_NUMBER,
    JSONVAL_STRING,
    JSONVAL_LIST,
    JSONVAL_OBJECT
};

struct jsonval {
    enum jsonval_type type;
    bool boolean;
    double number; /* always finite */
    struct str string;
    size_t count;          /* elements of a list, members of an object */
    struct jsonval *items; /* list elements, or member values */
    struct str *names;     /* member names, objects only; names[i] belongs to items[i] */
};

/* Returns the member `name` of an object, NULL when it is no object or has none. */
const struct jsonval *jsonval_get(const struct jsonval *object, const char *name);
const struct jsonval *jsonval_get_str(const struct jsonval *object, struct str name);

/* The word for a type: "null", "boolean", "number", "string", "array", "object". */
const char *jsonval_type_name(enum jsonval_type type);

/* Deep equality: numbers numerically, members in any order, list elements in order. */
bool jsonval_equal(const struct jsonval *a, const struct jsonval *b);

/* Constructors in an arena; strings are borrowed. */
struct jsonval jsonval_of_str(struct str s);
struct jsonval jsonval_of_number(double n);
struct jsonval jsonval_of_bool(bool b);

/* Makes `ret` an empty object that will get at most `capacity` members by jsonval_add. */
void jsonval_object(struct arena *arena, size_t capacity, struct jsonval *ret);

/*
 * Adds a member, which the caller fills: null until then. `name` is borrowed. Only as often as the
 * capacity allows.
 */
struct jsonval *jsonval_add(struct jsonval *object, const char *name);

/* Makes `ret` a list of `count` elements, which the caller fills: null until then. */
void jsonval_list(struct arena *arena, size_t count, struct jsonval *ret);

#endif

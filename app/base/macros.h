/*
 * Compiler attributes and the cleanup macro that every room uses.
 * Knows nothing but the compiler.
 */
#ifndef MUSTER_BASE_MACROS_H
#define MUSTER_BASE_MACROS_H

#include <stddef.h>

/* A result that must be looked at; where one is left aside on purpose, IGNORE_RESULT says so. */
#define MUST_CHECK __attribute__((warn_unused_result))
#define IGNORE_RESULT(expression)                                                                  \
    do {                                                                                           \
        if (expression) {                                                                          \
        }                                                                                          \
    } while (0)
#define PRINTF_LIKE(fmt_arg, first_arg) __attribute__((format(printf, fmt_arg, first_arg)))

/*
 * AUTO(foo) declares a `struct foo *` that foo_free() releases when the scope ends.
 * Every type used so has `void foo_free(struct foo *)` that accepts NULL, and names
 * AUTO_DEFINE(foo) once in its header.
 */
#define AUTO_DEFINE(type)                                                                          \
    static inline void type##_auto_free(struct type **handle)                                      \
    {                                                                                              \
        type##_free(*handle);                                                                      \
    }                                                                                              \
    struct type
#define AUTO(type) __attribute__((cleanup(type##_auto_free))) struct type *

#define ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))

#endif

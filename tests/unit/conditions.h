/* Conditions to test with: pieces, deep ones and long ones. */
#ifndef MUSTER_TESTS_CONDITIONS_H
#define MUSTER_TESTS_CONDITIONS_H

#include "filterhelp.h"

#define LEAF "{\"field\":\"data.a\",\"operator\":\"exists\"}"
#define GROUP "{\"filters\":[" LEAF "]}"
#define AND(groups) "{\"logic\":\"AND\",\"groups\":[" groups "]}"
#define OR(groups) "{\"logic\":\"OR\",\"groups\":[" groups "]}"
#define ID "0f8fad5b-d9cb-469f-a165-70867728950e"

/* `levels` groups inside one another. */
static inline const char *nested(unsigned levels)
{
    const char *condition = AND(GROUP);

    for (unsigned i = 1; i < levels; i++)
        condition =
            arena_printf(arena, "{\"logic\":\"OR\",\"groups\":[{\"conditions\":%s}]}", condition);
    return condition;
}

/* `count` filters, in groups of `per_group`. */
static inline const char *many(size_t count, size_t per_group)
{
    struct buf out;
    const char *text = NULL;

    buf_init(&out, 1024 * 1024);
    buf_add_c(&out, "{\"logic\":\"OR\",\"groups\":[");
    for (size_t i = 0; i < count; i++) {
        if (i % per_group == 0)
            buf_add_c(&out, i == 0 ? "{\"filters\":[" : "]},{\"filters\":[");
        else
            buf_add_char(&out, ',');
        buf_add_c(&out, LEAF);
    }
    buf_add_c(&out, "]}]}");
    text = arena_copy(arena, out.at, out.len);
    buf_done(&out);
    return text;
}

#endif

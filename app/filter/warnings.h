/* Warnings about a filter that is valid but hardly meant so: what /segments/lint answers. */
#ifndef MUSTER_FILTER_WARNINGS_H
#define MUSTER_FILTER_WARNINGS_H

#include <stddef.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/str.h"

enum warnings_code {
    WARNINGS_ALWAYS_TRUE,
    WARNINGS_ALWAYS_FALSE,
    WARNINGS_CONTRADICTION,  /* of parts of which each can hold */
    WARNINGS_UNKNOWN_FIELD,  /* that no contact has now */
    WARNINGS_TYPE_MISMATCH,  /* with what contacts hold now */
    WARNINGS_DUPLICATE_LEAF, /* or group */
    WARNINGS_UNKNOWN_EVENT,  /* that no contact has now */
    WARNINGS_EQUAL_SLUG      /* of another segment */
};

struct warnings_item {
    enum warnings_code code;
    struct str path; /* of the filter, group or condition that it is about */
    struct str message;
};

/* To start: {.arena = …}. */
struct warnings {
    struct arena *arena;
    struct warnings_item *items;
    size_t count;
    size_t room;
};

/* Adds one, in the list's arena, unless there is one with this code and path; borrows `path`. */
void warnings_add(struct warnings *list, enum warnings_code code, struct str path, const char *fmt,
                  ...) PRINTF_LIKE(4, 5);

/* Returns the word for a code, such as "always_true". Static storage. */
const char *warnings_word(enum warnings_code code);

#endif

/* What of a tree a dialect cannot say, and why: collected while it is printed. */
#ifndef MUSTER_FILTER_NOTES_H
#define MUSTER_FILTER_NOTES_H

#include "base/macros.h"
#include "base/str.h"

/* One part of a tree that cannot be said. */
struct notes_item {
    struct str path; /* where it stood in the input */
    const char *message;
    struct notes_item *next;
};

/* A list in order of writing; begins zeroed, but for the arena. */
struct notes {
    struct arena *arena;
    struct notes_item *first;
    struct notes_item *last;
    size_t count;
};

/* Adds one. The text lives in the arena; `path` is borrowed. */
void notes_add(struct notes *notes, struct str path, const char *fmt, ...) PRINTF_LIKE(3, 4);

#endif

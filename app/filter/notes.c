/* What of a tree a dialect cannot say. */
#include "filter/notes.h"

#include <stdarg.h>
#include <stdio.h>

#define NOTES_MESSAGE_BYTES 1024

void notes_add(struct notes *notes, struct str path, const char *fmt, ...)
{
    struct notes_item *item = arena_alloc(notes->arena, sizeof(*item));
    char *message = arena_alloc(notes->arena, NOTES_MESSAGE_BYTES);
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(message, NOTES_MESSAGE_BYTES, fmt, args);
    va_end(args);
    item->path = path;
    item->message = message;
    if (notes->last)
        notes->last->next = item;
    else
        notes->first = item;
    notes->last = item;
    notes->count++;
}

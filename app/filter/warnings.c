/* The list of warnings about a filter. */
#include "filter/warnings.h"

#include <stdarg.h>
#include <stdio.h>

#define MESSAGE_BYTES 1024 /* two field paths of 80 bytes, two places, and the words */

void warnings_add(struct warnings *list, enum warnings_code code, struct str path, const char *fmt,
                  ...)
{
    char message[MESSAGE_BYTES];
    va_list args;

    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].code == code && str_eq(list->items[i].path, path))
            return;
    }
    va_start(args, fmt);
    (void)vsnprintf(message, sizeof(message), fmt, args);
    va_end(args);
    list->items =
        arena_grow(list->arena, list->items, list->count, &list->room, sizeof(*list->items));
    list->items[list->count++] =
        (struct warnings_item){code, path, str_copy(list->arena, str_from(message))};
}

const char *warnings_word(enum warnings_code code)
{
    static const char *const words[] = {
        [WARNINGS_ALWAYS_TRUE] = "always_true",     [WARNINGS_ALWAYS_FALSE] = "always_false",
        [WARNINGS_CONTRADICTION] = "contradiction", [WARNINGS_UNKNOWN_FIELD] = "unknown_field",
        [WARNINGS_TYPE_MISMATCH] = "type_mismatch", [WARNINGS_DUPLICATE_LEAF] = "duplicate_leaf",
        [WARNINGS_UNKNOWN_EVENT] = "unknown_event", [WARNINGS_EQUAL_SLUG] = "equal_slug",
    };

    return words[code];
}

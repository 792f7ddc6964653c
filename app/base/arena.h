/*
 * Arena: memory of one request or one job, released as a whole. Allocation never returns NULL:
 * running out of memory ends the process with one line on stderr (the pool restarts it), and every
 * size that input decides is bounded before it gets here.
 */
#ifndef MUSTER_BASE_ARENA_H
#define MUSTER_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"

struct arena;

/* Makes an empty arena. Owned by the caller; release with arena_free. */
struct arena *arena_new(void);

/* Releases the arena and everything allocated in it. NULL is allowed. */
void arena_free(struct arena *arena);
AUTO_DEFINE(arena);

/* Forgets every allocation but keeps up to 1 MiB of blocks for the next request. */
void arena_reset(struct arena *arena);

/* Bytes handed out since the last reset. */
size_t arena_used_bytes(const struct arena *arena);

/* Returns `size` zeroed bytes, aligned to 16; valid until reset or free. size 0 is allowed. */
void *arena_alloc(struct arena *arena, size_t size) __attribute__((returns_nonnull, malloc));

/* The same without zeroing, for large arrays that are written before they are read. */
void *arena_raw(struct arena *arena, size_t count, size_t size) __attribute__((returns_nonnull));

/* Returns a zeroed array; a product that overflows aborts. */
void *arena_array(struct arena *arena, size_t count, size_t size) __attribute__((returns_nonnull));

/*
 * Room for one more: returns `items` when count < *room, else a copy twice as large, and sets
 * *room. items may be NULL when count is 0. What was there stays valid until reset or free.
 */
void *arena_grow(struct arena *arena, void *items, size_t count, size_t *room, size_t size)
    __attribute__((returns_nonnull));

/* Returns a copy of `len` bytes followed by a NUL that does not count. */
char *arena_copy(struct arena *arena, const void *bytes, size_t len)
    __attribute__((returns_nonnull));

/* Returns a formatted, NUL-terminated string. */
char *arena_printf(struct arena *arena, const char *fmt, ...) PRINTF_LIKE(2, 3)
    __attribute__((returns_nonnull));

/* malloc, realloc and calloc that abort instead of returning NULL; release with free(). */
void *arena_xmalloc(size_t size) __attribute__((returns_nonnull, malloc));
void *arena_xrealloc(void *old, size_t size) __attribute__((returns_nonnull));

#endif

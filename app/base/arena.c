#include "base/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES ((size_t)64 * 1024)
#define KEEP_BYTES ((size_t)1024 * 1024)
#define ALIGN 16

struct block {
    struct block *next;
    size_t size; /* of the bytes behind the head */
    size_t used;
    size_t unused; /* keeps the bytes on a 16-byte boundary */
};

struct arena {
    struct block *first; /* the one that is being filled */
    size_t used_bytes;
};

static void out_of_memory(size_t size)
{
    fprintf(stderr, "level=error msg=\"out of memory\" bytes=%zu\n", size);
    abort();
}

void *arena_xmalloc(size_t size)
{
    void *memory = malloc(size ? size : 1);
    if (!memory)
        out_of_memory(size);
    return memory;
}

void *arena_xrealloc(void *old, size_t size)
{
    void *memory = realloc(old, size ? size : 1);
    if (!memory)
        out_of_memory(size);
    return memory;
}

struct arena *arena_new(void)
{
    struct arena *arena = arena_xmalloc(sizeof *arena);
    *arena = (struct arena){0};
    return arena;
}

static void free_blocks(struct block *block)
{
    while (block) {
        struct block *next = block->next;
        free(block);
        block = next;
    }
}

void arena_free(struct arena *arena)
{
    if (!arena)
        return;
    free_blocks(arena->first);
    free(arena);
}

void arena_reset(struct arena *arena)
{
    struct block *kept = NULL, *block = arena->first;
    size_t kept_bytes = 0;
    while (block) {
        struct block *next = block->next;
        if (kept_bytes + block->size <= KEEP_BYTES) {
            kept_bytes += block->size;
            block->used = 0;
            block->next = kept;
            kept = block;
        } else
            free(block);
        block = next;
    }
    arena->first = kept;
    arena->used_bytes = 0;
}

size_t arena_used_bytes(const struct arena *arena)
{
    return arena->used_bytes;
}

/*
 * Makes the first block one with room. After a reset the blocks behind the first one are empty, so
 * they are looked at before a new one is made.
 */
static struct block *block_with_room(struct arena *arena, size_t size)
{
    struct block *first = arena->first;
    if (first && first->next && first->next->used == 0 && first->next->size >= size) {
        struct block *second = first->next;
        first->next = second->next;
        second->next = first;
        arena->first = second;
        return second;
    }
    size_t room = size > BLOCK_BYTES ? size : BLOCK_BYTES;
    struct block *block = arena_xmalloc(sizeof *block + room);
    block->size = room;
    block->used = 0;
    block->next = first;
    arena->first = block;
    return block;
}

/* Returns memory that is not zeroed. */
static void *take(struct arena *arena, size_t size)
{
    if (size > SIZE_MAX / 2)
        out_of_memory(size);
    size = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    struct block *block = arena->first;
    if (!block || block->size - block->used < size)
        block = block_with_room(arena, size);
    void *memory = (char *)(block + 1) + block->used;
    block->used += size;
    arena->used_bytes += size;
    return memory;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    return memset(take(arena, size), 0, size);
}

void *arena_raw(struct arena *arena, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / 2 / size)
        out_of_memory(SIZE_MAX);
    return take(arena, count * size);
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    return memset(arena_raw(arena, count, size), 0, count * size);
}

void *arena_grow(struct arena *arena, void *items, size_t count, size_t *room, size_t size)
{
    if (items && count < *room)
        return items;
    *room = *room < 8 ? 16 : *room * 2;
    void *grown = arena_array(arena, *room, size);
    if (count)
        memcpy(grown, items, count * size);
    return grown;
}

char *arena_copy(struct arena *arena, const void *bytes, size_t len)
{
    char *copy = take(arena, len + 1);
    if (len)
        memcpy(copy, bytes, len);
    copy[len] = '\0';
    return copy;
}

char *arena_printf(struct arena *arena, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    char *text = take(arena, len < 0 ? 1 : (size_t)len + 1);
    text[0] = '\0';
    if (len > 0)
        vsnprintf(text, (size_t)len + 1, fmt, again);
    va_end(again);
    return text;
}

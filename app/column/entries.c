#include "column/entries.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"

void entries_init(struct entries *dict)
{
    memset(dict, 0, sizeof *dict);
    buf_init(&dict->bytes, ENTRIES_BYTES_LIMIT);
}

void entries_done(struct entries *dict)
{
    free(dict->offsets);
    free(dict->table);
    buf_done(&dict->bytes);
}

struct str entries_at(const struct entries *dict, uint32_t entry)
{
    return (struct str){dict->bytes.at + dict->offsets[entry],
                        dict->offsets[entry + 1] - dict->offsets[entry]};
}

uint32_t entries_append(struct entries *dict, struct str text)
{
    if (dict->count + 2 > dict->cap) {
        dict->cap = dict->cap ? dict->cap * 2 : 64;
        dict->offsets = arena_xrealloc(dict->offsets, dict->cap * sizeof *dict->offsets);
        dict->offsets[0] = 0;
    }
    buf_add_str(&dict->bytes, text);
    dict->offsets[++dict->count] = (uint32_t)dict->bytes.len;
    return dict->count - 1;
}

static uint32_t *find_slot(struct entries *dict, struct str text)
{
    uint32_t mask = dict->table_size - 1;
    uint32_t slot = (uint32_t)hash_fast(text.at, text.len) & mask;
    while (dict->table[slot] && !str_eq(entries_at(dict, dict->table[slot] - 1), text))
        slot = (slot + 1) & mask;
    return &dict->table[slot];
}

static void grow(struct entries *dict)
{
    dict->table_size = dict->table_size ? dict->table_size * 4 : 64;
    dict->table = arena_xrealloc(dict->table, dict->table_size * sizeof *dict->table);
    memset(dict->table, 0, dict->table_size * sizeof *dict->table);
    for (uint32_t i = 0; i < dict->count; i++)
        *find_slot(dict, entries_at(dict, i)) = i + 1;
}

uint32_t entries_intern(struct entries *dict, struct str text)
{
    if (dict->count * 2 >= dict->table_size)
        grow(dict);
    uint32_t *slot = find_slot(dict, text);
    if (!*slot)
        *slot = entries_append(dict, text) + 1;
    return *slot - 1;
}

static int compare_entries(const void *a, const void *b)
{
    const struct entries_sorted *x = a, *y = b;
    if (x->prefix != y->prefix)
        return x->prefix < y->prefix ? -1 : 1;
    return str_cmp(x->text, y->text);
}

struct entries_sorted *entries_sort(const struct entries *dict)
{
    struct entries_sorted *sorted = arena_xmalloc((dict->count + 1) * sizeof *sorted);
    for (uint32_t i = 0; i < dict->count; i++) {
        struct str text = entries_at(dict, i);
        unsigned char head[8] = {0};
        memcpy(head, text.at, text.len < 8 ? text.len : 8);
        uint64_t prefix;
        memcpy(&prefix, head, sizeof prefix);
        sorted[i] = (struct entries_sorted){__builtin_bswap64(prefix), i, text};
    }
    qsort(sorted, dict->count, sizeof *sorted, compare_entries);
    return sorted;
}

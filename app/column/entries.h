/* Entries: the texts of one column while its draft grows, each distinct one once. */
#ifndef MUSTER_COLUMN_ENTRIES_H
#define MUSTER_COLUMN_ENTRIES_H

#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

#define ENTRIES_BYTES_LIMIT (UINT64_C(1) << 31)

/* Texts as bytes behind one another, and a hash table of entries. */
struct entries {
    struct buf bytes;
    uint32_t *offsets; /* count + 1 */
    uint32_t count, cap;
    uint32_t *table; /* entry + 1, 0 empty; size a power of two */
    uint32_t table_size;
};

/* Starts with none; entries_done releases the memory. */
void entries_init(struct entries *dict);
void entries_done(struct entries *dict);

/* The text of an entry; valid until the next one is added. */
struct str entries_at(const struct entries *dict, uint32_t entry);

/* Adds a text, whether it is there or not; returns its entry. */
uint32_t entries_append(struct entries *dict, struct str text);

/* Returns the entry of a text, which is added when it is new. */
uint32_t entries_intern(struct entries *dict, struct str text);

/* An entry of a dictionary with its first bytes as a number, for a quick sort. */
struct entries_sorted {
    uint64_t prefix;
    uint32_t entry;
    struct str text;
};

/* All entries in bytewise order; free() the result. */
struct entries_sorted *entries_sort(const struct entries *dict);

#endif

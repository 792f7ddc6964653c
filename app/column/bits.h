/* A bitmap over the 65,536 rows of one chunk, and its algebra. */
#ifndef MUSTER_COLUMN_BITS_H
#define MUSTER_COLUMN_BITS_H

#include <stdbool.h>
#include <stdint.h>

#include "column/key.h"

#define BITS_WORDS (KEY_CHUNK_ROWS / 64)

struct bits {
    uint64_t words[BITS_WORDS];
};

/* Each over all rows; `to` takes the result. */
void bits_clear(struct bits *b);
void bits_fill(struct bits *b);
void bits_copy(struct bits *to, const struct bits *from);
void bits_and(struct bits *to, const struct bits *with);
void bits_or(struct bits *to, const struct bits *with);
/* to = to & ~with */
void bits_andnot(struct bits *to, const struct bits *with);
void bits_not(struct bits *b);
bool bits_none(const struct bits *b);
uint32_t bits_count(const struct bits *b);

/* One bit. */
static inline bool bits_test(const struct bits *b, uint32_t row)
{
    return (b->words[row >> 6] >> (row & 63)) & 1;
}

/* Sets one bit. */
static inline void bits_set(struct bits *b, uint32_t row)
{
    b->words[row >> 6] |= UINT64_C(1) << (row & 63);
}

/* Sets or clears one bit without a branch. */
static inline void bits_put(struct bits *b, uint32_t row, bool value)
{
    uint64_t *word = &b->words[row >> 6];
    uint64_t bit = UINT64_C(1) << (row & 63);
    *word = (*word & ~bit) | (bit & (uint64_t) - (int64_t)value);
}

/*
 * Writes the set rows in ascending (or descending) order into out, leaving out the first `skip` and
 * at most `max`. Returns how many were written.
 */
uint32_t bits_rows(const struct bits *b, bool descending, uint32_t skip, uint32_t max,
                   uint16_t *out);

#endif

#include "column/regions.h"

#define BYTE_ROWS 8u

/* The eight bits of a byte as the lowest bits of eight bytes: bit 7 first, and so on. */
static uint64_t spread(uint64_t byte)
{
    /* Copies that stand nine places apart do not touch one another: of copy i, bit 7 - i comes to
     * stand highest in byte i. */
    return ((byte * UINT64_C(0x8040201008040201)) >> 7) & UINT64_C(0x0101010101010101);
}

/* Eight rows at once: each byte of `low` and `high` together becomes the region of one row. */
static void add_rows(const struct bits *sets, size_t count, uint32_t word, unsigned shift,
                     uint64_t *counts)
{
    uint64_t low = 0, high = 0; /* the first eight sets, and the others */
    for (size_t i = 0; i < count; i++) {
        uint64_t rows = spread((sets[i].words[word] >> shift) & 0xff);
        if (i < 8)
            low |= rows << i;
        else
            high |= rows << (i - 8);
    }
    for (unsigned row = 0; row < BYTE_ROWS; row++) {
        uint64_t region = ((low >> (8 * row)) & 0xff) | (((high >> (8 * row)) & 0xff) << 8);
        counts[region] += region ? 1 : 0;
    }
}

void regions_add(const struct bits *sets, size_t count, uint64_t *counts)
{
    for (uint32_t word = 0; word < BITS_WORDS; word++) {
        uint64_t any = 0;
        for (size_t i = 0; i < count; i++)
            any |= sets[i].words[word];
        for (unsigned shift = 0; any && shift < 64; shift += BYTE_ROWS) {
            if ((any >> shift) & 0xff)
                add_rows(sets, count, word, shift, counts);
        }
    }
}

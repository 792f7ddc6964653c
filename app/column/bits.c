#include "column/bits.h"

#include <string.h>

void bits_clear(struct bits *b)
{
    memset(b, 0, sizeof *b);
}

void bits_fill(struct bits *b)
{
    memset(b, 0xff, sizeof *b);
}

void bits_copy(struct bits *to, const struct bits *from)
{
    memcpy(to, from, sizeof *to);
}

void bits_and(struct bits *to, const struct bits *with)
{
    for (unsigned i = 0; i < BITS_WORDS; i++)
        to->words[i] &= with->words[i];
}

void bits_or(struct bits *to, const struct bits *with)
{
    for (unsigned i = 0; i < BITS_WORDS; i++)
        to->words[i] |= with->words[i];
}

void bits_andnot(struct bits *to, const struct bits *with)
{
    for (unsigned i = 0; i < BITS_WORDS; i++)
        to->words[i] &= ~with->words[i];
}

void bits_not(struct bits *b)
{
    for (unsigned i = 0; i < BITS_WORDS; i++)
        b->words[i] = ~b->words[i];
}

bool bits_none(const struct bits *b)
{
    uint64_t any = 0;
    for (unsigned i = 0; i < BITS_WORDS; i++)
        any |= b->words[i];
    return any == 0;
}

uint32_t bits_count(const struct bits *b)
{
    uint32_t count = 0;
    for (unsigned i = 0; i < BITS_WORDS; i++)
        count += (uint32_t)__builtin_popcountll(b->words[i]);
    return count;
}

/* Takes the lowest or highest set bit out of *word and returns its number. */
static unsigned take_bit(uint64_t *word, bool highest)
{
    unsigned bit =
        highest ? 63u - (unsigned)__builtin_clzll(*word) : (unsigned)__builtin_ctzll(*word);
    *word &= ~(UINT64_C(1) << bit);
    return bit;
}

uint32_t bits_rows(const struct bits *b, bool descending, uint32_t skip, uint32_t max,
                   uint16_t *out)
{
    uint32_t written = 0;
    for (unsigned n = 0; n < BITS_WORDS && written < max; n++) {
        unsigned i = descending ? BITS_WORDS - 1 - n : n;
        uint64_t word = b->words[i];
        uint32_t here = (uint32_t)__builtin_popcountll(word);
        if (here <= skip) {
            skip -= here;
            continue;
        }
        while (word && written < max) {
            unsigned bit = take_bit(&word, descending);
            if (skip)
                skip--;
            else
                out[written++] = (uint16_t)(i * 64 + bit);
        }
    }
    return written;
}

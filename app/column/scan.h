/*
 * Scans: one predicate over the slots of one column into a bitmap of those slots. Plain loops over
 * blocks of 64 that gcc vectorises, in clones for AVX2 and the baseline.
 * `out` has chunk_words(rows) words, which are all written; bits behind `rows` are 0.
 */
#ifndef MUSTER_COLUMN_SCAN_H
#define MUSTER_COLUMN_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* Both ends inclusive; low > high holds nothing. */
struct scan_range {
    int64_t low, high;
};

/* Slots whose value lies in one of the ranges. CHUNK_NO_INSTANT (INT64_MIN) lies in none. */
void scan_instants(const int64_t *values, uint32_t rows, const struct scan_range *ranges,
                   size_t range_count, uint64_t *out);

/* Slots with low ≤ value ≤ high; NaN is in no range. */
void scan_numbers(const double *values, uint32_t rows, double low, double high, uint64_t *out);

/* Slots that hold one of the numbers. */
void scan_number_set(const double *values, uint32_t rows, const double *set, size_t count,
                     uint64_t *out);

/*
 * Slots whose code has match[code] != 0. `match` has codes+1 entries of 0 or 1; width 1, 2 or 4. A
 * code above `codes` (damage) counts as absent.
 */
void scan_codes(const void *code_bytes, uint32_t width, uint32_t rows, const uint8_t *match,
                uint32_t codes, uint64_t *out);

/* Bytes of 0 or 1 into bits. */
void scan_pack(const uint8_t *bytes, uint32_t rows, uint64_t *out);

/*
 * Sets match[i] = 1 for each text i that contains `needle` (not empty). Texts stand behind one
 * another in `bytes`, text i at offsets[i] … offsets[i + 1].
 */
void scan_search(const char *bytes, const uint32_t *offsets, uint32_t count, struct str needle,
                 uint8_t *match);

#endif

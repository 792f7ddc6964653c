/* Scans against loops that look at one slot at a time, with every length of the last block. */
#include <math.h>
#include <stdlib.h>

#include "cells.h"
#include "column/scan.h"
#include "unit.h"

static const uint32_t lengths[] = {0,   1,   2,   31,   63,   64,    65,
                                   127, 128, 129, 1000, 4097, 65535, 65536};
#define LENGTHS (sizeof lengths / sizeof lengths[0])
#define MARK UINT64_C(0xfedcba9876543210)

/* Memory with exactly that many values: a sanitizer sees every step behind them. */
static void *values_of(uint32_t rows, size_t size)
{
    return arena_xmalloc(rows * size);
}

static uint64_t *words_of(uint32_t rows)
{
    uint64_t *words = arena_array(unit_arena, chunk_words(rows) + 1, 8);
    memset(words, 0xa5, chunk_words(rows) * (size_t)8);
    words[chunk_words(rows)] = MARK;
    return words;
}

static void expect(const uint64_t *words, const bool *wanted, uint32_t rows, const char *what)
{
    uint32_t wrong = 0;
    for (uint32_t i = 0; i < chunk_words(rows) * 64; i++)
        wrong += ((words[i / 64] >> i % 64) & 1) != (i < rows && wanted[i]);
    ck_assert_msg(!wrong, "%s: %u of %u slots wrong", what, wrong, rows);
    ck_assert_uint_eq(words[chunk_words(rows)], MARK);
}

START_TEST(instants)
{
    static const struct scan_range sets[][3] = {{{0, 100}},
                                                {{INT64_MIN, 50}},
                                                {{50, INT64_MAX}},
                                                {{INT64_MIN, INT64_MAX}},
                                                {{7, 6}},
                                                {{10, 20}, {15, 40}, {90, 90}},
                                                {{5, 4}, {-10, -1}, {100, 100}},
                                                {{INT64_MIN, INT64_MIN}}};
    static const int64_t edges[] = {INT64_MIN, INT64_MIN + 1, -1, 0, 50, 100, INT64_MAX};
    uint32_t rows = lengths[_i];
    struct cells_random random = {(uint64_t)_i};
    int64_t *values = values_of(rows, sizeof *values);
    bool *wanted = arena_alloc(unit_arena, rows);
    for (uint32_t i = 0; i < rows; i++)
        values[i] = cells_below(&random, 3) ? (int64_t)cells_below(&random, 120) - 10
                                            : edges[cells_below(&random, 7)];
    for (size_t s = 0; s < sizeof sets / sizeof sets[0]; s++) {
        size_t count = s == 5 || s == 6 ? 3 : 1;
        for (uint32_t i = 0; i < rows; i++) {
            wanted[i] = false;
            for (size_t r = 0; r < count; r++)
                wanted[i] |= values[i] != INT64_MIN && values[i] >= sets[s][r].low &&
                             values[i] <= sets[s][r].high;
        }
        uint64_t *words = words_of(rows);
        scan_instants(values, rows, sets[s], count, words);
        expect(words, wanted, rows, "instants");
    }
    uint64_t *words = words_of(rows);
    scan_instants(values, rows, NULL, 0, words);
    memset(wanted, 0, rows);
    expect(words, wanted, rows, "no range");
    free(values);
}
END_TEST

START_TEST(numbers)
{
    static const double edges[] = {NAN, 0, -0.0, INFINITY, -INFINITY, 1.5, 5e-324, -5e-324};
    static const double ranges[][2] = {
        {0, 10}, {-INFINITY, 3}, {3, INFINITY}, {-INFINITY, INFINITY}, {4, 3}, {1.5, 1.5}, {0, 0}};
    static const double set[] = {1.5, -0.0, 7, INFINITY};
    uint32_t rows = lengths[_i];
    struct cells_random random = {(uint64_t)_i};
    double *values = values_of(rows, sizeof *values);
    bool *wanted = arena_alloc(unit_arena, rows);
    for (uint32_t i = 0; i < rows; i++)
        values[i] = cells_below(&random, 2) ? edges[cells_below(&random, 8)]
                                            : (double)cells_below(&random, 40) / 4;
    for (size_t s = 0; s < sizeof ranges / sizeof ranges[0]; s++) {
        for (uint32_t i = 0; i < rows; i++)
            wanted[i] = values[i] >= ranges[s][0] && values[i] <= ranges[s][1];
        uint64_t *words = words_of(rows);
        scan_numbers(values, rows, ranges[s][0], ranges[s][1], words);
        expect(words, wanted, rows, "numbers");
    }
    for (size_t count = 0; count <= 4; count++) {
        for (uint32_t i = 0; i < rows; i++) {
            wanted[i] = false;
            for (size_t s = 0; s < count; s++)
                wanted[i] |= values[i] == set[s];
        }
        uint64_t *words = words_of(rows);
        scan_number_set(values, rows, set, count, words);
        expect(words, wanted, rows, "number set");
    }
    free(values);
}
END_TEST

static uint32_t code_at(const void *codes, uint32_t width, uint32_t i)
{
    uint32_t code = 0;
    memcpy(&code, (const char *)codes + (size_t)i * width, width);
    return code;
}

/* Which codes match: none, one run (with and without absent), with holes, all, at random. */
static void draw_match(struct cells_random *random, unsigned shape, uint8_t *match, uint32_t codes)
{
    uint32_t low = cells_below(random, codes + 1), high = cells_below(random, codes + 1);
    for (uint32_t c = 0; c <= codes; c++) {
        bool in_run = c >= low && c <= high;
        match[c] = (uint8_t)(shape == 0   ? 0
                             : shape == 1 ? 1
                             : shape == 2 ? c != 0
                             : shape == 3 ? in_run
                             : shape == 4 ? !in_run
                                          : cells_below(random, 2));
    }
}

/* _i: length, width */
START_TEST(codes_that_match)
{
    uint32_t rows = lengths[(size_t)_i % LENGTHS], width = 1u << ((size_t)_i / LENGTHS);
    struct cells_random random = {(uint64_t)_i};
    static const uint32_t most[] = {1, 7, 255, 256, 300, 70000};
    uint8_t *bytes = values_of(rows, width);
    bool *wanted = arena_alloc(unit_arena, rows);
    for (size_t m = 0; m < 6; m++) {
        uint32_t codes = width == 1 && most[m] > 255     ? 255
                         : width == 2 && most[m] > 65535 ? 65535
                                                         : most[m];
        uint8_t *match = values_of(codes + 1, 1);
        for (uint32_t i = 0; i < rows; i++) {
            /* One code in a hundred is damaged. */
            uint32_t code = cells_below(&random, 100) ? cells_below(&random, codes + 1)
                                                      : (uint32_t)cells_next(&random);
            memcpy(bytes + (size_t)i * width, &code, width);
        }
        for (unsigned shape = 0; shape < 9; shape++) {
            draw_match(&random, shape, match, codes);
            for (uint32_t i = 0; i < rows; i++) {
                uint32_t code = code_at(bytes, width, i);
                wanted[i] = code <= codes && match[code];
            }
            uint64_t *words = words_of(rows);
            scan_codes(bytes, width, rows, match, codes, words);
            expect(words, wanted, rows, "codes");
        }
        free(match);
    }
    free(bytes);
}
END_TEST

START_TEST(packing)
{
    uint32_t rows = lengths[_i];
    struct cells_random random = {(uint64_t)_i};
    uint8_t *bytes = values_of(rows, 1);
    bool *wanted = arena_alloc(unit_arena, rows);
    for (uint32_t i = 0; i < rows; i++) {
        bytes[i] = (uint8_t)cells_below(&random, 2);
        wanted[i] = bytes[i] != 0;
    }
    uint64_t *words = words_of(rows);
    scan_pack(bytes, rows, words);
    expect(words, wanted, rows, "pack");
    free(bytes);
}
END_TEST

/* Texts over a small alphabet, so that needles are found, nearly found, and found across texts. */
START_TEST(search)
{
    static const char alphabet[] = "ab@.\n";
    struct cells_random random = {(uint64_t)_i + 1};
    uint32_t count = cells_below(&random, 60), total = 0;
    uint32_t *offsets = values_of(count + 1, sizeof *offsets);
    offsets[0] = 0;
    for (uint32_t i = 0; i < count; i++)
        offsets[i + 1] = total +=
            cells_below(&random, 4) ? cells_below(&random, 9) : cells_below(&random, 200);
    char *bytes = values_of(total, 1);
    for (uint32_t i = 0; i < total; i++)
        bytes[i] = alphabet[cells_below(&random, 2 + (uint32_t)_i % 4)];
    for (int round = 0; round < 40; round++) {
        char needle[12];
        size_t len = 1 + cells_below(&random, round % 3 ? 4 : 12);
        for (size_t i = 0; i < len; i++)
            needle[i] = alphabet[cells_below(&random, 5)];
        if (round % 4 == 0 && total > len)
            memcpy(needle, bytes + cells_below(&random, total - (uint32_t)len), len);
        uint8_t *match = values_of(count, 1);
        memset(match, 0, count);
        scan_search(bytes, offsets, count, (struct str){needle, len}, match);
        for (uint32_t i = 0; i < count; i++) {
            bool found =
                memmem(bytes + offsets[i], offsets[i + 1] - offsets[i], needle, len) != NULL;
            ck_assert_msg(match[i] == found, "\"%.*s\" in \"%.*s\": told %d", (int)len, needle,
                          (int)(offsets[i + 1] - offsets[i]), bytes + offsets[i], match[i]);
        }
        free(match);
    }
    free(bytes);
    free(offsets);
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {{instants, LENGTHS},
                                      {numbers, LENGTHS},
                                      {codes_that_match, 3 * LENGTHS},
                                      {packing, LENGTHS},
                                      {search, 40}};
    return UNIT_RUN("scan", cases);
}

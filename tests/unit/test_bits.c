/* Bitmaps: the algebra against one bool per row, and the listing of rows. */
#include "cells.h"
#include "column/bits.h"
#include "unit.h"

enum density { NONE, FEW, HALF, ALL };

static void draw(struct cells_random *random, enum density density, struct bits *bits, bool *rows)
{
    bits_clear(bits);
    for (uint32_t row = 0; row < KEY_CHUNK_ROWS; row++) {
        rows[row] = density == ALL || (density == HALF && cells_below(random, 2)) ||
                    (density == FEW && cells_below(random, 1000) == 0);
        if (rows[row])
            bits_set(bits, row);
    }
}

static uint32_t wrong_rows(const struct bits *bits, const bool *rows)
{
    uint32_t wrong = 0;
    for (uint32_t row = 0; row < KEY_CHUNK_ROWS; row++)
        wrong += bits_test(bits, row) != rows[row];
    return wrong;
}

static bool expected(unsigned op, bool a, bool b)
{
    switch (op) {
    case 0:
        return a && b;
    case 1:
        return a || b;
    default:
        return a && !b;
    }
}

/* _i: densities of both, and the operation */
START_TEST(algebra)
{
    static void (*const ops[])(struct bits *, const struct bits *) = {bits_and, bits_or,
                                                                      bits_andnot};
    struct cells_random random = {(uint64_t)_i};
    struct bits *a = arena_alloc(unit_arena, sizeof *a), *b = arena_alloc(unit_arena, sizeof *b);
    bool *in_a = arena_alloc(unit_arena, KEY_CHUNK_ROWS),
         *in_b = arena_alloc(unit_arena, KEY_CHUNK_ROWS);
    unsigned op = (unsigned)_i / 16;
    draw(&random, (enum density)(_i % 4), a, in_a);
    draw(&random, (enum density)(_i / 4 % 4), b, in_b);
    ops[op](a, b);
    uint32_t count = 0;
    for (uint32_t row = 0; row < KEY_CHUNK_ROWS; row++) {
        in_a[row] = expected(op, in_a[row], in_b[row]);
        count += in_a[row];
    }
    ck_assert_uint_eq(wrong_rows(a, in_a), 0);
    ck_assert_uint_eq(wrong_rows(b, in_b), 0);
    ck_assert_uint_eq(bits_count(a), count);
    ck_assert_int_eq(bits_none(a), count == 0);
    bits_not(a);
    ck_assert_uint_eq(bits_count(a), KEY_CHUNK_ROWS - count);
    bits_copy(b, a);
    ck_assert_mem_eq(a, b, sizeof *a);
}
END_TEST

START_TEST(single_bits)
{
    static const uint32_t rows[] = {0, 1, 63, 64, 127, 32768, 65534, 65535};
    struct bits *bits = arena_alloc(unit_arena, sizeof *bits);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bits_fill(bits);
        ck_assert_uint_eq(bits_count(bits), KEY_CHUNK_ROWS);
        bits_put(bits, rows[i], false);
        ck_assert(!bits_test(bits, rows[i]));
        ck_assert_uint_eq(bits_count(bits), KEY_CHUNK_ROWS - 1);
        bits_clear(bits);
        bits_put(bits, rows[i], true);
        bits_put(bits, rows[i], true);
        ck_assert(bits_test(bits, rows[i]) && bits_count(bits) == 1);
        uint16_t found;
        ck_assert_uint_eq(bits_rows(bits, i % 2, 0, 9, &found), 1);
        ck_assert_uint_eq(found, rows[i]);
    }
}
END_TEST

static void check_listing(const struct bits *bits, const uint16_t *all, uint32_t count,
                          bool descending, uint32_t skip, uint32_t max)
{
    uint32_t left = count > skip ? count - skip : 0;
    uint32_t want = left < max ? left : max;
    uint16_t *out = arena_array(unit_arena, max + 1, sizeof *out);
    uint32_t wrong = 0;
    out[want] = 0xabcd;
    ck_assert_uint_eq(bits_rows(bits, descending, skip, max, out), want);
    for (uint32_t i = 0; i < want; i++)
        wrong += out[i] != all[descending ? count - 1 - skip - i : skip + i];
    ck_assert_msg(!wrong, "%u of %u rows wrong with skip %u", wrong, want, skip);
    ck_assert_uint_eq(out[want], 0xabcd); /* nothing behind them was written */
}

START_TEST(rows_are_listed_in_order)
{
    struct cells_random random = {(uint64_t)_i + 100};
    struct bits *bits = arena_alloc(unit_arena, sizeof *bits);
    bool *rows = arena_alloc(unit_arena, KEY_CHUNK_ROWS);
    uint16_t *all = arena_array(unit_arena, KEY_CHUNK_ROWS, sizeof *all);
    uint32_t count = 0;
    draw(&random, (enum density)_i, bits, rows);
    for (uint32_t row = 0; row < KEY_CHUNK_ROWS; row++) {
        all[count] = (uint16_t)row;
        count += rows[row];
    }
    const uint32_t skips[] = {0,     1,         63,        64, 65, count / 2, count - (count > 0),
                              count, count + 1, UINT32_MAX};
    for (size_t s = 0; s < sizeof skips / sizeof skips[0]; s++) {
        for (uint32_t max = 0; max <= KEY_CHUNK_ROWS; max = max * 8 + 1) {
            check_listing(bits, all, count, false, skips[s], max);
            check_listing(bits, all, count, true, skips[s], max);
        }
        check_listing(bits, all, count, false, skips[s], KEY_CHUNK_ROWS);
    }
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {
        {algebra, 48}, {single_bits, 0}, {rows_are_listed_in_order, 4}};
    return UNIT_RUN("bits", cases);
}

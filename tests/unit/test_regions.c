/* Regions of overlapping sets: the counts against one look at each row. */
#include "cells.h"
#include "column/regions.h"
#include "unit.h"

/* Sets of which each has one row in `share`; 0: none has any. */
static void draw(struct cells_random *random, struct bits *sets, size_t count, uint32_t share)
{
    for (size_t i = 0; i < count; i++) {
        bits_clear(&sets[i]);
        for (uint32_t row = 0; share && row < KEY_CHUNK_ROWS; row++) {
            if (cells_below(random, share) == 0)
                bits_set(&sets[i], row);
        }
    }
}

static void add_row_by_row(const struct bits *sets, size_t count, uint64_t *counts)
{
    for (uint32_t row = 0; row < KEY_CHUNK_ROWS; row++) {
        uint32_t region = 0;
        for (size_t i = 0; i < count; i++)
            region |= (uint32_t)bits_test(&sets[i], row) << i;
        counts[region] += region ? 1 : 0;
    }
}

/* _i: how many sets, from 1, and how full they are */
START_TEST(counts_are_those_of_the_rows)
{
    static const uint32_t shares[] = {0, 1, 2, 7, 1000};
    struct cells_random random = {(uint64_t)_i + 1};
    size_t count = (size_t)_i / ARRAY_LEN(shares) + 1;
    struct bits *sets = arena_array(unit_arena, count, sizeof *sets);
    uint64_t counts[1 << REGIONS_SETS_MAX] = {0}, wanted[1 << REGIONS_SETS_MAX] = {0};
    for (unsigned chunk = 0; chunk < 2; chunk++) { /* counts are added to */
        draw(&random, sets, count, shares[(size_t)_i % ARRAY_LEN(shares)]);
        regions_add(sets, count, counts);
        add_row_by_row(sets, count, wanted);
    }
    ck_assert_mem_eq(counts, wanted, sizeof counts);
}
END_TEST

/* Every region, each with one row; who is in none is not counted. */
START_TEST(every_region_once)
{
    struct bits *sets = arena_array(unit_arena, REGIONS_SETS_MAX, sizeof *sets);
    uint64_t counts[1 << REGIONS_SETS_MAX] = {0};
    for (uint32_t row = 0; row < 1 << REGIONS_SETS_MAX; row++) {
        for (uint32_t i = 0; i < REGIONS_SETS_MAX; i++)
            bits_put(&sets[i], row, (row >> i) & 1);
    }
    regions_add(sets, REGIONS_SETS_MAX, counts);
    ck_assert_uint_eq(counts[0], 0);
    for (uint32_t region = 1; region < 1 << REGIONS_SETS_MAX; region++)
        ck_assert_uint_eq(counts[region], 1);
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {{counts_are_those_of_the_rows, 5 * REGIONS_SETS_MAX},
                                      {every_region_once, 0}};
    return UNIT_RUN("regions", cases);
}

/* Rosters: the walk in both orders, and the bytes in which a chunk of one is stored. */
#include "audience/roster.h"
#include "column/key.h"
#include "unit.h"

/* Every `step`-th row from `first` on. */
static struct bits *every(uint32_t first, uint32_t step)
{
    struct bits *rows = arena_alloc(unit_arena, sizeof *rows);
    for (uint32_t row = first; row < KEY_CHUNK_ROWS; row += step)
        bits_set(rows, row);
    return rows;
}

static const struct {
    uint32_t first, step;
    size_t bytes;
} packs[] = {
    {KEY_CHUNK_ROWS, 1, 0}, {65535, 1, 2}, {0, 65535, 4},
    {0, 17, 7712},          {0, 16, 8192}, /* 4,096 rows: no shorter as a list */
    {3, 2, 8192},           {0, 1, 8192},
};

START_TEST(packing_is_undone)
{
    struct bits *rows = every(packs[_i].first, packs[_i].step);
    struct bits *back = every(0, 7);
    struct str packed = roster_pack(unit_arena, rows);
    ck_assert_uint_eq(packed.len, packs[_i].bytes);
    ck_assert(roster_unpack(packed, back));
    ck_assert_mem_eq(rows, back, sizeof *rows);
}
END_TEST

START_TEST(what_is_no_packing_is_told)
{
    struct bits *back = every(0, 7);
    char *bytes = arena_alloc(unit_arena, sizeof *back + 2);
    ck_assert(!roster_unpack((struct str){bytes, 3}, back));
    ck_assert(!roster_unpack((struct str){bytes, sizeof *back + 2}, back));
}
END_TEST

/* Three chunks, the middle one empty: rows 0, 30000, 60000 of the others. */
static struct roster some(void)
{
    struct roster roster = {.chunk_count = 3, .total = 6};
    roster.chunks = arena_array(unit_arena, 3, sizeof(*roster.chunks));
    roster.chunks[0] = every(0, 30000);
    roster.chunks[2] = every(0, 30000);
    return roster;
}

START_TEST(walks_in_either_order_and_any_piece)
{
    static const uint32_t all[] = {0, 30000, 60000, 131072, 161072, 191072};
    struct roster roster = some();
    bool oldest_first = _i % 2 == 0;
    size_t piece = (size_t)_i / 2 + 1;
    struct roster_walk walk = {.roster = &roster, .oldest_first = oldest_first};
    uint32_t got[8];
    size_t count = 0;
    for (size_t now = 1; now > 0; count += now) {
        now = roster_next(&walk, got, piece);
        ck_assert_uint_le(now, piece);
        for (size_t i = 0; i < now; i++)
            ck_assert_uint_eq(got[i], all[oldest_first ? count + i : 5 - count - i]);
    }
    ck_assert_uint_eq(count, 6);
    ck_assert_uint_eq(roster_next(&walk, got, piece), 0);
}
END_TEST

START_TEST(long_walks)
{
    struct roster roster = {.chunk_count = 1};
    struct roster_walk walk = {.roster = &roster};
    uint32_t *got = arena_array(unit_arena, KEY_CHUNK_ROWS + 1, sizeof *got);
    roster.chunks = arena_array(unit_arena, 1, sizeof(*roster.chunks));
    roster.chunks[0] = every(0, 1);
    ck_assert_uint_eq(roster_next(&walk, got, KEY_CHUNK_ROWS + 1), KEY_CHUNK_ROWS);
    for (uint32_t i = 0; i < KEY_CHUNK_ROWS; i++)
        ck_assert_uint_eq(got[i], KEY_CHUNK_ROWS - 1 - i);
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {
        {packing_is_undone, ARRAY_LEN(packs)},
        {what_is_no_packing_is_told, 0},
        {walks_in_either_order_and_any_piece, 14},
        {long_walks, 0},
    };
    return UNIT_RUN("roster", cases);
}

/* Patching against a naive merge: the bytes must be those of a chunk made of the outcome. */
#include "cells.h"
#include "column/draftwrite.h"
#include "column/patch.h"
#include "unit.h"

/* Levels over the same few rows, or over all 65,536. */
static struct cells *draw_level(struct cells_random *random, int seed)
{
    return cells_draw(random, cells_below(random, 90), seed % 2 ? KEY_CHUNK_ROWS : 120);
}

START_TEST(levels_into_one)
{
    struct cells_random random = {(uint64_t)_i};
    size_t count = 1 + (size_t)_i % PATCH_MAX_LEVELS;
    struct cells *merged = NULL;
    struct chunk levels[PATCH_MAX_LEVELS];
    for (size_t l = 0; l < count; l++) {
        struct cells *cells = draw_level(&random, _i);
        levels[l] = cells_open(cells_small(cells, &random));
        merged = merged ? cells_merge(merged, cells) : cells;
    }
    AUTO(draft) draft = draft_new();
    struct buf out;
    buf_init(&out, 1 << 24);
    patch_small(levels, count, draft);
    draftwrite_small(draft, &out);
    ck_assert(str_eq(cells_take(&out), cells_small(merged, &random)));
}
END_TEST

/* The base may be absent, and the levels may take every value away. */
START_TEST(levels_into_a_base)
{
    struct cells_random random = {(uint64_t)_i + 1000};
    size_t count = (size_t)_i % (PATCH_MAX_LEVELS + 1);
    struct cells *base = cells_draw(&random, _i % 7 ? 150 : 0, _i % 2 ? KEY_CHUNK_ROWS : 200);
    struct cells *merged = base;
    struct chunk levels[PATCH_MAX_LEVELS];
    for (size_t l = 0; l < count; l++) {
        struct cells *cells = draw_level(&random, _i);
        if (_i % 5 == 4)
            memset(cells->present, 0, sizeof cells->present);
        levels[l] = cells_open(cells_small(cells, &random));
        merged = cells_merge(merged, cells);
    }
    for (unsigned k = 0; k < CELLS_KEYS; k++) {
        uint64_t group = key_group(cells_key[k]);
        struct str bytes = cells_base(base, &random, group);
        struct chunk chunk;
        if (bytes.len)
            chunk = cells_open(bytes);
        AUTO(draft) draft = draft_new();
        struct buf out;
        buf_init(&out, 1 << 24);
        patch_base(bytes.len ? &chunk : NULL, group, levels, count, draft);
        bool written = draftwrite_base(draft, group, &out);
        struct str patched = cells_take(&out);
        ck_assert(written == (patched.len > 0));
        ck_assert(str_eq(patched, cells_base(merged, &random, group)));
    }
}
END_TEST

/* All rows of the newest level count, even those of a row that it empties. */
START_TEST(an_emptied_row_stays_empty)
{
    struct cells_random random = {5};
    struct cells *older = cells_draw(&random, 50, 60),
                 *newer = arena_alloc(unit_arena, sizeof *newer);
    *newer = *older;
    memset(newer->present, 0, sizeof newer->present);
    struct chunk levels[2] = {cells_open(cells_small(older, &random)),
                              cells_open(cells_small(newer, &random))};
    AUTO(draft) draft = draft_new();
    patch_small(levels, 2, draft);
    ck_assert_uint_eq(draft_row_count(draft), older->count);
    ck_assert_uint_eq(draft_column_count(draft), 0);
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {
        {levels_into_one, 40}, {levels_into_a_base, 40}, {an_emptied_row_stays_empty, 0}};
    return UNIT_RUN("patch", cases);
}

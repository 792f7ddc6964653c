#include "column/patch.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

/* For each row of the chunk: the newest level that overrides it (1-based, 0 none) and its slot. */
struct overrides {
    uint8_t level[KEY_CHUNK_ROWS];
    uint16_t slot[KEY_CHUNK_ROWS];
};

static struct overrides *overrides_new(const struct chunk *levels, size_t count)
{
    struct overrides *over = arena_xmalloc(sizeof *over);
    memset(over->level, 0, sizeof over->level);
    for (size_t l = 0; l < count; l++) {
        for (uint32_t i = 0; i < levels[l].rows; i++) {
            over->level[levels[l].ordinals[i]] = (uint8_t)(l + 1);
            over->slot[levels[l].ordinals[i]] = (uint16_t)i;
        }
    }
    return over;
}

static int compare_keys(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

/* The distinct keys of the levels, ascending; free() the result. */
static uint64_t *all_keys(const struct chunk *levels, size_t count, size_t *ret_count)
{
    size_t total = 0, kept = 0;
    for (size_t l = 0; l < count; l++)
        total += levels[l].column_count;
    uint64_t *keys = arena_xmalloc((total + 1) * sizeof *keys);
    total = 0;
    for (size_t l = 0; l < count; l++) {
        for (uint32_t i = 0; i < levels[l].column_count; i++)
            keys[total++] = levels[l].columns[i].key;
    }
    qsort(keys, total, sizeof *keys, compare_keys);
    for (size_t i = 0; i < total; i++) {
        if (!kept || keys[kept - 1] != keys[i])
            keys[kept++] = keys[i];
    }
    *ret_count = kept;
    return keys;
}

/* One column over its levels, looked up once. */
struct sources {
    const struct chunk *levels;
    const struct chunk_column *columns[PATCH_MAX_LEVELS];
};

static void sources_find(struct sources *sources, const struct chunk *levels, size_t count,
                         uint64_t key)
{
    sources->levels = levels;
    for (size_t l = 0; l < count; l++)
        sources->columns[l] = chunk_find(&levels[l], key);
}

static bool overridden_cell(const struct sources *sources, const struct overrides *over,
                            uint32_t row, struct chunk_cell *ret)
{
    unsigned level = over->level[row] - 1u;
    const struct chunk_column *column = sources->columns[level];
    return column && chunk_cell(&sources->levels[level], column, over->slot[row], ret);
}

void patch_small(const struct chunk *levels, size_t count, struct draft *out)
{
    struct overrides *over = overrides_new(levels, count);
    uint16_t *rows = arena_xmalloc(KEY_CHUNK_ROWS * sizeof *rows);
    uint32_t row_count = 0;
    for (uint32_t row = 0; row < KEY_CHUNK_ROWS; row++) {
        if (over->level[row]) {
            rows[row_count++] = (uint16_t)row;
            draft_row(out, row);
        }
    }
    size_t key_count;
    uint64_t *keys = all_keys(levels, count, &key_count);
    for (size_t k = 0; k < key_count; k++) {
        struct sources sources;
        struct chunk_cell cell;
        sources_find(&sources, levels, count, keys[k]);
        for (uint32_t i = 0; i < row_count; i++) {
            if (overridden_cell(&sources, over, rows[i], &cell))
                draft_put(out, i, keys[k], &cell);
        }
    }
    free(keys);
    free(rows);
    free(over);
}

/* Walks base slots in step with the rows: the base is dense or has a sorted list of rows. */
static bool base_cell(const struct chunk *base, const struct chunk_column *column, uint32_t row,
                      uint32_t *slot, struct chunk_cell *ret)
{
    if (!column)
        return false;
    if (!base->ordinals)
        return row < base->rows && chunk_cell(base, column, row, ret);
    while (*slot < base->rows && base->ordinals[*slot] < row)
        ++*slot;
    return *slot < base->rows && base->ordinals[*slot] == row &&
           chunk_cell(base, column, *slot, ret);
}

static void patch_column(const struct chunk *base, uint64_t key, const struct chunk *levels,
                         size_t count, const struct overrides *over, struct draft *out)
{
    const struct chunk_column *column = base ? chunk_find(base, key) : NULL;
    struct sources sources;
    struct chunk_cell cell;
    uint32_t slot = 0;
    sources_find(&sources, levels, count, key);
    for (uint32_t row = 0; row < KEY_CHUNK_ROWS; row++) {
        bool present = over->level[row] ? overridden_cell(&sources, over, row, &cell)
                                        : base_cell(base, column, row, &slot, &cell);
        if (present)
            draft_put(out, row, key, &cell);
    }
}

void patch_base(const struct chunk *base, uint64_t group, const struct chunk *levels, size_t count,
                struct draft *out)
{
    struct chunk all[PATCH_MAX_LEVELS + 1];
    size_t all_count = 0, key_count;
    if (base)
        all[all_count++] = *base;
    for (size_t l = 0; l < count; l++)
        all[all_count++] = levels[l];
    uint64_t *keys = all_keys(all, all_count, &key_count);
    struct overrides *over = overrides_new(levels, count);
    draft_all_rows(out);
    for (size_t k = 0; k < key_count; k++) {
        if (key_group(keys[k]) == group)
            patch_column(base, keys[k], levels, count, over, out);
    }
    free(over);
    free(keys);
}

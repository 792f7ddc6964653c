#include "cells.h"

#include <math.h>
#include <stdlib.h>

#include "column/draftwrite.h"
#include "unit.h"

const uint64_t cells_key[CELLS_KEYS] = {
    KEY_EXISTS,
    KEY_EMAIL,
    KEY_STATUS,
    KEY_CREATED,
    KEY_DATA(KEY_TYPE_STRING, 3),
    KEY_DATA(KEY_TYPE_NUMBER, 3),
    KEY_DATA(KEY_TYPE_BOOL, 7),
    KEY_DATA(KEY_TYPE_LIST, 8),
    KEY_EVENT_COUNT(5),
    KEY_EVENT_FIRST(5),
    KEY_EVENT_LAST(5),
    KEY_EVENT_TIMES(5),
    KEY_EVENT_VALUES(5, 2),
    KEY_SET_ENTERED(KEY_SET_SEGMENT(2)),
};
const enum chunk_kind cells_kind[CELLS_KEYS] = {
    CHUNK_BITS,    CHUNK_TEXT,  CHUNK_CODE,   CHUNK_INSTANT, CHUNK_STRING,
    CHUNK_NUMBER,  CHUNK_BOOL,  CHUNK_LIST,   CHUNK_COUNT,   CHUNK_INSTANT,
    CHUNK_INSTANT, CHUNK_TIMES, CHUNK_VALUES, CHUNK_INSTANT,
};

/* ---- drawing ------------------------------------------------------------------------------- */

uint64_t cells_next(struct cells_random *random)
{
    uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

uint32_t cells_below(struct cells_random *random, uint32_t end)
{
    return (uint32_t)(cells_next(random) % end);
}

/* Empty, long, dates, other letters; the same ones often, so that dictionaries repeat. */
static struct str draw_text(struct cells_random *random)
{
    static const char *const texts[] = {
        "",       "a",    "Pro", "2026-02-03",       "ÄRGER",      "2026-02-30",
        "straße", "日本", "pro", "\xf0\x9f\x8e\x88", "0001-01-01", "2026-02-04T10:00Z"};
    uint32_t which = cells_below(random, 20);
    if (which < sizeof texts / sizeof texts[0])
        return str_from(texts[which]);
    return str_from(arena_printf(unit_arena, "value %u %0*d", cells_below(random, 500),
                                 (int)cells_below(random, 40), 7));
}

static double draw_number(struct cells_random *random)
{
    static const double numbers[] = {0, -0.0, 1, -1.5, 1e300, -INFINITY, INFINITY, 5e-324};
    uint32_t which = cells_below(random, 12);
    return which < 8 ? numbers[which] : (double)cells_below(random, 1000) / 4;
}

static const int64_t *draw_times(struct cells_random *random, uint32_t count)
{
    int64_t *times = arena_array(unit_arena, count, sizeof *times);
    for (uint32_t i = 0; i < count; i++)
        times[i] = (i ? times[i - 1] : -5) + cells_below(random, 9);
    return times;
}

static const struct str *draw_texts(struct cells_random *random, uint32_t count)
{
    struct str *texts = arena_array(unit_arena, count, sizeof *texts);
    for (uint32_t i = 0; i < count; i++) {
        if (cells_below(random, 3))
            texts[i] = str_from(arena_printf(unit_arena, "s" STR_FMT, STR_ARG(draw_text(random))));
    }
    return texts;
}

static struct chunk_cell draw_cell(struct cells_random *random, enum chunk_kind kind)
{
    struct chunk_cell cell = {.kind = kind, .boolean = true};
    switch (kind) {
    case CHUNK_BITS:
        break;
    case CHUNK_BOOL:
        cell.boolean = cells_below(random, 2);
        break;
    case CHUNK_CODE:
        cell.code = 1 + cells_below(random, 255);
        break;
    case CHUNK_COUNT:
        cell.code = cells_below(random, 8) ? 1 + cells_below(random, 100) : UINT32_MAX;
        break;
    case CHUNK_INSTANT:
        cell.ms = (int64_t)cells_next(random);
        if (cell.ms == CHUNK_NO_INSTANT)
            cell.ms = 0;
        break;
    case CHUNK_NUMBER:
        cell.number = draw_number(random);
        break;
    case CHUNK_TEXT:
    case CHUNK_STRING:
        cell.text = draw_text(random);
        break;
    case CHUNK_LIST:
        cell.text = str_from(arena_printf(unit_arena, "[%u]", cells_below(random, 9)));
        break;
    case CHUNK_TIMES:
        cell.count = 1 + cells_below(random, 5);
        cell.times = draw_times(random, cell.count);
        break;
    case CHUNK_VALUES:
        cell.count = 1 + cells_below(random, 5);
        cell.texts = draw_texts(random, cell.count);
        break;
    }
    return cell;
}

static int compare_lows(const void *a, const void *b)
{
    const uint16_t *x = a, *y = b;
    return *x - *y;
}

struct cells *cells_draw(struct cells_random *random, uint32_t rows, uint32_t end)
{
    struct cells *cells = arena_alloc(unit_arena, sizeof *cells);
    uint16_t lows[CELLS_ROWS];
    for (uint32_t i = 0; i < rows; i++)
        lows[i] = (uint16_t)cells_below(random, end);
    qsort(lows, rows, sizeof *lows, compare_lows);
    for (uint32_t i = 0; i < rows; i++) {
        if (!i || lows[i] != lows[i - 1])
            cells->lows[cells->count++] = lows[i];
    }
    for (unsigned k = 0; k < CELLS_KEYS; k++) {
        bool none = cells_below(random, 4) == 0;
        for (uint32_t i = 0; i < cells->count && !none; i++) {
            cells->present[i][k] = cells_below(random, 3) != 0;
            cells->at[i][k] = draw_cell(random, cells_kind[k]);
        }
    }
    return cells;
}

/* ---- comparing and merging ----------------------------------------------------------------- */

int cells_find(const struct cells *cells, uint16_t low)
{
    uint32_t from = 0, to = cells->count;
    while (from < to) {
        uint32_t mid = (from + to) / 2;
        if (cells->lows[mid] < low)
            from = mid + 1;
        else
            to = mid;
    }
    return from < cells->count && cells->lows[from] == low ? (int)from : -1;
}

static bool equal_items(const struct chunk_cell *a, const struct chunk_cell *b)
{
    for (uint32_t i = 0; i < a->count; i++) {
        struct str x = chunk_cell_item(a, i), y = chunk_cell_item(b, i);
        if (!x.at != !y.at || !str_eq(x, y))
            return false;
    }
    return true;
}

bool cells_equal_cell(const struct chunk_cell *a, const struct chunk_cell *b)
{
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case CHUNK_BITS:
    case CHUNK_BOOL:
        return a->boolean == b->boolean;
    case CHUNK_CODE:
    case CHUNK_COUNT:
        return a->code == b->code;
    case CHUNK_INSTANT:
        return a->ms == b->ms;
    case CHUNK_NUMBER:
        return a->number == b->number;
    case CHUNK_TEXT:
    case CHUNK_STRING:
    case CHUNK_LIST:
        return str_eq(a->text, b->text);
    case CHUNK_TIMES:
        return a->count == b->count && memcmp(a->times, b->times, a->count * sizeof *a->times) == 0;
    case CHUNK_VALUES:
        return a->count == b->count && equal_items(a, b);
    }
    return false;
}

static void copy_row(struct cells *to, const struct cells *from, uint32_t row)
{
    uint32_t i = to->count++;
    to->lows[i] = from->lows[row];
    memcpy(to->present[i], from->present[row], sizeof to->present[i]);
    memcpy(to->at[i], from->at[row], sizeof to->at[i]);
}

struct cells *cells_merge(const struct cells *older, const struct cells *newer)
{
    struct cells *merged = arena_alloc(unit_arena, sizeof *merged);
    for (uint32_t low = 0; low < KEY_CHUNK_ROWS; low++) {
        int in_newer = cells_find(newer, (uint16_t)low);
        int in_older = in_newer >= 0 ? -1 : cells_find(older, (uint16_t)low);
        if (in_newer >= 0)
            copy_row(merged, newer, (uint32_t)in_newer);
        else if (in_older >= 0)
            copy_row(merged, older, (uint32_t)in_older);
    }
    return merged;
}

/* ---- writing ------------------------------------------------------------------------------- */

/* Puts the columns in an order of their own; `index_of` NULL: the rows' own indexes. */
static void put_columns(const struct cells *cells, struct cells_random *random, struct draft *draft,
                        const uint16_t *index_of)
{
    uint32_t first = cells_below(random, CELLS_KEYS);
    for (unsigned n = 0; n < CELLS_KEYS; n++) {
        unsigned k = (first + 5 * n) % CELLS_KEYS; /* 5 and 14 have no divisor in common */
        for (uint32_t i = 0; i < cells->count; i++) {
            if (cells->present[i][k])
                draft_put(draft, index_of ? index_of[i] : i, cells_key[k], &cells->at[i][k]);
        }
    }
}

void cells_put(const struct cells *cells, struct cells_random *random, struct draft *draft)
{
    for (uint32_t i = 0; i < cells->count; i++)
        ck_assert_uint_eq(draft_row(draft, cells->lows[i]), i);
    put_columns(cells, random, draft, NULL);
}

void cells_put_base(const struct cells *cells, struct cells_random *random, struct draft *draft)
{
    draft_all_rows(draft);
    put_columns(cells, random, draft, cells->lows);
}

struct str cells_take(struct buf *out)
{
    ck_assert(!out->failed);
    struct str bytes = str_copy(unit_arena, buf_str(out));
    buf_done(out);
    return bytes;
}

struct str cells_small(const struct cells *cells, struct cells_random *random)
{
    AUTO(draft) draft = draft_new();
    struct buf out;
    buf_init(&out, 1 << 24);
    cells_put(cells, random, draft);
    draftwrite_small(draft, &out);
    return cells_take(&out);
}

struct str cells_base(const struct cells *cells, struct cells_random *random, uint64_t group)
{
    AUTO(draft) draft = draft_new();
    struct buf out;
    buf_init(&out, 1 << 24);
    cells_put_base(cells, random, draft);
    bool written = draftwrite_base(draft, group, &out);
    ck_assert(written == (out.len > 0));
    return cells_take(&out);
}

struct chunk cells_open(struct str bytes)
{
    struct chunk chunk;
    ck_assert_int_eq(chunk_open(bytes.at, bytes.len, &chunk), 0);
    return chunk;
}

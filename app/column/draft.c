#include "column/draft.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "column/draftcolumn.h"

/* ---- life ---------------------------------------------------------------------------------- */

struct draft *draft_new(void)
{
    struct draft *draft = arena_xmalloc(sizeof *draft);
    memset(draft, 0, sizeof *draft);
    return draft;
}

static void column_done(struct draft_column *column)
{
    free(column->rows);
    free(column->values);
    free(column->items);
    entries_done(&column->dict);
}

void draft_clear(struct draft *draft)
{
    for (uint32_t i = 0; i < draft->column_count; i++)
        column_done(&draft->columns[i]);
    draft->row_count = draft->column_count = 0;
    if (draft->table)
        memset(draft->table, 0, draft->table_size * sizeof *draft->table);
    draft->sorted = false;
}

void draft_free(struct draft *draft)
{
    if (!draft)
        return;
    draft_clear(draft);
    free(draft->lows);
    free(draft->columns);
    free(draft->table);
    free(draft);
}

/* ---- rows and columns ---------------------------------------------------------------------- */

static void rows_reserve(struct draft *draft, uint32_t rows)
{
    if (rows <= draft->row_cap)
        return;
    draft->row_cap = rows < 64 ? 64 : rows * 2;
    draft->lows = arena_xrealloc(draft->lows, draft->row_cap * sizeof *draft->lows);
}

uint32_t draft_row(struct draft *draft, uint32_t low)
{
    rows_reserve(draft, draft->row_count + 1);
    draft->lows[draft->row_count] = (uint16_t)low;
    return draft->row_count++;
}

void draft_all_rows(struct draft *draft)
{
    rows_reserve(draft, KEY_CHUNK_ROWS);
    for (uint32_t i = 0; i < KEY_CHUNK_ROWS; i++)
        draft->lows[i] = (uint16_t)i;
    draft->row_count = KEY_CHUNK_ROWS;
}

static uint32_t key_slot(const struct draft *draft, uint64_t key)
{
    uint32_t slot =
        (uint32_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 40) & (draft->table_size - 1);
    while (draft->table[slot] && draft->columns[draft->table[slot] - 1].key != key)
        slot = (slot + 1) & (draft->table_size - 1);
    return slot;
}

static void table_rebuild(struct draft *draft, uint32_t size)
{
    draft->table_size = size;
    draft->table = arena_xrealloc(draft->table, size * sizeof *draft->table);
    memset(draft->table, 0, size * sizeof *draft->table);
    for (uint32_t i = 0; i < draft->column_count; i++)
        draft->table[key_slot(draft, draft->columns[i].key)] = i + 1;
}

static struct draft_column *column_get(struct draft *draft, uint64_t key, enum chunk_kind kind)
{
    if (!draft->table_size)
        table_rebuild(draft, 64);
    uint32_t slot = key_slot(draft, key);
    if (draft->table[slot])
        return &draft->columns[draft->table[slot] - 1];
    if (draft->column_count == draft->column_cap) {
        draft->column_cap = draft->column_cap ? draft->column_cap * 2 : 16;
        draft->columns = arena_xrealloc(draft->columns, draft->column_cap * sizeof *draft->columns);
    }
    struct draft_column *column = &draft->columns[draft->column_count++];
    memset(column, 0, sizeof *column);
    column->key = key;
    column->kind = kind;
    entries_init(&column->dict);
    draft->table[slot] = draft->column_count;
    draft->sorted = false;
    if (draft->column_count * 2 > draft->table_size)
        table_rebuild(draft, draft->table_size * 2);
    return column;
}

static void column_append(struct draft_column *column, uint32_t index, uint64_t value)
{
    if (column->count == column->cap) {
        column->cap = column->cap ? column->cap * 2 : 64;
        column->rows = arena_xrealloc(column->rows, column->cap * sizeof *column->rows);
        column->values = arena_xrealloc(column->values, column->cap * sizeof *column->values);
    }
    column->rows[column->count] = index;
    column->values[column->count++] = value;
}

/* ---- putting ------------------------------------------------------------------------------- */

void draft_put_ms(struct draft *draft, uint32_t index, uint64_t key, int64_t ms)
{
    column_append(column_get(draft, key, CHUNK_INSTANT), index, (uint64_t)ms);
}

void draft_put_code(struct draft *draft, uint32_t index, uint64_t key, enum chunk_kind kind,
                    uint32_t code)
{
    column_append(column_get(draft, key, kind), index, code);
}

void draft_put_text(struct draft *draft, uint32_t index, uint64_t key, enum chunk_kind kind,
                    struct str text)
{
    struct draft_column *column = column_get(draft, key, kind);
    uint32_t entry = kind == CHUNK_TEXT ? entries_append(&column->dict, text)
                                        : entries_intern(&column->dict, text);
    column_append(column, index, entry);
}

static void add_item(struct draft_column *column, uint64_t item)
{
    if (column->item_count == column->item_cap) {
        column->item_cap = column->item_cap ? column->item_cap * 2 : 256;
        column->items = arena_xrealloc(column->items, column->item_cap * sizeof *column->items);
    }
    column->items[column->item_count++] = item;
}

void draft_put_times(struct draft *draft, uint32_t index, uint64_t key, const int64_t *times,
                     uint32_t count)
{
    struct draft_column *column = count ? column_get(draft, key, CHUNK_TIMES) : NULL;
    if (!column)
        return;
    column_append(column, index, column->item_count);
    for (uint32_t i = 0; i < count; i++)
        add_item(column, (uint64_t)times[i]);
}

static void put_values(struct draft *draft, uint32_t index, uint64_t key,
                       const struct chunk_cell *cell)
{
    struct draft_column *column = cell->count ? column_get(draft, key, CHUNK_VALUES) : NULL;
    if (!column)
        return;
    column_append(column, index, column->item_count);
    for (uint32_t i = 0; i < cell->count; i++) {
        struct str text = chunk_cell_item(cell, i);
        add_item(column, text.at ? entries_intern(&column->dict, text) + 1 : 0);
    }
}

void draft_put_values(struct draft *draft, uint32_t index, uint64_t key, const struct str *texts,
                      uint32_t count)
{
    struct chunk_cell cell = {.kind = CHUNK_VALUES, .count = count, .texts = texts};
    put_values(draft, index, key, &cell);
}

static void put_number(struct draft *draft, uint32_t index, uint64_t key, double number)
{
    uint64_t bits;
    number = number == 0 ? 0 : number; /* -0 is 0: equal values make equal bytes */
    memcpy(&bits, &number, sizeof bits);
    column_append(column_get(draft, key, CHUNK_NUMBER), index, bits);
}

void draft_put(struct draft *draft, uint32_t index, uint64_t key, const struct chunk_cell *cell)
{
    switch (cell->kind) {
    case CHUNK_BITS:
    case CHUNK_BOOL:
        draft_put_code(draft, index, key, cell->kind, cell->boolean);
        break;
    case CHUNK_CODE:
    case CHUNK_COUNT:
        draft_put_code(draft, index, key, cell->kind, cell->code);
        break;
    case CHUNK_INSTANT:
        draft_put_ms(draft, index, key, cell->ms);
        break;
    case CHUNK_NUMBER:
        put_number(draft, index, key, cell->number);
        break;
    case CHUNK_TEXT:
    case CHUNK_STRING:
    case CHUNK_LIST:
        draft_put_text(draft, index, key, cell->kind, cell->text);
        break;
    case CHUNK_TIMES:
        draft_put_times(draft, index, key, cell->times, cell->count);
        break;
    case CHUNK_VALUES:
        put_values(draft, index, key, cell);
        break;
    }
}

void draft_drop_occurrences(struct draft *draft)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < draft->column_count; i++) {
        if (key_is_occurrences(draft->columns[i].key))
            column_done(&draft->columns[i]);
        else
            draft->columns[kept++] = draft->columns[i];
    }
    draft->column_count = kept;
    if (draft->table_size)
        table_rebuild(draft, draft->table_size);
}

/* ---- what is in it ------------------------------------------------------------------------- */

uint32_t draft_row_count(const struct draft *draft)
{
    return draft->row_count;
}

uint32_t draft_column_count(const struct draft *draft)
{
    return draft->column_count;
}

static int compare_columns(const void *a, const void *b)
{
    const struct draft_column *x = a, *y = b;
    return x->key < y->key ? -1 : x->key > y->key;
}

void draft_sort(struct draft *draft)
{
    if (draft->sorted || !draft->column_count)
        return;
    qsort(draft->columns, draft->column_count, sizeof *draft->columns, compare_columns);
    table_rebuild(draft, draft->table_size);
    draft->sorted = true;
}

uint64_t draft_column_key(struct draft *draft, uint32_t i)
{
    draft_sort(draft);
    return draft->columns[i].key;
}

/* Drafts: what is written reads back, and equal values make equal bytes. */
#include <math.h>

#include "base/timeutil.h"
#include "cells.h"
#include "column/draftwrite.h"
#include "filter/fold.h"
#include "unit.h"

/* The cell of a slot, or false. */
static bool read_cell(const struct chunk *chunk, uint64_t key, uint32_t slot,
                      struct chunk_cell *ret)
{
    const struct chunk_column *column = chunk_find(chunk, key);
    return column && chunk_cell(chunk, column, slot, ret);
}

static void expect_cells(const struct cells *cells, const struct chunk *chunk)
{
    for (unsigned k = 0; k < CELLS_KEYS; k++) {
        uint32_t present = 0;
        for (uint32_t i = 0; i < cells->count; i++) {
            struct chunk_cell cell;
            bool there = read_cell(chunk, cells_key[k], i, &cell);
            ck_assert_msg(there == cells->present[i][k], "key %u row %u: present %d", k, i, there);
            ck_assert_msg(!there || cells_equal_cell(&cell, &cells->at[i][k]), "key %u row %u", k,
                          i);
            present += there;
        }
        const struct chunk_column *column = chunk_find(chunk, cells_key[k]);
        ck_assert_uint_eq(column ? column->present : 0, present);
        ck_assert(present > 0 || !column);
    }
}

START_TEST(small_chunks_read_back)
{
    struct cells_random random = {(uint64_t)_i};
    uint32_t end = _i % 2 ? KEY_CHUNK_ROWS : 300;
    struct cells *cells = cells_draw(&random, cells_below(&random, _i % 3 ? CELLS_ROWS : 4), end);
    struct chunk chunk = cells_open(cells_small(cells, &random));
    ck_assert_uint_eq(chunk.rows, cells->count);
    ck_assert_mem_eq(chunk.ordinals, cells->lows, cells->count * sizeof *cells->lows);
    expect_cells(cells, &chunk);
    ck_assert_ptr_null(chunk_find(&chunk, KEY_UPDATED));
    ck_assert_ptr_null(chunk_find(&chunk, 0));
    ck_assert_ptr_null(chunk_find(&chunk, UINT64_MAX));
}
END_TEST

/* A base is dense or sparse; in both a row is found, and the rest of the 65,536 are absent. */
static void expect_base(const struct cells *cells, const struct chunk *chunk, unsigned k)
{
    uint32_t wrong = 0, slot = 0;
    for (uint32_t low = 0; low < KEY_CHUNK_ROWS; low++) {
        int row = cells_find(cells, (uint16_t)low);
        struct chunk_cell cell;
        bool there;
        if (chunk->ordinals) {
            while (slot < chunk->rows && chunk->ordinals[slot] < low)
                slot++;
            there = slot < chunk->rows && chunk->ordinals[slot] == low &&
                    read_cell(chunk, cells_key[k], slot, &cell);
        } else
            there = low < chunk->rows && read_cell(chunk, cells_key[k], low, &cell);
        wrong += there != (row >= 0 && cells->present[row][k]);
        wrong += there && row >= 0 && !cells_equal_cell(&cell, &cells->at[row][k]);
    }
    ck_assert_msg(!wrong, "key %u: %u rows are wrong", k, wrong);
}

START_TEST(bases_read_back)
{
    static const uint32_t ends[] = {1, 50, 500, 5000, KEY_CHUNK_ROWS};
    struct cells_random random = {(uint64_t)_i};
    struct cells *cells = cells_draw(&random, CELLS_ROWS, ends[_i % 5]);
    for (unsigned k = 0; k < CELLS_KEYS; k++) {
        struct str bytes = cells_base(cells, &random, key_group(cells_key[k]));
        uint32_t present = 0;
        for (uint32_t i = 0; i < cells->count; i++)
            present += cells->present[i][k];
        if (!bytes.len) {
            ck_assert_uint_eq(present, 0);
            continue;
        }
        struct chunk chunk = cells_open(bytes);
        expect_base(cells, &chunk, k);
        for (uint32_t c = 0; c < chunk.column_count; c++)
            ck_assert_uint_eq(key_group(chunk.columns[c].key), key_group(cells_key[k]));
    }
}
END_TEST

/* The order of keys differs (cells_put draws it), and a cleared draft is as good as a new one. */
START_TEST(equal_values_make_equal_bytes)
{
    struct cells_random random = {(uint64_t)_i};
    struct cells *cells = cells_draw(&random, CELLS_ROWS, 2000);
    struct str once = cells_small(cells, &random), again = cells_small(cells, &random);
    ck_assert(str_eq(once, again));
    AUTO(draft) draft = draft_new();
    cells_put(cells_draw(&random, 100, 5000), &random, draft);
    draft_clear(draft);
    ck_assert_uint_eq(draft_row_count(draft), 0);
    ck_assert_uint_eq(draft_column_count(draft), 0);
    cells_put(cells, &random, draft);
    struct buf out;
    buf_init(&out, 1 << 24);
    buf_add_c(&out, "12345678"); /* chunks are appended */
    draftwrite_small(draft, &out);
    struct str third = cells_take(&out);
    ck_assert(str_eq(once, (struct str){third.at + 8, third.len - 8}));
    uint64_t last = 0;
    for (uint32_t i = 0; i < draft_column_count(draft); i++) {
        ck_assert_uint_lt(last, draft_column_key(draft, i));
        last = draft_column_key(draft, i);
    }
}
END_TEST

START_TEST(zero_has_one_form)
{
    struct str bytes[2];
    for (int i = 0; i < 2; i++) {
        AUTO(draft) draft = draft_new();
        struct chunk_cell cell = {.kind = CHUNK_NUMBER, .number = i ? -0.0 : 0.0};
        struct buf out;
        buf_init(&out, 4096);
        draft_put(draft, draft_row(draft, 9), KEY_DATA(KEY_TYPE_NUMBER, 1), &cell);
        draftwrite_small(draft, &out);
        bytes[i] = cells_take(&out);
    }
    ck_assert(str_eq(bytes[0], bytes[1]));
}
END_TEST

/* Dictionaries of 1, 2 and 4 bytes a code: sorted, folded, with dates where a text is one. */
START_TEST(dictionaries)
{
    static const uint32_t counts[] = {1, 2, 255, 256, 257, 65535, 65536};
    uint32_t count = counts[_i];
    AUTO(draft) draft = draft_new();
    struct buf out;
    buf_init(&out, 1 << 26);
    draft_all_rows(draft);
    for (uint32_t i = 0; i < count; i++) {
        draft_put_text(
            draft, i, KEY_DATA(KEY_TYPE_STRING, 1), CHUNK_STRING,
            str_from(i == 1 ? "2026-03-04" : arena_printf(unit_arena, "Ä %u", i * 7919 % 65537)));
    }
    ck_assert(draftwrite_base(draft, KEY_DATA(KEY_TYPE_STRING, 1), &out));
    struct chunk chunk = cells_open(cells_take(&out));
    struct chunk_strings strings;
    chunk_strings(&chunk, chunk_find(&chunk, KEY_DATA(KEY_TYPE_STRING, 1)), &strings);
    ck_assert_uint_eq(strings.count, count);
    ck_assert_uint_eq(strings.width, count < 256 ? 1 : count < 65536 ? 2 : 4);
    ck_assert_int_eq(strings.dates != NULL, count > 1);
    uint32_t wrong = 0;
    for (uint32_t e = 0; e < count; e++) {
        struct str text = chunk_string_at(&strings, e);
        int64_t ms = CHUNK_NO_INSTANT;
        (void)timeutil_parse(text, &ms);
        wrong += e && str_cmp(chunk_string_at(&strings, e - 1), text) >= 0;
        wrong += !str_eq(chunk_folded_at(&strings, e), fold_text(unit_arena, text));
        wrong += strings.dates && strings.dates[e] != ms;
    }
    ck_assert_uint_eq(wrong, 0);
}
END_TEST

START_TEST(ascii_addresses_are_known_as_such)
{
    static const struct {
        const char *text;
        bool ascii;
    } table[] = {{"ann@example.com", true}, {"änn@example.com", false}, {"\x7f", true}};
    AUTO(draft) draft = draft_new();
    struct buf out;
    buf_init(&out, 4096);
    draft_put_text(draft, draft_row(draft, 3), KEY_EMAIL, CHUNK_TEXT, str_from(table[_i].text));
    draftwrite_small(draft, &out);
    struct chunk chunk = cells_open(cells_take(&out));
    struct chunk_texts texts;
    chunk_texts(&chunk, chunk_find(&chunk, KEY_EMAIL), &texts);
    ck_assert_int_eq(texts.ascii, table[_i].ascii);
    unit_str_eq(chunk_text_at(&texts, 0), table[_i].text);
}
END_TEST

/* A buffer that is too small fails as a whole, wherever it ends. */
START_TEST(limits_of_the_buffer_hold)
{
    struct cells_random random = {7};
    struct cells *cells = cells_draw(&random, 40, 900);
    size_t whole = cells_small(cells, &random).len;
    for (size_t limit = 0; limit < whole; limit += 1 + limit / 16) {
        AUTO(draft) draft = draft_new();
        struct buf out;
        buf_init(&out, limit);
        cells_put(cells, &random, draft);
        draftwrite_small(draft, &out);
        ck_assert(out.failed && out.len <= limit);
        buf_done(&out);
    }
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {{small_chunks_read_back, 60},
                                      {bases_read_back, 20},
                                      {equal_values_make_equal_bytes, 20},
                                      {zero_has_one_form, 0},
                                      {dictionaries, 7},
                                      {ascii_addresses_are_known_as_such, 3},
                                      {limits_of_the_buffer_hold, 0}};
    return UNIT_RUN("draft", cases);
}

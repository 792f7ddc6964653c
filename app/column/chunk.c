#include "column/chunk.h"

#include <math.h>
#include <string.h>

static const void *payload(const struct chunk *chunk, const struct chunk_column *column)
{
    return chunk->bytes + column->offset;
}

/* ---- opening ------------------------------------------------------------------------------- */

static bool texts_fit(const struct chunk *chunk, const struct chunk_column *column)
{
    if (column->length < sizeof(struct chunk_text_head))
        return false;
    const struct chunk_text_head *head = payload(chunk, column);
    uint64_t offsets = 4 * ((uint64_t)chunk->rows + 1);
    return column->length ==
           sizeof *head + chunk_align(offsets) + chunk_align((uint64_t)head->text_bytes);
}

static bool strings_fit(const struct chunk *chunk, const struct chunk_column *column)
{
    if (column->length < sizeof(struct chunk_string_head))
        return false;
    const struct chunk_string_head *h = payload(chunk, column);
    if (h->count > chunk->rows || (h->width != 1 && h->width != 2 && h->width != 4))
        return false;
    uint64_t offsets = chunk_align(4 * ((uint64_t)h->count + 1));
    uint64_t need = sizeof *h + chunk_align((uint64_t)h->width * chunk->rows) + offsets +
                    chunk_align((uint64_t)h->text_bytes);
    if (h->fold_bytes != UINT32_MAX)
        need += offsets + chunk_align((uint64_t)h->fold_bytes);
    if (h->has_dates)
        need += 8 * (uint64_t)h->count;
    return column->length == need;
}

static uint64_t row_offsets_bytes(const struct chunk *chunk)
{
    return chunk_align(4 * ((uint64_t)chunk->rows + 1));
}

static bool times_fit(const struct chunk *chunk, const struct chunk_column *column)
{
    if (column->length < sizeof(struct chunk_times_head))
        return false;
    const struct chunk_times_head *h = payload(chunk, column);
    return column->length == sizeof *h + row_offsets_bytes(chunk) + 8 * (uint64_t)h->total;
}

static bool values_fit(const struct chunk *chunk, const struct chunk_column *column)
{
    if (column->length < sizeof(struct chunk_values_head))
        return false;
    const struct chunk_values_head *h = payload(chunk, column);
    if (h->count > h->total || (h->width != 1 && h->width != 2 && h->width != 4))
        return false;
    return column->length ==
           sizeof *h + row_offsets_bytes(chunk) + chunk_align((uint64_t)h->width * h->total) +
               chunk_align(4 * ((uint64_t)h->count + 1)) + chunk_align((uint64_t)h->text_bytes);
}

static bool column_fits(const struct chunk *chunk, const struct chunk_column *column)
{
    if (column->offset % 8 || column->offset > chunk->len ||
        column->length > chunk->len - column->offset || column->present > chunk->rows)
        return false;
    uint64_t rows = chunk->rows;
    uint64_t words = 8 * (uint64_t)chunk_words(chunk->rows);
    switch ((enum chunk_kind)column->kind) {
    case CHUNK_BITS:
        return column->length == words;
    case CHUNK_BOOL:
        return column->length == 2 * words;
    case CHUNK_CODE:
        return column->length == chunk_align(rows);
    case CHUNK_INSTANT:
    case CHUNK_NUMBER:
        return column->length == 8 * rows;
    case CHUNK_COUNT:
        return column->length == chunk_align(4 * rows);
    case CHUNK_TEXT:
        return texts_fit(chunk, column);
    case CHUNK_STRING:
    case CHUNK_LIST:
        return strings_fit(chunk, column);
    case CHUNK_TIMES:
        return times_fit(chunk, column);
    case CHUNK_VALUES:
        return values_fit(chunk, column);
    }
    return false;
}

int chunk_open(const void *bytes, size_t len, struct chunk *ret)
{
    const struct chunk_header *header = bytes;
    if (len < sizeof *header || (uintptr_t)bytes % 8 || header->magic != CHUNK_MAGIC ||
        header->total_bytes != len || header->rows > KEY_CHUNK_ROWS)
        return ERR_CORRUPT;
    uint64_t directory = sizeof(struct chunk_column) * (uint64_t)header->column_count;
    if (directory > len - sizeof *header)
        return ERR_CORRUPT;
    struct chunk chunk = {.bytes = bytes,
                          .len = len,
                          .rows = header->rows,
                          .columns = (const void *)(header + 1),
                          .column_count = header->column_count};
    if (header->ordinals_offset) {
        if (header->ordinals_offset % 8 || header->ordinals_offset > len ||
            2 * (uint64_t)header->rows > len - header->ordinals_offset)
            return ERR_CORRUPT;
        chunk.ordinals = (const void *)(chunk.bytes + header->ordinals_offset);
    }
    for (uint32_t i = 0; i < chunk.column_count; i++) {
        if (!column_fits(&chunk, &chunk.columns[i]) ||
            (i && chunk.columns[i - 1].key >= chunk.columns[i].key))
            return ERR_CORRUPT;
    }
    *ret = chunk;
    return 0;
}

const struct chunk_column *chunk_find(const struct chunk *chunk, uint64_t key)
{
    uint32_t low = 0, high = chunk->column_count;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (chunk->columns[mid].key < key)
            low = mid + 1;
        else
            high = mid;
    }
    return low < chunk->column_count && chunk->columns[low].key == key ? &chunk->columns[low]
                                                                       : NULL;
}

/* ---- payloads ------------------------------------------------------------------------------ */

const uint64_t *chunk_bits(const struct chunk *chunk, const struct chunk_column *column)
{
    return payload(chunk, column);
}

const uint64_t *chunk_bools(const struct chunk *chunk, const struct chunk_column *column)
{
    return payload(chunk, column);
}

const uint8_t *chunk_codes(const struct chunk *chunk, const struct chunk_column *column)
{
    return payload(chunk, column);
}

const int64_t *chunk_instants(const struct chunk *chunk, const struct chunk_column *column)
{
    return payload(chunk, column);
}

const double *chunk_numbers(const struct chunk *chunk, const struct chunk_column *column)
{
    return payload(chunk, column);
}

const uint32_t *chunk_counts(const struct chunk *chunk, const struct chunk_column *column)
{
    return payload(chunk, column);
}

void chunk_texts(const struct chunk *chunk, const struct chunk_column *column,
                 struct chunk_texts *ret)
{
    const struct chunk_text_head *head = payload(chunk, column);
    const uint8_t *at = (const uint8_t *)(head + 1);
    ret->ascii = head->ascii != 0;
    ret->offsets = (const void *)at;
    ret->bytes = (const char *)at + chunk_align(4 * ((uint64_t)chunk->rows + 1));
}

struct str chunk_text_at(const struct chunk_texts *texts, uint32_t row)
{
    uint32_t from = texts->offsets[row], to = texts->offsets[row + 1];
    return from == to ? (struct str){0} : (struct str){texts->bytes + from, to - from - 1};
}

void chunk_strings(const struct chunk *chunk, const struct chunk_column *column,
                   struct chunk_strings *ret)
{
    const struct chunk_string_head *h = payload(chunk, column);
    const uint8_t *at = (const uint8_t *)(h + 1);
    uint64_t offsets = chunk_align(4 * ((uint64_t)h->count + 1));
    *ret = (struct chunk_strings){.count = h->count, .width = h->width, .codes = at};
    at += chunk_align((uint64_t)h->width * chunk->rows);
    ret->offsets = (const void *)at;
    ret->bytes = (const char *)(at + offsets);
    at += offsets + chunk_align((uint64_t)h->text_bytes);
    if (h->fold_bytes != UINT32_MAX) {
        ret->fold_offsets = (const void *)at;
        ret->fold_bytes = (const char *)(at + offsets);
        at += offsets + chunk_align((uint64_t)h->fold_bytes);
    }
    if (h->has_dates)
        ret->dates = (const void *)at;
}

struct str chunk_string_at(const struct chunk_strings *s, uint32_t entry)
{
    return (struct str){s->bytes + s->offsets[entry], s->offsets[entry + 1] - s->offsets[entry]};
}

struct str chunk_folded_at(const struct chunk_strings *s, uint32_t entry)
{
    if (!s->fold_offsets)
        return chunk_string_at(s, entry);
    return (struct str){s->fold_bytes + s->fold_offsets[entry],
                        s->fold_offsets[entry + 1] - s->fold_offsets[entry]};
}

static uint32_t code_of_width(const void *codes, uint32_t width, uint32_t at)
{
    if (width == 1)
        return ((const uint8_t *)codes)[at];
    if (width == 2)
        return ((const uint16_t *)codes)[at];
    return ((const uint32_t *)codes)[at];
}

uint32_t chunk_code_at(const struct chunk_strings *s, uint32_t row)
{
    return code_of_width(s->codes, s->width, row);
}

void chunk_times(const struct chunk *chunk, const struct chunk_column *column,
                 struct chunk_times *ret)
{
    const struct chunk_times_head *h = payload(chunk, column);
    const uint8_t *at = (const uint8_t *)(h + 1);
    ret->total = h->total;
    ret->offsets = (const void *)at;
    ret->ms = (const void *)(at + row_offsets_bytes(chunk));
}

void chunk_values(const struct chunk *chunk, const struct chunk_column *column,
                  struct chunk_values *ret)
{
    const struct chunk_values_head *h = payload(chunk, column);
    const uint8_t *at = (const uint8_t *)(h + 1);
    *ret = (struct chunk_values){.total = h->total, .width = h->width, .count = h->count};
    ret->offsets = (const void *)at;
    at += row_offsets_bytes(chunk);
    ret->codes = at;
    at += chunk_align((uint64_t)h->width * h->total);
    ret->text_offsets = (const void *)at;
    ret->bytes = (const char *)at + chunk_align(4 * ((uint64_t)h->count + 1));
}

uint32_t chunk_values_code(const struct chunk_values *values, uint32_t item)
{
    return code_of_width(values->codes, values->width, item);
}

struct str chunk_values_entry(const struct chunk_values *values, uint32_t entry)
{
    return (struct str){values->bytes + values->text_offsets[entry],
                        values->text_offsets[entry + 1] - values->text_offsets[entry]};
}

struct str chunk_cell_item(const struct chunk_cell *cell, uint32_t i)
{
    if (cell->texts)
        return cell->texts[i];
    uint32_t code = chunk_values_code(&cell->values, cell->first + i);
    return code ? chunk_values_entry(&cell->values, code - 1) : (struct str){0};
}

/* ---- one value ----------------------------------------------------------------------------- */

static bool word_bit(const uint64_t *words, uint32_t row)
{
    return (words[row >> 6] >> (row & 63)) & 1;
}

static bool string_cell(const struct chunk *chunk, const struct chunk_column *column, uint32_t row,
                        struct chunk_cell *ret)
{
    struct chunk_strings strings;
    chunk_strings(chunk, column, &strings);
    uint32_t code = chunk_code_at(&strings, row);
    if (!code)
        return false;
    ret->text = chunk_string_at(&strings, code - 1);
    return true;
}

static bool text_cell(const struct chunk *chunk, const struct chunk_column *column, uint32_t row,
                      struct chunk_cell *ret)
{
    struct chunk_texts texts;
    chunk_texts(chunk, column, &texts);
    ret->text = chunk_text_at(&texts, row);
    return ret->text.at != NULL;
}

static bool times_cell(const struct chunk *chunk, const struct chunk_column *column, uint32_t row,
                       struct chunk_cell *ret)
{
    struct chunk_times times;
    chunk_times(chunk, column, &times);
    ret->count = times.offsets[row + 1] - times.offsets[row];
    ret->times = times.ms + times.offsets[row];
    return ret->count > 0;
}

static bool values_cell(const struct chunk *chunk, const struct chunk_column *column, uint32_t row,
                        struct chunk_cell *ret)
{
    chunk_values(chunk, column, &ret->values);
    ret->first = ret->values.offsets[row];
    ret->count = ret->values.offsets[row + 1] - ret->first;
    ret->texts = NULL;
    return ret->count > 0;
}

bool chunk_cell(const struct chunk *chunk, const struct chunk_column *column, uint32_t row,
                struct chunk_cell *ret)
{
    const void *at = payload(chunk, column);
    ret->kind = (enum chunk_kind)column->kind;
    switch (ret->kind) {
    case CHUNK_BITS:
        ret->boolean = true;
        return word_bit(at, row);
    case CHUNK_BOOL:
        ret->boolean = word_bit((const uint64_t *)at + chunk_words(chunk->rows), row);
        return word_bit(at, row);
    case CHUNK_CODE:
        ret->code = ((const uint8_t *)at)[row];
        return ret->code != 0;
    case CHUNK_INSTANT:
        ret->ms = ((const int64_t *)at)[row];
        return ret->ms != CHUNK_NO_INSTANT;
    case CHUNK_NUMBER:
        ret->number = ((const double *)at)[row];
        return !isnan(ret->number);
    case CHUNK_COUNT:
        ret->code = ((const uint32_t *)at)[row];
        return ret->code != 0;
    case CHUNK_TEXT:
        return text_cell(chunk, column, row, ret);
    case CHUNK_STRING:
    case CHUNK_LIST:
        return string_cell(chunk, column, row, ret);
    case CHUNK_TIMES:
        return times_cell(chunk, column, row, ret);
    case CHUNK_VALUES:
        return values_cell(chunk, column, row, ret);
    }
    return false;
}

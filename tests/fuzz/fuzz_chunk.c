/*
 * libFuzzer: any bytes as a chunk. What is opened has all its sections inside of the bytes; what is
 * read of those that have a fixed place stays there too. The content of texts is for the stored
 * hash to vouch for, so their bytes are looked at only where their offsets ascend.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "column/chunk.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static volatile uint64_t seen;

static void look(const void *at, uint64_t len)
{
    const uint8_t *byte = at;
    for (uint64_t i = 0; i < len; i++)
        seen += byte[i];
}

static void look_at_texts(const uint32_t *offsets, uint32_t count, const char *text, uint64_t room)
{
    for (uint32_t i = 0; i < count; i++) {
        if (offsets[i] > offsets[i + 1] || offsets[i + 1] > room)
            return;
        look(text + offsets[i], offsets[i + 1] - offsets[i]);
    }
}

static void look_at_column(const struct chunk *chunk, const struct chunk_column *column)
{
    const uint8_t *end = chunk->bytes + column->offset + column->length;
    struct chunk_cell cell;
    if (column->kind == CHUNK_TEXT) {
        struct chunk_texts texts;
        chunk_texts(chunk, column, &texts);
        look_at_texts(texts.offsets, chunk->rows, texts.bytes,
                      (uint64_t)((const char *)end - texts.bytes));
    } else if (column->kind == CHUNK_STRING || column->kind == CHUNK_LIST) {
        struct chunk_strings strings;
        chunk_strings(chunk, column, &strings);
        for (uint32_t row = 0; row < chunk->rows; row++)
            seen += chunk_code_at(&strings, row);
        look_at_texts(strings.offsets, strings.count, strings.bytes,
                      (uint64_t)((const char *)end - strings.bytes));
        if (strings.fold_offsets)
            look_at_texts(strings.fold_offsets, strings.count, strings.fold_bytes,
                          (uint64_t)((const char *)end - strings.fold_bytes));
        if (strings.dates)
            look(strings.dates, 8 * (uint64_t)strings.count);
    } else if (column->kind == CHUNK_TIMES) {
        struct chunk_times times;
        chunk_times(chunk, column, &times);
        look(times.offsets, 4 * ((uint64_t)chunk->rows + 1));
        look(times.ms, 8 * (uint64_t)times.total);
    } else if (column->kind == CHUNK_VALUES) {
        struct chunk_values values;
        chunk_values(chunk, column, &values);
        look(values.offsets, 4 * ((uint64_t)chunk->rows + 1));
        for (uint32_t item = 0; item < values.total; item++)
            seen += chunk_values_code(&values, item);
        look_at_texts(values.text_offsets, values.count, values.bytes,
                      (uint64_t)((const char *)end - values.bytes));
    } else {
        for (uint32_t row = 0; row < chunk->rows; row++)
            seen += chunk_cell(chunk, column, row, &cell);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct chunk chunk;
    /* A fuzzer's bytes need not be aligned, and these end where the memory ends. */
    uint8_t *copy = arena_xmalloc(len);
    if (len)
        memcpy(copy, bytes, len);
    if (len >= sizeof(struct chunk_header)) { /* no fuzzer guesses these */
        struct chunk_header *header = (void *)copy;
        header->magic = CHUNK_MAGIC;
        header->total_bytes = len;
    }
    if (chunk_open(copy, len, &chunk) == 0) {
        if (chunk.ordinals)
            look(chunk.ordinals, 2 * (uint64_t)chunk.rows);
        for (uint32_t i = 0; i < chunk.column_count; i++) {
            if (chunk_find(&chunk, chunk.columns[i].key) != &chunk.columns[i])
                abort();
            look_at_column(&chunk, &chunk.columns[i]);
        }
    }
    free(copy);
    return 0;
}

/* Opening: only whole, aligned chunks, and nothing that an opened one names lies outside of it. */
#include <stdlib.h>

#include "base/hash.h"
#include "cells.h"
#include "unit.h"

/* A copy that ends where its memory ends, so that a sanitizer sees every step behind it. */
static char *exact_copy(struct str bytes)
{
    char *copy = arena_xmalloc(bytes.len);
    if (bytes.len)
        memcpy(copy, bytes.at, bytes.len);
    return copy;
}

static uint64_t checksum;

static void touch(const void *at, uint64_t len)
{
    checksum ^= hash_fast(at, (size_t)len);
}

/* Reads every section that has a fixed place: all that chunk_open vouches for. */
static void touch_column(const struct chunk *chunk, const struct chunk_column *column)
{
    struct chunk_texts texts;
    struct chunk_strings strings;
    struct chunk_cell cell;
    touch(chunk->bytes + column->offset, column->length);
    if (column->kind == CHUNK_TEXT) {
        chunk_texts(chunk, column, &texts);
        touch(texts.offsets, 4 * ((uint64_t)chunk->rows + 1));
    } else if (column->kind == CHUNK_STRING || column->kind == CHUNK_LIST) {
        chunk_strings(chunk, column, &strings);
        touch(strings.codes, (uint64_t)strings.width * chunk->rows);
        touch(strings.offsets, 4 * ((uint64_t)strings.count + 1));
        if (strings.fold_offsets)
            touch(strings.fold_offsets, 4 * ((uint64_t)strings.count + 1));
        if (strings.dates)
            touch(strings.dates, 8 * (uint64_t)strings.count);
    } else if (column->kind == CHUNK_TIMES) {
        struct chunk_times times;
        chunk_times(chunk, column, &times);
        touch(times.offsets, 4 * ((uint64_t)chunk->rows + 1));
        touch(times.ms, 8 * (uint64_t)times.total);
    } else if (column->kind == CHUNK_VALUES) {
        struct chunk_values values;
        chunk_values(chunk, column, &values);
        touch(values.offsets, 4 * ((uint64_t)chunk->rows + 1));
        touch(values.codes, (uint64_t)values.width * values.total);
        touch(values.text_offsets, 4 * ((uint64_t)values.count + 1));
    } else {
        for (uint32_t row = 0; row < chunk->rows; row++)
            checksum += chunk_cell(chunk, column, row, &cell);
    }
}

/* Opens the bytes; true when they are taken for a chunk. */
static bool opens(const char *bytes, size_t len)
{
    struct chunk chunk;
    int err = chunk_open(bytes, len, &chunk);
    if (err) {
        ck_assert_int_eq(err, ERR_CORRUPT);
        return false;
    }
    if (chunk.ordinals)
        touch(chunk.ordinals, 2 * (uint64_t)chunk.rows);
    for (uint32_t i = 0; i < chunk.column_count; i++) {
        touch_column(&chunk, &chunk.columns[i]);
        ck_assert_ptr_eq(chunk_find(&chunk, chunk.columns[i].key), &chunk.columns[i]);
    }
    return true;
}

static struct str sample(uint64_t seed)
{
    struct cells_random random = {seed};
    struct cells *cells = cells_draw(&random, 1 + cells_below(&random, 60), 300);
    if (seed % 2)
        return cells_small(cells, &random);
    struct str bytes = {0};
    for (unsigned k = cells_below(&random, CELLS_KEYS); !bytes.len; k = (k + 1) % CELLS_KEYS)
        bytes = cells_base(cells, &random, key_group(cells_key[k]));
    return bytes;
}

START_TEST(no_part_of_a_chunk_is_one)
{
    struct str whole = sample((uint64_t)_i);
    for (size_t len = 0; len < whole.len; len++) {
        char *copy = exact_copy((struct str){whole.at, len});
        ck_assert_msg(!opens(copy, len), "%zu of %zu bytes", len, whole.len);
        free(copy);
    }
    char *copy = exact_copy(whole);
    ck_assert(opens(copy, whole.len));
    free(copy);
}
END_TEST

START_TEST(damage_is_refused_or_stays_inside)
{
    struct cells_random random = {(uint64_t)_i};
    struct str whole = sample((uint64_t)_i);
    struct hash128 hash = hash_content(whole.at, whole.len);
    for (int round = 0; round < 3000; round++) {
        char *copy = exact_copy(whole);
        /* Most of the damage is done where sizes and offsets stand. */
        uint32_t head = whole.len < 400 || round % 4 == 0 ? (uint32_t)whole.len : 400;
        for (uint32_t n = 1 + cells_below(&random, 3); n; n--) {
            uint32_t at = cells_below(&random, head);
            if (round % 2)
                copy[at] = (char)(copy[at] ^ 1 << cells_below(&random, 8));
            else
                copy[at] = (char)cells_next(&random);
        }
        if (memcmp(copy, whole.at, whole.len) != 0) {
            struct hash128 other = hash_content(copy, whole.len);
            ck_assert_mem_ne(&other, &hash, sizeof hash);
        }
        (void)opens(copy, whole.len);
        free(copy);
    }
}
END_TEST

/* Each entry damages one thing in a good chunk with one column. */
struct damaged {
    struct chunk_header header;
    struct chunk_column column;
    uint64_t payload[4];
};

static struct damaged good(void)
{
    return (struct damaged){
        .header = {CHUNK_MAGIC, 4, 1, 0, sizeof(struct damaged)},
        .column = {KEY_CREATED, CHUNK_INSTANT, 4, sizeof(struct damaged) - 32, 32}};
}

static bool damaged_opens(const struct damaged *bytes)
{
    return opens((const char *)bytes, sizeof *bytes);
}

START_TEST(each_check_of_the_head)
{
    struct damaged at = good();
    ck_assert(damaged_opens(&at));
#define REFUSED(change)                                                                            \
    do {                                                                                           \
        at = good();                                                                               \
        change;                                                                                    \
        ck_assert_msg(!damaged_opens(&at), "accepted: %s", #change);                               \
    } while (0)
    REFUSED(at.header.magic++);
    REFUSED(at.header.rows = KEY_CHUNK_ROWS + 1);
    REFUSED(at.header.rows = 5);
    REFUSED(at.header.column_count = 1000);
    REFUSED(at.header.column_count = UINT32_MAX);
    REFUSED(at.header.total_bytes--);
    REFUSED(at.header.total_bytes = 0);
    REFUSED(at.header.ordinals_offset = sizeof at);
    REFUSED(at.header.ordinals_offset = 44);
    REFUSED(at.header.ordinals_offset = UINT64_MAX - 7);
    REFUSED(at.column.kind = CHUNK_KINDS);
    REFUSED(at.column.kind = UINT32_MAX);
    REFUSED(at.column.kind = CHUNK_BITS);
    REFUSED((at.column.kind = CHUNK_TEXT, at.payload[0] = UINT64_C(1) << 32));
    REFUSED(at.column.kind = CHUNK_STRING); /* codes of no bytes */
    REFUSED(at.column.present = 5);
    REFUSED(at.column.offset++);
    REFUSED(at.column.offset += 8);
    REFUSED(at.column.offset = UINT64_MAX - 7);
    REFUSED(at.column.length -= 8);
    REFUSED(at.column.length = UINT64_MAX);
#undef REFUSED
    char *unaligned = arena_alloc(unit_arena, sizeof at + 8);
    at = good();
    memcpy(unaligned + 1, &at, sizeof at);
    ck_assert(!opens(unaligned + 1, sizeof at));
}
END_TEST

START_TEST(a_directory_ends_inside)
{
    struct chunk_header header = {CHUNK_MAGIC, 4, 1, 0, sizeof header};
    char *copy = exact_copy((struct str){(const char *)&header, sizeof header});
    ck_assert(!opens(copy, sizeof header));
    free(copy);
}
END_TEST

START_TEST(keys_must_ascend)
{
    struct {
        struct chunk_header header;
        struct chunk_column columns[2];
        uint64_t payload[4];
    } at = {.header = {CHUNK_MAGIC, 2, 2, 0, sizeof at}};
    for (unsigned i = 0; i < 2; i++)
        at.columns[i] =
            (struct chunk_column){KEY_CREATED, CHUNK_INSTANT, 2, sizeof at - 32 + 16 * i, 16};
    ck_assert(!opens((const char *)&at, sizeof at)); /* equal */
    at.columns[0].key = KEY_UPDATED;
    ck_assert(!opens((const char *)&at, sizeof at));
    at.columns[0].key = KEY_STATUS;
    ck_assert(opens((const char *)&at, sizeof at));
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {{no_part_of_a_chunk_is_one, 4},
                                      {damage_is_refused_or_stays_inside, 16},
                                      {each_check_of_the_head, 0},
                                      {a_directory_ends_inside, 0},
                                      {keys_must_ascend, 0}};
    return UNIT_RUN("chunk", cases);
}

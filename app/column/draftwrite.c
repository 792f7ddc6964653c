#include "column/draftwrite.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/timeutil.h"
#include "column/draftcolumn.h"
#include "filter/fold.h"

/* ---- shape of the output ------------------------------------------------------------------- */

/* Where the values of a chunk under construction go. */
struct shape {
    struct buf *out;
    size_t start;       /* of the chunk in out */
    uint32_t rows;      /* slots */
    uint32_t *slot_of;  /* draft row index → slot */
    uint16_t *ordinals; /* of the slots; NULL: dense */
};

static void *section(struct shape *shape, uint64_t bytes)
{
    return buf_grow(shape->out, (size_t)chunk_align(bytes));
}

/* ---- payloads ------------------------------------------------------------------------------ */

static void write_bools(struct shape *shape, const struct draft_column *column)
{
    uint32_t words = chunk_words(shape->rows);
    uint64_t *present = section(shape, (column->kind == CHUNK_BOOL ? 16 : 8) * (uint64_t)words);
    for (uint32_t i = 0; present && i < column->count; i++) {
        uint32_t slot = shape->slot_of[column->rows[i]];
        uint64_t bit = UINT64_C(1) << (slot & 63);
        present[slot >> 6] |= bit;
        if (column->kind == CHUNK_BOOL && column->values[i])
            present[words + (slot >> 6)] |= bit;
    }
}

static void write_words(struct shape *shape, const struct draft_column *column)
{
    uint64_t absent = 0;
    if (column->kind == CHUNK_INSTANT)
        absent = (uint64_t)CHUNK_NO_INSTANT;
    else if (column->kind == CHUNK_NUMBER)
        absent = UINT64_C(0x7ff8000000000000);
    uint64_t *values = section(shape, 8 * (uint64_t)shape->rows);
    if (!values)
        return;
    for (uint32_t i = 0; i < shape->rows; i++)
        values[i] = absent;
    for (uint32_t i = 0; i < column->count; i++)
        values[shape->slot_of[column->rows[i]]] = column->values[i];
}

/* The items of one row after the other: where each row's begin. */
static void write_row_offsets(struct shape *shape, const struct draft_column *column)
{
    uint32_t *offsets = section(shape, 4 * ((uint64_t)shape->rows + 1));
    uint32_t next = 0;
    for (uint32_t slot = 0; offsets && slot <= shape->rows; slot++) {
        offsets[slot] = next < column->count ? (uint32_t)column->values[next] : column->item_count;
        if (next < column->count && shape->slot_of[column->rows[next]] == slot)
            next++;
    }
}

static void write_times(struct shape *shape, const struct draft_column *column)
{
    struct chunk_times_head head = {.total = column->item_count};
    buf_add(shape->out, &head, sizeof head);
    write_row_offsets(shape, column);
    buf_add(shape->out, column->items, 8 * (size_t)column->item_count);
}

/* Numbers of `width` bytes, zero where nothing is put. */
static void write_narrow(struct shape *shape, const struct draft_column *column, uint32_t width,
                         const uint32_t *code_of)
{
    uint8_t *at = section(shape, (uint64_t)width * shape->rows);
    for (uint32_t i = 0; at && i < column->count; i++) {
        uint32_t slot = shape->slot_of[column->rows[i]];
        uint32_t value = code_of ? code_of[column->values[i]] : (uint32_t)column->values[i];
        memcpy(at + (size_t)slot * width, &value, width); /* little-endian: the low bytes */
    }
}

static bool is_ascii(struct str text)
{
    unsigned char any = 0;
    for (size_t i = 0; i < text.len; i++)
        any |= (unsigned char)text.at[i];
    return any < 0x80;
}

static void write_texts(struct shape *shape, const struct draft_column *column)
{
    const struct entries *dict = &column->dict;
    uint32_t total = (uint32_t)dict->bytes.len + dict->count;
    struct chunk_text_head head = {is_ascii(buf_str(&dict->bytes)), total};
    buf_add(shape->out, &head, sizeof head);
    size_t offsets_at = shape->out->len - shape->start;
    if (!section(shape, 4 * ((uint64_t)shape->rows + 1)))
        return;
    char *bytes = section(shape, total);
    if (total && !bytes)
        return;
    uint32_t *offsets = (void *)(shape->out->at + shape->start + offsets_at);
    uint32_t at = 0, next = 0;
    for (uint32_t slot = 0; slot < shape->rows; slot++) {
        offsets[slot] = at;
        if (next < column->count && shape->slot_of[column->rows[next]] == slot) {
            struct str text = entries_at(dict, (uint32_t)column->values[next++]);
            memcpy(bytes + at, text.at, text.len);
            at += (uint32_t)text.len;
            bytes[at++] = '\n';
        }
    }
    offsets[shape->rows] = at;
}

/* Offsets and bytes of `count` texts that stand behind one another in `bytes`. */
static void write_entries(struct shape *shape, const uint32_t *offsets, uint32_t count,
                          const struct buf *bytes)
{
    void *at = section(shape, 4 * ((uint64_t)count + 1));
    if (at)
        memcpy(at, offsets, 4 * ((size_t)count + 1));
    at = section(shape, bytes->len);
    if (at && bytes->len)
        memcpy(at, bytes->at, bytes->len);
}

/* The sorted entries as they are written: texts, folded texts, dates. */
struct sorted_texts {
    struct buf text, fold;
    uint32_t *offsets, *fold_offsets;
    int64_t *dates;
    bool has_dates;
};

static void sorted_fill(struct sorted_texts *out, const struct entries_sorted *sorted,
                        uint32_t count, enum chunk_kind kind)
{
    buf_init(&out->text, ENTRIES_BYTES_LIMIT);
    buf_init(&out->fold, ENTRIES_BYTES_LIMIT);
    out->offsets = arena_xmalloc(4 * ((size_t)count + 1));
    out->fold_offsets = arena_xmalloc(4 * ((size_t)count + 1));
    out->dates = arena_xmalloc(8 * ((size_t)count + 1));
    out->has_dates = false;
    for (uint32_t i = 0; i < count; i++) {
        struct str text = sorted[i].text;
        out->offsets[i] = (uint32_t)out->text.len;
        out->fold_offsets[i] = (uint32_t)out->fold.len;
        out->dates[i] = CHUNK_NO_INSTANT;
        buf_add_str(&out->text, text);
        if (kind != CHUNK_STRING)
            continue;
        fold_append(&out->fold, text);
        enum timeutil_date date = timeutil_parse(text, &out->dates[i]);
        out->has_dates |= date == TIMEUTIL_DAY || date == TIMEUTIL_INSTANT;
    }
    out->offsets[count] = (uint32_t)out->text.len;
    out->fold_offsets[count] = (uint32_t)out->fold.len;
}

static void sorted_done(struct sorted_texts *texts)
{
    buf_done(&texts->text);
    buf_done(&texts->fold);
    free(texts->offsets);
    free(texts->fold_offsets);
    free(texts->dates);
}

static uint32_t code_width(uint32_t entries)
{
    if (entries < 256)
        return 1;
    return entries < 65536 ? 2 : 4;
}

static void write_strings(struct shape *shape, const struct draft_column *column)
{
    uint32_t count = column->dict.count;
    struct entries_sorted *sorted = entries_sort(&column->dict);
    uint32_t *code_of = arena_xmalloc(4 * ((size_t)count + 1));
    for (uint32_t i = 0; i < count; i++)
        code_of[sorted[i].entry] = i + 1;
    struct sorted_texts texts;
    sorted_fill(&texts, sorted, count, column->kind);
    bool folded =
        column->kind == CHUNK_STRING && !str_eq(buf_str(&texts.text), buf_str(&texts.fold));
    struct chunk_string_head head = {.count = count,
                                     .width = code_width(count),
                                     .text_bytes = (uint32_t)texts.text.len,
                                     .fold_bytes = folded ? (uint32_t)texts.fold.len : UINT32_MAX,
                                     .has_dates = texts.has_dates};
    buf_add(shape->out, &head, sizeof head);
    write_narrow(shape, column, head.width, code_of);
    write_entries(shape, texts.offsets, count, &texts.text);
    if (folded)
        write_entries(shape, texts.fold_offsets, count, &texts.fold);
    if (texts.has_dates)
        buf_add(shape->out, texts.dates, 8 * (size_t)count);
    sorted_done(&texts);
    free(code_of);
    free(sorted);
}

static void write_values(struct shape *shape, const struct draft_column *column)
{
    uint32_t count = column->dict.count;
    struct entries_sorted *sorted = entries_sort(&column->dict);
    uint32_t *code_of = arena_xmalloc(4 * ((size_t)count + 1));
    code_of[0] = 0;
    for (uint32_t i = 0; i < count; i++)
        code_of[sorted[i].entry + 1] = i + 1;
    struct sorted_texts texts;
    sorted_fill(&texts, sorted, count, column->kind);
    struct chunk_values_head head = {.total = column->item_count,
                                     .count = count,
                                     .width = code_width(count),
                                     .text_bytes = (uint32_t)texts.text.len};
    buf_add(shape->out, &head, sizeof head);
    write_row_offsets(shape, column);
    uint8_t *codes = section(shape, (uint64_t)head.width * head.total);
    for (uint32_t i = 0; codes && i < head.total; i++)
        memcpy(codes + (size_t)i * head.width, &code_of[column->items[i]], head.width);
    write_entries(shape, texts.offsets, count, &texts.text);
    sorted_done(&texts);
    free(code_of);
    free(sorted);
}

static void write_payload(struct shape *shape, const struct draft_column *column)
{
    switch (column->kind) {
    case CHUNK_BITS:
    case CHUNK_BOOL:
        write_bools(shape, column);
        break;
    case CHUNK_CODE:
        write_narrow(shape, column, 1, NULL);
        break;
    case CHUNK_COUNT:
        write_narrow(shape, column, 4, NULL);
        break;
    case CHUNK_INSTANT:
    case CHUNK_NUMBER:
        write_words(shape, column);
        break;
    case CHUNK_TEXT:
        write_texts(shape, column);
        break;
    case CHUNK_STRING:
    case CHUNK_LIST:
        write_strings(shape, column);
        break;
    case CHUNK_TIMES:
        write_times(shape, column);
        break;
    case CHUNK_VALUES:
        write_values(shape, column);
        break;
    }
}

/* ---- whole chunks -------------------------------------------------------------------------- */

static void write_chunk(struct shape *shape, const struct draft_column *columns, uint32_t count)
{
    struct buf *out = shape->out;
    shape->start = out->len;
    struct chunk_header header = {.magic = CHUNK_MAGIC, .rows = shape->rows, .column_count = count};
    if (shape->ordinals)
        header.ordinals_offset = sizeof header + count * sizeof(struct chunk_column);
    buf_grow(out, sizeof header + count * sizeof(struct chunk_column));
    if (shape->ordinals) {
        void *at = section(shape, 2 * (uint64_t)shape->rows);
        if (at && shape->rows)
            memcpy(at, shape->ordinals, 2 * (size_t)shape->rows);
    }
    for (uint32_t i = 0; i < count; i++) {
        struct chunk_column entry = {.key = columns[i].key,
                                     .kind = columns[i].kind,
                                     .present = columns[i].count,
                                     .offset = out->len - shape->start};
        write_payload(shape, &columns[i]);
        entry.length = out->len - shape->start - entry.offset;
        if (!out->failed)
            memcpy(out->at + shape->start + sizeof header + i * sizeof entry, &entry, sizeof entry);
    }
    header.total_bytes = out->len - shape->start;
    if (!out->failed)
        memcpy(out->at + shape->start, &header, sizeof header);
}

void draftwrite_small(struct draft *draft, struct buf *out)
{
    draft_sort(draft);
    struct shape shape = {.out = out, .rows = draft->row_count};
    shape.slot_of = arena_xmalloc(((size_t)draft->row_count + 1) * sizeof *shape.slot_of);
    for (uint32_t i = 0; i < draft->row_count; i++)
        shape.slot_of[i] = i;
    uint16_t none = 0;
    shape.ordinals = draft->row_count ? draft->lows : &none;
    write_chunk(&shape, draft->columns, draft->column_count);
    free(shape.slot_of);
}

static bool is_wide(const struct draft_column *column)
{
    return column->kind == CHUNK_INSTANT || column->kind == CHUNK_NUMBER ||
           column->kind == CHUNK_COUNT || column->kind == CHUNK_TIMES ||
           column->kind == CHUNK_VALUES;
}

/* Marks the rows that have a value in any of the columns; returns how many, and the last one. */
static uint32_t rows_present(const struct draft_column *columns, uint32_t count, uint8_t *present,
                             uint32_t *ret_last)
{
    uint32_t rows = 0;
    for (uint32_t c = 0; c < count; c++) {
        for (uint32_t i = 0; i < columns[c].count; i++) {
            uint32_t row = columns[c].rows[i];
            rows += !present[row];
            present[row] = 1;
            if (row > *ret_last)
                *ret_last = row;
        }
    }
    return rows;
}

bool draftwrite_base(struct draft *draft, uint64_t group, struct buf *out)
{
    draft_sort(draft);
    uint32_t first = 0, count = 0;
    bool wide = true;
    for (uint32_t i = 0; i < draft->column_count; i++) {
        if (key_group(draft->columns[i].key) != group)
            continue;
        first = count++ ? first : i; /* keys of a group stand together or, for events, apart */
        wide &= is_wide(&draft->columns[i]);
    }
    if (!count)
        return false;
    struct draft_column *columns = arena_xmalloc(count * sizeof *columns);
    for (uint32_t i = first, n = 0; n < count; i++) {
        if (key_group(draft->columns[i].key) == group)
            columns[n++] = draft->columns[i];
    }
    uint8_t *present = arena_xmalloc((size_t)draft->row_count + 1);
    memset(present, 0, (size_t)draft->row_count + 1);
    uint32_t last = 0;
    uint32_t rows = rows_present(columns, count, present, &last);
    uint32_t dense_rows = (uint32_t)draft->lows[last] + 1;
    bool sparse = wide && rows * 2 < dense_rows;
    struct shape shape = {.out = out, .rows = sparse ? rows : dense_rows};
    shape.slot_of = arena_xmalloc(((size_t)draft->row_count + 1) * sizeof *shape.slot_of);
    uint16_t *ordinals = arena_xmalloc(((size_t)rows + 1) * sizeof *ordinals);
    for (uint32_t i = 0, slot = 0; i < draft->row_count; i++) {
        shape.slot_of[i] = sparse ? slot : draft->lows[i];
        ordinals[slot] = draft->lows[i];
        slot += present[i];
    }
    shape.ordinals = sparse ? ordinals : NULL;
    write_chunk(&shape, columns, count);
    free(ordinals);
    free(shape.slot_of);
    free(present);
    free(columns);
    return true;
}

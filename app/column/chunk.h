/*
 * The chunk format: some columns over the rows of one chunk, in one run of bytes that can be mapped
 * and read in place. A *dense* chunk has a value slot for each row from 0; a *sparse* one has a
 * sorted list of row numbers (ordinals within the chunk) and a slot for each of those. Base chunks
 * are whichever is smaller; deltas and dirty rows are always sparse, and there the list also says
 * whose values the chunk overrides. One evaluator reads them all.
 *
 * Equal values make equal bytes (dictionaries are sorted, unused entries do not occur, padding is
 * zero), so that chunks can be compared by hash. Little-endian, as is every host we run on.
 */
#ifndef MUSTER_COLUMN_CHUNK_H
#define MUSTER_COLUMN_CHUNK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "column/key.h"

#define CHUNK_MAGIC UINT64_C(0x316b6e6863524d75) /* "uMRchnk1" */
#define CHUNK_NO_INSTANT INT64_MIN

enum chunk_kind {
    CHUNK_BITS,    /* presence only */
    CHUNK_BOOL,    /* presence and value */
    CHUNK_CODE,    /* uint8, 0 absent */
    CHUNK_INSTANT, /* int64 ms, CHUNK_NO_INSTANT absent */
    CHUNK_NUMBER,  /* double, NaN absent */
    CHUNK_COUNT,   /* uint32, 0 absent */
    CHUNK_TEXT,    /* each row's own bytes (email) */
    CHUNK_STRING,  /* dictionary of strings, codes */
    CHUNK_LIST,    /* dictionary of canonical JSON lists, codes */
    CHUNK_TIMES,   /* the instants of each row's occurrences, ascending */
    CHUNK_VALUES /* what each of them holds, in the same order: dictionary of tagged texts, codes */
};
#define CHUNK_KINDS 11

/* Directory entry of one column, as stored. */
struct chunk_column {
    uint64_t key;
    uint32_t kind;    /* enum chunk_kind */
    uint32_t present; /* rows that have a value */
    uint64_t offset;  /* of its payload, from the start of the chunk */
    uint64_t length;
};

/* An opened chunk: views into the bytes, which must outlive it. */
struct chunk {
    const uint8_t *bytes;
    size_t len;
    uint32_t rows;                      /* slots of each column, ≤ 65,536 */
    const uint16_t *ordinals;           /* ascending; NULL: dense */
    const struct chunk_column *columns; /* ascending keys */
    uint32_t column_count;
};

/*
 * Opens the bytes of a chunk, 8-byte aligned. Checks magic, bounds and sizes of every section (not
 * the content: that is what the stored hash is for). Returns 0 or ERR_CORRUPT.
 */
int chunk_open(const void *bytes, size_t len, struct chunk *ret) MUST_CHECK;

/* The column with that key, NULL when the chunk has none. */
const struct chunk_column *chunk_find(const struct chunk *chunk, uint64_t key);

/* The payloads, by kind. The column must be of that kind. */
const uint64_t *chunk_bits(const struct chunk *chunk, const struct chunk_column *column);
/* presence words; the value words follow after chunk_words(rows) of them */
const uint64_t *chunk_bools(const struct chunk *chunk, const struct chunk_column *column);
const uint8_t *chunk_codes(const struct chunk *chunk, const struct chunk_column *column);
const int64_t *chunk_instants(const struct chunk *chunk, const struct chunk_column *column);
const double *chunk_numbers(const struct chunk *chunk, const struct chunk_column *column);
const uint32_t *chunk_counts(const struct chunk *chunk, const struct chunk_column *column);

/* Words of a bitmap over that many rows. */
static inline uint32_t chunk_words(uint32_t rows)
{
    return (rows + 63) / 64;
}

/* Texts: row i is bytes[offsets[i] .. offsets[i+1]-1), and a '\n' stands behind each; an absent row
 * has offsets[i] == offsets[i+1]. */
struct chunk_texts {
    const uint32_t *offsets;
    const char *bytes;
    bool ascii; /* no byte ≥ 0x80 */
};
void chunk_texts(const struct chunk *chunk, const struct chunk_column *column,
                 struct chunk_texts *ret);
struct str chunk_text_at(const struct chunk_texts *texts, uint32_t row);

/* Strings and lists: code c > 0 is entry c-1; entries ascend bytewise. */
struct chunk_strings {
    uint32_t count; /* entries */
    uint32_t width; /* bytes of a code: 1, 2 or 4 */
    const void *codes;
    const uint32_t *offsets; /* count + 1 */
    const char *bytes;
    const uint32_t *fold_offsets; /* NULL: folding changes no entry */
    const char *fold_bytes;
    const int64_t *dates; /* per entry, CHUNK_NO_INSTANT: no date; NULL: none is one */
};
void chunk_strings(const struct chunk *chunk, const struct chunk_column *column,
                   struct chunk_strings *ret);
struct str chunk_string_at(const struct chunk_strings *strings, uint32_t entry);
struct str chunk_folded_at(const struct chunk_strings *strings, uint32_t entry);
uint32_t chunk_code_at(const struct chunk_strings *strings, uint32_t row);

/* Occurrences: row i has items offsets[i] … offsets[i + 1] - 1; none is absent. */
struct chunk_times {
    const uint32_t *offsets; /* rows + 1 */
    const int64_t *ms;
    uint32_t total;
};
void chunk_times(const struct chunk *chunk, const struct chunk_column *column,
                 struct chunk_times *ret);

/* What occurrences hold: code c > 0 is entry c-1, 0 is nothing. An entry's first byte is its type,
 * enum chunk_tag; the rest the text, number, canonical JSON list. */
enum chunk_tag {
    CHUNK_TAG_STRING = 's',
    CHUNK_TAG_NUMBER = 'n',
    CHUNK_TAG_TRUE = 't',
    CHUNK_TAG_FALSE = 'f',
    CHUNK_TAG_LIST = 'l',
    CHUNK_TAG_OBJECT = 'o'
};
struct chunk_values {
    const uint32_t *offsets; /* rows + 1 */
    const void *codes;
    uint32_t total;
    uint32_t width;               /* bytes of a code: 1, 2 or 4 */
    uint32_t count;               /* entries */
    const uint32_t *text_offsets; /* count + 1 */
    const char *bytes;
};
void chunk_values(const struct chunk *chunk, const struct chunk_column *column,
                  struct chunk_values *ret);
uint32_t chunk_values_code(const struct chunk_values *values, uint32_t item);
struct str chunk_values_entry(const struct chunk_values *values, uint32_t entry);

/* One value of any kind. */
struct chunk_cell {
    enum chunk_kind kind;
    bool boolean;    /* BOOL; true for BITS */
    uint32_t code;   /* CODE, COUNT */
    int64_t ms;      /* INSTANT */
    double number;   /* NUMBER */
    struct str text; /* TEXT, STRING, LIST */
    uint32_t count;  /* TIMES, VALUES: items */
    const int64_t *times;
    const struct str *texts;    /* VALUES, of one that is put: at == NULL for nothing; */
    struct chunk_values values; /* of one that was read: items from `first` on */
    uint32_t first;
};

/* What item i of a VALUES cell holds, tagged; at == NULL: nothing. */
struct str chunk_cell_item(const struct chunk_cell *cell, uint32_t i);

/* Reads slot `row` of a column into ret. Returns false when it is absent there. */
bool chunk_cell(const struct chunk *chunk, const struct chunk_column *column, uint32_t row,
                struct chunk_cell *ret);

/*
 * On-disk layout, shared with draft.c which writes it: header, directory, ordinals, payloads, each
 * section on an 8-byte boundary.
 */
struct chunk_header {
    uint64_t magic;
    uint32_t rows;
    uint32_t column_count;
    uint64_t ordinals_offset; /* 0: dense */
    uint64_t total_bytes;
};

/* Payload heads of TEXT, STRING/LIST, TIMES and VALUES, followed by their sections in order of the
 * fields. */
struct chunk_text_head {
    uint32_t ascii;
    uint32_t text_bytes;
};
struct chunk_string_head {
    uint32_t count;
    uint32_t width;
    uint32_t text_bytes;
    uint32_t fold_bytes; /* UINT32_MAX: no folded section */
    uint32_t has_dates;
    uint32_t unused;
};

struct chunk_times_head {
    uint32_t total;
    uint32_t unused;
};
struct chunk_values_head {
    uint32_t total;
    uint32_t count;
    uint32_t width;
    uint32_t text_bytes;
};

/* Rounds up to the 8-byte grid of sections. */
static inline uint64_t chunk_align(uint64_t n)
{
    return (n + 7) & ~UINT64_C(7);
}

#endif

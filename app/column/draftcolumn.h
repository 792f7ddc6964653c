/* What a draft is made of: between draft.c, which fills it, and draftwrite.c, which writes it. */
#ifndef MUSTER_COLUMN_DRAFTCOLUMN_H
#define MUSTER_COLUMN_DRAFTCOLUMN_H

#include "column/draft.h"
#include "column/entries.h"

struct draft_column {
    uint64_t key;
    enum chunk_kind kind;
    uint32_t count, cap;
    uint32_t *rows;   /* indexes, ascending */
    uint64_t *values; /* ms, bits of a double, code, bool, dictionary entry, or the first item */
    struct entries dict;
    uint64_t *items; /* TIMES: ms; VALUES: dictionary entry + 1 */
    uint32_t item_count, item_cap;
};

struct draft {
    uint16_t *lows;
    uint32_t row_count, row_cap;
    struct draft_column *columns;
    uint32_t column_count, column_cap;
    uint32_t *table; /* column + 1 by hash of its key */
    uint32_t table_size;
    bool sorted;
};

/* Brings the columns into the order of their keys. */
void draft_sort(struct draft *draft);

#endif

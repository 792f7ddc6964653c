/*
 * Draft: the values of some rows of one chunk on their way into chunk bytes (column/draftwrite.h).
 * Dirty rows, deltas, merges and rebuilds all go through here.
 */
#ifndef MUSTER_COLUMN_DRAFT_H
#define MUSTER_COLUMN_DRAFT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "column/chunk.h"

struct draft;

/* An empty draft; free with draft_free (NULL allowed). */
struct draft *draft_new(void);
void draft_free(struct draft *draft);
AUTO_DEFINE(draft);

/* Forgets rows and values. */
void draft_clear(struct draft *draft);

/*
 * Starts the next row: `low` is its ordinal within the chunk, higher than all before. Returns the
 * row's index for draft_put.
 */
uint32_t draft_row(struct draft *draft, uint32_t low);

/* Starts all rows 0 … 65,535 at once, on an empty draft: index and ordinal are then the same. */
void draft_all_rows(struct draft *draft);

/*
 * Gives row `index` a value under `key`. A column has one kind, the first given; within a column
 * indexes ascend. Text is copied.
 */
void draft_put(struct draft *draft, uint32_t index, uint64_t key, const struct chunk_cell *cell);

/* The same by kind, for those who read rows. */
void draft_put_ms(struct draft *draft, uint32_t index, uint64_t key, int64_t ms);
void draft_put_text(struct draft *draft, uint32_t index, uint64_t key, enum chunk_kind kind,
                    struct str text);
void draft_put_code(struct draft *draft, uint32_t index, uint64_t key, enum chunk_kind kind,
                    uint32_t code);

/* Occurrences of a row: their times, ascending, and what each holds under a property, tagged (enum
 * chunk_tag; at == NULL: nothing). Text is copied. */
void draft_put_times(struct draft *draft, uint32_t index, uint64_t key, const int64_t *times,
                     uint32_t count);
void draft_put_values(struct draft *draft, uint32_t index, uint64_t key, const struct str *texts,
                      uint32_t count);

/* Takes the columns of occurrences out again. */
void draft_drop_occurrences(struct draft *draft);

/* Rows started so far; columns that have a value; key of the i-th of those (ascending). */
uint32_t draft_row_count(const struct draft *draft);
uint32_t draft_column_count(const struct draft *draft);
uint64_t draft_column_key(struct draft *draft, uint32_t i);

#endif

/*
 * The evaluator: a program over the columns of one chunk, all levels at once, into a bitmap of the
 * contacts that are in. For each leaf the base gives an answer for every row, and each newer level
 * overrides it for the rows it lists; only then are leaves combined. The contacts that exist are
 * ANDed in last, so that gaps in the ordinals and deleted contacts are in nothing, `Not` included.
 */
#ifndef MUSTER_COLUMN_EVAL_H
#define MUSTER_COLUMN_EVAL_H

#include <stdbool.h>
#include <stdint.h>

#include "column/bits.h"
#include "column/chunk.h"
#include "column/program.h"

#define EVAL_MAX_LEVELS 3

/*
 * One column of one chunk with all its levels. base NULL: nothing stored. Level i is sparse and
 * newer than level i-1 and the base; its column may be NULL: all its rows are then absent here.
 */
struct eval_column {
    const struct chunk *base;
    const struct chunk_column *base_column;
    unsigned level_count;
    const struct chunk *levels[EVAL_MAX_LEVELS];
    const struct chunk_column *level_columns[EVAL_MAX_LEVELS];
};

struct eval;

/* An evaluator for a settled program, which must outlive it. Free with eval_free (NULL allowed). */
struct eval *eval_new(const struct program *program);
void eval_free(struct eval *eval);
AUTO_DEFINE(eval);

/* Evaluates one chunk; `columns` by index of program.columns. */
void eval_run(struct eval *eval, const struct eval_column *columns, struct bits *ret);

/* The rows that have a value in a column, all levels taken into account. */
void eval_presence(const struct eval_column *column, struct bits *ret);

/*
 * The columns of an OCCURRENCES node in the base (level -1) or in a level; `ret->values` has room
 * for its conditions. Returns false when nobody has an occurrence there.
 */
bool eval_occurrences(const struct program_node *node, const struct eval_column *columns, int level,
                      struct occurrence_columns *ret);

/* Calls `fn` once for every row that has a value, in no order, with the newest one. */
void eval_visit(const struct eval_column *column,
                void (*fn)(void *ctx, uint32_t row, const struct chunk_cell *cell), void *ctx);

#endif

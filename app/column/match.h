/* Match: the positive predicate of one leaf over the slots of one stored column. */
#ifndef MUSTER_COLUMN_MATCH_H
#define MUSTER_COLUMN_MATCH_H

#include <stdint.h>

#include "column/chunk.h"
#include "column/program.h"

/*
 * Slots whose value satisfies the node's predicate, negation left aside: chunk_words(rows) words
 * into out. The column is one of those that the node names.
 */
void match_column(const struct program_node *node, const struct chunk *chunk,
                  const struct chunk_column *column, uint64_t *out);

/* Slots that have a value. */
void match_presence(const struct chunk *chunk, const struct chunk_column *column, uint64_t *out);

#endif

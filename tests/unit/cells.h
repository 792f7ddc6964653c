/*
 * Cells: a naive model of a chunk, for tests of column/: rows and keys, and a value or none for
 * each pair. Random ones, merged by overwriting rows, and written through a draft.
 */
#ifndef MUSTER_TESTS_UNIT_CELLS_H
#define MUSTER_TESTS_UNIT_CELLS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "column/chunk.h"
#include "column/draft.h"

#define CELLS_ROWS 400
#define CELLS_KEYS 14

/* All keys of the model, ascending, each with its kind; every kind is among them. */
extern const uint64_t cells_key[CELLS_KEYS];
extern const enum chunk_kind cells_kind[CELLS_KEYS];

struct cells {
    uint32_t count;            /* rows that are listed */
    uint16_t lows[CELLS_ROWS]; /* ascending */
    bool present[CELLS_ROWS][CELLS_KEYS];
    struct chunk_cell at[CELLS_ROWS][CELLS_KEYS];
};

/* A generator of numbers that follow from its seed (splitmix64). */
struct cells_random {
    uint64_t state;
};
uint64_t cells_next(struct cells_random *random);
/* A number below `end`. */
uint32_t cells_below(struct cells_random *random, uint32_t end);

/* Up to `rows` random rows below `end` with random values; a key has none in one draw of four. */
struct cells *cells_draw(struct cells_random *random, uint32_t rows, uint32_t end);

/* Lays `newer` over `older`: its rows replace those, absent values included. */
struct cells *cells_merge(const struct cells *older, const struct cells *newer);

/* The index of a row, or -1. */
int cells_find(const struct cells *cells, uint16_t low);

bool cells_equal_cell(const struct chunk_cell *a, const struct chunk_cell *b);

/* Puts rows and values into an empty draft, keys in a random order. */
void cells_put(const struct cells *cells, struct cells_random *random, struct draft *draft);
/* The same for a base: on a draft of all rows. */
void cells_put_base(const struct cells *cells, struct cells_random *random, struct draft *draft);

/* Bytes of a small chunk with these cells, and of the base of a group (len 0: nothing to write);
 * in the test's arena, aligned for chunk_open. */
struct str cells_small(const struct cells *cells, struct cells_random *random);
struct str cells_base(const struct cells *cells, struct cells_random *random, uint64_t group);

/* Opens bytes that must be good. */
struct chunk cells_open(struct str bytes);

/* A copy of what a draft wrote, in the test's arena; releases the buffer. */
struct str cells_take(struct buf *out);

#endif

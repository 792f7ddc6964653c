#include "column/eval.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "column/match.h"

struct eval {
    const struct program *program;
    struct bits *pool; /* a stack of bitmaps, one per level of nesting */
    size_t used, room;
    struct bits *shared; /* results of nested segments in this chunk */
    bool *shared_valid;
};

struct eval *eval_new(const struct program *program)
{
    struct eval *eval = arena_xmalloc(sizeof *eval);
    size_t shared = (size_t)program->shared_count;
    *eval = (struct eval){.program = program, .room = 2 * program->depth + 8};
    eval->pool = arena_xmalloc(eval->room * sizeof *eval->pool);
    eval->shared = arena_xmalloc((shared + 1) * sizeof *eval->shared);
    eval->shared_valid = arena_xmalloc(shared + 1);
    return eval;
}

void eval_free(struct eval *eval)
{
    if (!eval)
        return;
    free(eval->pool);
    free(eval->shared);
    free(eval->shared_valid);
    free(eval);
}

/* ---- leaves -------------------------------------------------------------------------------- */

/* Slots of a chunk into rows: a dense chunk's are the rows themselves. */
static void slots_to_rows(const struct chunk *chunk, const uint64_t *slots, struct bits *rows)
{
    uint32_t words = chunk_words(chunk->rows);
    if (!chunk->ordinals) {
        for (uint32_t w = 0; w < words; w++)
            rows->words[w] |= slots[w];
        return;
    }
    for (uint32_t w = 0; w < words; w++) {
        for (uint64_t word = slots[w]; word; word &= word - 1)
            bits_set(rows, chunk->ordinals[w * 64 + (unsigned)__builtin_ctzll(word)]);
    }
}

/* The columns of a leaf: one, or one for each type of a data path. */
static unsigned leaf_columns(const struct program_node *node, const struct eval_column *columns,
                             const struct eval_column *ret[KEY_TYPES])
{
    if (node->kind != PROGRAM_DATA) {
        ret[0] = &columns[node->column];
        return 1;
    }
    for (unsigned t = 0; t < KEY_TYPES; t++)
        ret[t] = &columns[node->types[t]];
    return KEY_TYPES;
}

/* matched, or what is present and does not match */
static void negate_present(const struct program_node *node, uint64_t *matched,
                           const uint64_t *present, uint32_t words)
{
    if (!node->present_not)
        return;
    for (uint32_t w = 0; w < words; w++)
        matched[w] = present[w] & ~matched[w];
}

static void base_answer(const struct program_node *node, const struct eval_column *const *columns,
                        unsigned count, struct bits *ret)
{
    struct bits present;
    uint64_t slots[BITS_WORDS];
    bits_clear(ret);
    bits_clear(&present);
    for (unsigned i = 0; i < count; i++) {
        const struct eval_column *column = columns[i];
        if (!column->base_column)
            continue;
        match_column(node, column->base, column->base_column, slots);
        slots_to_rows(column->base, slots, ret);
        if (node->present_not) {
            match_presence(column->base, column->base_column, slots);
            slots_to_rows(column->base, slots, &present);
        }
    }
    negate_present(node, ret->words, present.words, BITS_WORDS);
}

/* One newer level: its answer replaces what older ones said of the rows that it lists. */
static void override_answer(const struct program_node *node,
                            const struct eval_column *const *columns, unsigned count,
                            unsigned level, struct bits *ret)
{
    const struct chunk *chunk = columns[0]->levels[level];
    uint32_t words = chunk_words(chunk->rows);
    uint64_t matched[BITS_WORDS], present[BITS_WORDS], slots[BITS_WORDS];
    memset(matched, 0, words * sizeof *matched);
    memset(present, 0, words * sizeof *present);
    for (unsigned i = 0; i < count; i++) {
        const struct chunk_column *column = columns[i]->level_columns[level];
        if (!column)
            continue;
        match_column(node, chunk, column, slots);
        for (uint32_t w = 0; w < words; w++)
            matched[w] |= slots[w];
        match_presence(chunk, column, slots);
        for (uint32_t w = 0; w < words; w++)
            present[w] |= slots[w];
    }
    negate_present(node, matched, present, words);
    for (uint32_t i = 0; i < chunk->rows; i++)
        bits_put(ret, chunk->ordinals[i], (matched[i >> 6] >> (i & 63)) & 1);
}

static void run_leaf(const struct program_node *node, const struct eval_column *columns,
                     struct bits *ret)
{
    const struct eval_column *used[KEY_TYPES];
    unsigned count = leaf_columns(node, columns, used);
    base_answer(node, used, count, ret);
    for (unsigned level = 0; level < used[0]->level_count; level++)
        override_answer(node, used, count, level, ret);
    if (node->complement)
        bits_not(ret);
}

/* ---- occurrences --------------------------------------------------------------------------- */

bool eval_occurrences(const struct program_node *node, const struct eval_column *columns, int level,
                      struct occurrence_columns *ret)
{
    const struct eval_column *times = &columns[node->column];
    ret->chunk = level < 0 ? times->base : times->levels[level];
    ret->times = level < 0 ? times->base_column : times->level_columns[level];
    for (size_t i = 0; i < node->occurrence.where_count; i++) {
        const struct eval_column *values = &columns[node->occurrence.wheres[i].column];
        ret->values[i] = level < 0 ? values->base_column : values->level_columns[level];
    }
    return ret->times != NULL;
}

static void run_occurrences(const struct program_node *node, const struct eval_column *columns,
                            struct bits *ret)
{
    const struct eval_column *times = &columns[node->column];
    struct occurrence_columns sources;
    uint64_t slots[BITS_WORDS];
    sources.values = arena_xmalloc((node->occurrence.where_count + 1) * sizeof *sources.values);
    bits_clear(ret);
    if (eval_occurrences(node, columns, -1, &sources)) {
        occurrence_match(&node->occurrence, &sources, slots);
        slots_to_rows(times->base, slots, ret);
    }
    for (unsigned level = 0; level < times->level_count; level++) {
        const struct chunk *chunk = times->levels[level];
        memset(slots, 0, sizeof slots);
        if (eval_occurrences(node, columns, (int)level, &sources))
            occurrence_match(&node->occurrence, &sources, slots);
        for (uint32_t i = 0; i < chunk->rows; i++)
            bits_put(ret, chunk->ordinals[i], (slots[i >> 6] >> (i & 63)) & 1);
    }
    free(sources.values);
    if (node->complement)
        bits_not(ret);
}

/* ---- groups -------------------------------------------------------------------------------- */

static void run_node(struct eval *eval, const struct program_node *node,
                     const struct eval_column *columns, struct bits *ret);

static void run_children(struct eval *eval, const struct program_node *node,
                         const struct eval_column *columns, struct bits *ret)
{
    if (eval->used == eval->room)
        abort(); /* room follows from the program's depth */
    struct bits *one = &eval->pool[eval->used++];
    run_node(eval, node->children[0], columns, ret);
    for (size_t i = 1; i < node->child_count; i++) {
        if (node->kind == PROGRAM_ALL && bits_none(ret))
            break;
        run_node(eval, node->children[i], columns, one);
        if (node->kind == PROGRAM_ALL)
            bits_and(ret, one);
        else
            bits_or(ret, one);
    }
    if (node->kind == PROGRAM_NOT)
        bits_not(ret);
    eval->used--;
}

static void run_node(struct eval *eval, const struct program_node *node,
                     const struct eval_column *columns, struct bits *ret)
{
    if (node->shared >= 0 && eval->shared_valid[node->shared]) {
        bits_copy(ret, &eval->shared[node->shared]);
        return;
    }
    switch (node->kind) {
    case PROGRAM_ALL:
    case PROGRAM_ANY:
    case PROGRAM_NOT:
        run_children(eval, node, columns, ret);
        break;
    case PROGRAM_FALSE:
        bits_clear(ret);
        break;
    case PROGRAM_TRUE:
        bits_fill(ret);
        break;
    case PROGRAM_EMAIL:
    case PROGRAM_STATUS:
    case PROGRAM_INSTANT:
    case PROGRAM_COUNT:
    case PROGRAM_DATA:
        run_leaf(node, columns, ret);
        break;
    case PROGRAM_OCCURRENCES:
        run_occurrences(node, columns, ret);
        break;
    }
    if (node->shared >= 0) {
        bits_copy(&eval->shared[node->shared], ret);
        eval->shared_valid[node->shared] = true;
    }
}

void eval_run(struct eval *eval, const struct eval_column *columns, struct bits *ret)
{
    struct bits exists;
    memset(eval->shared_valid, 0, (size_t)eval->program->shared_count + 1);
    run_node(eval, eval->program->root, columns, ret);
    eval_presence(&columns[0], &exists);
    bits_and(ret, &exists);
}

/* ---- columns ------------------------------------------------------------------------------- */

void eval_presence(const struct eval_column *column, struct bits *ret)
{
    uint64_t slots[BITS_WORDS];
    bits_clear(ret);
    if (column->base_column) {
        match_presence(column->base, column->base_column, slots);
        slots_to_rows(column->base, slots, ret);
    }
    for (unsigned level = 0; level < column->level_count; level++) {
        const struct chunk *chunk = column->levels[level];
        if (column->level_columns[level])
            match_presence(chunk, column->level_columns[level], slots);
        else
            memset(slots, 0, sizeof slots);
        for (uint32_t i = 0; i < chunk->rows; i++)
            bits_put(ret, chunk->ordinals[i], (slots[i >> 6] >> (i & 63)) & 1);
    }
}

typedef void visit_fn(void *ctx, uint32_t row, const struct chunk_cell *cell);

static void visit_base(const struct eval_column *column, const struct bits *seen, visit_fn *fn,
                       void *ctx)
{
    const struct chunk *base = column->base;
    const struct chunk_column *values = column->base_column;
    struct chunk_cell cell = {.kind = (enum chunk_kind)values->kind};
    /* Instants are what whole sets are put in order by: they are read without the detour. */
    const int64_t *instants = cell.kind == CHUNK_INSTANT ? chunk_instants(base, values) : NULL;
    for (uint32_t i = 0; i < base->rows; i++) {
        uint32_t row = base->ordinals ? base->ordinals[i] : i;
        if (bits_test(seen, row))
            continue;
        bool present = instants ? (cell.ms = instants[i]) != CHUNK_NO_INSTANT
                                : chunk_cell(base, values, i, &cell);
        if (present)
            fn(ctx, row, &cell);
    }
}

void eval_visit(const struct eval_column *column, visit_fn *fn, void *ctx)
{
    struct bits seen;
    struct chunk_cell cell;
    bits_clear(&seen);
    for (unsigned level = column->level_count; level-- > 0;) {
        const struct chunk *chunk = column->levels[level];
        for (uint32_t i = 0; i < chunk->rows; i++) {
            uint32_t row = chunk->ordinals[i];
            bool newest = !bits_test(&seen, row);
            bits_set(&seen, row);
            if (newest && column->level_columns[level] &&
                chunk_cell(chunk, column->level_columns[level], i, &cell))
                fn(ctx, row, &cell);
        }
    }
    if (column->base_column)
        visit_base(column, &seen, fn, ctx);
}

/*
 * Program: a checked filter compiled against the ids of one project at one instant. Segments that
 * it names are compiled into it once each, however often they are named.
 */
#ifndef MUSTER_COLUMN_PROGRAM_H
#define MUSTER_COLUMN_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "column/key.h"
#include "column/occurrence.h"
#include "column/predicate.h"
#include "filter/filter.h"

/* What a name means in the project; answered from memory, no I/O. */
struct program_segment {
    uint64_t set_id;             /* static: its set; 0 for dynamic ones */
    const struct filter *filter; /* dynamic; NULL for static ones */
    uint32_t segment_id;
};
struct program_names {
    void *ctx;
    /* Returns false when no contact ever had the path / the event. */
    bool (*field)(void *ctx, struct str path, uint32_t *ret_id);
    bool (*event)(void *ctx, struct str name, uint32_t *ret_id);
    /* Returns NULL when the project has no such segment. */
    const struct program_segment *(*segment)(void *ctx, struct str uuid);
    /* Returns false when nobody can be in the tag, list, campaign or sequence of the leaf. */
    bool (*set)(void *ctx, const struct filter_leaf *leaf, uint64_t *ret_set_id);
    /* The number of a property of an event's occurrences. */
    uint32_t (*property)(void *ctx, uint32_t name_id, struct str path);
};

enum program_kind {
    PROGRAM_ALL,
    PROGRAM_ANY,
    PROGRAM_NOT,
    PROGRAM_FALSE, /* a leaf on something that nobody has */
    PROGRAM_TRUE,
    PROGRAM_EMAIL, /* the leaf kinds: which column and how it is scanned */
    PROGRAM_STATUS,
    PROGRAM_INSTANT, /* built-in instants, first and last of an event, sets */
    PROGRAM_COUNT,   /* of an event */
    PROGRAM_OCCURRENCES,
    PROGRAM_DATA
};

struct program_node {
    enum program_kind kind;
    struct program_node **children;
    size_t child_count;
    int shared;    /* ≥ 0: result kept per chunk under this number (a nested segment) */
    unsigned cost; /* rough, for the order in which children are tried */

    const struct filter *source; /* the leaf this came from; NULL for groups */
    struct predicate predicate;
    bool complement;  /* negated, as plain complement */
    bool present_not; /* negated, as "present, and not" */
    bool mixed;       /* the key counts as text now (set by program_settle) */
    uint8_t status_match[5];
    struct occurrence_test occurrence; /* COUNT, OCCURRENCES */
    int column;           /* index into program.columns, for all kinds but DATA; OCCURRENCES:
                             the times */
    int types[KEY_TYPES]; /* the same for DATA, by enum key_type */
};

struct program {
    struct program_node *root;
    uint64_t *columns; /* distinct column keys; columns[0] is KEY_EXISTS */
    size_t column_count;
    struct program_node **data_nodes; /* leaves that the mixed rule may touch */
    size_t data_count;
    struct program_node **time_nodes; /* leaves whose answer changes with the clock alone */
    size_t time_count;
    int shared_count;
    size_t depth; /* of nested nodes, for the evaluator's stack of bitmaps */
};

/*
 * Compiles `filter` (NULL: everybody). `ret` and all it needs live in `arena`; the filters it was
 * made from must outlive it. Returns 0; ERR_INVAL (BAD_REQUEST) `Referenced segment not found:
 * <id>` with the leaf's path, or `Circular segment reference detected`, or when more than
 * LIMIT_NESTED_SEGMENTS are reached.
 */
int program_compile(struct arena *arena, const struct filter *filter,
                    const struct predicate_clock *clock, const struct program_names *names,
                    struct program **ret, struct err_info *info) MUST_CHECK;

/*
 * Applies the mixed rule: `holds(ctx, column)` says whether any contact has a value in
 * program.columns[column] now. Must be called before evaluation.
 */
void program_settle(struct program *program, bool (*holds)(void *ctx, int column), void *ctx);

#endif

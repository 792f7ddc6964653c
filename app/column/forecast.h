/*
 * Forecast: a filter about one contact, answered node by node, and when each answer changes with no
 * new data, to the millisecond. The predicates are those of program.h, asked again at each instant
 * at which one of them can change (flip.h); nothing here knows what an operator means.
 */
#ifndef MUSTER_COLUMN_FORECAST_H
#define MUSTER_COLUMN_FORECAST_H

#include "column/eval.h"
#include "column/timeline.h"

#define FORECAST_NEVER INT64_MAX

/* One node of the filter, in its own order. */
struct forecast_node {
    const struct filter *filter; /* the group, or the leaf */
    struct forecast_node **children;
    size_t child_count;
    /* A leaf: */
    const struct program *program;         /* of it alone, at the instant asked for; NULL: of a
                                              dynamic segment */
    const struct program_segment *segment; /* a dynamic segment, and what its filter says: */
    struct forecast_node *inside;          /* shared by all leaves on it */
    bool mixed;                            /* the key counts as text now */

    bool result;
    int64_t flips_ms; /* FORECAST_NEVER: none before the last instant that can be written */
    struct timeline timeline;
    /* For forecast.c: the timeline is known to its end; in which round it was made. */
    bool final;
    unsigned round;
};

/* What is asked, about whom. */
struct forecast {
    struct arena *arena;
    const struct program_names *names;
    const struct chunk *row; /* all values of the contact: one row, sparse */
    int64_t at_ms;
    /* Whether the leaf's key counts as text now (filters.md §4, the mixed rule). */
    bool (*is_mixed)(void *ctx, const struct filter *leaf);
    /* Asked between steps; what it returns but 0 ends the forecast. */
    int (*check)(void *ctx, struct err_info *info);
    void *ctx;
};

/* The values of one row as the columns of a program, in `arena`; they borrow from `row`. */
struct eval_column *forecast_columns(struct arena *arena, const struct program *program,
                                     const struct chunk *row);

/*
 * Answers. ret lives in the forecast's arena. Returns 0, ERR_INVAL of program_compile, or what
 * `check` returned.
 */
int forecast_run(const struct forecast *forecast, const struct filter *filter,
                 struct forecast_node **ret, struct err_info *info) MUST_CHECK;

#endif

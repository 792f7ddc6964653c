/*
 * The filter tree: what every dialect parses into and prints from, what check.c judges and
 * column/program.c compiles. Pure: no I/O, no clock, no database ids.
 * Meaning: README.md beside this file.
 */
#ifndef MUSTER_FILTER_FILTER_H
#define MUSTER_FILTER_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "json/jsonval.h"

enum filter_kind { FILTER_ALL, FILTER_ANY, FILTER_NOT, FILTER_LEAF };

/* What a leaf looks at. */
enum filter_column {
    FILTER_EMAIL,
    FILTER_SUBSCRIBED,
    FILTER_STATUS,
    FILTER_CREATED_AT,
    FILTER_UPDATED_AT,
    FILTER_SUBSCRIBED_AT,
    FILTER_DATA,    /* name = dotted path below `data.` */
    FILTER_EVENT,   /* name = event name; email activities are the events "email.sent",
                       "email.delivered", "email.opened", "email.clicked", "email.bounced",
                       "email.complained" */
    FILTER_SEGMENT, /* name = the segment's UUID text, lower-case */
    /* name = the id as text: a public integer in decimal, or a UUID in lower case */
    FILTER_TAG,
    FILTER_LIST,
    FILTER_CAMPAIGN, /* received it */
    FILTER_SEQUENCE  /* completed it */
};

/*
 * Canonical operators. Every negative spelling of a dialect (notEquals, notContains, …) is the
 * positive operator with leaf.negated set; notExists, notTriggered, notMemberOfSegment too.
 * What `negated` means depends on the family: a value predicate is then "present, and not true",
 * exists/triggered/member are plain complements (filters.md §3).
 */
enum filter_op {
    FILTER_EQUALS,      /* values[0] */
    FILTER_CONTAINS,    /* values[0] */
    FILTER_STARTS_WITH, /* values[0], string */
    FILTER_ENDS_WITH,   /* values[0], string */
    FILTER_IN,          /* values[0..] scalars */
    FILTER_GREATER,     /* values[0] */
    FILTER_GREATER_EQ,
    FILTER_LESS,
    FILTER_LESS_EQ,
    FILTER_BETWEEN, /* values[0], values[1], inclusive, same kind */
    FILTER_EXISTS,
    FILTER_IS_EMPTY,   /* negated = notEmpty: non-zero length, not merely "present and not empty" */
    FILTER_WITHIN,     /* span_ms */
    FILTER_OLDER_THAN, /* span_ms */
    FILTER_WITHIN_NEXT,             /* span_ms */
    FILTER_MORE_THAN_AHEAD,         /* span_ms */
    FILTER_ANNIVERSARY_WITHIN_NEXT, /* span_ms: whole days */
    FILTER_TRIGGERED,
    FILTER_TRIGGERED_WITHIN,           /* span_ms; negated = notTriggeredWithin */
    FILTER_TRIGGERED_OLDER_THAN,       /* span_ms */
    FILTER_FIRST_TRIGGERED_WITHIN,     /* span_ms */
    FILTER_FIRST_TRIGGERED_OLDER_THAN, /* span_ms */
    FILTER_COUNT_AT_LEAST,             /* values[0], a whole number; has_window: within span_ms */
    FILTER_COUNT_AT_MOST,
    FILTER_COUNT_EQUALS,
    FILTER_MEMBER /* of the segment, tag, list …; negated is the plain complement */
};

enum filter_unit { FILTER_UNIT_NONE, FILTER_MINUTES, FILTER_HOURS, FILTER_DAYS, FILTER_WEEKS };

enum filter_value_type {
    FILTER_VALUE_STRING,
    FILTER_VALUE_NUMBER,
    FILTER_VALUE_BOOL,
    FILTER_VALUE_LIST,   /* only FILTER_EQUALS on data */
    FILTER_VALUE_DAY,    /* a string operand that is a date-only date; string holds the text too */
    FILTER_VALUE_INSTANT /* a string operand with a time; or ms number on built-in instants */
};

/*
 * One operand. For CONTAINS, STARTS_WITH, ENDS_WITH strings are always FILTER_VALUE_STRING (dates
 * have no meaning for text operators).
 */
struct filter_value {
    enum filter_value_type type;
    struct str string;          /* STRING, DAY, INSTANT: the text as given ("" for an ms number) */
    double number;              /* NUMBER */
    bool boolean;               /* BOOL */
    int64_t ms;                 /* DAY (00:00 UTC), INSTANT */
    const struct jsonval *list; /* LIST: scalars as given, strings that are dates among them */
};

struct filter_leaf {
    enum filter_column column;
    struct str name; /* see enum filter_column; "" for built-ins */
    enum filter_op op;
    bool negated;
    struct filter_value *values;
    size_t value_count;
    double amount;         /* N of a window, as written */
    enum filter_unit unit; /* as written; FILTER_DAYS for anniversaries */
    int64_t span_ms;       /* floor of N·unit in ms, computed once by filter_span_ms */
    bool has_window;       /* of the COUNT operators: amount, unit and span_ms are given */
    /* On FILTER_EVENT: only occurrences count whose own data fulfil all of these. Each is a value
     * leaf with column FILTER_DATA, whose name is the property's path. */
    struct filter_leaf *where;
    size_t where_count;
};

/*
 * A node. `path` is where it stood in the input ("condition.groups.0.filters.1"), for messages and
 * for explain; it has no part in meaning. ALL and ANY have at least one child, NOT exactly one.
 */
struct filter {
    enum filter_kind kind;
    struct filter **children;
    size_t child_count;
    struct filter_leaf leaf;
    struct str path;
};

/*
 * Makes a node with room for `children` children, which the caller fills. It lives in `arena` and
 * borrows `path`.
 */
struct filter *filter_node(struct arena *arena, enum filter_kind kind, size_t children,
                           const char *path);

/* All or Any of one thing is that thing: there is one tree for both ways to write it. */
struct filter *filter_unwrap(struct filter *node);

/*
 * floor(N·unit) in ms, with N·unit rounded to the nearest µs first so that 0.1 hours is six
 * minutes. Because instants are whole ms, `v >= now - N·unit` is `v >= now - span`, and each of
 * the other window comparisons needs only the same number.
 */
int64_t filter_span_ms(double amount, enum filter_unit unit);

/* Returns the length of a unit in ms; 0 for FILTER_UNIT_NONE. */
int64_t filter_unit_ms(enum filter_unit unit);

/*
 * True when both say the same in the same shape: everything but `path`. Two filters that mean the
 * same in different shapes are not equal.
 */
bool filter_equal(const struct filter *a, const struct filter *b);

/* Calls `fn` for every leaf, in order of writing. */
void filter_each_leaf(const struct filter *root, void (*fn)(const struct filter *, void *ctx),
                      void *ctx);

#endif

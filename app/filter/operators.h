/*
 * The one table of operators: their Plunk spelling, which is also our own, what they mean in the
 * tree, the operand that they take, and the columns that they fit.
 */
#ifndef MUSTER_FILTER_OPERATORS_H
#define MUSTER_FILTER_OPERATORS_H

#include "filter/filter.h"

/* What an operator wants in `value` (and `unit`). */
enum operators_operand {
    OPERATORS_NONE,    /* nothing; what is given is ignored */
    OPERATORS_EQUAL,   /* whatever the column holds; on data a list too */
    OPERATORS_ELEMENT, /* a scalar whose text is never a date */
    OPERATORS_TEXT,    /* a string that is never a date */
    OPERATORS_SET,     /* a list of one or more scalars */
    OPERATORS_ORDERED, /* a string, a number or a date */
    OPERATORS_PAIR,    /* two of those, of one kind */
    OPERATORS_SPAN,    /* a number and a unit */
    OPERATORS_DAYS,    /* a whole number of days; the unit may be left out */
    OPERATORS_COUNT    /* a whole number; `window` may narrow what is counted */
};

/* One spelling. */
struct operators_entry {
    const char *name;
    enum filter_op op;
    bool negated;
    enum operators_operand operand;
    unsigned columns; /* bits 1 << enum filter_column */
};

/* Returns the entry that is spelled `name`, NULL when there is none. Static storage. */
const struct operators_entry *operators_find(struct str name);

/*
 * Returns the entry of a canonical operator on a column, NULL when it does not fit the column or
 * the combination has no spelling (there is no negated greaterThan). Static storage.
 */
const struct operators_entry *operators_get(enum filter_op op, bool negated,
                                            enum filter_column column);

/* Returns the entry number `i`, NULL behind the last: for lists of all operators, and for tests. */
const struct operators_entry *operators_at(size_t i);

/* True when the entry fits the column. */
bool operators_fits(const struct operators_entry *entry, enum filter_column column);

/* True for the operators that look at occurrences of an event (triggered, count… and their kin). */
bool operators_is_occurrence(const struct operators_entry *entry);

/* Returns the spelling of a unit, NULL for FILTER_UNIT_NONE. */
const char *operators_unit_name(enum filter_unit unit);

/* Returns the unit that is spelled `name`, FILTER_UNIT_NONE when there is none. */
enum filter_unit operators_unit(struct str name);

#endif

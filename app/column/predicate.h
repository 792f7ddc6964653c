/*
 * Predicate: a value leaf made ready for scanning at one instant. It decides the *positive*
 * operator for one stored value of each type; presence and negation are the evaluator's. filters.md
 * §4 in code, once: everything that looks at values asks here.
 */
#ifndef MUSTER_COLUMN_PREDICATE_H
#define MUSTER_COLUMN_PREDICATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "column/scan.h"
#include "filter/filter.h"

/* The instant that a whole evaluation shares. zone_ms: offset of calendar days from UTC (0). */
struct predicate_clock {
    int64_t now_ms;
    int64_t zone_ms;
};

/* Texts to compare with, sorted bytewise; folded where the comparison ignores case. */
struct predicate_texts {
    struct str *items;
    size_t count;
};

struct predicate {
    const struct filter_leaf *leaf;
    struct arena *arena; /* of the program, for scratch while lists are read */

    /* Instants, and strings that are dates: the values in one of these ranges. */
    struct scan_range *ranges;
    size_t range_count;
    bool anniversary;  /* instead of ranges: by month and day */
    bool days[13][32]; /* [month][day] that recur in the window */
    int64_t zone_ms;

    /* Numbers: a range, or a set. */
    double number_low, number_high;
    bool number_range;
    double *numbers;
    size_t number_count;

    bool matches_bool[2];

    /* Strings. `texts` for EQUALS and IN: exact, without date operands. */
    struct predicate_texts texts;
    /* Text forms of all operands, for a key that counts as text (the mixed rule). */
    struct predicate_texts text_forms;
    struct str needle; /* folded operand of CONTAINS, STARTS_WITH, ENDS_WITH; at == NULL: a
                          non-string operand, for which only the mixed rule has text */
    struct predicate_texts needles; /* the same as a list of one */
    struct str mixed_needle;        /* folded text form of that operand */
    struct filter_value element; /* CONTAINS: the operand as a list's element is compared with it */
    bool folds;                  /* EQUALS and IN ignore case (email): texts are folded */
};

/*
 * Prepares a value leaf (anything but MEMBER) for `clock`. Everything lives in `arena`; the leaf
 * must outlive it.
 */
void predicate_init(struct predicate *p, struct arena *arena, const struct filter_leaf *leaf,
                    const struct predicate_clock *clock);

/* True when the operator falls under the mixed rule (filters.md §4). */
bool predicate_is_text_operator(enum filter_op op);

/* True when the operator compares with the clock, so that its answer may change without new data.
 */
bool predicate_moves(enum filter_op op);

/*
 * The positive operator on one stored value. `mixed`: the key counts as text now. `date_ms` is
 * CHUNK_NO_INSTANT (INT64_MIN) for a string that is no date.
 */
bool predicate_string(const struct predicate *p, struct str text, struct str folded,
                      int64_t date_ms, bool mixed);
bool predicate_number(const struct predicate *p, double value, bool mixed);
bool predicate_bool(const struct predicate *p, bool value, bool mixed);
/* `json`: the canonical text of a stored list. */
bool predicate_list(const struct predicate *p, struct str json);
bool predicate_instant(const struct predicate *p, int64_t ms);

/* True when `text` is one of the sorted texts. */
bool predicate_has_text(const struct predicate_texts *texts, struct str text);

#endif

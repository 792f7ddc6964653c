/*
 * What a chart of a segment shows: a point for each hour or day, made of the rows that are stored
 * (store/seghistory.h), which leave out what stayed as it was.
 */
#ifndef MUSTER_API_HISTORYPOINTS_H
#define MUSTER_API_HISTORYPOINTS_H

#include "base/arena.h"
#include "store/seghistory.h"

/* Both are starts of hours or days, as step_ms says, and belong to it. */
struct historypoints_range {
    int64_t from_ms;
    int64_t to_ms;
    int64_t step_ms; /* SEGHISTORY_HOUR_MS or TIMEUTIL_DAY_MS */
};

struct historypoints_point {
    int64_t at_ms;
    uint64_t count; /* the last that was known at its end */
    bool told;      /* it was tracked: the next two are known */
    uint64_t entered;
    uint64_t left;
};

/* A count and when it was taken. */
struct historypoints_count {
    bool known;
    int64_t at_ms;
    uint64_t count;
};

struct historypoints {
    struct historypoints_point *points; /* ascending; none before the first count */
    size_t count;
    struct historypoints_count before; /* as the range begins, else the first one in it */
    struct historypoints_count after;  /* the last one */
};

/* The start of the hour or day (step_ms) of an instant, UTC. */
int64_t historypoints_start(int64_t ms, int64_t step_ms);

/*
 * Makes the points of a range out of rows as seghistory_list gives them, in `arena`. A stored day
 * is one point also where hours are asked for; one that the range begins in is shown whole.
 */
void historypoints_make(struct arena *arena, const struct seghistory_row *rows, size_t count,
                        const struct historypoints_range *range, struct historypoints *ret);

#endif

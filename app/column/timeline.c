#include "column/timeline.h"

#include <stdlib.h>

bool timeline_last(const struct timeline *timeline)
{
    return timeline->first != (timeline->count % 2 == 1);
}

void timeline_add(struct arena *arena, struct timeline *timeline, int64_t at_ms, bool answer)
{
    if (answer == timeline_last(timeline))
        return;
    timeline->flips = arena_grow(arena, timeline->flips, timeline->count, &timeline->room,
                                 sizeof *timeline->flips);
    timeline->flips[timeline->count++] = at_ms;
}

/* One flip of one part. */
struct turn {
    int64_t at_ms;
    bool becomes;
};

static int compare_turns(const void *a, const void *b)
{
    int64_t x = ((const struct turn *)a)->at_ms, y = ((const struct turn *)b)->at_ms;
    return (x > y) - (x < y);
}

static struct turn *gather(struct arena *arena, const struct timeline *const *parts, size_t count,
                           size_t *ret_count)
{
    size_t total = 0, n = 0;
    for (size_t i = 0; i < count; i++)
        total += parts[i]->count;
    struct turn *turns = arena_raw(arena, total + 1, sizeof *turns);
    for (size_t i = 0; i < count; i++) {
        for (size_t f = 0; f < parts[i]->count; f++)
            turns[n++] = (struct turn){parts[i]->flips[f], parts[i]->first == (f % 2 == 1)};
    }
    qsort(turns, n, sizeof *turns, compare_turns);
    *ret_count = n;
    return turns;
}

void timeline_join(struct arena *arena, bool all, const struct timeline *const *parts, size_t count,
                   struct timeline *ret)
{
    size_t turn_count, holding = 0, fixed = 0;
    *ret = (struct timeline){.first = all};
    for (size_t i = 0; i < count; i++) {
        holding += parts[i]->first;
        fixed += !parts[i]->count && parts[i]->first != all; /* decides alone, for ever */
    }
    size_t wanted = all ? count : 1;
    ret->first = holding >= wanted;
    if (fixed)
        return;
    struct turn *turns = gather(arena, parts, count, &turn_count);
    for (size_t i = 0; i < turn_count;) {
        int64_t at_ms = turns[i].at_ms; /* what turns at one instant turns together */
        for (; i < turn_count && turns[i].at_ms == at_ms; i++)
            holding = turns[i].becomes ? holding + 1 : holding - 1;
        timeline_add(arena, ret, at_ms, holding >= wanted);
    }
}

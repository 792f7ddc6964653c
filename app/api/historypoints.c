#include "api/historypoints.h"

int64_t historypoints_start(int64_t ms, int64_t step_ms)
{
    int64_t rest = ms % step_ms;
    return ms - (rest < 0 ? rest + step_ms : rest);
}

static struct historypoints_count count_of(const struct seghistory_row *row)
{
    return (struct historypoints_count){true, row->counted_ms, row->count};
}

/* Where the reading stands. */
struct reading {
    const struct seghistory_row *rows;
    size_t count, next;
    struct seghistory_row last; /* of the rows before `next` */
    bool known;                 /* there was one */
};

static const struct seghistory_row *take(struct reading *r)
{
    r->last = r->rows[r->next++];
    r->known = true;
    return &r->last;
}

static bool starts_before(const struct reading *r, int64_t ms)
{
    return r->next < r->count && r->rows[r->next].at_ms < ms;
}

/* The point at *at_ms, which goes on to the next one. */
static struct historypoints_point read_point(struct reading *r, int64_t *at_ms, int64_t step_ms)
{
    struct historypoints_point point = {.at_ms = *at_ms, .told = r->known && r->last.tracked};
    int64_t end_ms = *at_ms + step_ms;
    while (starts_before(r, end_ms)) {
        const struct seghistory_row *row = take(r);
        point.told |= row->told;
        point.entered += row->entries;
        point.left += row->exits;
        if (row->at_ms + row->span_ms > end_ms)
            end_ms = row->at_ms + row->span_ms;
    }
    point.count = r->last.count;
    *at_ms = end_ms;
    return point;
}

void historypoints_make(struct arena *arena, const struct seghistory_row *rows, size_t count,
                        const struct historypoints_range *range, struct historypoints *ret)
{
    struct reading r = {.rows = rows, .count = count};
    int64_t at_ms = range->from_ms;
    size_t room = range->to_ms < at_ms ? 0 : (size_t)((range->to_ms - at_ms) / range->step_ms) + 1;
    *ret = (struct historypoints){0};
    while (starts_before(&r, at_ms) && rows[r.next].at_ms + rows[r.next].span_ms <= at_ms)
        (void)take(&r);
    if (starts_before(&r, at_ms))
        at_ms = rows[r.next].at_ms;
    if (count)
        ret->before = count_of(r.known || !room ? &rows[0] : &rows[r.next]);
    ret->points = arena_array(arena, room, sizeof *ret->points);
    while (at_ms <= range->to_ms) {
        struct historypoints_point point = read_point(&r, &at_ms, range->step_ms);
        if (r.known)
            ret->points[ret->count++] = point;
    }
    if (r.known)
        ret->after = count_of(&r.last);
}

/* Timelines: random ones, joined, against what their parts say at every instant. */
#include "column/timeline.h"

#include "cells.h"
#include "unit.h"

#define UNTIL_MS 60
#define PARTS 5

static bool at(const struct timeline *timeline, int64_t ms)
{
    size_t passed = 0;
    while (passed < timeline->count && timeline->flips[passed] <= ms)
        passed++;
    return timeline->first != (passed % 2 == 1);
}

static void draw(struct cells_random *random, struct timeline *ret)
{
    uint32_t adds = cells_below(random, 5);
    int64_t ms = 0;
    *ret = (struct timeline){.first = cells_below(random, 2)};
    for (uint32_t i = 0; i < adds; i++) {
        ms += 1 + cells_below(random, 12);
        timeline_add(unit_arena, ret, ms, cells_below(random, 2));
    }
}

static void check_join(bool all, const struct timeline *const *parts, size_t count)
{
    struct timeline joined;
    timeline_join(unit_arena, all, parts, count, &joined);
    for (int64_t ms = 0; ms < UNTIL_MS; ms++) {
        bool expected = all;
        for (size_t i = 0; i < count; i++)
            expected = all ? expected && at(parts[i], ms) : expected || at(parts[i], ms);
        ck_assert_int_eq(at(&joined, ms), expected);
    }
    for (size_t i = 1; i < joined.count; i++)
        ck_assert_int_gt(joined.flips[i], joined.flips[i - 1]);
}

START_TEST(a_join_says_at_each_instant_what_its_parts_say)
{
    struct cells_random random = {.state = 11};
    struct timeline lines[PARTS];
    const struct timeline *parts[PARTS];
    for (int round = 0; round < 3000; round++) {
        size_t count = cells_below(&random, PARTS + 1);
        for (size_t i = 0; i < count; i++) {
            draw(&random, &lines[i]);
            parts[i] = &lines[i];
        }
        check_join(round % 2, parts, count);
    }
}
END_TEST

START_TEST(an_answer_that_stays_is_no_flip)
{
    struct timeline line = {.first = true};
    timeline_add(unit_arena, &line, 5, true);
    ck_assert_uint_eq(line.count, 0);
    timeline_add(unit_arena, &line, 6, false);
    timeline_add(unit_arena, &line, 7, false);
    ck_assert_uint_eq(line.count, 1);
    ck_assert_int_eq(line.flips[0], 6);
    ck_assert(!timeline_last(&line));
}
END_TEST

START_TEST(flips_at_one_instant_cancel_out)
{
    struct timeline out = {.first = true}, in = {.first = false}, joined;
    const struct timeline *parts[] = {&out, &in};
    timeline_add(unit_arena, &out, 9, false);
    timeline_add(unit_arena, &in, 9, true);
    timeline_join(unit_arena, false, parts, 2, &joined);
    ck_assert(joined.first);
    ck_assert_uint_eq(joined.count, 0);
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {
        {a_join_says_at_each_instant_what_its_parts_say, 0},
        {an_answer_that_stays_is_no_flip, 0},
        {flips_at_one_instant_cancel_out, 0},
    };
    return UNIT_RUN("timeline", cases);
}

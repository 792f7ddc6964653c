/* Points of a chart: what is carried on, put together, and left out. */
#include <check.h>
#include <stdlib.h>

#include "api/historypoints.h"

#define HOUR SEGHISTORY_HOUR_MS
#define DAY TIMEUTIL_DAY_MS

static struct arena *arena;
static struct historypoints made;

static void setup(void)
{
    arena = arena_new();
}

static void teardown(void)
{
    arena_free(arena);
}

static struct seghistory_row hour(int64_t at_ms, uint64_t count)
{
    return (struct seghistory_row){
        .at_ms = at_ms, .span_ms = HOUR, .count = count, .counted_ms = at_ms + 7};
}

static struct seghistory_row moved(int64_t at_ms, int64_t span_ms, uint64_t count, uint64_t entries,
                                   uint64_t exits)
{
    return (struct seghistory_row){.at_ms = at_ms,
                                   .span_ms = span_ms,
                                   .count = count,
                                   .counted_ms = at_ms + 7,
                                   .tracked = true,
                                   .told = true,
                                   .entries = entries,
                                   .exits = exits};
}

static void make(const struct seghistory_row *rows, size_t count, int64_t from_ms, int64_t to_ms,
                 int64_t step_ms)
{
    const struct historypoints_range range = {from_ms, to_ms, step_ms};
    historypoints_make(arena, rows, count, &range, &made);
}

static void expect(size_t i, int64_t at_ms, uint64_t count, bool told, uint64_t entered,
                   uint64_t left)
{
    ck_assert_uint_lt(i, made.count);
    const struct historypoints_point *p = &made.points[i];
    ck_assert_int_eq(p->at_ms, at_ms);
    ck_assert_uint_eq(p->count, count);
    ck_assert_int_eq(p->told, told);
    ck_assert_uint_eq(p->entered, entered);
    ck_assert_uint_eq(p->left, left);
}

START_TEST(starts_are_floors)
{
    ck_assert_int_eq(historypoints_start(2 * HOUR + 1, HOUR), 2 * HOUR);
    ck_assert_int_eq(historypoints_start(2 * HOUR, HOUR), 2 * HOUR);
    ck_assert_int_eq(historypoints_start(-1, HOUR), -HOUR);
    ck_assert_int_eq(historypoints_start(-DAY, DAY), -DAY);
}
END_TEST

START_TEST(nothing_known_makes_no_points)
{
    make(NULL, 0, 0, 5 * HOUR, HOUR);
    ck_assert_uint_eq(made.count, 0);
    ck_assert(!made.before.known && !made.after.known);
}
END_TEST

START_TEST(a_count_goes_on_and_none_is_made_up_before_it)
{
    const struct seghistory_row rows[] = {hour(2 * HOUR, 5), hour(4 * HOUR, 6)};
    make(rows, 2, 0, 5 * HOUR, HOUR);
    ck_assert_uint_eq(made.count, 4);
    expect(0, 2 * HOUR, 5, false, 0, 0);
    expect(1, 3 * HOUR, 5, false, 0, 0);
    expect(2, 4 * HOUR, 6, false, 0, 0);
    expect(3, 5 * HOUR, 6, false, 0, 0);
    ck_assert_int_eq(made.before.at_ms, 2 * HOUR + 7); /* the first that there is */
    ck_assert_uint_eq(made.before.count, 5);
    ck_assert_uint_eq(made.after.count, 6);
}
END_TEST

START_TEST(what_was_before_leads)
{
    const struct seghistory_row rows[] = {moved(HOUR, HOUR, 9, 9, 0),
                                          moved(7 * HOUR, HOUR, 7, 1, 3)};
    make(rows, 2, 5 * HOUR, 8 * HOUR, HOUR);
    ck_assert_uint_eq(made.count, 4);
    expect(0, 5 * HOUR, 9, true, 0, 0);
    expect(2, 7 * HOUR, 7, true, 1, 3);
    expect(3, 8 * HOUR, 7, true, 0, 0);
    ck_assert_uint_eq(made.before.count, 9);
    ck_assert_int_eq(made.before.at_ms, HOUR + 7);
    make(rows, 1, 9 * HOUR, 8 * HOUR, HOUR); /* a range that has not begun */
    ck_assert_uint_eq(made.count, 0);
    ck_assert_uint_eq(made.after.count, 9);
}
END_TEST

START_TEST(days_are_sums_of_hours)
{
    const struct seghistory_row rows[] = {moved(DAY - HOUR, HOUR, 3, 3, 0),
                                          moved(DAY, HOUR, 5, 2, 0),
                                          moved(2 * DAY - HOUR, HOUR, 4, 1, 2), hour(3 * DAY, 8)};
    make(rows, 4, DAY, 4 * DAY, DAY);
    ck_assert_uint_eq(made.count, 4);
    expect(0, DAY, 4, true, 3, 2);
    expect(1, 2 * DAY, 4, true, 0, 0);
    expect(2, 3 * DAY, 8, true, 0, 0); /* tracked until some time in it */
    expect(3, 4 * DAY, 8, false, 0, 0);
}
END_TEST

START_TEST(a_stored_day_is_one_point)
{
    const struct seghistory_row rows[] = {moved(DAY, DAY, 5, 2, 0),
                                          moved(2 * DAY + HOUR, HOUR, 6, 1, 0)};
    make(rows, 2, DAY + 5 * HOUR, 2 * DAY + 2 * HOUR, HOUR);
    ck_assert_uint_eq(made.count, 4);
    expect(0, DAY, 5, true, 2, 0);
    expect(1, 2 * DAY, 5, true, 0, 0);
    expect(2, 2 * DAY + HOUR, 6, true, 1, 0);
    expect(3, 2 * DAY + 2 * HOUR, 6, true, 0, 0);
}
END_TEST

START_TEST(merging_sums_moves_and_takes_the_later_count)
{
    struct seghistory_row day = hour(0, 2);
    const struct seghistory_row later = moved(HOUR, HOUR, 4, 3, 1), last = hour(2 * HOUR, 9);
    seghistory_merge(&day, &later);
    seghistory_merge(&day, &last);
    ck_assert_int_eq(day.at_ms, 0);
    ck_assert_uint_eq(day.count, 9);
    ck_assert_int_eq(day.counted_ms, 2 * HOUR + 7);
    ck_assert(day.told && !day.tracked);
    ck_assert_uint_eq(day.entries, 3);
    ck_assert_uint_eq(day.exits, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("historypoints");
    TCase *points = tcase_create("points");
    tcase_add_checked_fixture(points, setup, teardown);
    tcase_add_test(points, starts_are_floors);
    tcase_add_test(points, nothing_known_makes_no_points);
    tcase_add_test(points, a_count_goes_on_and_none_is_made_up_before_it);
    tcase_add_test(points, what_was_before_leads);
    tcase_add_test(points, days_are_sums_of_hours);
    tcase_add_test(points, a_stored_day_is_one_point);
    tcase_add_test(points, merging_sums_moves_and_takes_the_later_count);
    suite_add_tcase(suite, points);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* When a message is sent again: the table, its jitter, Retry-After, and the statuses that end it.
 */
#include "base/macros.h"
#include "deliver/schedule.h"
#include "unit.h"

#define MIDDLE (UINT32_MAX / 2) /* a random number that changes nothing */
#define HOUR_S INT64_C(3600)

static struct schedule_next next_of(unsigned attempts, int status, int64_t retry_after_s)
{
    struct schedule_outcome outcome = {attempts, status, retry_after_s};
    return schedule_next(&outcome, MIDDLE);
}

/* The middle of the range is the step itself, but for the rounding of MIDDLE. */
static void is_about(int64_t ms, int64_t wanted_ms)
{
    ck_assert_msg(ms >= wanted_ms - 1 && ms <= wanted_ms, "%lld, wanted %lld", (long long)ms,
                  (long long)wanted_ms);
}

static const int64_t steps_s[] = {5,           300,         1800,        2 * HOUR_S, 5 * HOUR_S,
                                  10 * HOUR_S, 14 * HOUR_S, 20 * HOUR_S, 24 * HOUR_S};

START_TEST(steps_are_those_of_the_specification)
{
    struct schedule_next next = next_of((unsigned)_i + 1, 500, 0);
    ck_assert_int_eq(next.fate, SCHEDULE_AGAIN);
    ck_assert(!next.gone);
    ck_assert(!next.busy);
    is_about(next.delay_ms, steps_s[_i] * 1000);
}
END_TEST

START_TEST(jitter_is_a_fifth_to_both_sides)
{
    struct schedule_outcome outcome = {(unsigned)_i + 1, 0, 0};
    int64_t step_ms = steps_s[_i] * 1000;
    ck_assert_int_eq(schedule_next(&outcome, 0).delay_ms, step_ms * 4 / 5);
    ck_assert_int_eq(schedule_next(&outcome, UINT32_MAX).delay_ms, step_ms * 6 / 5);
}
END_TEST

START_TEST(the_tenth_attempt_is_the_last)
{
    ck_assert_int_eq(next_of(9, 0, 0).fate, SCHEDULE_AGAIN);
    ck_assert_int_eq(next_of(10, 0, 0).fate, SCHEDULE_DEAD);
    ck_assert_int_eq(next_of(4000000000u, 500, 60).fate, SCHEDULE_DEAD);
    ck_assert_int_eq(next_of(10, 204, 0).fate, SCHEDULE_DELIVERED);
}
END_TEST

START_TEST(only_2xx_is_a_delivery)
{
    static const int statuses[] = {0, 100, 199, 200, 201, 204, 299, 300, 301, 304, 400, 404, 503};
    for (size_t i = 0; i < ARRAY_LEN(statuses); i++)
        ck_assert_msg((next_of(1, statuses[i], 0).fate == SCHEDULE_DELIVERED) ==
                          (statuses[i] / 100 == 2),
                      "status %d", statuses[i]);
}
END_TEST

START_TEST(gone_ends_message_and_endpoint)
{
    struct schedule_next next = next_of(1, 410, 30);
    ck_assert_int_eq(next.fate, SCHEDULE_DEAD);
    ck_assert(next.gone);
}
END_TEST

START_TEST(some_statuses_ask_for_less)
{
    static const int busy[] = {429, 502, 504}, others[] = {0, 200, 408, 500, 503};
    for (size_t i = 0; i < ARRAY_LEN(busy); i++)
        ck_assert_msg(next_of(1, busy[i], 0).busy, "status %d", busy[i]);
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        ck_assert_msg(!next_of(1, others[i], 0).busy, "status %d", others[i]);
}
END_TEST

START_TEST(retry_after_lies_between_the_step_and_a_day)
{
    ck_assert_int_eq(next_of(1, 503, 60).delay_ms, 60000);
    is_about(next_of(1, 503, 2).delay_ms, 5000);
    is_about(next_of(2, 429, 60).delay_ms, 300000);
    is_about(next_of(1, 503, -7).delay_ms, 5000);
    ck_assert_int_eq(next_of(1, 503, 365 * 24 * HOUR_S).delay_ms, 24 * HOUR_S * 1000);
    ck_assert_int_eq(next_of(1, 503, INT64_MAX).delay_ms, 24 * HOUR_S * 1000);
    ck_assert_int_eq(next_of(1, 200, 60).fate, SCHEDULE_DELIVERED);
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {
        {steps_are_those_of_the_specification, ARRAY_LEN(steps_s)},
        {jitter_is_a_fifth_to_both_sides, ARRAY_LEN(steps_s)},
        {the_tenth_attempt_is_the_last, 0},
        {only_2xx_is_a_delivery, 0},
        {gone_ends_message_and_endpoint, 0},
        {some_statuses_ask_for_less, 0},
        {retry_after_lies_between_the_step_and_a_day, 0},
    };
    return UNIT_RUN("schedule", cases);
}

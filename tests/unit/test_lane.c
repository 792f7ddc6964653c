/* What one endpoint is given, and what it costs the others. */
#include "deliver/lane.h"
#include "unit.h"

#define SECOND_US INT64_C(1000000)

static struct lane_table table;

static struct lane *new_lane(void)
{
    return lane_of(&table, 1, 1);
}

/* Claims `count` messages of nothing. */
static struct lane_batch *fill(struct lane *lane, size_t count)
{
    struct lane_batch *batch = lane_new_batch(count);
    batch->count = count;
    lane_add_batch(lane, batch);
    return batch;
}

/* Gives out all it can; returns how many. */
static size_t give_all(struct lane *lane)
{
    struct lane_batch *batch;
    size_t count = 0;
    while (lane_give(lane, &batch))
        count++;
    return count;
}

START_TEST(a_window_is_earned)
{
    static const unsigned windows[] = {1, 2, 4, 8, 8};
    struct lane *lane = new_lane();
    fill(lane, 100);
    ck_assert_int_eq(lane->trust, LANE_UNKNOWN);
    for (size_t i = 0; i < 5; i++) {
        ck_assert_uint_eq(lane->window, windows[i]);
        give_all(lane);
        ck_assert_uint_eq(lane->in_flight, windows[i]);
        lane_learn(lane, LANE_QUICK);
    }
    ck_assert_int_eq(lane->trust, LANE_TRUSTED);
    lane_table_done(&table);
}
END_TEST

START_TEST(no_reply_and_busy_close_it)
{
    static const enum lane_news news[] = {LANE_NO_REPLY, LANE_BUSY};
    struct lane *lane = new_lane();
    fill(lane, 100);
    for (size_t i = 0; i < 4; i++) {
        give_all(lane);
        lane_learn(lane, LANE_QUICK);
    }
    give_all(lane);
    lane_learn(lane, news[_i]);
    ck_assert_uint_eq(lane->window, 1);
    ck_assert_int_eq(lane->trust, LANE_SUSPECT);
    ck_assert_uint_eq(lane->in_flight, 7);
    ck_assert_uint_eq(give_all(lane), 0); /* not before the others are back */
    while (lane->in_flight > 0)
        lane_learn(lane, LANE_NO_REPLY);
    ck_assert_uint_eq(give_all(lane), 1);
    lane_table_done(&table);
}
END_TEST

START_TEST(a_slow_answer_earns_nothing)
{
    struct lane *lane = new_lane();
    fill(lane, 10);
    give_all(lane);
    lane_learn(lane, LANE_SLOW);
    ck_assert_uint_eq(lane->window, 1);
    ck_assert_int_eq(lane->trust, LANE_SUSPECT);
    lane_table_done(&table);
}
END_TEST

START_TEST(answers_to_one_volley_are_one_time)
{
    struct lane *lane = new_lane();
    lane->window = 8;
    fill(lane, 20);
    give_all(lane);
    for (int i = 0; i < 7; i++) {
        lane_learn(lane, LANE_BUSY);
        ck_assert_uint_eq(lane->busy_count, 1);
    }
    lane_learn(lane, LANE_BUSY);
    ck_assert_uint_eq(lane->busy_count, 2);
    give_all(lane);
    lane_learn(lane, LANE_BUSY);
    ck_assert_uint_eq(lane->busy_count, 3);
    give_all(lane);
    lane_learn(lane, LANE_QUICK);
    ck_assert_uint_eq(lane->busy_count, 0);
    lane_table_done(&table);
}
END_TEST

START_TEST(claims_grow_with_the_pace)
{
    struct lane *lane = new_lane();
    int64_t now_us = 10 * SECOND_US;
    lane->has_due = true;
    lane->claimed_us = now_us;
    for (size_t wanted = 1; wanted <= 64; wanted *= 2) {
        ck_assert_uint_eq(lane_wants(lane, now_us), wanted);
        lane_claimed(lane, wanted, wanted, now_us);
        now_us += SECOND_US / 10;
    }
    ck_assert_uint_eq(lane_wants(lane, now_us), DELIVERY_BATCH);
    now_us += 10 * SECOND_US;
    lane_claimed(lane, 100, 100, now_us); /* the last one lasted long */
    ck_assert_uint_eq(lane_wants(lane, now_us), DELIVERY_BATCH / 2);
    lane_claimed(lane, 50, 49, now_us); /* the queue is empty */
    ck_assert_uint_eq(lane_wants(lane, now_us), 0);
    lane_table_done(&table);
}
END_TEST

START_TEST(nothing_is_claimed_while_it_cannot_be_sent)
{
    struct lane *lane = new_lane();
    lane->has_due = true;
    lane->hold_until_us = SECOND_US;
    ck_assert_uint_eq(lane_wants(lane, SECOND_US - 1), 0);
    ck_assert_uint_eq(lane_wants(lane, SECOND_US), 1);
    fill(lane, 1);
    ck_assert_uint_eq(lane_wants(lane, SECOND_US), 0); /* one waits */
    give_all(lane);
    ck_assert_uint_eq(lane_wants(lane, SECOND_US), 0); /* the window is full */
    lane_learn(lane, LANE_NO_REPLY);
    ck_assert_uint_eq(lane_wants(lane, SECOND_US), 1);
    lane_table_done(&table);
}
END_TEST

START_TEST(batches_end_with_their_last_message)
{
    struct lane *lane = new_lane();
    struct lane_batch *first = fill(lane, 2), *second = fill(lane, 1), *got;
    lane->window = 8;
    ck_assert_ptr_eq(lane_give(lane, &got), &first->claims[0]);
    ck_assert_ptr_eq(lane_give(lane, &got), &first->claims[1]);
    ck_assert_ptr_eq(lane_give(lane, &got), &second->claims[0]);
    ck_assert_ptr_eq(got, second);
    ck_assert_ptr_null(lane_give(lane, &got));
    lane_over(first);
    ck_assert_ptr_eq(lane->batches, first);
    lane_over(second);
    lane_over(first);
    ck_assert_ptr_null(lane->batches);
    lane_table_done(&table);
}
END_TEST

START_TEST(what_was_not_given_out_is_withdrawn)
{
    struct lane *lane = new_lane();
    struct lane_batch *first = fill(lane, 3), *second = fill(lane, 2), *got;
    size_t count = 0;
    ck_assert_uint_eq(give_all(lane), 1);
    ck_assert_uint_eq(lane_waiting(lane), 4);
    ck_assert_ptr_eq(lane_withdraw(lane, &got, &count), &first->claims[1]);
    ck_assert_uint_eq(count, 2);
    ck_assert_ptr_eq(lane_withdraw(lane, &got, &count), &second->claims[0]);
    ck_assert_ptr_eq(got, second);
    ck_assert_uint_eq(count, 2);
    ck_assert_ptr_null(lane_withdraw(lane, &got, &count));
    ck_assert_uint_eq(lane->in_flight, 1);
    lane_table_done(&table);
}
END_TEST

START_TEST(a_full_table_takes_the_place_of_an_idle_lane)
{
    for (uint32_t i = 0; i < LANE_MAX; i++) {
        struct lane *lane = lane_of(&table, 7, i);
        ck_assert_ptr_nonnull(lane);
        if (i != 5)
            fill(lane, 1);
    }
    ck_assert_uint_eq(lane_of(&table, 7, 9)->webhook_id, 9);
    struct lane *newest = lane_of(&table, 8, 1);
    ck_assert_ptr_nonnull(newest);
    fill(newest, 1);
    ck_assert_ptr_null(lane_of(&table, 7, 5));
    ck_assert_ptr_null(lane_of(&table, 8, 2));
    ck_assert_ptr_eq(lane_of(&table, 8, 1), newest);
    lane_table_done(&table);
}
END_TEST

START_TEST(everyone_has_a_turn)
{
    bool was_first[3] = {false};
    for (uint32_t i = 0; i < 3; i++)
        lane_of(&table, 1, i);
    for (int turn = 0; turn < 3; turn++) {
        was_first[lane_in_turn(&table, 0)->webhook_id] = true;
        ck_assert_ptr_ne(lane_in_turn(&table, 0), lane_in_turn(&table, 1));
        ck_assert_ptr_ne(lane_in_turn(&table, 0), lane_in_turn(&table, 2));
        lane_next_turn(&table);
    }
    ck_assert(was_first[0] && was_first[1] && was_first[2]);
    lane_table_done(&table);
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {
        {a_window_is_earned, 0},
        {no_reply_and_busy_close_it, 2},
        {a_slow_answer_earns_nothing, 0},
        {answers_to_one_volley_are_one_time, 0},
        {claims_grow_with_the_pace, 0},
        {nothing_is_claimed_while_it_cannot_be_sent, 0},
        {batches_end_with_their_last_message, 0},
        {what_was_not_given_out_is_withdrawn, 0},
        {a_full_table_takes_the_place_of_an_idle_lane, 0},
        {everyone_has_a_turn, 0},
    };
    return UNIT_RUN("lane", cases);
}

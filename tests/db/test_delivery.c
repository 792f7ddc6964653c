/*
 * The queue of messages: who gets what and for how long, and what results do. Runs under
 * tests/db/with-mariadb, in an empty database.
 */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "deliveryhelp.h"
#include "store/delivery.h"
#include "store/queuedepth.h"

static size_t queue_count(void)
{
    struct delivery_queue *queues;
    size_t count;
    ck_assert_int_eq(delivery_queues(help.db, help.arena, 10, &queues, &count, &help.info), 0);
    return count;
}

static int64_t number(const char *sql)
{
    return webhookhelp_i64(&help, sql);
}

#define STATE "SELECT state FROM delivery"
#define IN_QUEUE "SELECT COUNT(*) FROM delivery_due"
#define ATTEMPTS "SELECT COUNT(*) FROM delivery_attempt"

/* ---- claiming ------------------------------------------------------------------------------ */

START_TEST(a_claim_has_all_that_a_send_needs)
{
    struct outbox_event event = webhookhelp_event("contact.created");
    char id[37];
    event.body = STR("{\"type\":\"contact.created\",\"data\":{}}");
    ck_assert_int_eq(webhookhelp_publish(&help, &event, 1), 0);
    ck_assert_uint_eq(queue_count(), 1);
    ck_assert_uint_eq(claim(10, LEASE_MS), 1);
    ck_assert(str_eq_c(claims[0].type, "contact.created"));
    ck_assert(str_eq(claims[0].body, event.body));
    ck_assert_uint_eq(claims[0].attempt, 1);
    ck_assert_uint_eq(claims[0].step, 1);
    uuid_format(&claims[0].delivery_id, id);
    ck_assert_str_eq(claims[0].message_id, id);
    ck_assert_ptr_null(strchr(claims[0].message_id, '.'));
    ck_assert_int_eq(claims[0].created_ms, number("SELECT created_ms FROM delivery"));
    ck_assert_uint_eq(claim(10, LEASE_MS), 0);
    ck_assert_uint_eq(queue_count(), 0);
    ck_assert_int_eq(number(IN_QUEUE), 1);
}
END_TEST

START_TEST(oldest_first)
{
    webhookhelp_publish_many(&help, "segment.vip.entry", 250);
    uint64_t sequence = 0;
    for (size_t want = 250; want > 0;) {
        size_t count = claim(DELIVERY_BATCH, LEASE_MS);
        ck_assert_uint_eq(count, want < DELIVERY_BATCH ? want : DELIVERY_BATCH);
        for (size_t i = 0; i < count; i++) {
            int64_t at = testdb_i64(
                help.db, "SELECT sequence FROM delivery WHERE project_id = 71 AND delivery_id = ?",
                DB_PARAMS(DB_BYTES(claims[i].delivery_id.bytes, 16)));
            ck_assert_int_eq(at, (int64_t)++sequence);
        }
        want -= count;
    }
    ck_assert_uint_eq(claim(DELIVERY_BATCH, LEASE_MS), 0);
}
END_TEST

START_TEST(a_lease_ends_by_itself)
{
    struct delivery_claim old;
    webhookhelp_publish_many(&help, "segment.vip.entry", 1);
    ck_assert_uint_eq(claim(1, 1), 1);
    old = claims[0];
    usleep(20000);
    ck_assert_uint_eq(queue_count(), 1);
    ck_assert_uint_eq(claim(1, LEASE_MS), 1);
    ck_assert(uuid_eq(&claims[0].delivery_id, &old.delivery_id));
    ck_assert_uint_eq(claims[0].attempt, 2);
    ck_assert_uint_eq(claims[0].step, 2);
    /* What the first one found out has no effect any more. */
    ck_assert(!finish(&old, DELIVERYRESULT_DELIVERED, 0));
    ck_assert_int_eq(number(STATE), DELIVERY_PENDING);
    ck_assert_int_eq(number(ATTEMPTS), 0);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM webhook WHERE last_success_ms IS NOT NULL"), 0);
    ck_assert(finish(&claims[0], DELIVERYRESULT_DELIVERED, 0));
    ck_assert_int_eq(number(STATE), DELIVERY_DELIVERED);
}
END_TEST

/* A child claims until nothing is left; its status is how many it got, a tenth of it. */
static int claim_all(void)
{
    struct webhookhelp mine;
    size_t sum = 0;
    size_t count = 1;
    webhookhelp_open(&mine);
    while (count > 0) {
        if (delivery_claim(mine.db, mine.arena, WEBHOOKHELP_PROJECT, webhook.webhook_id, 10,
                           LEASE_MS, claims, &count, &mine.info) < 0) {
            return 255;
        }
        sum += count;
        for (size_t i = 0; i < count; i++) {
            if (claims[i].attempt != 1) {
                return 254;
            }
        }
    }
    webhookhelp_close(&mine);
    return (int)(sum / 10);
}

START_TEST(nobody_gets_the_same_one)
{
    int sum = 0;
    webhookhelp_publish_many(&help, "segment.vip.entry", 1000);
    for (int i = 0; i < 4; i++) {
        pid_t child = fork();
        ck_assert_int_ge(child, 0);
        if (child == 0) {
            _exit(claim_all());
        }
    }
    for (int i = 0; i < 4; i++) {
        int status;
        ck_assert_int_gt(wait(&status), 0);
        ck_assert(WIFEXITED(status) && WEXITSTATUS(status) < 250);
        sum += WEXITSTATUS(status);
    }
    /* Batches are of ten; only the last one of each may be smaller, and 1000 is a whole number. */
    ck_assert_int_le(sum, 100);
    ck_assert_int_ge(sum, 96);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM delivery_due WHERE attempts = 1"
                            " AND lease_token > 0"),
                     1000);
}
END_TEST

START_TEST(leases_are_renewed)
{
    webhookhelp_publish_many(&help, "segment.vip.entry", 2);
    ck_assert_uint_eq(claim(2, 1), 2);
    struct delivery_claim two[2] = {claims[0], claims[1]};
    usleep(20000);
    ck_assert_uint_eq(claim(1, LEASE_MS), 1); /* somebody took the first one over */
    ck_assert_int_eq(delivery_renew(help.db, two, 2, LEASE_MS, &help.info), 0);
    ck_assert(two[0].is_lost);
    ck_assert(!two[1].is_lost);
    ck_assert_int_gt(two[1].lease_until_ms, claims[0].lease_until_ms - LEASE_MS);
    ck_assert_uint_eq(claim(2, LEASE_MS), 0);
    ck_assert(finish(&two[1], DELIVERYRESULT_DELIVERED, 0));
    ck_assert(!finish(&two[0], DELIVERYRESULT_DELIVERED, 0));
}
END_TEST

START_TEST(given_back_is_not_tried)
{
    struct delivery_claim first = claim_one();
    ck_assert_int_eq(delivery_release(help.db, &first, 1, &help.info), 0);
    ck_assert_uint_eq(claim(1, LEASE_MS), 1);
    ck_assert_uint_eq(claims[0].attempt, 1);
    /* The one who gave it back cannot do so twice. */
    ck_assert_int_eq(delivery_release(help.db, &first, 1, &help.info), 0);
    ck_assert_uint_eq(claim(1, LEASE_MS), 0);
}
END_TEST

START_TEST(depth_tells_what_is_due)
{
    struct queuedepth queues[QUEUEDEPTH_COUNT];
    const struct queuedepth *due = &queues[QUEUEDEPTH_DELIVERIES_DUE];
    ck_assert_int_eq(queuedepth_read_all(help.db, help.arena, queues, &help.info), 0);
    ck_assert_uint_eq(due->depth, 0);
    ck_assert_int_eq(due->age_ms, QUEUEDEPTH_NO_AGE);
    webhookhelp_publish_many(&help, "segment.vip.entry", 3);
    (void)claim(1, LEASE_MS);
    ck_assert_int_eq(queuedepth_read_all(help.db, help.arena, queues, &help.info), 0);
    ck_assert_uint_eq(due->depth, 2);
    ck_assert_int_ge(due->age_ms, 0);
    ck_assert_int_lt(due->age_ms, 20000);
}
END_TEST

/* ---- results ------------------------------------------------------------------------------- */

START_TEST(delivered)
{
    struct delivery_claim mine = claim_one();
    ck_assert(finish(&mine, DELIVERYRESULT_DELIVERED, 0));
    ck_assert_int_eq(number(STATE), DELIVERY_DELIVERED);
    ck_assert_int_eq(number(IN_QUEUE), 0);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM delivery WHERE due_ms IS NULL AND attempts = 1"),
                     1);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM delivery_attempt WHERE attempt_no = 1"
                            " AND status = 200 AND duration_ms = 40 AND reply = 'thanks'"
                            " AND error IS NULL"),
                     1);
    /* The attempt began 50 ms before the result was written, by the database's clock. */
    ck_assert_int_eq(
        number("SELECT d.updated_ms - a.started_ms FROM delivery d, delivery_attempt a"), 50);
    ck_assert(!finish(&mine, DELIVERYRESULT_DELIVERED, 0));
    ck_assert_int_eq(number(ATTEMPTS), 1);
}
END_TEST

START_TEST(again_later)
{
    struct delivery_claim mine = claim_one();
    ck_assert(finish(&mine, DELIVERYRESULT_RETRY, 200));
    ck_assert_int_eq(number(STATE), DELIVERY_FAILED);
    ck_assert_int_eq(number("SELECT d.due_ms - q.due_ms FROM delivery d, delivery_due q"), 0);
    ck_assert_int_eq(number("SELECT due_ms - updated_ms FROM delivery"), 200);
    ck_assert_uint_eq(claim(1, LEASE_MS), 0);
    usleep(250000);
    ck_assert_uint_eq(claim(1, LEASE_MS), 1);
    ck_assert_uint_eq(claims[0].attempt, 2);
    ck_assert_str_eq(claims[0].message_id, mine.message_id);
    ck_assert(str_eq(claims[0].body, mine.body));
    ck_assert(finish(&claims[0], DELIVERYRESULT_DEAD, 0));
    ck_assert_int_eq(number(STATE), DELIVERY_DEAD);
    ck_assert_int_eq(number(IN_QUEUE), 0);
    ck_assert_int_eq(number(ATTEMPTS), 2);
}
END_TEST

START_TEST(many_results_at_once)
{
    static struct deliveryresult results[DELIVERY_BATCH];
    webhookhelp_publish_many(&help, "segment.vip.entry", DELIVERY_BATCH);
    ck_assert_uint_eq(claim(DELIVERY_BATCH, LEASE_MS), DELIVERY_BATCH);
    for (size_t i = 0; i < DELIVERY_BATCH; i++) {
        results[i] = result_of(&claims[i], (enum deliveryresult_outcome)(i % 3 + 1));
        results[i].retry_ms = 60000;
    }
    claims[5].token++; /* one was lost */
    write_results(results, DELIVERY_BATCH);
    for (size_t i = 0; i < DELIVERY_BATCH; i++) {
        ck_assert(results[i].is_stale == (i == 5));
    }
    ck_assert_int_eq(number("SELECT COUNT(*) FROM delivery WHERE state = 3"), 34);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM delivery WHERE state = 2"), 33);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM delivery WHERE state = 4"), 32);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM delivery WHERE state = 1"), 1);
    ck_assert_int_eq(number(IN_QUEUE), 34);
    ck_assert_int_eq(number(ATTEMPTS), 99);
}
END_TEST

START_TEST(replies_and_words_are_cut)
{
    struct delivery_claim mine = claim_one();
    struct deliveryresult result = result_of(&mine, DELIVERYRESULT_RETRY);
    char *reply = arena_alloc(help.arena, 5000);
    char *words = arena_alloc(help.arena, 600);
    memset(reply, '\xff', 5000);
    for (size_t i = 0; i < 600; i += 3) {
        memcpy(words + i, "\xe2\x82\xac", 3);
    }
    result.reply = (struct str){reply, 5000};
    result.error = (struct str){words, 600};
    write_results(&result, 1);
    ck_assert_int_eq(number("SELECT LENGTH(reply) FROM delivery_attempt"), 1024);
    ck_assert_int_eq(number("SELECT LENGTH(error) FROM delivery_attempt"), 198);
}
END_TEST

/* ---- the health of a webhook --------------------------------------------------------------- */

START_TEST(the_clock_of_failures)
{
    struct delivery_claim mine = claim_one();
    ck_assert(finish(&mine, DELIVERYRESULT_RETRY, 0));
    int64_t since_ms = number("SELECT failing_since_ms FROM webhook");
    ck_assert_int_eq(since_ms, number("SELECT updated_ms FROM delivery"));
    usleep(5000);
    ck_assert_uint_eq(claim(1, LEASE_MS), 1);
    ck_assert(finish(&claims[0], DELIVERYRESULT_RETRY, 0));
    ck_assert_int_eq(number("SELECT failing_since_ms FROM webhook"), since_ms);
    ck_assert_int_eq(number("SELECT failures FROM webhook"), 2);
    ck_assert_uint_eq(claim(1, LEASE_MS), 1);
    ck_assert(finish(&claims[0], DELIVERYRESULT_DELIVERED, 0));
    ck_assert_int_eq(number("SELECT failures FROM webhook"), 0);
    ck_assert_int_eq(number("SELECT failing_since_ms IS NULL FROM webhook"), 1);
    ck_assert_int_eq(number("SELECT last_success_ms FROM webhook"),
                     number("SELECT updated_ms FROM delivery"));
}
END_TEST

static void pretend(const char *sql)
{
    ck_assert_uint_eq(webhookhelp_run(&help, sql), 1);
}

START_TEST(five_days_without_success)
{
    int64_t version = number("SELECT webhook_version FROM project WHERE project_id = 71");
    pretend("UPDATE webhook SET failures = 8, failing_since_ms = created_ms - 6 * 86400000");
    struct delivery_claim mine = claim_one();
    ck_assert(finish(&mine, DELIVERYRESULT_RETRY, 0));
    ck_assert_int_eq(number("SELECT enabled FROM webhook"), 1); /* nine failures are not ten */
    pretend("UPDATE webhook SET failing_since_ms = created_ms - 4 * 86400000");
    ck_assert_uint_eq(claim(1, LEASE_MS), 1);
    ck_assert(finish(&claims[0], DELIVERYRESULT_RETRY, 0));
    ck_assert_int_eq(number("SELECT enabled FROM webhook"), 1); /* four days are not five */
    pretend("UPDATE webhook SET failing_since_ms = created_ms - 5 * 86400000");
    ck_assert_uint_eq(claim(1, LEASE_MS), 1);
    ck_assert(finish(&claims[0], DELIVERYRESULT_RETRY, 0));
    ck_assert_int_eq(number("SELECT enabled FROM webhook"), 0);
    ck_assert_str_eq(webhookhelp_text(&help, "SELECT disabled_reason FROM webhook"),
                     "No message arrived for 5 days; 11 attempts failed");
    ck_assert_int_eq(number("SELECT disabled_ms - updated_ms FROM webhook"), 0);
    ck_assert_int_eq(number("SELECT webhook_version FROM project WHERE project_id = 71"),
                     version + 1);
}
END_TEST

START_TEST(gone_disables_at_once)
{
    struct delivery_claim mine = claim_one();
    struct deliveryresult result = result_of(&mine, DELIVERYRESULT_RETRY);
    webhookhelp_publish_many(&help, "segment.vip.entry", 2);
    ck_assert_uint_eq(queue_count(), 1);
    result.disable_reason = "The endpoint answered 410 Gone";
    write_results(&result, 1);
    ck_assert_int_eq(number("SELECT enabled FROM webhook"), 0);
    /* What waits stays, and is nobody's while the webhook is disabled. */
    ck_assert_int_eq(number(IN_QUEUE), 3);
    ck_assert_uint_eq(queue_count(), 0);
    ck_assert_uint_eq(claim(10, LEASE_MS), 0);
    webhookhelp_enable(&help, &webhook, true);
    ck_assert_int_eq(number("SELECT failures FROM webhook"), 0);
    ck_assert_int_eq(number("SELECT disabled_reason IS NULL AND disabled_ms IS NULL FROM webhook"),
                     1);
    ck_assert_uint_eq(queue_count(), 1);
    ck_assert_uint_eq(claim(10, LEASE_MS), 3);
}
END_TEST

START_TEST(slowed_down)
{
    struct delivery_claim mine = claim_one();
    struct deliveryresult result = result_of(&mine, DELIVERYRESULT_RETRY);
    result.slow_ms = 150;
    write_results(&result, 1);
    ck_assert_uint_eq(queue_count(), 0);
    usleep(200000);
    ck_assert_uint_eq(queue_count(), 1);
}
END_TEST

START_TEST(another_url_begins_anew)
{
    struct webhook_input input = {.url = STR("https://example.com/"), .enabled = true};
    struct webhook changed;
    pretend("UPDATE webhook SET failures = 4, failing_since_ms = 5, slow_until_ms = 1 << 60");
    ck_assert_int_eq(webhook_update(help.db, help.arena, WEBHOOKHELP_PROJECT, &webhook.uuid,
                                    WEBHOOK_SET_URL, &input, &changed, &help.info),
                     0);
    ck_assert_uint_eq(changed.failures, 4); /* the same one */
    input.url = STR("https://example.org/");
    ck_assert_int_eq(webhook_update(help.db, help.arena, WEBHOOKHELP_PROJECT, &webhook.uuid,
                                    WEBHOOK_SET_URL, &input, &changed, &help.info),
                     0);
    ck_assert_uint_eq(changed.failures, 0);
    ck_assert_int_eq(changed.failing_since_ms, WEBHOOK_NEVER);
    ck_assert_int_eq(number("SELECT slow_until_ms FROM webhook"), 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_claim_has_all_that_a_send_needs,
        oldest_first,
        a_lease_ends_by_itself,
        nobody_gets_the_same_one,
        leases_are_renewed,
        given_back_is_not_tried,
        depth_tells_what_is_due,
        delivered,
        again_later,
        many_results_at_once,
        replies_and_words_are_cut,
        the_clock_of_failures,
        five_days_without_success,
        gone_disables_at_once,
        slowed_down,
        another_url_begins_anew,
    };
    Suite *suite = suite_create("delivery");
    TCase *test = tcase_create("delivery");
    tcase_add_checked_fixture(test, setup, teardown);
    tcase_set_timeout(test, 60);
    for (size_t i = 0; i < ARRAY_LEN(tests); i++) {
        tcase_add_test(test, tests[i]);
    }
    suite_add_tcase(suite, test);
    return testdb_run(suite);
}

/*
 * Messages apart from sending: secrets, erasing, sending by hand, lists, and what is swept away.
 * Runs under tests/db/with-mariadb, in an empty database.
 */
#include "deliveryhelp.h"
#include "store/delivery.h"
#include "store/deliveryask.h"
#include "store/deliverylist.h"
#include "store/deliverysweep.h"

static int64_t number(const char *sql)
{
    return webhookhelp_i64(&help, sql);
}

#define STATE "SELECT state FROM delivery"
#define IN_QUEUE "SELECT COUNT(*) FROM delivery_due"
#define ATTEMPTS "SELECT COUNT(*) FROM delivery_attempt"

static void pretend(const char *sql)
{
    ck_assert_uint_eq(webhookhelp_run(&help, sql), 1);
}

/* ---- the endpoint -------------------------------------------------------------------------- */

static struct webhook_endpoint endpoint(void)
{
    struct webhook_endpoint ret;
    int err = webhook_endpoint(help.db, help.arena, &help.seal, WEBHOOKHELP_PROJECT,
                               webhook.webhook_id, &ret, &help.info);
    ck_assert_msg(err == 0, "%s", help.info.message);
    return ret;
}

START_TEST(both_secrets_sign_for_a_day)
{
    struct str secret;
    struct webhook changed;
    struct str first = endpoint().secrets[0];
    ck_assert(str_eq_c(endpoint().url, "https://example.com/"));
    ck_assert_uint_eq(endpoint().secret_count, 1);
    ck_assert_int_eq(webhook_rotate(help.db, help.arena, &help.seal, WEBHOOKHELP_PROJECT,
                                    &webhook.uuid, &changed, &secret, &help.info),
                     0);
    struct webhook_endpoint now = endpoint();
    ck_assert_uint_eq(now.secret_count, 2);
    ck_assert(str_eq(now.secrets[0], secret));
    ck_assert(str_eq(now.secrets[1], first));
    ck_assert(!str_eq(secret, first));
    ck_assert_int_eq(number("SELECT old_until_ms - updated_ms FROM webhook"), 86400000);
    pretend("UPDATE webhook SET old_until_ms = updated_ms");
    ck_assert_uint_eq(endpoint().secret_count, 1);
    ck_assert(str_eq(endpoint().secrets[0], secret));
}
END_TEST

START_TEST(a_secret_is_sealed)
{
    struct webhook_endpoint ret;
    struct str secret = endpoint().secrets[0];
    ck_assert_int_eq(testdb_i64(help.db, "SELECT INSTR(secret, ?) FROM webhook",
                                DB_PARAMS(DB_BYTES(secret.at, secret.len))),
                     0);
    help.seal.key[0] ^= 1;
    ck_assert_int_eq(webhook_endpoint(help.db, help.arena, &help.seal, WEBHOOKHELP_PROJECT,
                                      webhook.webhook_id, &ret, &help.info),
                     ERR_CORRUPT);
    help.seal.key[0] ^= 1;
    pretend("UPDATE webhook SET uuid = RANDOM_BYTES(16)"); /* a sealed text of another row */
    ck_assert_int_eq(webhook_endpoint(help.db, help.arena, &help.seal, WEBHOOKHELP_PROJECT,
                                      webhook.webhook_id, &ret, &help.info),
                     ERR_CORRUPT);
}
END_TEST

/* ---- erasing ------------------------------------------------------------------------------- */

static int erase_body(struct db *db, void *ctx, struct err_info *info)
{
    return delivery_erase_contact(db, help.arena, WEBHOOKHELP_PROJECT, 41, ctx, info);
}

static void erase(void)
{
    bool done = false;
    while (!done) {
        int err = db_tx(help.db, DB_WRITE, erase_body, &done, &help.info);
        ck_assert_msg(err == 0, "%s", help.info.message);
    }
}

static void publish_about(uint32_t ordinal, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct outbox_event event = webhookhelp_event("contact.updated");
        event.has_contact = true;
        event.ordinal = ordinal;
        event.body = STR("{\"type\":\"contact.updated\",\"timestamp\":\"t\",\"data\":{\"contact\":"
                         "{\"id\":\"i\",\"email\":\"ann@example.com\",\"data\":{\"a\":1}}}}");
        ck_assert_int_eq(webhookhelp_publish(&help, &event, 1), 0);
    }
}

#define TRACES "SELECT COUNT(*) FROM delivery WHERE body LIKE '%ann@example.com%'"

START_TEST(erasing_leaves_ids_only)
{
    publish_about(41, 3);
    publish_about(42, 1);
    ck_assert_uint_eq(claim(1, LEASE_MS), 1);
    ck_assert(finish(&claims[0], DELIVERYRESULT_DELIVERED, 0));
    erase();
    ck_assert_int_eq(number(TRACES), 1);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM delivery WHERE ordinal = 42"), 1);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM delivery WHERE ordinal = 41"), 0);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM delivery_attempt WHERE reply IS NOT NULL"), 0);
    /* What has not gone out yet goes out, as a message with the id. */
    ck_assert_uint_eq(claim(1, LEASE_MS), 1);
    ck_assert(str_eq_c(claims[0].body, "{\"type\":\"contact.updated\",\"timestamp\":\"t\",\"data\":"
                                       "{\"contact\":{\"id\":\"i\"}}}"));
    erase();
    ck_assert_int_eq(number(TRACES), 1);
}
END_TEST

START_TEST(no_reply_is_kept_after_erasing)
{
    publish_about(41, 1);
    ck_assert_uint_eq(claim(1, LEASE_MS), 1);
    erase();
    ck_assert(finish(&claims[0], DELIVERYRESULT_RETRY, 0));
    ck_assert_int_eq(number("SELECT COUNT(*) FROM delivery_attempt WHERE reply IS NULL"), 1);
}
END_TEST

START_TEST(erasing_goes_by_batches)
{
    struct outbox_event event = webhookhelp_event("contact.updated");
    size_t count = DELIVERY_ERASE_BATCH * 2;
    struct outbox_event *events = arena_array(help.arena, count, sizeof(*events));
    for (size_t i = 0; i < count; i++) {
        events[i] = event;
        events[i].event_id = uuid_new();
        events[i].has_contact = true;
        events[i].ordinal = 41;
        events[i].body = STR("{\"data\":{\"contact\":{\"email\":\"ann@example.com\"}}}");
    }
    ck_assert_int_eq(webhookhelp_publish(&help, events, count), 0);
    erase();
    ck_assert_int_eq(number(TRACES), 0);
}
END_TEST

/* ---- by hand ------------------------------------------------------------------------------- */

static int retry(const struct delivery_claim *of)
{
    return deliveryask_retry(help.db, help.arena, WEBHOOKHELP_PROJECT, &webhook.uuid,
                             &of->delivery_id, &help.info);
}

START_TEST(a_dead_one_goes_again)
{
    struct delivery_claim mine = claim_one();
    ck_assert(finish(&mine, DELIVERYRESULT_DEAD, 0));
    ck_assert_int_eq(retry(&mine), 0);
    ck_assert_int_eq(number(STATE), DELIVERY_FAILED);
    ck_assert_int_eq(retry(&mine), 0); /* twice is once */
    ck_assert_int_eq(number(IN_QUEUE), 1);
    ck_assert_uint_eq(claim(1, LEASE_MS), 1);
    ck_assert_str_eq(claims[0].message_id, mine.message_id);
    ck_assert_uint_eq(claims[0].attempt, 2);
    ck_assert_uint_eq(claims[0].step, 1);
    ck_assert(finish(&claims[0], DELIVERYRESULT_DELIVERED, 0));
    ck_assert_int_eq(retry(&mine), 0); /* a delivered one too */
    ck_assert_uint_eq(claim(1, LEASE_MS), 1);
    ck_assert_uint_eq(claims[0].attempt, 3);
}
END_TEST

START_TEST(a_waiting_one_goes_now)
{
    struct delivery_claim mine = claim_one();
    ck_assert(finish(&mine, DELIVERYRESULT_RETRY, 3600000));
    ck_assert_uint_eq(claim(1, LEASE_MS), 0);
    ck_assert_int_eq(retry(&mine), 0);
    ck_assert_int_eq(number(IN_QUEUE), 1);
    ck_assert_uint_eq(claim(1, LEASE_MS), 1);
    ck_assert_uint_eq(claims[0].attempt, 2);
    ck_assert_uint_eq(claims[0].step, 1);
}
END_TEST

START_TEST(one_under_way_is_left_alone)
{
    struct delivery_claim mine = claim_one();
    ck_assert_int_eq(retry(&mine), 0);
    ck_assert_int_eq(number(IN_QUEUE), 1);
    ck_assert_uint_eq(claim(1, LEASE_MS), 0);
    ck_assert(finish(&mine, DELIVERYRESULT_DELIVERED, 0));
}
END_TEST

START_TEST(by_hand_only_while_enabled)
{
    struct delivery_claim mine = claim_one();
    struct uuid id = uuid_new();
    ck_assert(finish(&mine, DELIVERYRESULT_DEAD, 0));
    mine.delivery_id = id;
    ck_assert_int_eq(retry(&mine), ERR_NOT_FOUND);
    webhookhelp_enable(&help, &webhook, false);
    ck_assert_int_eq(retry(&mine), ERR_CONFLICT);
    ck_assert_int_eq(
        deliveryask_test(help.db, help.arena, WEBHOOKHELP_PROJECT, &webhook.uuid, &id, &help.info),
        ERR_CONFLICT);
    ck_assert_int_eq(number(IN_QUEUE), 0);
}
END_TEST

START_TEST(a_range_goes_again)
{
    static struct deliveryresult results[DELIVERY_BATCH];
    struct uuid segment = uuid_new();
    uint64_t count = 0;
    testdb_exec(help.db,
                "INSERT INTO segment (project_id, segment_id, uuid, name, slug, kind, created_ms,"
                " updated_ms) VALUES (71, 3, ?, 'n', 's', 1, 1, 1)",
                DB_PARAMS(DB_BYTES(segment.bytes, 16)));
    webhookhelp_publish_many(&help, "segment.vip.entry", 250);
    for (int round = 0; round < 2; round++) { /* sequences 1 to 200 are delivered */
        ck_assert_uint_eq(claim(DELIVERY_BATCH, LEASE_MS), DELIVERY_BATCH);
        for (size_t i = 0; i < DELIVERY_BATCH; i++) {
            results[i] = result_of(&claims[i], DELIVERYRESULT_DELIVERED);
        }
        write_results(results, DELIVERY_BATCH);
    }
    ck_assert_int_eq(number(IN_QUEUE), 50);
    ck_assert_int_eq(deliveryask_replay(help.db, help.arena, WEBHOOKHELP_PROJECT, &webhook.uuid,
                                        &segment, 30, &count, &help.info),
                     0);
    ck_assert_uint_eq(count, 220);
    ck_assert_int_eq(number(IN_QUEUE), 220);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM delivery WHERE state = 3 AND sequence <= 30"),
                     30);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM delivery WHERE state = 2"), 170);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM delivery WHERE state = 1"), 50);
    ck_assert_int_eq(deliveryask_replay(help.db, help.arena, WEBHOOKHELP_PROJECT, &webhook.uuid,
                                        &segment, 250, &count, &help.info),
                     0);
    ck_assert_uint_eq(count, 0);
    segment = uuid_new();
    ck_assert_int_eq(deliveryask_replay(help.db, help.arena, WEBHOOKHELP_PROJECT, &webhook.uuid,
                                        &segment, 0, &count, &help.info),
                     ERR_NOT_FOUND);
}
END_TEST

START_TEST(a_test_goes_to_one_webhook)
{
    struct uuid id;
    (void)webhookhelp_webhook(&help, "[\"*\"]");
    ck_assert_int_eq(
        deliveryask_test(help.db, help.arena, WEBHOOKHELP_PROJECT, &webhook.uuid, &id, &help.info),
        0);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM delivery"), 1);
    ck_assert_uint_eq(claim(10, LEASE_MS), 1);
    ck_assert(uuid_eq(&claims[0].delivery_id, &id));
    ck_assert(str_eq_c(claims[0].type, "webhook.test"));
}
END_TEST

/* ---- lists --------------------------------------------------------------------------------- */

static size_t page(struct deliverylist_query *query, struct deliverylist_item **items, bool *more,
                   uint64_t *total)
{
    size_t count = 0;
    query->project_id = WEBHOOKHELP_PROJECT;
    query->webhook_id = webhook.webhook_id;
    ck_assert_int_eq(
        deliverylist_page(help.db, help.arena, query, items, &count, more, total, &help.info), 0);
    return count;
}

START_TEST(pages_are_newest_first)
{
    struct deliverylist_query query = {.limit = 7};
    struct deliverylist_item *items;
    struct uuid last = {{0}};
    bool more = true;
    uint64_t total;
    size_t seen = 0;
    webhookhelp_publish_many(&help, "segment.vip.entry", 30);
    ck_assert_uint_eq(claim(20, LEASE_MS), 20);
    for (size_t i = 0; i < 20; i++) {
        ck_assert(finish(&claims[i], (enum deliveryresult_outcome)(i % 3 + 1), 60000));
    }
    while (more) {
        size_t count = page(&query, &items, &more, &total);
        ck_assert_uint_eq(total, seen == 0 ? 30 : 0);
        for (size_t i = 0; i < count; i++) {
            ck_assert(seen == 0 || memcmp(items[i].delivery_id.bytes, last.bytes, 16) < 0);
            ck_assert_uint_eq(items[i].attempt_rows, items[i].attempt_count);
            last = items[i].delivery_id;
            seen++;
        }
        query.has_after = true;
        query.after = last;
    }
    ck_assert_uint_eq(seen, 30);
    query = (struct deliverylist_query){.limit = 100, .state = DELIVERY_FAILED};
    ck_assert_uint_eq(page(&query, &items, &more, &total), 7);
    ck_assert_uint_eq(total, 7);
    ck_assert(!more);
    ck_assert_uint_eq(items[0].attempts[0].status, 500);
    ck_assert_int_gt(items[0].due_ms, items[0].updated_ms);
}
END_TEST

/* ---- sweeping ------------------------------------------------------------------------------ */

static void sweep(unsigned batches)
{
    int err = deliverysweep_run(help.db, help.arena, batches, &help.info);
    ck_assert_msg(err == 0, "%s", help.info.message);
}

/* Ids carry the time: the messages that are there now become so many days older. */
static void age(int64_t days)
{
    int64_t now_ms;
    ck_assert_int_eq(db_now_ms(help.db, &now_ms, &help.info), 0);
    testdb_exec(help.db,
                "UPDATE delivery SET delivery_id = CONCAT(UNHEX(LPAD(HEX(?), 12, '0')),"
                " SUBSTRING(delivery_id, 7))",
                DB_PARAMS(DB_I64(now_ms - days * 86400000)));
    testdb_exec(help.db,
                "UPDATE delivery_attempt SET delivery_id = CONCAT(UNHEX(LPAD(HEX(?), 12, '0')),"
                " SUBSTRING(delivery_id, 7))",
                DB_PARAMS(DB_I64(now_ms - days * 86400000)));
}

START_TEST(old_ones_go_when_delivered)
{
    webhookhelp_publish_many(&help, "segment.vip.entry", 4);
    ck_assert_uint_eq(claim(3, LEASE_MS), 3);
    ck_assert(finish(&claims[0], DELIVERYRESULT_DELIVERED, 0));
    ck_assert(finish(&claims[1], DELIVERYRESULT_DEAD, 0));
    ck_assert(finish(&claims[2], DELIVERYRESULT_RETRY, 0));
    age(29);
    sweep(100);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM delivery"), 4);
    age(31);
    sweep(100);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM delivery"), 3);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM delivery WHERE state = 3"), 0);
    ck_assert_int_eq(number(ATTEMPTS), 2);
}
END_TEST

START_TEST(a_deleted_webhook_goes_by_batches)
{
    struct webhook other = webhookhelp_webhook(&help, "[\"*\"]");
    webhookhelp_publish_many(&help, "segment.vip.entry", 250);
    ck_assert_uint_eq(claim(1, LEASE_MS), 1);
    ck_assert(finish(&claims[0], DELIVERYRESULT_DELIVERED, 0));
    ck_assert_int_eq(
        webhook_delete(help.db, help.arena, WEBHOOKHELP_PROJECT, &webhook.uuid, &help.info), 0);
    ck_assert_int_eq(
        webhook_get(help.db, help.arena, WEBHOOKHELP_PROJECT, &webhook.uuid, &webhook, &help.info),
        ERR_NOT_FOUND);
    ck_assert_uint_eq(claim(1, LEASE_MS), 0);
    sweep(1);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM delivery"), 400);
    sweep(100);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM delivery"), 250);
    ck_assert_int_eq(number(IN_QUEUE), 250);
    ck_assert_int_eq(number(ATTEMPTS), 0);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM webhook"), 2); /* it lingers */
    ck_assert_int_eq(number("SELECT COUNT(*) FROM webhook WHERE url = '' AND secret = ''"), 1);
    pretend("UPDATE webhook SET deleted_ms = deleted_ms - 3700000 WHERE deleted_ms IS NOT NULL");
    sweep(100);
    ck_assert_int_eq(number("SELECT webhook_id FROM webhook"), other.webhook_id);
}
END_TEST

START_TEST(at_most_so_many_webhooks)
{
    struct webhook_input input = {
        .url = STR("https://example.com/"), .events = STR("[\"*\"]"), .enabled = true};
    struct webhook more;
    struct str secret;
    for (int i = 1; i < 100; i++) {
        more = webhookhelp_webhook(&help, "[\"*\"]");
    }
    ck_assert_int_eq(webhook_create(help.db, help.arena, &help.seal, WEBHOOKHELP_PROJECT, &input,
                                    &more, &secret, &help.info),
                     ERR_UNPROCESSABLE);
    ck_assert_int_eq(
        webhook_delete(help.db, help.arena, WEBHOOKHELP_PROJECT, &webhook.uuid, &help.info), 0);
    more = webhookhelp_webhook(&help, "[\"*\"]");
    ck_assert_uint_eq(more.webhook_id, 101);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        both_secrets_sign_for_a_day, a_secret_is_sealed,
        erasing_leaves_ids_only,     no_reply_is_kept_after_erasing,
        erasing_goes_by_batches,     a_dead_one_goes_again,
        a_waiting_one_goes_now,      one_under_way_is_left_alone,
        by_hand_only_while_enabled,  a_range_goes_again,
        a_test_goes_to_one_webhook,  pages_are_newest_first,
        old_ones_go_when_delivered,  a_deleted_webhook_goes_by_batches,
        at_most_so_many_webhooks,
    };
    Suite *suite = suite_create("deliverykeep");
    TCase *test = tcase_create("deliverykeep");
    tcase_add_checked_fixture(test, setup, teardown);
    tcase_set_timeout(test, 60);
    for (size_t i = 0; i < ARRAY_LEN(tests); i++) {
        tcase_add_test(test, tests[i]);
    }
    suite_add_tcase(suite, test);
    return testdb_run(suite);
}

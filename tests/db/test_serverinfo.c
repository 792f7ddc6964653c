/*
 * What the operator is told of the database: queues, their ages, secrets of another key. Runs under
 * tests/db/with-mariadb, in a database of its own, since the numbers are over all projects.
 */
#include <stdlib.h>

#include "base/seal.h"
#include "db/migrate.h"
#include "store/serverinfo.h"
#include "testdb.h"

#define NOW "TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', UTC_TIMESTAMP(6)) DIV 1000"

static struct db *db;
static struct arena *arena;
static struct err_info info;

static void run(const char *sql)
{
    (void)testdb_exec(db, sql, DB_NO_PARAMS);
}

static void setup(void)
{
    const char *dir = getenv("MUSTER_SQL_DIR");
    arena = arena_new();
    db = testdb_new_in("serverinfo");
    info = (struct err_info){.code = ""};
    ck_assert_msg(migrate_run(db, dir != NULL ? dir : "sql", NULL, &info) == 0, "%s", info.message);
    run("DELETE FROM import_job");
    run("DELETE FROM webhook");
    run("DELETE FROM delivery");
    run("DELETE FROM delivery_due");
    run("DELETE FROM dirty");
    run("DELETE FROM project");
    run("INSERT INTO project (project_id, account_id, site_index, uuid, name, created_ms)"
        " VALUES (7, 1, 0, RANDOM_BYTES(16), 'x', 0), (8, 1, 1, RANDOM_BYTES(16), 'y', 0)");
}

static void teardown(void)
{
    db_free(db);
    arena_free(arena);
}

static void add_import(unsigned project_id, unsigned state, int64_t age_ms)
{
    testdb_exec(db,
                "INSERT INTO import_job (project_id, job_id, kind, format, mode, dry_run,"
                " keep_created, spreadsheet, state, turn_ms, created_ms)"
                " VALUES (?, RANDOM_BYTES(16), 1, 1, 1, 0, 0, 0, ?, " NOW " - ?, 0)",
                DB_PARAMS(DB_I64(project_id), DB_I64(state), DB_I64(age_ms)));
}

static void add_webhook(unsigned webhook_id, bool enabled, const char *deleted_ms)
{
    const unsigned char key_id[SEAL_KEY_ID_BYTES] = {webhook_id == 1 ? 1 : 2};
    testdb_exec(db,
                "INSERT INTO webhook (project_id, webhook_id, uuid, url, events, enabled, secret,"
                " secret_key_id, created_ms, updated_ms, deleted_ms)"
                " VALUES (7, ?, RANDOM_BYTES(16), 'https://x.example', '[]', ?, 'x', ?, 0, 0, ?)",
                DB_PARAMS(DB_I64(webhook_id), DB_I64(enabled), DB_BYTES(key_id, sizeof(key_id)),
                          deleted_ms ? DB_STR(str_from(deleted_ms)) : DB_NULL));
}

static void add_delivery(unsigned webhook_id, unsigned state)
{
    testdb_exec(db,
                "INSERT INTO delivery (project_id, delivery_id, webhook_id, event_id, type, state,"
                " segment_id, sequence, body, created_ms, updated_ms)"
                " VALUES (7, RANDOM_BYTES(16), ?, RANDOM_BYTES(16), 'x', ?, 0, 0, '{}', 0, 0)",
                DB_PARAMS(DB_I64(webhook_id), DB_I64(state)));
}

static void add_due(int64_t age_ms)
{
    testdb_exec(db,
                "INSERT INTO delivery_due (project_id, webhook_id, due_ms, delivery_id, attempts)"
                " VALUES (7, 1, " NOW " - ?, RANDOM_BYTES(16), 0)",
                DB_PARAMS(DB_I64(age_ms)));
}

static struct serverinfo_queues queues(void)
{
    struct serverinfo_queues found;
    ck_assert_msg(serverinfo_queues(db, &found, &info) == 0, "%s", info.message);
    return found;
}

/* Some time passes between the insert and the look. */
static void expect_age(int64_t age_ms, int64_t expected_ms)
{
    ck_assert_int_ge(age_ms, expected_ms);
    ck_assert_int_lt(age_ms, expected_ms + 20000);
}

START_TEST(nothing_waits)
{
    struct serverinfo_queues found = queues();
    ck_assert_uint_eq(found.webhooks_disabled, 0);
    for (size_t i = 0; i < QUEUEDEPTH_COUNT; i++) {
        ck_assert_uint_eq(found.queues[i].depth, 0);
        ck_assert_int_eq(found.queues[i].age_ms, QUEUEDEPTH_NO_AGE);
    }
}
END_TEST

START_TEST(imports_that_are_not_over)
{
    for (unsigned state = 1; state <= 6; state++)
        add_import(7, state, state == 4 ? 900000 : 60000);
    add_import(8, 2, 100000);
    struct serverinfo_queues found = queues();
    ck_assert_uint_eq(found.queues[QUEUEDEPTH_IMPORTS].depth, 3); /* waiting and active */
    expect_age(found.queues[QUEUEDEPTH_IMPORTS].age_ms, 100000);
}
END_TEST

START_TEST(deliveries_that_are_due)
{
    add_due(50000);
    add_due(70000);
    add_due(-600000); /* later */
    struct serverinfo_queues found = queues();
    ck_assert_uint_eq(found.queues[QUEUEDEPTH_DELIVERIES_DUE].depth, 2);
    expect_age(found.queues[QUEUEDEPTH_DELIVERIES_DUE].age_ms, 70000);
}
END_TEST

START_TEST(what_was_given_up)
{
    add_webhook(1, true, NULL);
    add_webhook(2, false, NULL);
    add_webhook(3, false, "1");
    for (unsigned state = 1; state <= 4; state++)
        add_delivery(1, state);
    add_delivery(2, 4);
    struct serverinfo_queues found = queues();
    ck_assert_uint_eq(found.queues[QUEUEDEPTH_DELIVERIES_DEAD].depth, 2);
    ck_assert_uint_eq(found.webhooks_disabled, 1); /* a deleted one is none */
}
END_TEST

START_TEST(secrets_of_another_key)
{
    const unsigned char first[SEAL_KEY_ID_BYTES] = {1}, third[SEAL_KEY_ID_BYTES] = {3};
    uint64_t count, foreign;
    add_webhook(1, true, NULL);
    add_webhook(2, true, NULL);
    add_webhook(3, true, "1");
    ck_assert_int_eq(serverinfo_sealed(db, first, &count, &foreign, &info), 0);
    ck_assert_uint_eq(count, 2);
    ck_assert_uint_eq(foreign, 1);
    ck_assert_int_eq(serverinfo_sealed(db, third, &count, &foreign, &info), 0);
    ck_assert_uint_eq(foreign, 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("serverinfo");
    TCase *tc = tcase_create("serverinfo");
    tcase_set_timeout(tc, 60); /* the first one migrates */
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, nothing_waits);
    tcase_add_test(tc, imports_that_are_not_over);
    tcase_add_test(tc, deliveries_that_are_due);
    tcase_add_test(tc, what_was_given_up);
    tcase_add_test(tc, secrets_of_another_key);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

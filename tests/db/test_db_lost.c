/* Connections that die, COMMITs whose answer is lost, a database that goes away and comes back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/timeutil.h"
#include "db/fault.h"
#include "proxy.h"
#include "testdb.h"

static struct {
    struct db *db; /* through the proxy */
    struct db *other;
    struct proxy *proxy;
    unsigned runs;
    int64_t connection_id;
    bool with_check;
} scene;

static void set_up(void)
{
    struct db_config config = testdb_config();
    char path[200];
    snprintf(path, sizeof(path), "%s/proxy.sock", getenv("MUSTER_TEST_MARIADB_DIR"));
    scene.proxy = proxy_start(path, config.socket);
    scene.other = db_new(&config);
    config.socket = path;
    config.io_timeout_s = 1;
    scene.db = db_new(&config);
    scene.runs = 0;
    scene.with_check = true;
    testdb_reset(scene.other);
}

static void tear_down(void)
{
    db_free(scene.db);
    db_free(scene.other);
    proxy_stop(scene.proxy);
}

/* v is the random write id of the row. */
static const char CHECK[] = "SELECT 1 FROM t WHERE id = 9 AND v = ? FOR UPDATE";

static int body_insert(struct db *db, void *ctx, struct err_info *info)
{
    (void)ctx;
    int64_t write_id = 1000 + ++scene.runs;
    int err = db_exec(db, "INSERT INTO t (id, v, note) VALUES (9, ?, ?)",
                      DB_PARAMS(DB_I64(write_id), DB_STR(STR("note"))), NULL, info);
    if (scene.with_check)
        db_set_write_check(db, CHECK, DB_PARAMS(DB_I64(write_id)));
    return err;
}

static int insert(enum db_kind kind, struct err_info *info)
{
    return db_tx(scene.db, kind, body_insert, NULL, info);
}

/* Runs body_insert with one COMMIT lost as `mode` says: it must succeed in so many runs. */
static void lose_commit(enum proxy_mode mode, enum db_kind kind, unsigned runs)
{
    struct err_info info = {0};
    ck_assert(db_ping(scene.db));
    proxy_set(scene.proxy, mode);
    int err = insert(kind, &info);
    ck_assert_msg(err == 0, "%s: %s", err_name(err), info.message);
    ck_assert_uint_eq(scene.runs, runs);
    ck_assert_uint_eq(db_stats(scene.db).connects, 2);
    ck_assert_int_eq(testdb_v(scene.other, 9), 1000 + runs);
}

START_TEST(lost_answer_is_found_done)
{
    lose_commit(PROXY_LOSE_ANSWER, DB_WRITE, 1);
}
END_TEST

START_TEST(lost_commit_is_run_again)
{
    lose_commit(PROXY_LOSE_COMMIT, DB_WRITE, 2);
}
END_TEST

START_TEST(commit_under_way_is_waited_for)
{
    lose_commit(PROXY_LATE_COMMIT, DB_WRITE, 1);
}
END_TEST

START_TEST(snapshot_write_is_settled_too)
{
    lose_commit(PROXY_LOSE_COMMIT, DB_SNAPSHOT_WRITE, 2);
}
END_TEST

START_TEST(lost_answer_without_a_check_is_unknown)
{
    struct err_info info = {0};
    scene.with_check = false;
    ck_assert(db_ping(scene.db));
    proxy_set(scene.proxy, PROXY_LOSE_ANSWER);
    ck_assert_int_eq(insert(DB_WRITE, &info), ERR_UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(info.message, "unknown"));
    ck_assert_uint_eq(scene.runs, 1);
}
END_TEST

static int body_read(struct db *db, void *ctx, struct err_info *info)
{
    (void)ctx;
    (void)info;
    scene.runs++;
    ck_assert_int_eq(testdb_v(db, 1), 10);
    return 0;
}

START_TEST(reads_need_no_answer)
{
    ck_assert(db_ping(scene.db));
    proxy_set(scene.proxy, PROXY_LOSE_ANSWER);
    ck_assert_int_eq(db_tx(scene.db, DB_READ, body_read, NULL, NULL), 0);
    ck_assert_uint_eq(scene.runs, 1);
    ck_assert_int_eq(testdb_v(scene.db, 1), 10);
}
END_TEST

static int body_killed(struct db *db, void *ctx, struct err_info *info)
{
    const bool *swallows = ctx;
    int err = db_exec(db, "UPDATE t SET v = v + 1 WHERE id = 1", DB_NO_PARAMS, NULL, info);
    if (!err && scene.runs++ == 0) {
        testdb_kill(scene.other, testdb_connection_id(db));
        err = db_exec(db, "UPDATE t SET v = v + 1 WHERE id = 2", DB_NO_PARAMS, NULL, info);
        ck_assert_int_eq(err, ERR_RETRY);
        ck_assert_int_eq(db_exec(db, "UPDATE t SET v = 0", DB_NO_PARAMS, NULL, info), ERR_RETRY);
    }
    return *swallows ? 0 : err;
}

static void kill_in_transaction(bool swallows)
{
    struct err_info info = {0};
    int err = db_tx(scene.db, DB_WRITE, body_killed, &swallows, &info);
    ck_assert_msg(err == 0, "%s: %s", err_name(err), info.message);
    ck_assert_uint_eq(scene.runs, 2);
    ck_assert_int_eq(testdb_v(scene.other, 1), 11);
    ck_assert_int_eq(testdb_v(scene.other, 2), 20);
    ck_assert_uint_eq(db_stats(scene.db).connects, 2);
}

START_TEST(killed_before_commit_is_run_again)
{
    kill_in_transaction(false);
}
END_TEST

START_TEST(swallowed_loss_is_not_committed)
{
    kill_in_transaction(true);
}
END_TEST

START_TEST(statements_are_prepared_again)
{
    for (int i = 0; i < 3; i++) {
        /* Idle connections die: outside a transaction the next statement must not notice, be it a
         * query or a write that cannot have left. */
        testdb_kill(scene.other, testdb_connection_id(scene.db));
        ck_assert_int_eq(testdb_v(scene.db, 1), 10 + i);
        struct db *direct = scene.other;
        testdb_kill(scene.db, testdb_connection_id(direct));
        testdb_set_v(direct, 1, 11 + i);
    }
    ck_assert_uint_eq(db_stats(scene.db).connects, 4);
}
END_TEST

START_TEST(streamed_rows_that_break_off_say_so)
{
    AUTO(db_rows) rows = NULL;
    static const char many[] = "SELECT a.seq FROM seq_1_to_3000 a, seq_1_to_3000 b WHERE a.seq > 0";
    int64_t connection_id = testdb_connection_id(scene.db);
    ck_assert_int_eq(db_query(scene.db, many, DB_NO_PARAMS, true, &rows, NULL), 0);
    ck_assert_int_eq(db_next(rows, NULL), 1);
    testdb_exec(scene.other, "KILL ?", DB_PARAMS(DB_I64(connection_id)));
    int more;
    while ((more = db_next(rows, NULL)) == 1)
        ;
    ck_assert_int_eq(more, ERR_UNAVAILABLE);
    ck_assert_int_lt(db_next(rows, NULL), 0);
    ck_assert_int_eq(testdb_v(scene.db, 1), 10);
}
END_TEST

START_TEST(stalled_server_costs_one_timeout_each)
{
    ck_assert(db_ping(scene.db));
    proxy_set(scene.proxy, PROXY_STALL);
    int64_t start_us = timeutil_mono_us();
    int err = db_exec(scene.db, "UPDATE t SET v = 5 WHERE id = 1", DB_NO_PARAMS, NULL, NULL);
    int64_t took_ms = (timeutil_mono_us() - start_us) / 1000;
    ck_assert_int_eq(err, ERR_UNAVAILABLE);
    ck_assert_msg(took_ms >= 900 && took_ms < 1900, "a read timeout of 1 s took %d ms",
                  (int)took_ms);
    start_us = timeutil_mono_us();
    ck_assert(!db_ping(scene.db));
    took_ms = (timeutil_mono_us() - start_us) / 1000;
    ck_assert_msg(took_ms < 2900, "connecting gave up after %d ms", (int)took_ms);
    proxy_set(scene.proxy, PROXY_PASS);
    ck_assert(db_ping(scene.db));
}
END_TEST

static int body_server_dies(struct db *db, void *ctx, struct err_info *info)
{
    int err = body_insert(db, ctx, info);
    if (!err)
        testdb_server("--stop");
    return err;
}

START_TEST(database_goes_and_comes_back)
{
    ck_assert_int_eq(testdb_v(scene.db, 1), 10);
    struct err_info info = {0};
    ck_assert_int_eq(db_tx(scene.db, DB_WRITE, body_server_dies, NULL, &info), ERR_UNAVAILABLE);
    ck_assert_uint_eq(scene.runs, 1);
    int64_t start_us = timeutil_mono_us();
    for (int i = 0; i < 10; i++) {
        ck_assert_int_eq(insert(DB_WRITE, &info), ERR_UNAVAILABLE);
        ck_assert_int_eq(db_exec(scene.db, "UPDATE t SET v = 1", DB_NO_PARAMS, NULL, &info),
                         ERR_UNAVAILABLE);
        ck_assert(!db_ping(scene.db));
    }
    ck_assert_int_lt(timeutil_mono_us() - start_us, 2000000);
    testdb_server("--start");
    ck_assert_int_eq(testdb_v(scene.db, 1), 10);
    ck_assert_int_eq(insert(DB_WRITE, &info), 0);
    ck_assert_int_eq(testdb_v(scene.other, 9), 1002);
}
END_TEST

#ifdef MUSTER_FAULTS
/* Every statement and COMMIT of the transaction fails once, in every way that can be. */
START_TEST(every_fault_at_every_statement)
{
    static const unsigned codes[] = {1213, 1205, 1020, 2006, 2013};
    for (unsigned n = 1; n <= 2; n++) {
        for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
            for (int after = 0; after < 2; after++) {
                /* A COMMIT that took effect cannot have been refused or unsent. */
                if (after && n == 2 && codes[i] != 2013)
                    continue;
                testdb_exec(scene.other, "DELETE FROM t WHERE id = 9", DB_NO_PARAMS);
                scene.runs = 0;
                ck_assert(db_ping(scene.db));
                fault_arm(n, codes[i], after);
                struct err_info info = {0};
                int err = insert(DB_WRITE, &info);
                fault_arm(0, 0, false);
                ck_assert_msg(err == 0, "%u %u %d: %s", n, codes[i], after, info.message);
                unsigned expected = n == 2 && after ? 1 : 2;
                ck_assert_uint_eq(scene.runs, expected);
                ck_assert_int_eq(testdb_v(scene.other, 9), 1000 + expected);
            }
        }
    }
}
END_TEST
#endif

int main(void)
{
    Suite *suite = suite_create("db_lost");
    TCase *tests = tcase_create("lost");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, lost_answer_is_found_done);
    tcase_add_test(tests, lost_commit_is_run_again);
    tcase_add_test(tests, commit_under_way_is_waited_for);
    tcase_add_test(tests, snapshot_write_is_settled_too);
    tcase_add_test(tests, lost_answer_without_a_check_is_unknown);
    tcase_add_test(tests, reads_need_no_answer);
    tcase_add_test(tests, killed_before_commit_is_run_again);
    tcase_add_test(tests, swallowed_loss_is_not_committed);
    tcase_add_test(tests, statements_are_prepared_again);
    tcase_add_test(tests, streamed_rows_that_break_off_say_so);
    tcase_add_test(tests, stalled_server_costs_one_timeout_each);
    tcase_add_test(tests, database_goes_and_comes_back);
#ifdef MUSTER_FAULTS
    tcase_add_test(tests, every_fault_at_every_statement);
#endif
    suite_add_tcase(suite, tests);
    return testdb_run(suite);
}

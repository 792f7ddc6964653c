/* The three kinds of transaction against a second connection, and the retries that need no fault in
 * the connection. */
#include <pthread.h>
#include <time.h>

#include "base/timeutil.h"
#include "testdb.h"

/* What the bodies below work with. */
struct scene {
    struct db *db;
    struct db *other;
    unsigned runs;
    int64_t connection_id;
    pthread_barrier_t barrier;
    int64_t first_id; /* of a deadlocking pair */
};

static void sleep_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

static struct scene scene;

static void set_up(void)
{
    scene = (struct scene){.db = testdb_new(), .other = testdb_new()};
    testdb_reset(scene.other);
}

static void tear_down(void)
{
    db_free(scene.db);
    db_free(scene.other);
}

static int run(enum db_kind kind, db_body *body, struct err_info *info)
{
    return db_tx(scene.db, kind, body, &scene, info);
}

static void must_run(enum db_kind kind, db_body *body)
{
    struct err_info info = {0};
    int err = run(kind, body, &info);
    ck_assert_msg(err == 0, "%s: %s", err_name(err), info.message);
}

static int body_read(struct db *db, void *ctx, struct err_info *info)
{
    (void)ctx;
    (void)info;
    /* The snapshot stands from START, not from the first SELECT. */
    testdb_set_v(scene.other, 1, 11);
    ck_assert_int_eq(testdb_v(db, 1), 10);
    testdb_set_v(scene.other, 1, 12);
    testdb_exec(scene.other, "INSERT INTO t (id, v) VALUES (4, 40)", DB_NO_PARAMS);
    ck_assert_int_eq(testdb_v(db, 1), 10);
    ck_assert_int_eq(testdb_i64(db, "SELECT COUNT(*) FROM t", DB_NO_PARAMS), 3);
    return 0;
}

START_TEST(read_keeps_its_snapshot)
{
    must_run(DB_READ, body_read);
    ck_assert_int_eq(testdb_v(scene.db, 1), 12);
}
END_TEST

static int body_update(struct db *db, void *ctx, struct err_info *info)
{
    (void)ctx;
    scene.runs++;
    return db_exec(db, "UPDATE t SET v = v + 1 WHERE id = 1", DB_NO_PARAMS, NULL, info);
}

START_TEST(read_refuses_to_write)
{
    struct err_info info = {0};
    ck_assert_int_eq(run(DB_READ, body_update, &info), ERR_INTERNAL);
    ck_assert_uint_eq(scene.runs, 1);
    ck_assert_int_eq(testdb_v(scene.other, 1), 10);
}
END_TEST

static int body_write(struct db *db, void *ctx, struct err_info *info)
{
    (void)ctx;
    (void)info;
    ck_assert_int_eq(testdb_v(db, 1), 10);
    testdb_set_v(scene.other, 1, 11);
    ck_assert_int_eq(testdb_v(db, 1), 11);
    testdb_set_v(db, 2, 21);
    ck_assert_int_eq(testdb_v(scene.other, 2), 20);
    return 0;
}

START_TEST(write_sees_what_others_committed)
{
    must_run(DB_WRITE, body_write);
    ck_assert_int_eq(testdb_v(scene.other, 2), 21);
}
END_TEST

static int body_hold_lock(struct db *db, void *ctx, struct err_info *info)
{
    (void)ctx;
    (void)info;
    testdb_i64(db, "SELECT v FROM t WHERE id = 1 FOR UPDATE", DB_NO_PARAMS);
    pthread_barrier_wait(&scene.barrier);
    /* The main thread is waiting for the row by now, inside its transaction. */
    sleep_ms(300);
    testdb_set_v(db, 2, 21);
    return 0;
}

static void *hold_lock(void *ctx)
{
    (void)ctx;
    AUTO(db) db = testdb_new();
    ck_assert_int_eq(db_tx(db, DB_WRITE, body_hold_lock, NULL, NULL), 0);
    return NULL;
}

static int body_lock_first(struct db *db, void *ctx, struct err_info *info)
{
    (void)ctx;
    (void)info;
    pthread_barrier_wait(&scene.barrier);
    testdb_i64(db, "SELECT v FROM t WHERE id = 1 FOR UPDATE", DB_NO_PARAMS);
    /* The first plain SELECT makes the snapshot: newer than the lock … */
    ck_assert_int_eq(testdb_v(db, 2), 21);
    /* … and from here on it stays, */
    testdb_set_v(scene.other, 2, 22);
    ck_assert_int_eq(testdb_v(db, 2), 21);
    /* but a write sees the newest row: what was read is not what would be deleted. */
    static const char delete[] = "DELETE FROM t WHERE id = 2 AND v = ?";
    ck_assert_uint_eq(testdb_exec(db, delete, DB_PARAMS(DB_I64(21))), 0);
    ck_assert_uint_eq(testdb_exec(db, delete, DB_PARAMS(DB_I64(22))), 1);
    return 0;
}

static void lock_first(void)
{
    pthread_barrier_init(&scene.barrier, NULL, 2);
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, hold_lock, NULL), 0);
    must_run(DB_SNAPSHOT_WRITE, body_lock_first);
    pthread_join(thread, NULL);
    ck_assert_int_eq(testdb_i64(scene.other, "SELECT COUNT(*) FROM t", DB_NO_PARAMS), 2);
}

START_TEST(snapshot_write_locks_first)
{
    lock_first();
}
END_TEST

START_TEST(snapshot_write_where_the_server_is_stricter)
{
    testdb_exec(scene.other, "SET GLOBAL innodb_snapshot_isolation = ON", DB_NO_PARAMS);
    lock_first();
    testdb_exec(scene.other, "SET GLOBAL innodb_snapshot_isolation = OFF", DB_NO_PARAMS);
}
END_TEST

static int body_fail(struct db *db, void *ctx, struct err_info *info)
{
    int err = body_update(db, ctx, info);
    return err ? err : err_set(info, ERR_NOT_FOUND, NULL, "on purpose");
}

START_TEST(failure_rolls_back)
{
    struct err_info info = {0};
    ck_assert_int_eq(run(DB_WRITE, body_fail, &info), ERR_NOT_FOUND);
    ck_assert_str_eq(info.message, "on purpose");
    ck_assert_uint_eq(scene.runs, 1);
    ck_assert_int_eq(testdb_v(scene.other, 1), 10);
}
END_TEST

static int body_nested(struct db *db, void *ctx, struct err_info *info)
{
    (void)info;
    ck_assert_int_eq(db_tx(db, DB_WRITE, body_update, ctx, NULL), ERR_INTERNAL);
    return 0;
}

START_TEST(no_transaction_inside_another)
{
    must_run(DB_WRITE, body_nested);
    ck_assert_uint_eq(scene.runs, 0);
}
END_TEST

static int body_conflict(struct db *db, void *ctx, struct err_info *info)
{
    (void)ctx;
    struct err_info own = {0};
    int err = db_exec(db, "INSERT INTO t (id, v, note) VALUES (9, 90, 'secret')", DB_NO_PARAMS,
                      NULL, &own);
    ck_assert_int_eq(err, ERR_CONFLICT);
    ck_assert_str_eq(own.message, "duplicate key note_key");
    return body_update(db, ctx, info);
}

START_TEST(conflict_leaves_the_transaction_alive)
{
    testdb_exec(scene.other, "UPDATE t SET note = 'secret' WHERE id = 3", DB_NO_PARAMS);
    must_run(DB_WRITE, body_conflict);
    ck_assert_int_eq(testdb_v(scene.other, 1), 11);
}
END_TEST

/* Adds 1 to two rows, in the order given; the first time it waits between them for its partner. */
static int body_deadlock(struct db *db, void *ctx, struct err_info *info)
{
    static const char add[] = "UPDATE t SET v = v + 1 WHERE id = ?";
    struct scene *own = ctx;
    int err = db_exec(db, add, DB_PARAMS(DB_I64(own->first_id)), NULL, info);
    if (own->runs++ == 0)
        pthread_barrier_wait(&scene.barrier);
    if (!err)
        err = db_exec(db, add, DB_PARAMS(DB_I64(3 - own->first_id)), NULL, info);
    if (err)
        /* The transaction is gone: nothing after it may reach the database. */
        ck_assert_int_eq(db_exec(db, add, DB_PARAMS(DB_I64(3)), NULL, info), ERR_RETRY);
    return err;
}

static void *deadlock(void *ctx)
{
    AUTO(db) db = testdb_new();
    struct err_info info = {0};
    int err = db_tx(db, DB_WRITE, body_deadlock, ctx, &info);
    ck_assert_msg(err == 0, "%s: %s", err_name(err), info.message);
    return NULL;
}

START_TEST(deadlock_is_run_again)
{
    pthread_barrier_init(&scene.barrier, NULL, 2);
    struct scene pair[2] = {{.first_id = 1}, {.first_id = 2}};
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, deadlock, &pair[i]), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    ck_assert_uint_eq(pair[0].runs + pair[1].runs, 3);
    ck_assert_int_eq(testdb_v(scene.other, 1), 12);
    ck_assert_int_eq(testdb_v(scene.other, 2), 22);
    ck_assert_int_eq(testdb_v(scene.other, 3), 30);
}
END_TEST

static int body_hold_long(struct db *db, void *ctx, struct err_info *info)
{
    (void)ctx;
    (void)info;
    testdb_i64(db, "SELECT v FROM t WHERE id = 2 FOR UPDATE", DB_NO_PARAMS);
    pthread_barrier_wait(&scene.barrier);
    sleep_ms(4000);
    return 0;
}

static void *hold_long(void *ctx)
{
    (void)ctx;
    AUTO(db) db = testdb_new();
    ck_assert_int_eq(db_tx(db, DB_WRITE, body_hold_long, NULL, NULL), 0);
    return NULL;
}

static int body_two_rows(struct db *db, void *ctx, struct err_info *info)
{
    int err = body_update(db, ctx, info);
    if (!err)
        err = db_exec(db, "UPDATE t SET v = v + 1 WHERE id = 2", DB_NO_PARAMS, NULL, info);
    return err;
}

START_TEST(lock_wait_is_rolled_back_and_run_again)
{
    pthread_barrier_init(&scene.barrier, NULL, 2);
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, hold_long, NULL), 0);
    pthread_barrier_wait(&scene.barrier);
    must_run(DB_WRITE, body_two_rows);
    pthread_join(thread, NULL);
    ck_assert_uint_eq(scene.runs, 2);
    ck_assert_uint_eq(db_stats(scene.db).retries, 1);
    ck_assert_int_eq(testdb_v(scene.other, 1), 11);
    ck_assert_int_eq(testdb_v(scene.other, 2), 21);
}
END_TEST

static int body_slow(struct db *db, void *ctx, struct err_info *info)
{
    (void)ctx;
    scene.runs++;
    AUTO(db_rows) rows = NULL;
    int found = db_one(db, "SELECT SLEEP(5)", DB_NO_PARAMS, &rows, info);
    /* Swallowed: the transaction must not commit all the same. */
    return found < 0 ? 0 : found;
}

START_TEST(slow_statement_is_cut_and_not_run_again)
{
    db_set_deadline_ms(scene.db, 300);
    int64_t start_us = timeutil_mono_us();
    struct err_info info = {0};
    int err = run(DB_WRITE, body_slow, &info);
    ck_assert_msg(err == ERR_UNAVAILABLE, "%s: %s", err_name(err), info.message);
    ck_assert_int_lt(timeutil_mono_us() - start_us, 1000000);
    ck_assert_uint_eq(scene.runs, 1);
    /* Behind the deadline nothing starts, and a new one gives room again. The server may have cut
     * a moment before our clock is there. */
    sleep_ms(20);
    ck_assert_int_eq(run(DB_WRITE, body_update, &info), ERR_UNAVAILABLE);
    ck_assert_uint_eq(scene.runs, 1);
    db_set_deadline_ms(scene.db, 5000);
    must_run(DB_WRITE, body_update);
    db_set_deadline_ms(scene.db, 0);
    ck_assert_int_eq(testdb_i64(scene.db, "SELECT SLEEP(0.6)", DB_NO_PARAMS), 0);
}
END_TEST

static int body_always_again(struct db *db, void *ctx, struct err_info *info)
{
    (void)db;
    (void)ctx;
    (void)info;
    scene.runs++;
    return ERR_RETRY;
}

START_TEST(retries_are_bounded)
{
    struct err_info info = {0};
    ck_assert_int_eq(run(DB_WRITE, body_always_again, &info), ERR_UNAVAILABLE);
    ck_assert_uint_eq(scene.runs, 6);
}
END_TEST

static int body_update_and_fail(struct db *db, void *ctx, struct err_info *info)
{
    int err = body_update(db, ctx, info);
    return err < 0 ? err : err_set(info, ERR_INVAL, NULL, "no");
}

static int body_snapshot(struct db *db, void *ctx, struct err_info *info)
{
    (void)ctx;
    (void)info;
    int64_t before = testdb_v(db, 1);
    testdb_set_v(scene.other, 1, before + 1000);
    ck_assert_int_eq(testdb_v(db, 1), before);
    return 0;
}

/* So many that the session begins them without a command. */
static void write_in_a_row(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        int64_t before = testdb_v(scene.other, 1);
        must_run(DB_WRITE, body_update);
        ck_assert_int_eq(testdb_v(scene.other, 1), before + 1);
    }
}

START_TEST(writes_in_a_row_are_transactions_like_any)
{
    struct err_info info = {0};
    write_in_a_row(8);
    int64_t before = testdb_v(scene.other, 1);
    ck_assert_int_eq(run(DB_WRITE, body_update_and_fail, &info), ERR_INVAL);
    ck_assert_int_eq(testdb_v(scene.other, 1), before);
    write_in_a_row(1);
    ck_assert_int_le(testdb_i64(scene.db,
                                "SELECT VARIABLE_VALUE FROM information_schema.SESSION_STATUS"
                                " WHERE VARIABLE_NAME = 'COM_BEGIN'",
                                DB_NO_PARAMS),
                     3);
}
END_TEST

START_TEST(after_writes_in_a_row_a_statement_commits_alone)
{
    write_in_a_row(8);
    testdb_set_v(scene.db, 1, 50);
    ck_assert_int_eq(testdb_v(scene.other, 1), 50);
    ck_assert_int_eq(testdb_i64(scene.db, "SELECT @@autocommit", DB_NO_PARAMS), 1);
    write_in_a_row(8);
    must_run(DB_READ, body_snapshot);
    write_in_a_row(8);
    must_run(DB_SNAPSHOT_WRITE, body_snapshot);
    ck_assert_int_eq(testdb_v(scene.db, 1), testdb_v(scene.other, 1));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("db_tx");
    TCase *tests = tcase_create("tx");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, read_keeps_its_snapshot);
    tcase_add_test(tests, read_refuses_to_write);
    tcase_add_test(tests, write_sees_what_others_committed);
    tcase_add_test(tests, snapshot_write_locks_first);
    tcase_add_test(tests, snapshot_write_where_the_server_is_stricter);
    tcase_add_test(tests, failure_rolls_back);
    tcase_add_test(tests, no_transaction_inside_another);
    tcase_add_test(tests, conflict_leaves_the_transaction_alive);
    tcase_add_test(tests, deadlock_is_run_again);
    tcase_add_test(tests, lock_wait_is_rolled_back_and_run_again);
    tcase_add_test(tests, slow_statement_is_cut_and_not_run_again);
    tcase_add_test(tests, retries_are_bounded);
    tcase_add_test(tests, writes_in_a_row_are_transactions_like_any);
    tcase_add_test(tests, after_writes_in_a_row_a_statement_commits_alone);
    suite_add_tcase(suite, tests);
    return testdb_run(suite);
}

/*
 * The executor, several at once and with processes that die: nothing is done twice, nothing is left
 * out, and who waits costs nothing. Runs under tests/db/with-mariadb.
 */
#include "base/macros.h"
#include "db/fault.h"
#include "executorhelp.h"
#include "flowhelp.h"

/* ---- crashes ------------------------------------------------------------------------------- */

#define MANY 40

static void make_many(void)
{
    executorhelp_make(
        SIGNUP, false,
        T "," SEND("a") "," STEP("u", "UPDATE_CONTACT", "{\"data\":{\"plan\":\"pro\"}}") "," STEP(
            "c", "CONDITION", PRO) "," SEND("y") "," DELAY("d", "1") "," SEND("z"),
        LINK("t", "a") "," LINK("a", "u") "," LINK("u", "c") "," BRANCH("c", "y", "yes") "," LINK(
            "y", "d") "," LINK("d", "z"));
    for (int i = 0; i < MANY; i++)
        executorhelp_track(arena_printf(executorhelp.arena, "c%d@example.com", i), "signup", NULL);
}

static void assert_all_done(void)
{
    executorhelp_run(INT64_C(10) * EXECUTORHELP_LEASE_MS);
    executorhelp_run(2 * EXECUTORHELP_DAY_MS);
    executorhelp_run(4 * EXECUTORHELP_DAY_MS);
    ck_assert_int_eq(
        contacthelp_i64(&executorhelp, "SELECT COUNT(*) FROM execution WHERE status = 3"), MANY);
    ck_assert_int_eq(executorhelp_messages(), 3 * MANY);
    ck_assert_int_eq(contacthelp_i64(&executorhelp, "SELECT COUNT(*) FROM execution_step"),
                     6 * MANY);
    ck_assert_int_eq(
        contacthelp_i64(&executorhelp,
                        "SELECT COUNT(*) FROM contact WHERE data = '{\"plan\":\"pro\"}'"),
        MANY);
}

START_TEST(a_lease_that_nobody_ends_ends)
{
    struct execution *claimed = NULL;
    size_t count = 0;
    int64_t now_ms = 0;
    make_many();
    ck_assert_int_eq(executorhelp_round(0), true);
    ck_assert_int_eq(db_now_ms(executorhelp.handles.db, &now_ms, &executorhelp.info), 0);
    ck_assert_int_eq(execution_claim(executorhelp.handles.db, executorhelp.arena,
                                     CONTACTHELP_PROJECT, EXECUTION_FLOWS, now_ms, 25,
                                     EXECUTORHELP_LEASE_MS, &claimed, &count, &executorhelp.info),
                     0);
    ck_assert_uint_eq(count, 25);
    executorhelp_run(0);
    ck_assert_int_eq(executorhelp_messages(), 2 * (MANY - 25));
    assert_all_done();
}
END_TEST

/* A worker beside another one, in a process of its own. */
static int work_beside(struct contacthelp *other, int number)
{
    (void)number;
    executorhelp = *other;
    executorhelp_run(0);
    return 0;
}

START_TEST(two_at_once_do_nothing_twice)
{
    make_many();
    ck_assert_int_eq(contacthelp_fork(3, work_beside), 3);
    executorhelp_run(0);
    ck_assert_int_eq(executorhelp_messages(), 2 * MANY);
    assert_all_done();
}
END_TEST

/* Who waits is not looked at: a round reads what is due, by an index. */
START_TEST(who_waits_costs_nothing)
{
    executorhelp_make(SIGNUP, false, T "," DELAY("d", "9"), LINK("t", "d"));
    flowhelp_run(
        &executorhelp,
        "INSERT INTO execution_due (project_id, execution_id, class, due_ms, since_ms, ordinal,"
        " owner_kind, owner_id, version, token, attempts, told, is_woken)"
        " SELECT 7, 1000 + seq, 1, 4000000000000 + seq, 1, seq, 1, 1, 1, 0, 0, 0, 0"
        " FROM seq_1_to_100000");
    flowhelp_run(&executorhelp, "ANALYZE TABLE execution_due");
    struct execution_queue *queues = NULL;
    size_t count = 1;
    int64_t now_ms = 0;
    ck_assert_int_eq(db_now_ms(executorhelp.handles.db, &now_ms, &executorhelp.info), 0);
    flowhelp_run(&executorhelp, "FLUSH STATUS");
    ck_assert_int_eq(execution_queues(executorhelp.handles.db, executorhelp.arena, EXECUTION_FLOWS,
                                      now_ms, 10, &queues, &count, &executorhelp.info),
                     0);
    ck_assert_uint_eq(count, 0);
    executorhelp_run(0);
    ck_assert_int_lt(contacthelp_i64(&executorhelp, "SELECT SUM(VARIABLE_VALUE) FROM"
                                                    " information_schema.SESSION_STATUS"
                                                    " WHERE VARIABLE_NAME LIKE 'HANDLER_READ%'"),
                     1000);
}
END_TEST

#ifdef MUSTER_FAULTS
static const struct {
    unsigned code;
    bool after;
} faults[] = {{2013, false}, {2013, true}, {1213, false}};

START_TEST(no_fault_does_anything_twice)
{
    for (unsigned n = 1; n < 90; n += 1 + n / 20) {
        executorhelp_close();
        executorhelp_open();
        make_many();
        fault_arm(n, faults[_i].code, faults[_i].after);
        for (int round = 0; round < 6; round++)
            (void)executorhelp_round(0);
        fault_arm(0, 0, false);
        assert_all_done();
    }
}
END_TEST
#endif

int main(void)
{
    Suite *suite = suite_create("executorcrash");
    TCase *tests = tcase_create("executorcrash");
    tcase_set_timeout(tests, 240);
    tcase_add_checked_fixture(tests, executorhelp_open, executorhelp_close);
    tcase_add_test(tests, a_lease_that_nobody_ends_ends);
    tcase_add_test(tests, two_at_once_do_nothing_twice);
    tcase_add_test(tests, who_waits_costs_nothing);
#ifdef MUSTER_FAULTS
    tcase_add_loop_test(tests, no_fault_does_anything_twice, 0, (int)ARRAY_LEN(faults));
#endif
    suite_add_tcase(suite, tests);
    return testdb_run(suite);
}

/*
 * Executions: who may enter, leases, moves with their log, waits and their wake-up, cancelling, and
 * what goes with a deleted flow. Runs under tests/db/with-mariadb.
 */
#include <stdio.h>

#include "flowhelp.h"
#include "store/contactdelete.h"
#include "store/executionlist.h"
#include "store/flowevent.h"

static struct contacthelp help;
static struct workflow flow;
static struct contact ann;

static void setup(void)
{
    flowhelp_reset();
    contacthelp_open(&help);
    flow = flowhelp_workflow(&help, "signed up", "paid");
    ann = contacthelp_must(&help, "ann@b.c", CONTACTCHANGE_KEEP, NULL);
}

static void teardown(void)
{
    contacthelp_close(&help);
}

static int64_t number(const char *sql)
{
    return contacthelp_i64(&help, sql);
}

/* Starts Ann. Returns whether she started. */
static bool enter(bool allow_reentry, int64_t now_ms)
{
    struct execution_start start = {.ordinal = ann.ordinal};
    return flowhelp_start(&help, &flow, allow_reentry, &start, 1, now_ms) == 1;
}

/* Claims Ann's execution, which must be due. */
static struct execution *claim(int64_t now_ms)
{
    struct execution *executions;
    ck_assert_uint_eq(flowhelp_claim(&help, now_ms, &executions), 1);
    return executions;
}

static void must_not_be_due(int64_t now_ms)
{
    struct execution *executions;
    ck_assert_uint_eq(flowhelp_claim(&help, now_ms, &executions), 0);
}

/* A move to another step that is due at `due_ms`. Returns whether it was still ours. */
static bool go(const struct execution *execution, const char *step, enum execution_status status,
               int64_t due_ms, uint32_t wait_name_id, int64_t now_ms)
{
    const struct execution_done done = {.step = execution->step, .type = 3, .at_ms = now_ms};
    const struct execution_move move = {.execution = execution,
                                        .done = &done,
                                        .done_count = 1,
                                        .status = status,
                                        .step = str_from(step),
                                        .class = EXECUTION_FLOWS,
                                        .due_ms = due_ms,
                                        .wait_name_id = wait_name_id};
    return flowhelp_move(&help, &move, 1, now_ms) == 1;
}

static uint32_t name_id(const char *name)
{
    struct str text = str_from(name);
    uint32_t id;
    AUTO(db_rows) rows = NULL;
    ck_assert_int_eq(db_one(help.handles.db, "SELECT name_id FROM event_name WHERE name = ?",
                            DB_PARAMS(DB_BYTES(text.at, text.len)), &rows, &help.info),
                     1);
    id = (uint32_t)db_i64(rows, 0);
    return id;
}

/* ---- entering ------------------------------------------------------------------------------ */

START_TEST(once_ever_without_reentry)
{
    ck_assert(enter(false, 1000));
    ck_assert(!enter(false, 1000));
    const struct execution *execution = claim(1000);
    const struct execution_move end = {.execution = execution, .status = EXECUTION_COMPLETED};
    ck_assert_uint_eq(flowhelp_move(&help, &end, 1, 2000), 1);
    ck_assert(!enter(false, 3000));
    ck_assert_int_eq(number("SELECT COUNT(*) FROM execution"), 1);
}
END_TEST

START_TEST(again_with_reentry_once_it_is_over)
{
    ck_assert(enter(true, 1000));
    ck_assert(!enter(true, 1000));
    const struct execution_move end = {.execution = claim(1000), .status = EXECUTION_EXITED};
    ck_assert_uint_eq(flowhelp_move(&help, &end, 1, 2000), 1);
    ck_assert(enter(true, 3000));
}
END_TEST

START_TEST(nobody_twice_and_nobody_who_is_gone)
{
    struct execution_start starts[] = {{.ordinal = 4711},
                                       {.ordinal = ann.ordinal, .context = STR("{\"a\":1}")},
                                       {.ordinal = ann.ordinal, .context = STR("{\"a\":2}")}};
    ck_assert_uint_eq(flowhelp_start(&help, &flow, true, starts, 3, 1000), 1);
    ck_assert(starts[1].started);
    const struct execution *execution = claim(1000);
    ck_assert_uint_eq(execution->execution_id, starts[1].execution_id);
    ck_assert(str_eq_c(execution->context, "{\"a\":1}"));
    ck_assert(str_eq_c(execution->step, "one"));
    ck_assert_uint_eq(execution->steps_done, 0);
}
END_TEST

static int enter_in_child(struct contacthelp *child, int child_number)
{
    struct execution_start start = {.ordinal = ann.ordinal};
    (void)child_number;
    return flowhelp_start(child, &flow, false, &start, 1, 1000) == 1 ? 0 : 1;
}

START_TEST(of_many_at_once_one_enters)
{
    ck_assert_int_eq(contacthelp_fork(6, enter_in_child), 1);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM execution"), 1);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM execution_due"), 1);
}
END_TEST

/* ---- leases and moves ---------------------------------------------------------------------- */

START_TEST(a_claim_holds_until_its_lease_ends)
{
    ck_assert(enter(false, 1000));
    must_not_be_due(999);
    const struct execution *first = claim(1000);
    ck_assert_uint_eq(first->attempts, 1);
    must_not_be_due(1999);
    const struct execution *second = claim(2000);
    ck_assert_uint_eq(second->attempts, 2);
    ck_assert_uint_eq(second->told, 0);
    ck_assert(!go(first, "two", EXECUTION_RUNNING, 2000, 0, 2000));
    ck_assert(go(second, "two", EXECUTION_RUNNING, 2000, 0, 2000));
    ck_assert_int_eq(number("SELECT COUNT(*) FROM execution_step"), 1);
}
END_TEST

/* The log of one, which must have `count` rows. */
static struct executionlist_step *steps_of(uint32_t execution_id, size_t count)
{
    struct executionlist_step *steps;
    size_t found;
    ck_assert_int_eq(executionlist_steps(help.handles.db, help.arena, CONTACTHELP_PROJECT,
                                         execution_id, 0, &steps, &found, &help.info),
                     0);
    ck_assert_uint_eq(found, count);
    return steps;
}

START_TEST(a_move_begins_the_next_step)
{
    ck_assert(enter(false, 1000));
    ck_assert(go(claim(1000), "two", EXECUTION_WAITING, 5000, 0, 1500));
    must_not_be_due(4999);
    const struct execution *execution = claim(5000);
    ck_assert(str_eq_c(execution->step, "two"));
    ck_assert_int_eq(execution->status, EXECUTION_WAITING);
    ck_assert_uint_eq(execution->steps_done, 1);
    ck_assert_uint_eq(execution->attempts, 1);
    ck_assert_int_eq(execution->since_ms, 1500);
}
END_TEST

START_TEST(an_end_logs_what_was_done_and_why)
{
    ck_assert(enter(false, 1000));
    const struct execution *execution = claim(1000);
    const struct execution_done done[] = {{.step = STR("one"), .type = 3, .at_ms = 5000},
                                          {.step = STR("two"),
                                           .type = 6,
                                           .outcome = STR("sent"),
                                           .problem = STR("called twice"),
                                           .at_ms = 5000}};
    const struct execution_move end = {.execution = execution,
                                       .done = done,
                                       .done_count = 2,
                                       .status = EXECUTION_FAILED,
                                       .reason = STR("no answer")};
    struct executionlist_item item;
    struct flowversion version = flowhelp_flow(&flow);
    ck_assert_uint_eq(flowhelp_move(&help, &end, 1, 6000), 1);
    ck_assert_int_eq(executionlist_get(help.handles.db, help.arena, &version, &execution->uuid,
                                       &item, &help.info),
                     0);
    ck_assert_int_eq(item.execution.status, EXECUTION_FAILED);
    ck_assert(str_eq_c(item.execution.reason, "no answer"));
    ck_assert(item.execution.step.at == NULL);
    ck_assert_int_eq(item.execution.finished_ms, 6000);
    ck_assert(str_eq_c(item.email, "ann@b.c"));
    const struct executionlist_step *steps = steps_of(item.execution.execution_id, 2);
    ck_assert(str_eq_c(steps[0].done.step, "one"));
    ck_assert_uint_eq(steps[1].number, 1);
    ck_assert(str_eq_c(steps[1].done.problem, "called twice"));
}
END_TEST

START_TEST(what_fails_is_told_and_what_was_not_tried_is_not_counted)
{
    ck_assert(enter(false, 1000));
    const struct execution *execution = claim(1000);
    ck_assert_int_eq(execution_retry(help.handles.db, execution, 7000, &help.info), 0);
    ck_assert_int_eq(execution_retry(help.handles.db, execution, 7000, &help.info), ERR_CONFLICT);
    must_not_be_due(6999);
    execution = claim(7000);
    ck_assert_uint_eq(execution->attempts, 2);
    ck_assert_uint_eq(execution->told, 1);
    ck_assert_int_eq(execution_release(help.handles.db, execution, 1, 7000, &help.info), 0);
    execution = claim(7000);
    ck_assert_uint_eq(execution->attempts, 2);
    bool held;
    ck_assert_int_eq(execution_renew(help.handles.db, execution, 1, 7000, 9000, &held, &help.info),
                     0);
    ck_assert(held);
    must_not_be_due(15999);
}
END_TEST

START_TEST(many_go_their_ways_together)
{
    enum { MANY = 30 };
    struct execution_start starts[MANY];
    for (int i = 0; i < MANY; i++) {
        char email[30];
        (void)snprintf(email, sizeof email, "c%d@b.c", i);
        struct contact contact = contacthelp_must(&help, email, CONTACTCHANGE_KEEP, NULL);
        starts[i] = (struct execution_start){.ordinal = contact.ordinal};
    }
    ck_assert_uint_eq(flowhelp_start(&help, &flow, false, starts, MANY, 1000), MANY);
    struct execution_move moves[MANY];
    struct execution *executions;
    size_t count = 0;
    for (size_t got; (got = flowhelp_claim(&help, 1000, &executions)) > 0; count += got) {
        for (size_t i = 0; i < got; i++) {
            bool is_over = (count + i) % 3 == 0;
            moves[count + i] =
                (struct execution_move){.execution = &executions[i],
                                        .status = is_over ? EXECUTION_COMPLETED : EXECUTION_WAITING,
                                        .step = (count + i) % 3 == 1 ? STR("two") : STR("three"),
                                        .class = EXECUTION_FLOWS,
                                        .due_ms = 9000};
        }
    }
    ck_assert_uint_eq(count, MANY);
    ck_assert_uint_eq(flowhelp_move(&help, moves, MANY, 1500), MANY);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM execution WHERE status = 3"), 10);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM execution WHERE step = 'two'"), 10);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM execution WHERE step = 'three'"), 10);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM execution_due WHERE due_ms = 9000"), 20);
}
END_TEST

START_TEST(queues_are_of_what_is_due)
{
    struct execution_queue *queues;
    size_t count;
    ck_assert(enter(false, 1000));
    ck_assert_int_eq(execution_queues(help.handles.db, help.arena, EXECUTION_FLOWS, 999, 10,
                                      &queues, &count, &help.info),
                     0);
    ck_assert_uint_eq(count, 0);
    ck_assert_int_eq(execution_queues(help.handles.db, help.arena, EXECUTION_FLOWS, 1000, 10,
                                      &queues, &count, &help.info),
                     0);
    ck_assert_uint_eq(count, 1);
    ck_assert_uint_eq(queues[0].project_id, CONTACTHELP_PROJECT);
    ck_assert_int_eq(execution_queues(help.handles.db, help.arena, EXECUTION_CALL, 1000, 10,
                                      &queues, &count, &help.info),
                     0);
    ck_assert_uint_eq(count, 0);
}
END_TEST

/* ---- waiting ------------------------------------------------------------------------------- */

static uint64_t happen(const char *name, int64_t now_ms)
{
    uint64_t woken;
    uint32_t id = name_id(name);
    ck_assert_int_eq(execution_wake(help.handles.db, help.arena, CONTACTHELP_PROJECT, &id,
                                    &ann.ordinal, 1, now_ms, &woken, &help.info),
                     0);
    return woken;
}

START_TEST(an_event_wakes_who_waits_for_it)
{
    ck_assert(enter(false, 1000));
    ck_assert_uint_eq(happen("paid", 1000), 0);
    ck_assert(go(claim(1000), "wait", EXECUTION_WAITING, 9000, name_id("paid"), 1000));
    ck_assert_uint_eq(happen("signed up", 2000), 0);
    must_not_be_due(2000);
    ck_assert_uint_eq(happen("paid", 2000), 1);
    ck_assert_uint_eq(happen("paid", 2000), 0);
    const struct execution *execution = claim(2000);
    ck_assert(execution->is_woken);
    ck_assert_uint_eq(execution->wait_name_id, 0);
}
END_TEST

START_TEST(who_is_claimed_for_its_timeout_is_woken_all_the_same)
{
    ck_assert(enter(false, 1000));
    ck_assert(go(claim(1000), "wait", EXECUTION_WAITING, 9000, name_id("paid"), 1000));
    const struct execution *late = claim(9000);
    ck_assert(!late->is_woken);
    ck_assert_uint_eq(happen("paid", 9000), 1);
    ck_assert(!go(late, "two", EXECUTION_RUNNING, 9000, 0, 9000));
    ck_assert(claim(9000)->is_woken);
}
END_TEST

/* An event of Ann's in the queue. */
static void queue(const char *name, int64_t created_ms)
{
    testdb_exec(help.handles.db,
                "INSERT INTO flow_event (project_id, flow_event_id, kind, number, ordinal, event,"
                " at_ms, created_ms) VALUES (?, UNHEX(MD5(?)), 1, ?, ?, '0123456789abcdef', ?, ?)",
                DB_PARAMS(DB_I64(CONTACTHELP_PROJECT), DB_I64(created_ms), DB_I64(name_id(name)),
                          DB_I64(ann.ordinal), DB_I64(created_ms), DB_I64(created_ms)));
}

/* However late the worker is: what came in time ends the wait, what came later does not. */
START_TEST(an_event_in_the_queue_goes_before_the_timeout)
{
    ck_assert(enter(false, 1000));
    ck_assert(go(claim(1000), "wait", EXECUTION_WAITING, 9000, name_id("paid"), 1000));
    queue("signed up", 8000);
    queue("paid", 9001);
    const struct execution *late = claim(20000);
    ck_assert_int_eq(execution_release(help.handles.db, late, 1, 9000, &help.info), 0);
    queue("paid", 9000);
    must_not_be_due(20000);
    ck_assert_uint_eq(happen("paid", 20000), 1);
    ck_assert(claim(20000)->is_woken);
}
END_TEST

/* ---- ending -------------------------------------------------------------------------------- */

START_TEST(what_is_cancelled_is_lost_to_its_worker)
{
    struct flowversion version = flowhelp_flow(&flow);
    ck_assert(enter(false, 1000));
    const struct execution *execution = claim(1000);
    ck_assert_int_eq(
        executionlist_cancel(help.handles.db, help.arena, &version, &execution->uuid, &help.info),
        0);
    ck_assert(!go(execution, "two", EXECUTION_RUNNING, 2000, 0, 2000));
    ck_assert_int_eq(
        executionlist_cancel(help.handles.db, help.arena, &version, &execution->uuid, &help.info),
        ERR_INVAL);
    ck_assert_int_eq(number("SELECT status FROM execution"), EXECUTION_CANCELLED);
    struct uuid none = uuid_new();
    ck_assert_int_eq(executionlist_cancel(help.handles.db, help.arena, &version, &none, &help.info),
                     ERR_NOT_FOUND);
}
END_TEST

START_TEST(lists_know_statuses)
{
    struct executionlist_query query = {.flow = flowhelp_flow(&flow), .limit = 10};
    struct executionlist_item *items;
    struct execution alive;
    size_t count;
    uint64_t total;
    ck_assert(enter(true, 1000));
    ck_assert_int_eq(
        executionlist_cancel_all(help.handles.db, help.arena, &query.flow, &total, &help.info), 0);
    ck_assert_uint_eq(total, 1);
    ck_assert(enter(true, 2000));
    ck_assert_int_eq(
        executionlist_page(help.handles.db, help.arena, &query, &items, &count, &total, &help.info),
        0);
    ck_assert_uint_eq(total, 2);
    ck_assert_int_eq(items[0].execution.status, EXECUTION_RUNNING);
    query.statuses = 1U << EXECUTION_CANCELLED | 1U << EXECUTION_FAILED;
    ck_assert_int_eq(
        executionlist_page(help.handles.db, help.arena, &query, &items, &count, &total, &help.info),
        0);
    ck_assert_uint_eq(total, 1);
    ck_assert_uint_eq(count, 1);
    ck_assert_int_eq(items[0].execution.status, EXECUTION_CANCELLED);
    ck_assert_int_eq(executionlist_alive(help.handles.db, help.arena, &query.flow, &ann.ordinal, 1,
                                         &alive, &count, &help.info),
                     0);
    ck_assert_uint_eq(count, 1);
    ck_assert_int_eq(alive.started_ms, 2000);
}
END_TEST

START_TEST(a_deleted_flow_takes_its_executions_along)
{
    ck_assert(enter(false, 1000));
    ck_assert(go(claim(1000), "two", EXECUTION_RUNNING, 2000, 0, 1000));
    ck_assert_int_eq(
        workflow_delete(help.handles.db, help.arena, CONTACTHELP_PROJECT, &flow.uuid, &help.info),
        0);
    must_not_be_due(2000);
    ck_assert_int_eq(executionlist_sweep(help.handles.db, help.arena, 5, &help.info), 0);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM execution"), 0);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM execution_due"), 0);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM execution_step"), 0);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM dropped_flow"), 0);
}
END_TEST

START_TEST(an_erased_contact_leaves_nothing)
{
    ck_assert(enter(false, 1000));
    ck_assert(go(claim(1000), "two", EXECUTION_RUNNING, 2000, 0, 1000));
    ck_assert_int_eq(
        contactdelete_one(help.handles.db, help.arena, CONTACTHELP_PROJECT, &ann.uuid, &help.info),
        0);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM execution"), 0);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM execution_due"), 0);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM execution_step"), 0);
}
END_TEST

/* ---- versions ------------------------------------------------------------------------------ */

static int put_body(struct db *db, void *ctx, struct err_info *info)
{
    const struct str wait = STR("paid");
    return flowversion_put(db, help.arena, ctx, STR("{\"v\":1}"), &wait, 1, info);
}

START_TEST(a_version_stays_while_somebody_has_it)
{
    struct flowversion version = flowhelp_flow(&flow);
    struct str text;
    ck_assert_int_eq(db_tx(help.handles.db, DB_WRITE, put_body, &version, &help.info), 0);
    ck_assert_int_eq(db_tx(help.handles.db, DB_WRITE, put_body, &version, &help.info), 0);
    ck_assert(enter(false, 1000));
    flowhelp_run(&help, "UPDATE workflow SET version = version + 1");
    ck_assert_int_eq(flowversion_sweep(help.handles.db, help.arena, 10, &help.info), 0);
    ck_assert_int_eq(flowversion_get(help.handles.db, help.arena, &version, &text, &help.info), 1);
    ck_assert(str_eq_c(text, "{\"v\":1}"));
    const struct execution_move end = {.execution = claim(1000), .status = EXECUTION_COMPLETED};
    ck_assert_uint_eq(flowhelp_move(&help, &end, 1, 2000), 1);
    ck_assert_int_eq(flowversion_sweep(help.handles.db, help.arena, 10, &help.info), 0);
    ck_assert_int_eq(flowversion_get(help.handles.db, help.arena, &version, &text, &help.info), 0);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM flow_wait"), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("execution");
    TCase *tcase = tcase_create("all");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, once_ever_without_reentry);
    tcase_add_test(tcase, again_with_reentry_once_it_is_over);
    tcase_add_test(tcase, nobody_twice_and_nobody_who_is_gone);
    tcase_add_test(tcase, of_many_at_once_one_enters);
    tcase_add_test(tcase, a_claim_holds_until_its_lease_ends);
    tcase_add_test(tcase, a_move_begins_the_next_step);
    tcase_add_test(tcase, an_end_logs_what_was_done_and_why);
    tcase_add_test(tcase, what_fails_is_told_and_what_was_not_tried_is_not_counted);
    tcase_add_test(tcase, many_go_their_ways_together);
    tcase_add_test(tcase, queues_are_of_what_is_due);
    tcase_add_test(tcase, an_event_wakes_who_waits_for_it);
    tcase_add_test(tcase, who_is_claimed_for_its_timeout_is_woken_all_the_same);
    tcase_add_test(tcase, an_event_in_the_queue_goes_before_the_timeout);
    tcase_add_test(tcase, what_is_cancelled_is_lost_to_its_worker);
    tcase_add_test(tcase, lists_know_statuses);
    tcase_add_test(tcase, a_deleted_flow_takes_its_executions_along);
    tcase_add_test(tcase, an_erased_contact_leaves_nothing);
    tcase_add_test(tcase, a_version_stays_while_somebody_has_it);
    suite_add_tcase(suite, tcase);
    return testdb_run(suite);
}

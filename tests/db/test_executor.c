/*
 * The executor: what starts, waits, goes on and ends when, by a clock of its own. Runs under
 * tests/db/with-mariadb.
 */
#include "base/macros.h"
#include "executorhelp.h"
#include "flow/cronrun.h"
#include "flow/executor.h"
#include "flow/start.h"
#include "flowhelp.h"

/* ---- steps --------------------------------------------------------------------------------- */

START_TEST(goes_through_its_steps)
{
    executorhelp_make(
        SIGNUP, false,
        T "," SEND("a") "," DELAY("b", "2") "," STEP(
            "c", "UPDATE_CONTACT",
            "{\"data\":{\"stage\":\"two\"}}") "," SEND("d") "," STEP("e", "EXIT",
                                                                     "{\"reason\":\"enough\"}"),
        LINK("t", "a") "," LINK("a", "b") "," LINK("b", "c") "," LINK("c", "d") "," LINK("d", "e"));
    executorhelp_track("a@example.com", "other", NULL);
    executorhelp_track("a@example.com", "signup", "{\"ref\":\"x\"}");
    executorhelp_run(0);
    ck_assert_str_eq(executorhelp_story(), "WAITING a:queued");
    ck_assert_int_eq(executorhelp_messages(), 1);
    executorhelp_run(2 * EXECUTORHELP_DAY_MS - 5000);
    ck_assert_str_eq(executorhelp_story(), "WAITING a:queued");
    executorhelp_run(2 * EXECUTORHELP_DAY_MS + 1000);
    ck_assert_str_eq(executorhelp_story(), "EXITED a:queued b c d:queued e");
    ck_assert_str_eq(contacthelp_text(&executorhelp, "SELECT reason FROM execution"), "enough");
    ck_assert_str_eq(contacthelp_text(&executorhelp, "SELECT data FROM contact"),
                     "{\"ref\":\"x\",\"stage\":\"two\"}");
    ck_assert_int_eq(executorhelp_messages(), 2);
    ck_assert_str_eq(contacthelp_text(&executorhelp, "SELECT context FROM execution"),
                     "{\"ref\":\"x\"}");
    ck_assert_int_eq(contacthelp_i64(&executorhelp, "SELECT COUNT(*) FROM execution_due"), 0);
}
END_TEST

static void make_wait(void)
{
    executorhelp_make(
        SIGNUP, false,
        T "," STEP("w", "WAIT_FOR_EVENT", "{\"eventName\":\"buy\",\"timeout\":3600}") "," STEP(
            "y", "EXIT", "{\"reason\":\"bought\"}") "," STEP("n", "EXIT", "{\"reason\":\"no\"}"),
        LINK("t", "w") "," BRANCH("w", "y", "EVENT") "," BRANCH("w", "n", "TIMEOUT"));
}

START_TEST(waits_for_an_event)
{
    make_wait();
    executorhelp_track("a@example.com", "signup", NULL);
    executorhelp_track("b@example.com", "signup", NULL);
    executorhelp_run(0);
    ck_assert_str_eq(executorhelp_story(), "WAITING; WAITING");
    executorhelp_track("b@example.com", "buy", NULL);
    executorhelp_track("a@example.com", "look", NULL);
    executorhelp_run(0);
    ck_assert_str_eq(executorhelp_story(), "WAITING; EXITED w:EVENT y");
    executorhelp_run(3601000);
    ck_assert_str_eq(executorhelp_story(), "EXITED w:TIMEOUT n; EXITED w:EVENT y");
}
END_TEST

/* What came before the wait was over ends it, also when the worker comes long after. */
START_TEST(an_event_in_time_ends_its_wait_however_late)
{
    make_wait();
    executorhelp_track("a@example.com", "signup", NULL);
    executorhelp_run(0);
    executorhelp_track("a@example.com", "buy", NULL);
    executorhelp_run(7200000);
    ck_assert_str_eq(executorhelp_story(), "EXITED w:EVENT y");
}
END_TEST

/* Events come in the order in which they happened, however late the worker is. */
START_TEST(sees_what_came_before_it_ran)
{
    make_wait();
    executorhelp_track("a@example.com", "buy", NULL);
    executorhelp_track("a@example.com", "signup", NULL);
    executorhelp_track("b@example.com", "signup", NULL);
    executorhelp_track("b@example.com", "buy", NULL);
    executorhelp_run(0);
    ck_assert_str_eq(executorhelp_story(), "EXITED w:EVENT y; WAITING");
}
END_TEST

START_TEST(asks_conditions)
{
    executorhelp_make(SIGNUP, false,
                      T "," STEP("c", "CONDITION", PRO) "," SEND("y") "," STEP("n", "EXIT", "{}"),
                      LINK("t", "c") "," BRANCH("c", "y", "yes") "," BRANCH("c", "n", "no"));
    contacthelp_must(&executorhelp, "a@example.com", CONTACTCHANGE_KEEP, "{\"plan\":\"pro\"}");
    contacthelp_must(&executorhelp, "b@example.com", CONTACTCHANGE_KEEP, "{\"plan\":\"free\"}");
    executorhelp_track("a@example.com", "signup", NULL);
    executorhelp_track("b@example.com", "signup", NULL);
    executorhelp_track("c@example.com", "signup", NULL);
    executorhelp_run(0);
    ck_assert_str_eq(executorhelp_story(),
                     "COMPLETED c:yes y:queued; EXITED c:no n; EXITED c:no n");
}
END_TEST

/* What a step wrote is seen by the condition behind it. */
START_TEST(asks_behind_a_change)
{
    executorhelp_make(
        SIGNUP, false,
        T "," STEP("u", "UPDATE_CONTACT", "{\"data\":{\"plan\":\"pro\"}}") "," STEP(
            "c", "CONDITION", PRO) "," SEND("y") "," STEP("n", "EXIT", "{}"),
        LINK("t", "u") "," LINK("u", "c") "," BRANCH("c", "y", "yes") "," BRANCH("c", "n", "no"));
    executorhelp_track("a@example.com", "signup", NULL);
    executorhelp_run(0);
    ck_assert_str_eq(executorhelp_story(), "COMPLETED u c:yes y:queued");
}
END_TEST

START_TEST(fails_alone)
{
    executorhelp_make(SIGNUP, false, T "," SEND("a"), LINK("t", "a"));
    executorhelp_make(
        SIGNUP, false,
        T "," STEP("x", "SEND_EMAIL", "{\"templateId\":\"00000000-0000-4000-8000-000000000000\"}"),
        LINK("t", "x"));
    executorhelp_track("a@example.com", "signup", NULL);
    executorhelp_run(0);
    ck_assert_str_eq(executorhelp_story(), "COMPLETED a:queued; FAILED x:failed");
    ck_assert_str_eq(
        contacthelp_text(&executorhelp, "SELECT reason FROM execution WHERE status = 5"),
        "Template not found");
}
END_TEST

/* Of those who stand at one step only who cannot take it fails. */
START_TEST(fails_where_data_has_no_room)
{
    executorhelp_make(SIGNUP, false,
                      T "," STEP("u", "UPDATE_CONTACT", "{\"data\":{\"more\":\"0123456789\"}}"),
                      LINK("t", "u"));
    char *text = arena_alloc(executorhelp.arena, 32 * 1024);
    memset(text, 'x', 32 * 1024 - 20);
    contacthelp_must(&executorhelp, "b@example.com", CONTACTCHANGE_KEEP,
                     arena_printf(executorhelp.arena, "{\"k\":\"%s\"}", text));
    executorhelp_track("a@example.com", "signup", NULL);
    executorhelp_track("b@example.com", "signup", NULL);
    executorhelp_track("c@example.com", "signup", NULL);
    executorhelp_run(0);
    ck_assert_str_eq(executorhelp_story(), "COMPLETED u; FAILED u:failed; COMPLETED u");
}
END_TEST

START_TEST(fails_where_the_segment_is_gone)
{
    executorhelp_make(
        SIGNUP, false,
        T "," STEP("c", "CONDITION",
                   "{\"filter\":{\"logic\":\"AND\",\"groups\":[{\"filters\":[{\"field\":"
                   "\"segment.00000000-0000-4000-8000-000000000000\",\"operator\":"
                   "\"memberOfSegment\"}]}]}}"),
        LINK("t", "c"));
    executorhelp_track("a@example.com", "signup", NULL);
    executorhelp_run(0);
    ck_assert_str_eq(executorhelp_story(), "FAILED c:failed");
    ck_assert_str_eq(contacthelp_text(&executorhelp, "SELECT reason FROM execution"),
                     "Referenced segment not found: 00000000-0000-4000-8000-000000000000");
}
END_TEST

/* Here the table that is asked is away; whatever it is, it ends with whom it concerns. */
START_TEST(a_condition_that_cannot_be_asked_stops_nobody_else)
{
    executorhelp_make(SIGNUP, false,
                      T "," SEND("a") "," STEP("c", "CONDITION", "{\"opened\":\"a\"}"),
                      LINK("t", "a") "," LINK("a", "c"));
    executorhelp_make("{\"type\":\"EVENT\",\"config\":{\"eventName\":\"other\"}}", false,
                      T "," STEP("x", "EXIT", "{}"), LINK("t", "x"));
    executorhelp_track("a@example.com", "signup", NULL);
    ck_assert(executorhelp_round(0));
    ck_assert(executorhelp_round(0));
    testdb_exec(executorhelp.handles.db, "RENAME TABLE message TO message_away", DB_NO_PARAMS);
    executorhelp_track("b@example.com", "other", NULL);
    executorhelp_run(0);
    const char *first = executorhelp_story();
    for (int i = 1; i < EXECUTOR_TRIES; i++)
        executorhelp_run(i * INT64_C(7200000));
    testdb_exec(executorhelp.handles.db, "RENAME TABLE message_away TO message", DB_NO_PARAMS);
    ck_assert_str_eq(first, "RUNNING a:queued; EXITED x");
    ck_assert_str_eq(executorhelp_story(), "FAILED a:queued c:failed; EXITED x");
}
END_TEST

/* ---- who enters ---------------------------------------------------------------------------- */

START_TEST(enters_once)
{
    executorhelp_make(SIGNUP, false, T "," SEND("a"), LINK("t", "a"));
    executorhelp_track("a@example.com", "signup", NULL);
    executorhelp_track("a@example.com", "signup", NULL);
    executorhelp_run(0);
    executorhelp_track("a@example.com", "signup", NULL);
    executorhelp_run(1 * EXECUTORHELP_DAY_MS);
    ck_assert_str_eq(executorhelp_story(), "COMPLETED a:queued");
}
END_TEST

START_TEST(enters_again_when_it_is_through)
{
    executorhelp_make(SIGNUP, true, T "," DELAY("d", "1") "," SEND("a"),
                      LINK("t", "d") "," LINK("d", "a"));
    executorhelp_track("a@example.com", "signup", NULL);
    executorhelp_run(0);
    executorhelp_track("a@example.com", "signup", NULL);
    executorhelp_run(0);
    ck_assert_str_eq(executorhelp_story(), "WAITING");
    executorhelp_run(EXECUTORHELP_DAY_MS + 1000);
    executorhelp_track("a@example.com", "signup", NULL);
    executorhelp_run(EXECUTORHELP_DAY_MS + 1000);
    ck_assert_str_eq(executorhelp_story(), "COMPLETED d a:queued; WAITING");
}
END_TEST

static int without_steps(struct workflow_edit *edit, void *ctx, struct err_info *info)
{
    static const struct str events[] = {{"signup", 6}};
    (void)info;
    edit->workflow.definition = str_from(ctx);
    edit->events = events;
    edit->event_count = 1;
    return 0;
}

START_TEST(runs_by_what_it_began_with)
{
    char text[] =
        "{\"trigger\":" SIGNUP ",\"allowReentry\":false,\"steps\":[" T "],\"transitions\":[]}";
    struct workflow workflow = executorhelp_make(SIGNUP, false, T "," DELAY("d", "1") "," SEND("a"),
                                                 LINK("t", "d") "," LINK("d", "a"));
    executorhelp_track("a@example.com", "signup", NULL);
    executorhelp_run(0);
    int err = workflow_update(executorhelp.handles.db, executorhelp.arena, CONTACTHELP_PROJECT,
                              &workflow.uuid, without_steps, text, &workflow, &executorhelp.info);
    ck_assert_msg(err == 0, "%s", executorhelp.info.message);
    executorhelp_track("b@example.com", "signup", NULL);
    executorhelp_run(EXECUTORHELP_DAY_MS + 1000);
    ck_assert_str_eq(executorhelp_story(), "COMPLETED d a:queued");
}
END_TEST

static int enter_by_hand(const struct workflow *workflow, const char *email)
{
    struct contact contact;
    struct execution_start start;
    ck_assert_int_eq(contact_by_email(executorhelp.handles.db, executorhelp.arena,
                                      CONTACTHELP_PROJECT, str_from(email), &contact,
                                      &executorhelp.info),
                     0);
    struct start_request request = {.flow = {.project_id = CONTACTHELP_PROJECT,
                                             .owner_kind = FLOWVERSION_WORKFLOW,
                                             .owner_id = workflow->workflow_id},
                                    .contact = contact.uuid,
                                    .context = STR("{\"k\":1}")};
    return start_one(executorhelp.handles.db, executorhelp.arena, &request, &start,
                     &executorhelp.info);
}

START_TEST(enters_by_hand)
{
    struct workflow workflow = executorhelp_make("{\"type\":\"MANUAL\",\"config\":{}}", false,
                                                 T "," SEND("a"), LINK("t", "a"));
    contacthelp_must(&executorhelp, "a@example.com", CONTACTCHANGE_KEEP, NULL);
    ck_assert_int_eq(enter_by_hand(&workflow, "a@example.com"), 0);
    ck_assert_int_eq(enter_by_hand(&workflow, "a@example.com"), ERR_CONFLICT);
    executorhelp_run(0);
    ck_assert_str_eq(executorhelp_story(), "COMPLETED a:queued");
    flowhelp_run(&executorhelp, "UPDATE workflow SET enabled = 0");
    ck_assert_int_eq(enter_by_hand(&workflow, "a@example.com"), ERR_INVAL);
}
END_TEST

/* ---- the clock ----------------------------------------------------------------------------- */

/* Begins what is due and lets everybody enter; returns how many did. */
static uint64_t run_schedules(int64_t ahead_ms)
{
    struct workflow_due *due = NULL;
    size_t count = 0;
    uint64_t entering = 0, total = 0, started = 1;
    int64_t now_ms = 0;
    ck_assert_int_eq(db_now_ms(executorhelp.handles.db, &now_ms, &executorhelp.info), 0);
    now_ms += ahead_ms;
    ck_assert_int_eq(workflow_scheduled(executorhelp.handles.db, executorhelp.arena, now_ms, 10,
                                        &due, &count, &executorhelp.info),
                     0);
    for (size_t i = 0; i < count; i++) {
        ck_assert_int_eq(cronrun_begin(executorhelp.handles.db, &due[i], now_ms, ahead_ms,
                                       &entering, &executorhelp.info),
                         0);
        while (started > 0) {
            ck_assert_int_eq(cronrun_enter(executorhelp.handles.db, CONTACTHELP_PROJECT,
                                           due[i].workflow_id, now_ms, &started,
                                           &executorhelp.info),
                             0);
            total += started;
        }
    }
    return total;
}

/* What one thing starts is bounded, not how many things are taken. */
START_TEST(takes_fewer_events_where_each_starts_many_flows)
{
    enum { FLOWS = 50 };
    struct start_report started;
    for (int i = 0; i < FLOWS; i++)
        executorhelp_make(SIGNUP, false, T "," STEP("x", "EXIT", "{}"), LINK("t", "x"));
    executorhelp_track("a@example.com", "signup", NULL);
    for (int i = 0; i < 200; i++)
        testdb_exec(executorhelp.handles.db,
                    "INSERT INTO flow_event (project_id, flow_event_id, kind, number, ordinal,"
                    " event, at_ms, created_ms) SELECT project_id, UNHEX(REPLACE(UUID(), '-', '')),"
                    " kind, number, ?, event, at_ms, created_ms FROM flow_event LIMIT 1",
                    DB_PARAMS(DB_I64(1000 + i)));
    ck_assert_int_eq(start_events(executorhelp.handles.db, executorhelp.arena, CONTACTHELP_PROJECT,
                                  INT64_C(4000000000000), &started, &executorhelp.info),
                     0);
    ck_assert_uint_eq(started.taken, 10 * EXECUTION_BATCH / FLOWS);
    executorhelp_run(0);
    ck_assert_int_eq(contacthelp_i64(&executorhelp, "SELECT COUNT(*) FROM execution"), FLOWS);
    ck_assert_int_eq(contacthelp_i64(&executorhelp, "SELECT COUNT(*) FROM flow_event"), 0);
}
END_TEST

START_TEST(runs_by_the_clock_once_and_late)
{
    executorhelp_make(
        "{\"type\":\"SCHEDULE\",\"config\":{\"cron\":\"0 0 * * *\",\"condition\":"
        "{\"logic\":\"AND\",\"groups\":[{\"filters\":[{\"field\":\"data.plan\",\"operator\":"
        "\"equals\",\"value\":\"pro\"}]}]}}}",
        true, T "," SEND("a"), LINK("t", "a"));
    contacthelp_must(&executorhelp, "a@example.com", CONTACTCHANGE_KEEP, "{\"plan\":\"pro\"}");
    contacthelp_must(&executorhelp, "b@example.com", CONTACTCHANGE_KEEP, "{\"plan\":\"free\"}");
    /* Due in 1970: missed ever since. */
    ck_assert_uint_eq(run_schedules(0), 1);
    ck_assert_uint_eq(run_schedules(0), 0);
    executorhelp_run(0);
    ck_assert_uint_eq(run_schedules(EXECUTORHELP_DAY_MS), 1);
    executorhelp_run(1 * EXECUTORHELP_DAY_MS);
    ck_assert_uint_eq(run_schedules(5 * EXECUTORHELP_DAY_MS), 1);
    executorhelp_run(5 * EXECUTORHELP_DAY_MS);
    ck_assert_int_eq(executorhelp_messages(), 3);
    ck_assert_int_eq(contacthelp_i64(&executorhelp, "SELECT COUNT(*) FROM flow_run_part"), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("executor");
    TCase *tests = tcase_create("executor");
    tcase_set_timeout(tests, 240);
    tcase_add_checked_fixture(tests, executorhelp_open, executorhelp_close);
    tcase_add_test(tests, goes_through_its_steps);
    tcase_add_test(tests, waits_for_an_event);
    tcase_add_test(tests, an_event_in_time_ends_its_wait_however_late);
    tcase_add_test(tests, sees_what_came_before_it_ran);
    tcase_add_test(tests, asks_conditions);
    tcase_add_test(tests, asks_behind_a_change);
    tcase_add_test(tests, fails_alone);
    tcase_add_test(tests, fails_where_data_has_no_room);
    tcase_add_test(tests, fails_where_the_segment_is_gone);
    tcase_add_test(tests, a_condition_that_cannot_be_asked_stops_nobody_else);
    tcase_add_test(tests, takes_fewer_events_where_each_starts_many_flows);
    tcase_add_test(tests, enters_once);
    tcase_add_test(tests, enters_again_when_it_is_through);
    tcase_add_test(tests, runs_by_what_it_began_with);
    tcase_add_test(tests, enters_by_hand);
    tcase_add_test(tests, runs_by_the_clock_once_and_late);
    suite_add_tcase(suite, tests);
    return testdb_run(suite);
}

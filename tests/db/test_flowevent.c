/*
 * What happens and some flow wants to know is queued with it, and nothing else is; and workflows,
 * which say what is wanted. Runs under tests/db/with-mariadb.
 */
#include <stdio.h>

#include "column/key.h"
#include "flowhelp.h"
#include "store/event.h"
#include "store/flowevent.h"
#include "store/member.h"
#include "store/resource.h"

static struct contacthelp help;

static void setup(void)
{
    flowhelp_reset();
    contacthelp_open(&help);
}

static void teardown(void)
{
    contacthelp_close(&help);
}

static int64_t queued(void)
{
    return contacthelp_i64(&help, "SELECT COUNT(*) FROM flow_event WHERE project_id = 7");
}

static void track(const char *email, const char *event, const char *json)
{
    struct contactwrite_item item;
    ck_assert_msg(contacthelp_track(&help, email, event, json, &item) == 0, "%s",
                  help.info.message);
}

static const struct flowevent_wants *open_wants(uint64_t version)
{
    const struct flowevent_wants *wants;
    ck_assert_int_eq(
        flowevent_open(help.handles.db, CONTACTHELP_PROJECT, version, &wants, &help.info), 0);
    return wants;
}

/* ---- writing ------------------------------------------------------------------------------- */

START_TEST(version_zero_and_a_known_one_ask_nothing)
{
    (void)flowhelp_workflow(&help, "signed up", NULL);
    uint64_t version = (uint64_t)contacthelp_i64(&help, "SELECT flows_version FROM project");
    (void)open_wants(version);
    uint64_t before = db_stats(help.handles.db).statements;
    ck_assert(!flowevent_is_wanted(open_wants(0), FLOWEVENT_EVENT, 1));
    (void)open_wants(version);
    ck_assert_uint_eq(db_stats(help.handles.db).statements, before);
}
END_TEST

/* What a flow does not want costs a write not one statement more. */
START_TEST(others_pay_nothing)
{
    track("ann@b.c", "logged in", NULL);
    (void)flowhelp_run(&help, "UPDATE project SET flows_version = 0");
    uint64_t before = db_stats(help.handles.db).statements;
    track("ann@b.c", "logged in", NULL);
    uint64_t without = db_stats(help.handles.db).statements - before;
    (void)flowhelp_workflow(&help, "signed up", NULL);
    track("ann@b.c", "logged in", NULL);
    before = db_stats(help.handles.db).statements;
    track("ann@b.c", "logged in", NULL);
    ck_assert_uint_eq(db_stats(help.handles.db).statements - before, without);
    ck_assert_int_eq(queued(), 0);
}
END_TEST

START_TEST(a_wanted_event_is_queued_with_its_data)
{
    (void)flowhelp_workflow(&help, "signed up", "paid");
    track("ann@b.c", "signed up", "{\"plan\":\"pro\"}");
    track("ann@b.c", "logged in", NULL);
    ck_assert_int_eq(queued(), 1);
    ck_assert_str_eq(contacthelp_text(&help, "SELECT data FROM flow_event"), "{\"plan\":\"pro\"}");
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT COUNT(*) FROM flow_event f JOIN event e"
                                            " ON e.uuid = f.event AND e.ordinal = f.ordinal"
                                            " AND e.name_id = f.number AND f.kind = 1"),
                     1);
}
END_TEST

START_TEST(history_is_not_queued)
{
    struct contactwrite_event event = {.name = STR("signed up")};
    struct contactwrite_item item = {.email = STR("ann@b.c"), .event = &event};
    struct contactwrite_batch batch = {
        .project_id = CONTACTHELP_PROJECT, .items = &item, .count = 1};
    (void)flowhelp_workflow(&help, "signed up", NULL);
    int64_t now_ms;
    ck_assert_int_eq(db_now_ms(help.handles.db, &now_ms, &help.info), 0);
    event.at_ms = now_ms - 2 * FLOWEVENT_OLD_MS;
    ck_assert_int_eq(contactwrite_upsert(&help.handles, help.arena, &batch, &help.info), 0);
    ck_assert_int_eq(queued(), 0);
    event.at_ms = now_ms - FLOWEVENT_OLD_MS / 2;
    ck_assert_int_eq(contactwrite_upsert(&help.handles, help.arena, &batch, &help.info), 0);
    ck_assert_int_eq(queued(), 1);
}
END_TEST

START_TEST(flips_and_events_of_the_api_are_queued)
{
    struct contact contact = contacthelp_must(&help, "ann@b.c", CONTACTCHANGE_KEEP, NULL);
    (void)flowhelp_workflow(&help, "contact.unsubscribed", NULL);
    (void)flowhelp_workflow(&help, "opened a door", NULL);
    (void)contacthelp_must(&help, "ann@b.c", CONTACTCHANGE_UNSUBSCRIBE, NULL);
    ck_assert_int_eq(queued(), 1);
    (void)contacthelp_must(&help, "ann@b.c", CONTACTCHANGE_SUBSCRIBE, NULL);
    ck_assert_int_eq(queued(), 1);
    struct event event;
    const struct str none = {NULL, 0};
    ck_assert_int_eq(event_record(help.handles.db, help.arena, CONTACTHELP_PROJECT,
                                  STR("opened a door"), &contact.uuid, none, none, &event,
                                  &help.info),
                     0);
    ck_assert_int_eq(event_record(help.handles.db, help.arena, CONTACTHELP_PROJECT,
                                  STR("opened a door"), NULL, none, none, &event, &help.info),
                     0);
    ck_assert_int_eq(queued(), 2);
}
END_TEST

static void add(uint32_t tag_id, uint32_t ordinal)
{
    ck_assert_int_eq(member_add(help.handles.db, help.arena, CONTACTHELP_PROJECT,
                                KEY_SET_TAG(tag_id), &ordinal, 1, NULL, &help.info),
                     0);
}

START_TEST(who_gets_the_tag_of_a_sequence_is_queued_once)
{
    struct contact contact = contacthelp_must(&help, "ann@b.c", CONTACTCHANGE_KEEP, NULL);
    flowhelp_run(&help, "INSERT INTO tag (project_id, tag_id, uuid, name, created_ms) VALUES"
                        " (7, 1, RANDOM_BYTES(16), 'a', 1), (7, 2, RANDOM_BYTES(16), 'b', 1)");
    flowhelp_run(&help, "INSERT INTO sequence (project_id, sequence_id, uuid, name, trigger_kind,"
                        " trigger_id, enabled, created_ms, updated_ms) VALUES"
                        " (7, 1, RANDOM_BYTES(16), 's', 3, 1, 1, 1, 1),"
                        " (7, 2, RANDOM_BYTES(16), 't', 3, 2, 0, 1, 1)");
    flowhelp_run(&help, "UPDATE project SET flows_version = flows_version + 1");
    add(2, contact.ordinal);
    ck_assert_int_eq(queued(), 0);
    add(1, contact.ordinal);
    add(1, contact.ordinal);
    ck_assert_int_eq(queued(), 1);
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT number FROM flow_event WHERE kind = 2"),
                     (int64_t)KEY_SET_TAG(1));
    struct flowevent_trigger *triggers;
    size_t count;
    ck_assert_int_eq(flowevent_triggers(help.handles.db, help.arena, CONTACTHELP_PROJECT, &triggers,
                                        &count, &help.info),
                     0);
    ck_assert_uint_eq(count, 1);
    ck_assert_int_eq(triggers[0].owner_kind, FLOWVERSION_SEQUENCE);
    ck_assert_uint_eq(triggers[0].owner_id, 1);
}
END_TEST

/* ---- what is wanted ------------------------------------------------------------------------ */

static int disable(struct workflow_edit *edit, void *ctx, struct err_info *info)
{
    (void)ctx;
    (void)info;
    edit->workflow.enabled = false;
    return 0;
}

static int wait_for(struct workflow_edit *edit, void *ctx, struct err_info *info)
{
    (void)info;
    edit->events = ctx;
    edit->event_count = 2;
    edit->workflow.trigger = WORKFLOW_EVENT;
    edit->workflow.event = edit->events[0];
    return 0;
}

START_TEST(an_edit_is_seen_by_the_next_write)
{
    struct workflow workflow = flowhelp_workflow(&help, "signed up", NULL);
    struct workflow stored;
    static struct str events[] = {{"came back", 9}, {"email.open", 10}};
    ck_assert_int_eq(workflow_update(help.handles.db, help.arena, CONTACTHELP_PROJECT,
                                     &workflow.uuid, wait_for, events, &stored, &help.info),
                     0);
    ck_assert_uint_eq(stored.version, workflow.version + 1);
    track("ann@b.c", "signed up", NULL);
    ck_assert_int_eq(queued(), 0);
    track("ann@b.c", "came back", NULL);
    ck_assert_int_eq(queued(), 1);
    struct workflow_use *uses;
    size_t count;
    ck_assert_int_eq(workflow_using_event(help.handles.db, help.arena, CONTACTHELP_PROJECT,
                                          STR("email.open"), &uses, &count, &help.info),
                     0);
    ck_assert_uint_eq(count, 1);
    ck_assert_int_eq(workflow_update(help.handles.db, help.arena, CONTACTHELP_PROJECT,
                                     &workflow.uuid, disable, NULL, &stored, &help.info),
                     0);
    track("ann@b.c", "came back", NULL);
    ck_assert_int_eq(queued(), 1);
}
END_TEST

static int wait_body(struct db *db, void *ctx, struct err_info *info)
{
    const struct str wait = STR("paid");
    return flowversion_put(db, help.arena, ctx, STR("{}"), &wait, 1, info);
}

/* By an enabled workflow in any case: who will wait may still be in the queue himself. */
START_TEST(a_disabled_workflow_wants_what_its_executions_wait_for)
{
    struct workflow workflow = flowhelp_workflow(&help, NULL, "paid");
    struct flowversion version = flowhelp_flow(&workflow);
    track("ann@b.c", "paid", NULL);
    ck_assert_int_eq(queued(), 1);
    ck_assert_int_eq(workflow_update(help.handles.db, help.arena, CONTACTHELP_PROJECT,
                                     &workflow.uuid, disable, NULL, &workflow, &help.info),
                     0);
    track("ann@b.c", "paid", NULL);
    ck_assert_int_eq(queued(), 1);
    ck_assert_int_eq(db_tx(help.handles.db, DB_WRITE, wait_body, &version, &help.info), 0);
    track("ann@b.c", "paid", NULL);
    ck_assert_int_eq(queued(), 2);
}
END_TEST

/* ---- taking -------------------------------------------------------------------------------- */

struct taken {
    size_t max;
    int64_t now_ms;
    struct flowevent *events;
    size_t count;
};

static int take_body(struct db *db, void *ctx, struct err_info *info)
{
    struct taken *taken = ctx;
    int err = flowevent_take(db, help.arena, CONTACTHELP_PROJECT, taken->now_ms, taken->max,
                             &taken->events, &taken->count, info);
    return err < 0 ? err
                   : flowevent_drop(db, help.arena, CONTACTHELP_PROJECT, taken->events,
                                    taken->count, info);
}

START_TEST(of_each_contact_the_oldest_is_taken)
{
    struct taken taken = {.max = 10};
    uint32_t *projects;
    size_t count;
    (void)flowhelp_workflow(&help, "signed up", NULL);
    track("ann@b.c", "signed up", "{\"n\":1}");
    track("bob@b.c", "signed up", "{\"n\":2}");
    track("ann@b.c", "signed up", "{\"n\":3}");
    ck_assert_int_eq(
        flowevent_projects(help.handles.db, help.arena, 5, &projects, &count, &help.info), 0);
    ck_assert_uint_eq(count, 1);
    ck_assert_int_eq(db_tx(help.handles.db, DB_WRITE, take_body, &taken, &help.info), 0);
    ck_assert_uint_eq(taken.count, 2);
    ck_assert(str_eq_c(taken.events[0].data, "{\"n\":1}"));
    ck_assert_int_eq(db_tx(help.handles.db, DB_WRITE, take_body, &taken, &help.info), 0);
    ck_assert_uint_eq(taken.count, 1);
    ck_assert(str_eq_c(taken.events[0].data, "{\"n\":3}"));
    ck_assert_int_eq(queued(), 0);
}
END_TEST

/* How many rows are taken at 2000. */
static size_t take(void)
{
    struct taken taken = {.max = 10, .now_ms = 2000};
    ck_assert_int_eq(db_tx(help.handles.db, DB_WRITE, take_body, &taken, &help.info), 0);
    return taken.count;
}

/* Her event may be what the step waits for to which another worker brings her just now. */
START_TEST(who_is_on_the_way_is_passed_by)
{
    struct workflow workflow = flowhelp_workflow(&help, NULL, "paid");
    struct contact ann = contacthelp_must(&help, "ann@b.c", CONTACTCHANGE_KEEP, NULL);
    struct execution_start start = {.ordinal = ann.ordinal};
    struct execution *executions;
    ck_assert_uint_eq(flowhelp_start(&help, &workflow, false, &start, 1, 2000), 1);
    track("ann@b.c", "paid", NULL);
    ck_assert_uint_eq(take(), 0);
    ck_assert_uint_eq(flowhelp_claim(&help, 2000, &executions), 1);
    ck_assert_uint_eq(take(), 0);
    track("bob@b.c", "paid", NULL);
    ck_assert_uint_eq(take(), 1);
    const struct execution_move move = {.execution = executions,
                                        .status = EXECUTION_WAITING,
                                        .step = STR("two"),
                                        .class = EXECUTION_FLOWS,
                                        .due_ms = 9000};
    ck_assert_uint_eq(flowhelp_move(&help, &move, 1, 2000), 1);
    ck_assert_uint_eq(take(), 1);
}
END_TEST

START_TEST(who_waits_for_an_event_or_is_in_a_deleted_flow_is_not_passed_by)
{
    struct workflow workflow = flowhelp_workflow(&help, NULL, "paid");
    (void)flowhelp_workflow(&help, "paid", NULL);
    struct contact ann = contacthelp_must(&help, "ann@b.c", CONTACTCHANGE_KEEP, NULL);
    struct execution_start start = {.ordinal = ann.ordinal};
    ck_assert_uint_eq(flowhelp_start(&help, &workflow, false, &start, 1, 2000), 1);
    (void)flowhelp_run(&help, "UPDATE execution_due SET wait_name_id = 1");
    track("ann@b.c", "paid", NULL);
    ck_assert_uint_eq(take(), 1);
    (void)flowhelp_run(&help, "UPDATE execution_due SET wait_name_id = NULL");
    track("ann@b.c", "paid", NULL);
    ck_assert_uint_eq(take(), 0);
    ck_assert_int_eq(workflow_delete(help.handles.db, help.arena, CONTACTHELP_PROJECT,
                                     &workflow.uuid, &help.info),
                     0);
    ck_assert_uint_eq(take(), 1);
}
END_TEST

/* ---- workflows ----------------------------------------------------------------------------- */

static int set_due(struct workflow_edit *edit, void *ctx, struct err_info *info)
{
    (void)info;
    edit->workflow.trigger = WORKFLOW_SCHEDULE;
    edit->workflow.cron = STR("0 9 * * *");
    edit->workflow.due_ms = *(const int64_t *)ctx;
    edit->workflow.enabled = true;
    return 0;
}

START_TEST(schedules_are_found_when_they_are_due)
{
    struct workflow workflow = flowhelp_workflow(&help, NULL, NULL);
    struct workflow stored;
    struct workflow_due *due;
    size_t count;
    int64_t at_ms = 5000;
    ck_assert_int_eq(workflow_update(help.handles.db, help.arena, CONTACTHELP_PROJECT,
                                     &workflow.uuid, set_due, &at_ms, &stored, &help.info),
                     0);
    ck_assert_int_eq(
        workflow_scheduled(help.handles.db, help.arena, 4999, 10, &due, &count, &help.info), 0);
    ck_assert_uint_eq(count, 0);
    ck_assert_int_eq(
        workflow_scheduled(help.handles.db, help.arena, 5000, 10, &due, &count, &help.info), 0);
    ck_assert_uint_eq(count, 1);
    ck_assert_uint_eq(due[0].workflow_id, workflow.workflow_id);
    ck_assert_int_eq(workflow_update(help.handles.db, help.arena, CONTACTHELP_PROJECT,
                                     &workflow.uuid, disable, NULL, &stored, &help.info),
                     0);
    ck_assert_int_eq(
        workflow_scheduled(help.handles.db, help.arena, 5000, 10, &due, &count, &help.info), 0);
    ck_assert_uint_eq(count, 0);
}
END_TEST

static int refuse(struct workflow_edit *edit, void *ctx, struct err_info *info)
{
    (void)ctx;
    edit->workflow.name = STR("other");
    return err_set(info, ERR_INVAL, "BAD_REQUEST", "no");
}

START_TEST(lists_search_names_and_a_refused_edit_changes_nothing)
{
    struct workflow workflow = flowhelp_workflow(&help, NULL, NULL);
    struct workflow *list;
    size_t count;
    uint64_t total;
    ck_assert_int_eq(workflow_update(help.handles.db, help.arena, CONTACTHELP_PROJECT,
                                     &workflow.uuid, refuse, NULL, &workflow, &help.info),
                     ERR_INVAL);
    ck_assert_int_eq(workflow_list(help.handles.db, help.arena, CONTACTHELP_PROJECT, STR("W"), 0,
                                   10, &list, &count, &total, &help.info),
                     0);
    ck_assert_uint_eq(total, 1);
    ck_assert_uint_eq(list[0].version, 1);
    ck_assert_int_eq(workflow_list(help.handles.db, help.arena, CONTACTHELP_PROJECT, STR("%"), 0,
                                   10, &list, &count, &total, &help.info),
                     0);
    ck_assert_uint_eq(total, 0);
    ck_assert_int_eq(workflow_delete(help.handles.db, help.arena, CONTACTHELP_PROJECT,
                                     &workflow.uuid, &help.info),
                     0);
    ck_assert_int_eq(workflow_get(help.handles.db, help.arena, CONTACTHELP_PROJECT, &workflow.uuid,
                                  &workflow, &help.info),
                     ERR_NOT_FOUND);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("flowevent");
    TCase *tcase = tcase_create("all");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, version_zero_and_a_known_one_ask_nothing);
    tcase_add_test(tcase, others_pay_nothing);
    tcase_add_test(tcase, a_wanted_event_is_queued_with_its_data);
    tcase_add_test(tcase, history_is_not_queued);
    tcase_add_test(tcase, flips_and_events_of_the_api_are_queued);
    tcase_add_test(tcase, who_gets_the_tag_of_a_sequence_is_queued_once);
    tcase_add_test(tcase, an_edit_is_seen_by_the_next_write);
    tcase_add_test(tcase, a_disabled_workflow_wants_what_its_executions_wait_for);
    tcase_add_test(tcase, of_each_contact_the_oldest_is_taken);
    tcase_add_test(tcase, who_is_on_the_way_is_passed_by);
    tcase_add_test(tcase, who_waits_for_an_event_or_is_in_a_deleted_flow_is_not_passed_by);
    tcase_add_test(tcase, schedules_are_found_when_they_are_due);
    tcase_add_test(tcase, lists_search_names_and_a_refused_edit_changes_nothing);
    suite_add_tcase(suite, tcase);
    return testdb_run(suite);
}

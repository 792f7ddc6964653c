/*
 * What holds for sequences beyond what every flow does: who is stopped, the distance between two
 * mails, what the end of one says. Runs under tests/db/with-mariadb.
 */
#include <string.h>

#include "flow/sequencerules.h"
#include "flow/start.h"
#include "flowhelp.h"
#include "store/enrollment.h"
#include "store/message.h"
#include "store/sequence.h"

#define DAY_MS INT64_C(86400000)
#define NOW_MS (INT64_C(20000) * DAY_MS)
#define GONE 4000000 /* an ordinal that nobody has */

static struct contacthelp help;

static void setup(void)
{
    flowhelp_reset();
    contacthelp_open(&help);
    (void)flowhelp_run(&help, "DELETE FROM message");
    (void)flowhelp_run(&help, "DELETE FROM suppression");
    (void)flowhelp_run(&help, "DELETE FROM template");
    (void)flowhelp_run(&help, "UPDATE project SET send_frequency_cap_days = NULL");
}

static void teardown(void)
{
    contacthelp_close(&help);
}

static uint32_t contact(const char *email, enum contactchange_subscribe subscribe)
{
    return contacthelp_must(&help, email, subscribe, NULL).ordinal;
}

static struct sequence make_sequence(const char *steps)
{
    struct sequence_edit edit = {.sequence = {.name = STR("s"),
                                              .trigger = SEQUENCE_MANUAL,
                                              .steps = str_from(steps),
                                              .enabled = true}};
    struct sequence sequence;
    int err = sequence_create(help.handles.db, help.arena, CONTACTHELP_PROJECT, &edit, &sequence,
                              &help.info);
    ck_assert_msg(err == 0, "%s", help.info.message);
    return sequence;
}

/* ---- judging ------------------------------------------------------------------------------- */

/* What runs in one transaction. */
struct round {
    struct sequencerules_case *cases;
    size_t count;
    int64_t now_ms;
    const uint32_t *sequence_ids; /* of those who completed */
    const uint32_t *ordinals;
    size_t completed;
};

static int round_body(struct db *db, void *ctx, struct err_info *info)
{
    struct round *round = ctx;
    struct message_new *messages = arena_array(help.arena, round->count, sizeof(*messages));
    size_t sent = 0;
    int err = sequencerules_judge(db, help.arena, CONTACTHELP_PROJECT, round->cases, round->count,
                                  round->now_ms, info);
    for (size_t i = 0; i < round->count; i++) {
        if (round->cases[i].is_email && round->cases[i].verdict == SEQUENCERULES_GO) {
            messages[sent++] = (struct message_new){.source = MESSAGE_OF_SEQUENCE,
                                                    .source_id = round->cases[i].sequence_id,
                                                    .execution_id = (uint64_t)round->now_ms,
                                                    .ordinal = round->cases[i].ordinal};
        }
    }
    if (err == 0) {
        err = message_add(db, help.arena, CONTACTHELP_PROJECT, messages, sent, round->now_ms, info);
    }
    return err < 0
               ? err
               : sequencerules_completed(db, help.arena, CONTACTHELP_PROJECT, round->sequence_ids,
                                         round->ordinals, round->completed, info);
}

static void run(struct round *round)
{
    int err = db_tx(help.handles.db, DB_WRITE, round_body, round, &help.info);
    ck_assert_msg(err == 0, "%s", help.info.message);
}

static void judge(struct sequencerules_case *cases, size_t count, int64_t now_ms)
{
    struct round round = {.cases = cases, .count = count, .now_ms = now_ms};
    run(&round);
}

START_TEST(who_is_not_subscribed_is_stopped)
{
    static const char *const reasons[] = {NULL,         "unsubscribed", "bounced",
                                          "complained", "suppressed",   "deleted"};
    struct sequencerules_case cases[] = {
        {.ordinal = contact("a@example.com", CONTACTCHANGE_KEEP)},
        {.ordinal = contact("b@example.com", CONTACTCHANGE_UNSUBSCRIBE)},
        {.ordinal = contact("c@example.com", CONTACTCHANGE_BOUNCE)},
        {.ordinal = contact("d@example.com", CONTACTCHANGE_COMPLAIN)},
        {.ordinal = contact("e@example.com", CONTACTCHANGE_KEEP)},
        {.ordinal = GONE},
    };
    (void)flowhelp_run(&help, "INSERT INTO suppression (project_id, uuid, name, kind, pattern,"
                              " enabled, created_ms, updated_ms)"
                              " VALUES (7, RANDOM_BYTES(16), 'e', 1, 'e@example.com', 1, 1, 1)");
    judge(cases, ARRAY_LEN(cases), NOW_MS);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        ck_assert_int_eq(cases[i].verdict,
                         reasons[i] == NULL ? SEQUENCERULES_GO : SEQUENCERULES_STOP);
        if (reasons[i] != NULL) {
            ck_assert_str_eq(cases[i].reason.at, reasons[i]);
        }
    }
}
END_TEST

START_TEST(mails_keep_the_distance_of_the_site)
{
    uint32_t ann = contact("ann@example.com", CONTACTCHANGE_KEEP);
    uint32_t bob = contact("bob@example.com", CONTACTCHANGE_KEEP);
    struct sequencerules_case cases[] = {{.ordinal = ann, .sequence_id = 1, .is_email = true},
                                         {.ordinal = ann, .sequence_id = 2, .is_email = true},
                                         {.ordinal = ann, .sequence_id = 3},
                                         {.ordinal = bob, .sequence_id = 2, .is_email = true}};
    (void)flowhelp_run(&help, "UPDATE project SET send_frequency_cap_days = 2");
    judge(cases, ARRAY_LEN(cases), NOW_MS);
    ck_assert_int_eq(cases[0].verdict, SEQUENCERULES_GO);
    ck_assert_int_eq(cases[1].verdict, SEQUENCERULES_DEFER);
    ck_assert_int_eq(cases[1].due_ms, NOW_MS + 2 * DAY_MS);
    ck_assert_int_eq(cases[2].verdict, SEQUENCERULES_GO);
    ck_assert_int_eq(cases[3].verdict, SEQUENCERULES_GO);
    judge(&cases[1], 1, NOW_MS + 2 * DAY_MS - 1);
    ck_assert_int_eq(cases[1].verdict, SEQUENCERULES_DEFER);
    ck_assert_int_eq(cases[1].due_ms, NOW_MS + 2 * DAY_MS);
    judge(&cases[1], 1, NOW_MS + 2 * DAY_MS);
    ck_assert_int_eq(cases[1].verdict, SEQUENCERULES_GO);
    judge(&cases[0], 1, NOW_MS + 3 * DAY_MS);
    ck_assert_int_eq(cases[0].verdict, SEQUENCERULES_DEFER);
    ck_assert_int_eq(cases[0].due_ms, NOW_MS + 4 * DAY_MS);
}
END_TEST

static uint32_t whom_both_want;

/* 0: this one sends. */
static int one_of_two(struct contacthelp *mine, int number)
{
    struct sequencerules_case one = {
        .ordinal = whom_both_want, .sequence_id = (uint32_t)number + 1, .is_email = true};
    help = *mine;
    judge(&one, 1, NOW_MS);
    return one.verdict == SEQUENCERULES_GO ? 0 : 1;
}

START_TEST(of_two_workers_one_sends)
{
    (void)flowhelp_run(&help, "UPDATE project SET send_frequency_cap_days = 2");
    for (int i = 0; i < 10; i++) {
        whom_both_want =
            contact(arena_printf(help.arena, "c%d@example.com", i), CONTACTCHANGE_KEEP);
        ck_assert_int_eq(contacthelp_fork(2, one_of_two), 1);
    }
}
END_TEST

START_TEST(without_a_cap_nothing_is_deferred)
{
    uint32_t ann = contact("ann@example.com", CONTACTCHANGE_KEEP);
    struct sequencerules_case cases[] = {{.ordinal = ann, .sequence_id = 1, .is_email = true},
                                         {.ordinal = ann, .sequence_id = 2, .is_email = true}};
    judge(cases, ARRAY_LEN(cases), NOW_MS);
    ck_assert_int_eq(cases[0].verdict, SEQUENCERULES_GO);
    ck_assert_int_eq(cases[1].verdict, SEQUENCERULES_GO);
}
END_TEST

START_TEST(who_came_to_the_end_completed_it)
{
    uint32_t ann = contact("ann@example.com", CONTACTCHANGE_KEEP);
    uint32_t bob = contact("bob@example.com", CONTACTCHANGE_KEEP);
    uint32_t one = make_sequence("[]").sequence_id;
    uint32_t two = make_sequence("[]").sequence_id;
    const uint32_t sequences[] = {two, one, 99, two, one, one};
    const uint32_t ordinals[] = {ann, bob, ann, bob, bob, GONE};
    struct round round = {
        .sequence_ids = sequences, .ordinals = ordinals, .completed = ARRAY_LEN(sequences)};
    run(&round);
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT COUNT(*) FROM member WHERE project_id = 7"), 3);
}
END_TEST

/* ---- enrolments ---------------------------------------------------------------------------- */

static uint32_t enrol(const struct sequence *sequence, const struct contact *who)
{
    struct start_request request = {.flow = {.project_id = CONTACTHELP_PROJECT,
                                             .owner_kind = FLOWVERSION_SEQUENCE,
                                             .owner_id = sequence->sequence_id},
                                    .contact = who->uuid};
    struct execution_start start;
    int err = start_one(help.handles.db, help.arena, &request, &start, &help.info);
    ck_assert_msg(err == 0, "%s", help.info.message);
    return start.execution_id;
}

static void take_events(void)
{
    struct start_report report;
    int err =
        start_events(help.handles.db, help.arena, CONTACTHELP_PROJECT, NOW_MS, &report, &help.info);
    ck_assert_msg(err == 0, "%s", help.info.message);
}

START_TEST(an_unsubscription_stops_at_once)
{
    struct contact ann = contacthelp_must(&help, "ann@example.com", CONTACTCHANGE_KEEP, NULL);
    struct contact bob = contacthelp_must(&help, "bob@example.com", CONTACTCHANGE_KEEP, NULL);
    struct sequence one = make_sequence("[{\"type\":\"delay\",\"days\":1}]");
    struct sequence two = make_sequence("[{\"type\":\"delay\",\"days\":1}]");
    (void)enrol(&one, &ann);
    (void)enrol(&two, &ann);
    (void)enrol(&one, &bob);
    (void)contact("ann@example.com", CONTACTCHANGE_UNSUBSCRIBE);
    (void)contact("bob@example.com", CONTACTCHANGE_UNSUBSCRIBE);
    (void)contact("bob@example.com", CONTACTCHANGE_SUBSCRIBE);
    take_events();
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT COUNT(*) FROM execution WHERE status = 4"), 2);
    ck_assert_str_eq(contacthelp_text(&help, "SELECT MIN(reason) FROM execution WHERE status = 4"),
                     "unsubscribed");
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT COUNT(*) FROM execution_due"), 1);
}
END_TEST

START_TEST(a_bounce_says_so)
{
    struct contact ann = contacthelp_must(&help, "ann@example.com", CONTACTCHANGE_KEEP, NULL);
    struct sequence one = make_sequence("[{\"type\":\"delay\",\"days\":1}]");
    (void)enrol(&one, &ann);
    (void)contact("ann@example.com", CONTACTCHANGE_BOUNCE);
    take_events();
    ck_assert_str_eq(contacthelp_text(&help, "SELECT reason FROM execution"), "bounced");
}
END_TEST

START_TEST(contacts_in_several_sequences)
{
    struct contact ann = contacthelp_must(&help, "ann@example.com", CONTACTCHANGE_KEEP, NULL);
    struct contact bob = contacthelp_must(&help, "bob@example.com", CONTACTCHANGE_KEEP, NULL);
    struct sequence one = make_sequence("[{\"type\":\"delay\",\"days\":1}]");
    struct sequence two = make_sequence("[{\"type\":\"delay\",\"days\":1}]");
    struct enrollment_several *several;
    size_t count;
    uint64_t total;
    (void)enrol(&two, &ann);
    (void)enrol(&one, &ann);
    (void)enrol(&one, &bob);
    ck_assert_int_eq(enrollment_list_several(help.handles.db, help.arena, CONTACTHELP_PROJECT, 0,
                                             10, &several, &count, &total, &help.info),
                     0);
    ck_assert_uint_eq(total, 1);
    ck_assert_uint_eq(count, 1);
    ck_assert_str_eq(several[0].email.at, "ann@example.com");
    ck_assert_uint_eq(several[0].sequence_count, 2);
    ck_assert_uint_eq(several[0].sequence_ids[0], one.sequence_id);
    ck_assert_uint_eq(several[0].sequence_ids[1], two.sequence_id);
    ck_assert_int_eq(
        sequence_delete(help.handles.db, CONTACTHELP_PROJECT, two.sequence_id, &help.info), 0);
    ck_assert_int_eq(enrollment_list_several(help.handles.db, help.arena, CONTACTHELP_PROJECT, 0,
                                             10, &several, &count, &total, &help.info),
                     0);
    ck_assert_uint_eq(total, 0);
}
END_TEST

START_TEST(an_edit_leaves_those_under_way)
{
    struct contact ann = contacthelp_must(&help, "ann@example.com", CONTACTCHANGE_KEEP, NULL);
    struct contact bob = contacthelp_must(&help, "bob@example.com", CONTACTCHANGE_KEEP, NULL);
    struct sequence one = make_sequence("[{\"type\":\"delay\",\"days\":1}]");
    struct sequence_edit edit = {.parts = SEQUENCE_SET_STEPS,
                                 .sequence = {.steps = STR("[{\"type\":\"delay\",\"days\":9}]")}};
    (void)enrol(&one, &ann);
    ck_assert_int_eq(sequence_update(help.handles.db, help.arena, CONTACTHELP_PROJECT,
                                     one.sequence_id, &edit, &one, &help.info),
                     0);
    ck_assert_uint_eq(one.version, 2);
    (void)enrol(&one, &bob);
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT COUNT(*) FROM flow_version"), 2);
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT MIN(version) FROM execution"), 1);
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT MAX(version) FROM execution"), 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sequencerules");
    TCase *tests = tcase_create("sequencerules");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, who_is_not_subscribed_is_stopped);
    tcase_add_test(tests, mails_keep_the_distance_of_the_site);
    tcase_add_test(tests, of_two_workers_one_sends);
    tcase_add_test(tests, without_a_cap_nothing_is_deferred);
    tcase_add_test(tests, who_came_to_the_end_completed_it);
    tcase_add_test(tests, an_unsubscription_stops_at_once);
    tcase_add_test(tests, a_bounce_says_so);
    tcase_add_test(tests, contacts_in_several_sequences);
    tcase_add_test(tests, an_edit_leaves_those_under_way);
    suite_add_tcase(suite, tests);
    return testdb_run(suite);
}

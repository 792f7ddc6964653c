/*
 * Reports about messages, in any order and by several at once: each is kept once, of openings and
 * clicks the earliest of each message counts, and log, reports, roll-ups and statuses agree. Runs
 * under tests/db/with-mariadb.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/macros.h"
#include "contacthelp.h"
#include "store/emailwrite.h"

#define CONTACTS 5
#define MESSAGES 4 /* of each contact */
#define TIMES 6    /* at which reports are */
#define BATCHES 12
#define BATCH 40

static struct contacthelp help;

static void setup(void)
{
    contacthelp_reset();
    contacthelp_open(&help);
    testdb_exec(help.handles.db, "DELETE FROM email_event", DB_NO_PARAMS);
    testdb_exec(help.handles.db, "DELETE FROM campaign", DB_NO_PARAMS);
    testdb_exec(help.handles.db, "DELETE FROM sequence", DB_NO_PARAMS);
    for (int i = 0; i < CONTACTS; i++) {
        (void)contacthelp_must(&help, arena_printf(help.arena, "c%d@example.com", i),
                               CONTACTCHANGE_KEEP, NULL);
    }
}

static void teardown(void)
{
    contacthelp_close(&help);
}

static void run(struct contacthelp *by, struct emailwrite_item *items, size_t count)
{
    struct emailwrite_batch batch = {
        .project_id = CONTACTHELP_PROJECT, .items = items, .count = count};
    int err = emailwrite_run(by->handles.db, by->arena, &batch, &by->info);
    ck_assert_msg(err == 0, "%s", by->info.message);
}

static struct emailwrite_item report(struct contacthelp *by, int contact, int message,
                                     enum emailevent_type type, int64_t at_ms)
{
    return (struct emailwrite_item){
        .email = str_from(arena_printf(by->arena, "c%d@example.com", contact)),
        .email_id = str_from(arena_printf(by->arena, "m%d.%d", contact, message)),
        .type = type,
        .at_ms = at_ms};
}

/* What must hold of all rows, whatever was told. */
static void check_rows(void)
{
    static const struct {
        const char *what;
        const char *sql;
    } faults[] = {
        {"an opening or a click whose earliest report is not the occurrence",
         "SELECT COUNT(*) FROM (SELECT MIN(at_ms) AS earliest, SUM(event_uuid IS NOT NULL) AS n,"
         " MIN(CASE WHEN event_uuid IS NOT NULL THEN at_ms END) AS first FROM email_event"
         " WHERE type IN (3, 4) GROUP BY email_id, type, ordinal) g"
         " WHERE g.n <> 1 OR g.first <> g.earliest"},
        {"a report of another kind that is no occurrence",
         "SELECT COUNT(*) FROM email_event WHERE type IN (1, 2, 5, 6) AND event_uuid IS NULL"},
        {"a report whose occurrence is not in the log",
         "SELECT COUNT(*) FROM email_event r LEFT JOIN event e ON e.project_id = r.project_id"
         " AND e.at_ms = r.event_ms AND e.uuid = r.event_uuid AND e.ordinal = r.ordinal"
         " WHERE r.event_uuid IS NOT NULL AND e.uuid IS NULL"},
        {"an occurrence in the log without its report",
         "SELECT COUNT(*) FROM event e JOIN event_name n ON n.project_id = e.project_id AND"
         " n.name_id = e.name_id LEFT JOIN email_event r ON r.project_id = e.project_id AND"
         " r.event_uuid = e.uuid WHERE n.name LIKE 'email.%' AND r.number IS NULL"},
        {"a roll-up that is not the log's",
         "SELECT COUNT(*) FROM contact_event c LEFT JOIN (SELECT project_id, name_id, ordinal,"
         " COUNT(*) AS n, MIN(at_ms) AS first, MAX(at_ms) AS last FROM event"
         " GROUP BY project_id, name_id, ordinal) e ON e.project_id = c.project_id AND"
         " e.name_id = c.name_id AND e.ordinal = c.ordinal"
         " WHERE e.n IS NULL OR e.n <> c.count OR e.first <> c.first_ms OR e.last <> c.last_ms"},
        {"a status that the reports do not give",
         "SELECT COUNT(*) FROM contact c WHERE c.status <> CASE WHEN EXISTS (SELECT 1 FROM"
         " email_event r WHERE r.ordinal = c.ordinal AND r.type = 6) THEN 4 WHEN EXISTS (SELECT 1"
         " FROM email_event r WHERE r.ordinal = c.ordinal AND r.type = 5) THEN 3 ELSE 1 END"},
    };
    for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
        int64_t count = contacthelp_i64(&help, faults[i].sql);
        ck_assert_msg(count == 0, "%lld times %s", (long long)count, faults[i].what);
    }
}

/* Batches drawn by the number of the process; all draw from the same few messages and times. */
static int tell_at_random(struct contacthelp *by, int number)
{
    unsigned seed = (unsigned)number + 1;
    for (int b = 0; b < BATCHES; b++) {
        struct emailwrite_item items[BATCH];
        for (int i = 0; i < BATCH; i++) {
            int type = EMAILEVENT_SENT + rand_r(&seed) % 5;
            int contact = rand_r(&seed) % CONTACTS;
            bool complains = type == EMAILEVENT_SENT && contact == 0;
            items[i] = report(by, contact, rand_r(&seed) % MESSAGES,
                              complains ? EMAILEVENT_COMPLAINED : (enum emailevent_type)type,
                              1000 + rand_r(&seed) % TIMES);
        }
        run(by, items, BATCH);
        for (int i = 0; i < BATCH; i++) {
            ck_assert_int_eq(items[i].problem_err, 0);
            ck_assert_int_ne(items[i].outcome, EMAILWRITE_FAILED);
        }
    }
    return 0;
}

START_TEST(one_after_the_other)
{
    ck_assert_int_eq(tell_at_random(&help, _i), 0);
    check_rows();
}
END_TEST

START_TEST(four_at_once)
{
    ck_assert_int_eq(contacthelp_fork(4, tell_at_random), 4);
    check_rows();
}
END_TEST

START_TEST(a_late_one_moves_the_occurrence)
{
    struct emailwrite_item later = report(&help, 0, 0, EMAILEVENT_OPENED, 5000);
    struct emailwrite_item other = report(&help, 0, 1, EMAILEVENT_OPENED, 4000);
    struct emailwrite_item earlier = report(&help, 0, 0, EMAILEVENT_OPENED, 3000);
    run(&help, &later, 1);
    run(&help, &other, 1);
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT last_ms FROM contact_event"), 5000);
    testdb_exec(help.handles.db, "DELETE FROM dirty", DB_NO_PARAMS);
    run(&help, &earlier, 1);
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT count FROM contact_event"), 2);
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT first_ms FROM contact_event"), 3000);
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT last_ms FROM contact_event"), 4000);
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT COUNT(*) FROM dirty"), 1);
    check_rows();
}
END_TEST

START_TEST(a_repeat_changes_nothing)
{
    struct emailwrite_item items[2] = {report(&help, 0, 0, EMAILEVENT_BOUNCED, 5000),
                                       report(&help, 0, 0, EMAILEVENT_BOUNCED, 5000)};
    run(&help, items, 2);
    ck_assert_int_eq(items[0].outcome, EMAILWRITE_STORED);
    ck_assert_int_eq(items[1].outcome, EMAILWRITE_DUPLICATE);
    testdb_exec(help.handles.db, "DELETE FROM dirty", DB_NO_PARAMS);
    run(&help, items, 2);
    ck_assert_int_eq(items[0].outcome, EMAILWRITE_DUPLICATE);
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT COUNT(*) FROM dirty"), 0);
    check_rows();
}
END_TEST

#define MEMBERS(set) "SELECT COUNT(*) FROM member WHERE project_id = 7 AND set_id >> 40 = " set

START_TEST(sequences_are_completed_by_their_messages)
{
    struct emailwrite_item items[3] = {report(&help, 0, 0, EMAILEVENT_SENT, 1),
                                       report(&help, 0, 1, EMAILEVENT_BOUNCED, 2),
                                       report(&help, 0, 1, EMAILEVENT_DELIVERED, 3)};
    testdb_exec(help.handles.db,
                "INSERT INTO sequence (project_id, sequence_id, uuid, name, trigger_kind, steps,"
                " enabled, created_ms, updated_ms) VALUES (7, 9, RANDOM_BYTES(16), 's', 1,"
                " '[{\"type\":\"email\"},{\"type\":\"delay\"},{\"type\":\"email\"}]', 1, 1, 1)",
                DB_NO_PARAMS);
    for (size_t i = 0; i < ARRAY_LEN(items); i++) {
        items[i].sequence = STR("9");
        run(&help, &items[i], 1);
        ck_assert_int_eq(contacthelp_i64(&help, MEMBERS("5")), i == 2);
    }
    check_rows();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("emailwrite");
    TCase *tests = tcase_create("reports");
    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, one_after_the_other, 0, 3);
    tcase_add_test(tests, four_at_once);
    tcase_add_test(tests, a_late_one_moves_the_occurrence);
    tcase_add_test(tests, a_repeat_changes_nothing);
    tcase_add_test(tests, sequences_are_completed_by_their_messages);
    suite_add_tcase(suite, tests);
    return testdb_run(suite);
}

/*
 * Runs of tracked segments: what is due, what is said, and that it is said once whatever breaks.
 * Runs under tests/db/with-mariadb.
 */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "audience/columnbuild.h"
#include "audience/due.h"
#include "audience/moves.h"
#include "audience/tracking.h"
#include "column/key.h"
#include "columnhelp.h"
#include "store/contactdelete.h"
#include "store/member.h"

#define DATA "JSON_OBJECT('plan', ELT(1 + seq % 3, 'free', 'pro', 'Team'), 'score', seq % 10)"
#define PRO ONE("{\"field\":\"data.plan\",\"operator\":\"equals\",\"value\":\"pro\"}")
#define BOUGHT ONE("{\"field\":\"event.buy\",\"operator\":\"triggered\"}")

static struct columnhelp help;

static void setup(void)
{
    columnhelp_open(&help);
    /* Names that the helpers number themselves lie below. */
    columnhelp_run(&help, "INSERT INTO counter (project_id, kind, last_value) VALUES (?, 3, 1000)",
                   1);
    columnhelp_run(&help, "INSERT INTO counter (project_id, kind, last_value) VALUES (?, 4, 1000)",
                   1);
}

static void teardown(void)
{
    columnhelp_close(&help);
}

/* ---- short forms --------------------------------------------------------------------------- */

static struct segment tracked(const char *name, const char *condition)
{
    struct segment segment = columnhelp_dynamic(&help, name, condition);
    struct segment_input input = {.track = true};
    ck_assert_int_eq(segment_update(help.db, help.arena, help.project_id, &segment.uuid,
                                    SEGMENT_SET_TRACK, &input, &segment, &help.info),
                     0);
    return segment;
}

static struct tracking_report run_it(struct columnhelp *h, const struct segment *segment)
{
    struct tracking_request request = {.project_id = h->project_id,
                                       .segment_id = segment->segment_id,
                                       .uuid = segment->uuid,
                                       .anew = true};
    struct tracking_report report = {0};
    int err = tracking_run(h->db, &request, &report, &h->info);
    ck_assert_msg(err == 0, "%s", h->info.message);
    return report;
}

static void expect_run(const struct segment *segment, uint64_t entries, uint64_t exits,
                       uint64_t total)
{
    struct tracking_report report = run_it(&help, segment);
    ck_assert_uint_eq(report.entries, entries);
    ck_assert_uint_eq(report.exits, exits);
    ck_assert_uint_eq(report.total, total);
    ck_assert(report.complete);
}

static bool is_due(const struct segment *segment)
{
    struct due_segment *targets;
    size_t count;
    ck_assert_int_eq(
        due_segments(help.db, help.arena, help.project_id, false, &targets, &count, &help.info), 0);
    for (size_t i = 0; i < count; i++)
        if (targets[i].segment_id == segment->segment_id)
            return true;
    return false;
}

/* Every sequence once; entry and exit take turns; who is in by the feed is who is in; and the
 * history adds up to it. */
static void check_feed(const struct segment *segment)
{
    static const char history[] =
        "SELECT MAX(s.entries) - SUM(h.entries) + MAX(s.exits) - SUM(h.exits) +"
        " (SUM(h.entries - h.exits) <> SUBSTRING_INDEX(GROUP_CONCAT(h.count ORDER BY h.at_ms "
        "DESC), ',', 1))"
        " FROM segment_state s JOIN segment_history h USING (project_id, segment_id)"
        " WHERE s.project_id = ? AND s.segment_id = ?";
    static const char gaps[] = "SELECT COUNT(*) <> COALESCE(MAX(sequence), 0) FROM transition"
                               " WHERE project_id = ? AND segment_id = ?";
    static const char turns[] =
        "SELECT COUNT(*) FROM (SELECT kind, COALESCE(LAG(kind) OVER (PARTITION BY ordinal"
        " ORDER BY sequence), 2) AS before_it FROM transition WHERE project_id = ?"
        " AND segment_id = ?) t WHERE kind = before_it";
    static const char state[] = "SELECT entries - exits FROM segment_state WHERE project_id = ?"
                                " AND segment_id = ?";
    static const char members[] =
        "SELECT COALESCE(SUM(BIT_COUNT(CONV(HEX(SUBSTR(bits, 1 + n.seq * 6, 6)), 16, 10))), 0)"
        " FROM membership, seq_0_to_1400 n WHERE project_id = ? AND segment_id = ?";
    const struct db_param key[] = {DB_U64(help.project_id), DB_U64(segment->segment_id)};
    ck_assert_int_eq(testdb_i64(help.db, gaps, key, 2), 0);
    ck_assert_int_eq(testdb_i64(help.db, turns, key, 2), 0);
    ck_assert_int_eq(testdb_i64(help.db, members, key, 2), testdb_i64(help.db, state, key, 2));
    ck_assert_int_eq(testdb_i64(help.db, history, key, 2), 0);
}

static int64_t count_cause(const struct segment *segment, int cause)
{
    return testdb_i64(
        help.db,
        "SELECT COUNT(*) FROM transition WHERE project_id = ? AND segment_id = ?"
        " AND cause = ?",
        DB_PARAMS(DB_U64(help.project_id), DB_U64(segment->segment_id), DB_I64(cause)));
}

static void set_plan(const char *sql_plan, uint32_t first, uint32_t last)
{
    const char *sql =
        arena_printf(help.arena,
                     "UPDATE contact SET data = JSON_SET(data, '$.plan', '%s'), updated_ms ="
                     " FLOOR(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6)) / 1000)"
                     " WHERE project_id = ? AND ordinal BETWEEN %u AND %u",
                     sql_plan, first, last);
    columnhelp_run(&help, sql, 1);
    columnhelp_mark(&help, KEY_PART_CONTACT, first, last);
}

/* ---- runs ---------------------------------------------------------------------------------- */

START_TEST(the_first_run_tells_of_every_member)
{
    columnhelp_contacts(&help, 1, 3000, DATA, true);
    columnhelp_contacts(&help, 70000, 70299, DATA, true); /* another chunk */
    struct segment segment = tracked("Pro", PRO);
    expect_run(&segment, 1100, 0, 1100);
    ck_assert_int_eq(count_cause(&segment, OUTBOXBODY_FIRST), 1100);
    check_feed(&segment);
    expect_run(&segment, 0, 0, 1100);
    ck_assert(!is_due(&segment));
    ck_assert_int_eq(columnhelp_i64(&help, "SELECT MAX(member_count) FROM segment"
                                           " WHERE project_id = ?"),
                     1100);
    (void)columnhelp_fold(&help, true);
    columnhelp_verify(&help);
}
END_TEST

START_TEST(changes_are_told_once_with_their_cause)
{
    columnhelp_contacts(&help, 1, 3000, DATA, false);
    (void)columnhelp_rebuild(&help);
    struct segment segment = tracked("Pro", PRO);
    expect_run(&segment, 1000, 0, 1000);
    set_plan("pro", 1, 900);      /* 600 enter */
    set_plan("free", 2000, 2299); /* 100 leave */
    ck_assert(is_due(&segment));
    expect_run(&segment, 600, 100, 1500);
    ck_assert_int_eq(count_cause(&segment, OUTBOXBODY_DATA), 700);
    check_feed(&segment);
}
END_TEST

START_TEST(only_what_the_filter_names_makes_it_due)
{
    columnhelp_contacts(&help, 1, 100, DATA, false);
    (void)columnhelp_rebuild(&help);
    struct segment pro = tracked("Pro", PRO), bought = tracked("Bought", BOUGHT);
    expect_run(&pro, 34, 0, 34);
    expect_run(&bought, 0, 0, 0);
    ck_assert(!is_due(&pro));
    ck_assert(!is_due(&bought));
    columnhelp_run(&help,
                   "INSERT INTO counter (project_id, kind, last_value) VALUES (?, 4, 1001)"
                   " ON DUPLICATE KEY UPDATE last_value = last_value + 1",
                   1);
    columnhelp_events(&help, "buy", 1, 10, true);
    ck_assert(!is_due(&pro));
    ck_assert(is_due(&bought)); /* the name that it asks for may be known now */
    expect_run(&bought, 10, 0, 10);
    ck_assert(!is_due(&bought));
    columnhelp_events(&help, "look", 1, 10, true);
    ck_assert(!is_due(&bought));
    columnhelp_mark(&help, KEY_PART_CONTACT, 5, 5);
    ck_assert(is_due(&pro));
    expect_run(&pro, 0, 0, 34);
    (void)columnhelp_fold(&help, true);
    ck_assert(is_due(&pro)); /* the marks are gone: it cannot know better */
    expect_run(&pro, 0, 0, 34);
    ck_assert(!is_due(&pro));
    (void)columnhelp_merge(&help, true);
    ck_assert(!is_due(&pro));
}
END_TEST

START_TEST(a_segment_is_due_when_one_that_it_names_is_changed)
{
    columnhelp_contacts(&help, 1, 100, DATA, false);
    (void)columnhelp_rebuild(&help);
    struct segment inner = columnhelp_dynamic(&help, "Inner", PRO);
    char uuid[37];
    uuid_format(&inner.uuid, uuid);
    const char *condition = arena_printf(
        help.arena, ONE("{\"field\":\"segment.%s\",\"operator\":\"memberOfSegment\"}"), uuid);
    struct segment outer = tracked("Outer", condition);
    const struct segref_segment names[] = {{inner.uuid, STR("condition")}};
    struct segment_input input = {.filter = outer.filter,
                                  .source = outer.source,
                                  .names = {.segments = names, .segment_count = 1}};
    ck_assert_int_eq(segment_update(help.db, help.arena, help.project_id, &outer.uuid,
                                    SEGMENT_SET_FILTER, &input, &outer, &help.info),
                     0);
    expect_run(&outer, 34, 0, 34);
    ck_assert(!is_due(&outer));
    struct segment_input other = {
        .filter = STR(ONE("{\"field\":\"data.score\",\"operator\":\"lessThan\",\"value\":5}")),
        .source = STR(ONE("{\"field\":\"data.score\",\"operator\":\"lessThan\",\"value\":5}"))};
    ck_assert_int_eq(segment_update(help.db, help.arena, help.project_id, &inner.uuid,
                                    SEGMENT_SET_FILTER, &other, &inner, &help.info),
                     0);
    ck_assert(is_due(&outer));
    (void)run_it(&help, &outer);
    ck_assert_int_gt(count_cause(&outer, OUTBOXBODY_FILTER), 0);
    ck_assert_int_eq(count_cause(&outer, OUTBOXBODY_DATA), 0);
    check_feed(&outer);
}
END_TEST

START_TEST(an_entry_may_cause_another)
{
    columnhelp_contacts(&help, 1, 30, DATA, false);
    (void)columnhelp_rebuild(&help);
    struct segment pro = tracked("Pro", PRO);
    struct segment next =
        tracked("Next", ONE("{\"field\":\"event.segment.Pro.entry\",\"operator\":\"triggered\"}"));
    expect_run(&pro, 10, 0, 10);
    expect_run(&next, 10, 0, 10);
    set_plan("pro", 2, 2);
    expect_run(&pro, 1, 0, 11);
    ck_assert(is_due(&next));
    expect_run(&next, 1, 0, 11);
    ck_assert_int_eq(testdb_i64(help.db,
                                "SELECT COUNT(*) FROM transition n JOIN transition p"
                                " ON p.project_id = n.project_id AND p.uuid = n.cause_event"
                                " WHERE n.project_id = ? AND n.segment_id = ? AND n.ordinal = 2",
                                DB_PARAMS(DB_U64(help.project_id), DB_U64(next.segment_id))),
                     1);
}
END_TEST

static int stops_left;

static bool stop_soon(void)
{
    return stops_left-- <= 0;
}

START_TEST(a_run_that_was_stopped_is_gone_on_with)
{
    columnhelp_contacts(&help, 1, 6000, DATA, false);
    (void)columnhelp_rebuild(&help);
    struct segment segment = tracked("Pro", PRO);
    struct tracking_request request = {.project_id = help.project_id,
                                       .segment_id = segment.segment_id,
                                       .uuid = segment.uuid,
                                       .stop = stop_soon};
    struct tracking_report report;
    stops_left = 3; /* the first learns the names, two write */
    ck_assert_int_eq(tracking_run(help.db, &request, &report, &help.info), 0);
    ck_assert(!report.complete);
    ck_assert_uint_eq(report.entries, 2 * MOVES_MAX);
    ck_assert(is_due(&segment));
    request.stop = NULL;
    ck_assert_int_eq(tracking_run(help.db, &request, &report, &help.info), 0);
    ck_assert_uint_eq(report.entries, 2000 - 2 * MOVES_MAX);
    ck_assert_int_eq(count_cause(&segment, OUTBOXBODY_FIRST), 2000);
    check_feed(&segment);
}
END_TEST

START_TEST(another_filter_ends_a_run)
{
    columnhelp_contacts(&help, 1, 6000, DATA, false);
    (void)columnhelp_rebuild(&help);
    struct segment segment = tracked("Pro", PRO);
    struct tracking_request request = {.project_id = help.project_id,
                                       .segment_id = segment.segment_id,
                                       .uuid = segment.uuid,
                                       .stop = stop_soon};
    struct tracking_report report;
    const char *free = ONE("{\"field\":\"data.plan\",\"operator\":\"equals\",\"value\":\"free\"}");
    struct segment_input input = {.filter = str_from(free), .source = str_from(free)};
    stops_left = 3;
    ck_assert_int_eq(tracking_run(help.db, &request, &report, &help.info), 0);
    ck_assert_int_eq(segment_update(help.db, help.arena, help.project_id, &segment.uuid,
                                    SEGMENT_SET_FILTER, &input, &segment, &help.info),
                     0);
    expect_run(&segment, 2000, 2 * MOVES_MAX, 2000);
    ck_assert_int_eq(count_cause(&segment, OUTBOXBODY_FILTER), 2000 + 2 * MOVES_MAX);
    check_feed(&segment);
}
END_TEST

START_TEST(a_contact_that_is_gone_leaves)
{
    struct uuid uuid;
    columnhelp_contacts(&help, 1, 30, DATA, false);
    (void)columnhelp_rebuild(&help);
    struct segment segment = tracked("Pro", PRO);
    expect_run(&segment, 10, 0, 10);
    AUTO(db_rows) rows = NULL;
    ck_assert_int_eq(db_one(help.db,
                            "SELECT uuid FROM contact WHERE project_id = ? AND ordinal = 4",
                            DB_PARAMS(DB_U64(help.project_id)), &rows, &help.info),
                     1);
    memcpy(uuid.bytes, db_bytes(rows, 0).at, sizeof uuid.bytes);
    ck_assert_int_eq(contactdelete_one(help.db, help.arena, help.project_id, &uuid, &help.info), 0);
    expect_run(&segment, 0, 1, 9);
    ck_assert_int_eq(count_cause(&segment, OUTBOXBODY_DELETED), 1);
    ck_assert_int_eq(testdb_i64(help.db,
                                "SELECT COUNT(DISTINCT contact) FROM transition"
                                " WHERE project_id = ? AND ordinal = 4",
                                DB_PARAMS(DB_U64(help.project_id))),
                     1);
    check_feed(&segment);
    (void)columnhelp_fold(&help, true);
    columnhelp_verify(&help);
}
END_TEST

START_TEST(the_clock_alone_makes_it_due)
{
    columnhelp_contacts(&help, 1, 10, DATA, false);
    columnhelp_run(&help,
                   "UPDATE contact SET subscribed_ms = FLOOR(TIMESTAMPDIFF(MICROSECOND,"
                   " '1970-01-01', UTC_TIMESTAMP(6)) / 1000) - 59000 WHERE project_id = ?"
                   " AND ordinal = 5",
                   1);
    (void)columnhelp_rebuild(&help);
    struct segment segment =
        tracked("Fresh", ONE("{\"field\":\"subscribedAt\",\"operator\":\"within\",\"value\":1,"
                             "\"unit\":\"minutes\"}"));
    expect_run(&segment, 1, 0, 1);
    ck_assert(!is_due(&segment));
    for (int tries = 0; tries < 100 && !is_due(&segment); tries++)
        testdb_i64(help.db, "SELECT SLEEP(0.1)", DB_NO_PARAMS);
    ck_assert(is_due(&segment));
    expect_run(&segment, 0, 1, 0);
    ck_assert_int_eq(count_cause(&segment, OUTBOXBODY_CLOCK), 1);
    ck_assert(!is_due(&segment));
}
END_TEST

/* An occurrence of "paid" by contact 5, so many ms ago, and the roll-up of what is there then. */
static void pay(unsigned ago_ms)
{
    testdb_exec(help.db,
                "INSERT INTO event (project_id, at_ms, uuid, ordinal, name_id, created_ms)"
                " VALUES (?, FLOOR(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6)) /"
                " 1000) - ?, RANDOM_BYTES(16), 5, 70, 1)",
                DB_PARAMS(DB_U64(help.project_id), DB_U64(ago_ms)));
    columnhelp_run(&help,
                   "REPLACE INTO contact_event (project_id, name_id, ordinal, count, first_ms,"
                   " last_ms) SELECT project_id, name_id, ordinal, COUNT(*), MIN(at_ms), MAX(at_ms)"
                   " FROM event WHERE project_id = ? AND name_id = 70"
                   " GROUP BY project_id, name_id, ordinal",
                   1);
    columnhelp_mark(&help, KEY_PART_EVENT(70), 5, 5);
}

/* With the times read from the log, and once their column is built. */
START_TEST(an_occurrence_leaves_the_window)
{
    struct upkeep_report report = {0};
    columnhelp_contacts(&help, 1, 10, DATA, false);
    columnhelp_run(&help,
                   "INSERT INTO event_name (project_id, name_id, name, first_seen_ms)"
                   " VALUES (?, 70, 'paid', 1)",
                   1);
    pay(59000);
    pay(10000);
    (void)columnhelp_rebuild(&help);
    struct segment segment =
        tracked("Payers", ONE("{\"field\":\"event.paid\",\"operator\":\"countAtLeast\",\"value\":2,"
                              "\"window\":{\"value\":1,\"unit\":\"minutes\"}}"));
    expect_run(&segment, 1, 0, 1);
    ck_assert(!is_due(&segment));
    ck_assert_int_eq(columnbuild_run(help.db, help.project_id, NULL, &report, &help.info), 0);
    ck_assert_uint_gt(report.merged_chunks, 0); /* the run asked for it */
    ck_assert(!is_due(&segment));
    for (int tries = 0; tries < 100 && !is_due(&segment); tries++)
        testdb_i64(help.db, "SELECT SLEEP(0.1)", DB_NO_PARAMS);
    expect_run(&segment, 0, 1, 0);
    ck_assert_int_eq(count_cause(&segment, OUTBOXBODY_CLOCK), 1);
    ck_assert(!is_due(&segment));
    pay(0);
    ck_assert(is_due(&segment));
    expect_run(&segment, 1, 0, 1);
    ck_assert_int_eq(count_cause(&segment, OUTBOXBODY_DATA), 1);
    check_feed(&segment);
}
END_TEST

/* Also when the filter names it by its number before it is there. */
START_TEST(a_tag_makes_it_due)
{
    uint32_t ordinals[] = {3, 4};
    columnhelp_contacts(&help, 1, 10, DATA, true);
    int64_t id = columnhelp_i64(
        &help, "SELECT site_index * 4294967296 + 7 FROM project WHERE project_id = ?");
    struct segment segment = tracked(
        "Tagged", arena_printf(help.arena, ONE("{\"field\":\"tag.%lld\",\"operator\":\"has\"}"),
                               (long long)id));
    expect_run(&segment, 0, 0, 0);
    ck_assert(!is_due(&segment));
    columnhelp_run(&help,
                   "INSERT INTO tag (project_id, tag_id, uuid, name, created_ms)"
                   " VALUES (?, 7, RANDOM_BYTES(16), 'seven', 1)",
                   1);
    ck_assert_int_eq(member_add(help.db, help.arena, help.project_id, KEY_SET_TAG(7), ordinals, 2,
                                NULL, &help.info),
                     0);
    ck_assert(is_due(&segment));
    expect_run(&segment, 2, 0, 2);
    ck_assert_int_eq(member_remove(help.db, help.arena, help.project_id, KEY_SET_TAG(7), ordinals,
                                   1, NULL, &help.info),
                     0);
    expect_run(&segment, 0, 1, 1);
    check_feed(&segment);
}
END_TEST

/* ---- at once, and gone --------------------------------------------------------------------- */

static int run_child(struct columnhelp *own, void *ctx)
{
    const struct segment *segment = ctx;
    struct tracking_request request = {.project_id = own->project_id,
                                       .segment_id = segment->segment_id,
                                       .uuid = segment->uuid,
                                       .anew = true};
    struct tracking_report report;
    return tracking_run(own->db, &request, &report, &own->info);
}

START_TEST(two_at_once_say_nothing_twice)
{
    columnhelp_contacts(&help, 1, 9000, DATA, false);
    (void)columnhelp_rebuild(&help);
    struct segment segment = tracked("Pro", PRO);
    pid_t pids[3];
    for (int i = 0; i < 3; i++) {
        pids[i] = fork();
        ck_assert_int_ge(pids[i], 0);
        if (pids[i] == 0) {
            struct columnhelp own;
            int got = columnhelp_join(&own, help.project_id);
            _exit((got ? got : run_child(&own, &segment)) & 0x7f);
        }
    }
    for (int i = 0; i < 3; i++) {
        int status;
        ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
        ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    ck_assert_int_eq(count_cause(&segment, OUTBOXBODY_FIRST), 3000);
    check_feed(&segment);
}
END_TEST

START_TEST(a_deleted_segment_leaves_nothing)
{
    columnhelp_contacts(&help, 1, 6000, DATA, false);
    (void)columnhelp_rebuild(&help);
    struct segment one = tracked("Same", PRO), two = tracked("Same", PRO);
    expect_run(&one, 2000, 0, 2000);
    expect_run(&two, 2000, 0, 2000);
    ck_assert_int_eq(columnhelp_i64(&help, "SELECT SUM(count) FROM contact_event"
                                           " WHERE project_id = ?"),
                     4000); /* segments of one name share their events */
    ck_assert_int_eq(segment_delete(help.db, help.arena, help.project_id, &one.uuid, &help.info),
                     0);
    ck_assert_int_eq(transition_sweep(help.db, help.arena, 100, &help.info), 0);
    ck_assert_int_eq(columnhelp_i64(&help, "SELECT COUNT(*) FROM transition WHERE project_id = ?"),
                     2000);
    ck_assert_int_eq(columnhelp_i64(&help, "SELECT COUNT(*) FROM membership WHERE project_id = ?"),
                     1);
    ck_assert_int_eq(
        columnhelp_i64(&help, "SELECT COUNT(*) FROM dropped_segment WHERE project_id = ?"), 0);
    ck_assert_int_eq(columnhelp_i64(&help, "SELECT SUM(count) FROM contact_event"
                                           " WHERE project_id = ?"),
                     2000);
    (void)columnhelp_fold(&help, true);
    columnhelp_verify(&help);
    check_feed(&two);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        the_first_run_tells_of_every_member,
        changes_are_told_once_with_their_cause,
        only_what_the_filter_names_makes_it_due,
        a_segment_is_due_when_one_that_it_names_is_changed,
        an_entry_may_cause_another,
        a_run_that_was_stopped_is_gone_on_with,
        another_filter_ends_a_run,
        a_contact_that_is_gone_leaves,
        the_clock_alone_makes_it_due,
        an_occurrence_leaves_the_window,
        a_tag_makes_it_due,
        two_at_once_say_nothing_twice,
        a_deleted_segment_leaves_nothing,
    };
    Suite *suite = suite_create("tracking");
    TCase *tcase = tcase_create("tracking");
    tcase_add_checked_fixture(tcase, setup, teardown);
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    return testdb_run(suite);
}

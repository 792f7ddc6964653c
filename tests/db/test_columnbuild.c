/*
 * Columns of occurrences: from the log until they are there, made by the worker, kept by folds and
 * merges, gone with their event; and the sets that filters name by number or id. Runs under
 * tests/db/with-mariadb.
 */
#include "audience/columnbuild.h"

#include "column/key.h"
#include "columnhelp.h"
#include "store/eventdelete.h"
#include "store/occurrencecolumn.h"
#include "store/setname.h"

#define EVENT(rest) ONE("{\"field\":\"event.paid\"," rest "}")
#define IN_DAYS(n) "\"window\":{\"value\":" n ",\"unit\":\"days\"}"
#define WHERE(rest) "\"where\":[{\"property\":" rest "}]"

static const char *const conditions[] = {
    EVENT("\"operator\":\"countAtLeast\",\"value\":2," IN_DAYS("40")),
    EVENT("\"operator\":\"countAtMost\",\"value\":1," IN_DAYS("40")),
    EVENT("\"operator\":\"countEquals\",\"value\":0," IN_DAYS("20")),
    EVENT("\"operator\":\"countAtLeast\",\"value\":0," IN_DAYS("20")),
    EVENT("\"operator\":\"triggered\"," WHERE(
        "\"amount\",\"operator\":\"greaterThan\",\"value\":50")),
    EVENT("\"operator\":\"notTriggered\"," WHERE(
        "\"plan\",\"operator\":\"equals\",\"value\":\"pro\"")),
    EVENT("\"operator\":\"countAtLeast\",\"value\":2," WHERE(
        "\"plan\",\"operator\":\"notEquals\",\"value\":\"pro\"")),
    EVENT("\"operator\":\"triggeredOlderThan\",\"value\":30,\"unit\":\"days\"," WHERE(
        "\"amount\",\"operator\":\"exists\"")),
    EVENT("\"operator\":\"firstTriggeredWithin\",\"value\":30,\"unit\":\"days\"," WHERE(
        "\"amount\",\"operator\":\"notExists\"")),
    EVENT("\"operator\":\"countAtLeast\",\"value\":3"),
    EVENT("\"operator\":\"firstTriggeredOlderThan\",\"value\":50,\"unit\":\"days\""),
};

static struct columnhelp help;
static uint32_t paid;

/* Occurrences of `paid` on contacts first … last: three each for most, within the last 60 days. */
static void add_events(uint32_t first, uint32_t last, unsigned round)
{
    struct db_param project = DB_U64(help.project_id), name = DB_U64(paid);
    testdb_exec(help.db,
                "INSERT INTO event (project_id, at_ms, uuid, ordinal, name_id, data, created_ms)"
                " SELECT ?, FLOOR(UNIX_TIMESTAMP() * 1000) - 5184000000 + ((c.seq * 7 + k.seq * 13"
                " + ?) % 59) * 86400000, RANDOM_BYTES(16), c.seq, ?, IF((c.seq + k.seq) % 5,"
                " JSON_OBJECT('amount', (c.seq + k.seq) % 100, 'plan', ELT(1 + c.seq % 3, 'pro',"
                " 'team', 'Pro')), NULL), 1 FROM seq_0_to_300000 c JOIN seq_1_to_3 k"
                " WHERE c.seq BETWEEN ? AND ?",
                DB_PARAMS(project, DB_U64(round), name, DB_U64(first), DB_U64(last)));
    testdb_exec(help.db, "DELETE FROM contact_event WHERE project_id = ? AND name_id = ?",
                DB_PARAMS(project, name));
    testdb_exec(help.db,
                "INSERT INTO contact_event (project_id, name_id, ordinal, count, first_ms, last_ms)"
                " SELECT project_id, name_id, ordinal, COUNT(*), MIN(at_ms), MAX(at_ms) FROM event"
                " WHERE project_id = ? AND name_id = ? GROUP BY project_id, name_id, ordinal",
                DB_PARAMS(project, name));
    columnhelp_mark(&help, KEY_PART_EVENT(paid), first, last);
}

static void setup(void)
{
    columnhelp_open(&help);
    columnhelp_contacts(&help, 1, 600, "NULL", true);
    columnhelp_contacts(&help, 65530, 65700, "NULL", true);
    columnhelp_run(&help,
                   "INSERT INTO event_name (project_id, name_id, name, first_seen_ms)"
                   " VALUES (?, 77, 'paid', 1)",
                   1);
    paid = 77;
    add_events(1, 400, 0);
    add_events(65530, 65600, 0);
}

static void teardown(void)
{
    columnhelp_close(&help);
}

static void agree(void)
{
    ck_assert_int_eq(columnhelp_compare(&help, conditions, ARRAY_LEN(conditions), NULL), 0);
}

/* As a request does, which asks for what is missing. */
static int ask(const char *condition)
{
    struct audience_page page;
    struct audience_query query = {.project_id = help.project_id,
                                   .filter = columnhelp_filter(&help, condition),
                                   .at_ms = AUDIENCE_AT_NOW};
    return audience_page(help.db, help.arena, &query, &page, &help.info);
}

static void ask_all(void)
{
    for (size_t i = 0; i < ARRAY_LEN(conditions); i++)
        ck_assert_int_eq(ask(conditions[i]), 0);
}

static void build(bool (*stop)(void))
{
    struct upkeep_report report = {0};
    int err = columnbuild_run(help.db, help.project_id, stop, &report, &help.info);
    ck_assert_msg(err == 0, "%s", help.info.message);
}

static const char *states(void)
{
    return columnhelp_rows(&help,
                           "SELECT CONCAT(path, '=', state) FROM occurrence_column"
                           " WHERE project_id = ? ORDER BY path",
                           1);
}

#define OCCURRENCE_CHUNKS                                                                          \
    columnhelp_i64(&help, "SELECT COUNT(*) FROM base_chunk WHERE project_id = ?"                   \
                          " AND column_key >> 56 = 35")

/* ---- tests --------------------------------------------------------------------------------- */

START_TEST(from_the_log_until_it_is_built)
{
    agree();
    ck_assert_str_eq(states(), "");
    ask_all();
    ck_assert_str_eq(states(), "=1 amount=1 plan=1 ");
    agree();
    columnhelp_fold(&help, true);
    agree();
    ck_assert_int_eq(OCCURRENCE_CHUNKS, 0);
    build(NULL);
    ck_assert_str_eq(states(), "=3 amount=3 plan=3 ");
    ck_assert_int_eq(OCCURRENCE_CHUNKS, 2);
    agree();
    columnhelp_verify(&help);
}
END_TEST

START_TEST(kept_by_every_level)
{
    ask_all();
    build(NULL);
    for (unsigned round = 1; round < 4; round++) {
        add_events(100 * round, 100 * round + 150, round);
        agree(); /* marks over the base */
        columnhelp_verify(&help);
        columnhelp_fold(&help, true);
        agree();
        add_events(65550, 65560, round);
        agree();
        columnhelp_verify(&help);
    }
    columnhelp_fold(&help, true);
    columnhelp_merge(&help, true);
    ck_assert_int_eq(DELTAS(&help), 0);
    agree();
    columnhelp_verify(&help);
    const char *merged = columnhelp_base_hashes(&help);
    columnhelp_rebuild(&help);
    ck_assert_str_eq(columnhelp_base_hashes(&help), merged);
}
END_TEST

static unsigned stops_after;

static bool stop(void)
{
    return stops_after-- == 0;
}

/* A build that ends between its chunks: nobody reads what is there, folds write it, and the next
 * one goes on. */
START_TEST(a_build_that_is_broken_off)
{
    ask_all();
    stops_after = 1;
    build(stop);
    ck_assert_str_eq(states(), "=2 amount=2 plan=2 ");
    agree();
    columnhelp_verify(&help);
    add_events(65590, 65700, 1);
    columnhelp_fold(&help, true);
    columnhelp_merge(&help, true);
    agree();
    columnhelp_verify(&help);
    build(NULL);
    ck_assert_str_eq(states(), "=3 amount=3 plan=3 ");
    agree();
    columnhelp_verify(&help);
}
END_TEST

/* One more property of an event whose columns are there. */
START_TEST(another_property_later)
{
    ck_assert_int_eq(ask(conditions[0]), 0);
    build(NULL);
    ck_assert_str_eq(states(), "=3 ");
    ask_all();
    ck_assert_str_eq(states(), "=3 amount=1 plan=1 ");
    agree();
    build(NULL);
    ck_assert_str_eq(states(), "=3 amount=3 plan=3 ");
    agree();
    columnhelp_verify(&help);
}
END_TEST

START_TEST(gone_with_the_event)
{
    uint64_t deleted;
    ask_all();
    build(NULL);
    ck_assert_int_eq(
        eventdelete_name(help.db, help.arena, help.project_id, STR("paid"), &deleted, &help.info),
        0);
    ck_assert_str_eq(states(), "");
    agree();
    columnhelp_verify(&help);
    columnhelp_fold(&help, true);
    columnhelp_merge(&help, true);
    ck_assert_int_eq(OCCURRENCE_CHUNKS, 0);
    add_events(1, 50, 2); /* and comes again */
    agree();
    ask_all();
    build(NULL);
    agree();
    columnhelp_verify(&help);
}
END_TEST

START_TEST(damage_is_read_around)
{
    ask_all();
    build(NULL);
    columnhelp_run(&help,
                   "UPDATE base_chunk SET bytes = INSERT(bytes, 60, 1, 'x') WHERE project_id = ?"
                   " AND column_key >> 56 = 35",
                   1);
    agree();
    ask_all();
    ck_assert_int_eq(
        columnhelp_i64(&help, "SELECT rebuild_requested FROM project_state WHERE project_id = ?"),
        1);
    columnhelp_fold(&help, true);
    agree();
    columnhelp_verify(&help);
}
END_TEST

START_TEST(too_many_to_read_from_the_log)
{
    columnhelp_run(
        &help, "UPDATE contact_event SET count = 6000000 WHERE project_id = ? AND ordinal = 1", 1);
    ck_assert_int_eq(ask(conditions[0]), ERR_UNAVAILABLE);
    ck_assert_str_eq(help.info.code, "COLUMN_NOT_READY");
    ck_assert_ptr_nonnull(strstr(help.info.message, "\"paid\""));
    ck_assert_str_eq(states(), "=1 ");       /* but it was asked for */
    ck_assert_int_eq(ask(conditions[9]), 0); /* the roll-up answers without */
    build(NULL);
    ck_assert_int_eq(ask(conditions[0]), 0);
}
END_TEST

static int build_in_child(struct columnhelp *child, void *ctx)
{
    struct upkeep_report report = {0};
    (void)ctx;
    return columnbuild_run(child->db, child->project_id, NULL, &report, &child->info);
}

static int fold_in_child(struct columnhelp *child, void *ctx)
{
    struct upkeep_report report = {0};
    (void)ctx;
    return upkeep_fold(child->db, child->project_id, true, &report, &child->info);
}

/* On new connections to a server that takes no more in one statement. */
static void with_small_packets(int (*work)(struct columnhelp *child, void *ctx))
{
    testdb_exec(help.db, "SET GLOBAL max_allowed_packet = 65536", DB_NO_PARAMS);
    ck_assert_int_eq(columnhelp_fork(&help, work, NULL), 0);
    testdb_exec(help.db, "SET GLOBAL max_allowed_packet = 67108864", DB_NO_PARAMS);
}

START_TEST(too_large_to_store)
{
    for (unsigned round = 1; round < 8; round++)
        add_events(1, 400, round);
    ask_all();
    with_small_packets(build_in_child);
    ck_assert_str_eq(states(), "=4 amount=4 plan=4 ");
    ck_assert_int_eq(OCCURRENCE_CHUNKS, 0);
    agree(); /* from the log */
    columnhelp_fold(&help, true);
    columnhelp_merge(&help, true);
    agree();
    columnhelp_verify(&help);
    columnhelp_run(
        &help, "UPDATE contact_event SET count = 6000000 WHERE project_id = ? AND ordinal = 9", 1);
    columnhelp_mark(&help, KEY_PART_EVENT(paid), 9, 9);
    ck_assert_int_eq(ask(conditions[0]), ERR_UNPROCESSABLE);
    ck_assert_str_eq(help.info.code, "TOO_MANY_OCCURRENCES");
}
END_TEST

/* It grew after it was built: upkeep must not stop for it. */
START_TEST(grown_too_large_to_store)
{
    ask_all();
    columnhelp_fold(&help, true);
    build(NULL);
    for (unsigned round = 1; round < 8; round++)
        add_events(1, 250, round);
    with_small_packets(fold_in_child);
    ck_assert_int_eq(MARKS(&help), 0);
    ck_assert_str_eq(states(), "=4 amount=4 plan=4 ");
    agree();
    columnhelp_merge(&help, true);
    agree();
    columnhelp_verify(&help);
}
END_TEST

START_TEST(a_project_has_a_limit)
{
    for (unsigned i = 0; i < OCCURRENCECOLUMN_MAX + 5; i++) {
        struct str path = str_from(arena_printf(help.arena, "p%u", i));
        ck_assert_int_eq(
            occurrencecolumn_want(help.db, help.project_id, paid, &path, 1, &help.info), 0);
    }
    ck_assert_int_eq(
        columnhelp_i64(&help, "SELECT COUNT(*) FROM occurrence_column WHERE project_id = ?"),
        OCCURRENCECOLUMN_MAX);
    ask_all();
    agree();
}
END_TEST

/* Entries and exits are rows of another table. */
START_TEST(entries_and_exits)
{
    static const char *const moves[] = {
        ONE("{\"field\":\"event.segment.vip.entry\",\"operator\":\"countAtLeast\",\"value\":2,"
            "\"window\":{\"value\":30,\"unit\":\"days\"}}"),
        ONE("{\"field\":\"event.segment.vip.entry\",\"operator\":\"triggered\"," WHERE(
            "\"amount\",\"operator\":\"notExists\"") "}"),
    };
    uint64_t count = 0;
    columnhelp_run(&help,
                   "INSERT INTO event_name (project_id, name_id, name, first_seen_ms)"
                   " VALUES (?, 80, 'segment.vip.entry', 1)",
                   1);
    columnhelp_run(&help,
                   "INSERT INTO transition (project_id, segment_id, sequence, kind, cause, ordinal,"
                   " contact, uuid, name_id, at_ms, version)"
                   " SELECT ?, 1, seq, 1, 1, 1 + seq % 100, '', RANDOM_BYTES(16), 80,"
                   " FLOOR(UNIX_TIMESTAMP() * 1000) - seq * 10000000, 1 FROM seq_1_to_500",
                   1);
    columnhelp_run(&help,
                   "INSERT INTO contact_event (project_id, name_id, ordinal, count, first_ms,"
                   " last_ms) SELECT project_id, name_id, ordinal, COUNT(*), MIN(at_ms), MAX(at_ms)"
                   " FROM transition WHERE project_id = ? GROUP BY project_id, name_id, ordinal",
                   1);
    columnhelp_mark(&help, KEY_PART_EVENT(80), 1, 100);
    ck_assert_int_eq(columnhelp_compare(&help, moves, ARRAY_LEN(moves), &count), 0);
    ck_assert_uint_gt(count, 0);
    ck_assert_int_eq(ask(moves[1]), 0);
    build(NULL);
    ck_assert_int_eq(columnhelp_compare(&help, moves, ARRAY_LEN(moves), &count), 0);
    ck_assert_uint_gt(count, 0);
    columnhelp_verify(&help);
}
END_TEST

static uint64_t set_of(enum setname_kind kind, const char *id)
{
    struct setname name = {.kind = kind, .id = str_from(id)};
    ck_assert_int_eq(setname_resolve(help.db, help.arena, help.project_id, &name, 1, &help.info),
                     0);
    return name.set_id;
}

START_TEST(sets_by_number_and_by_id)
{
    const char *id = "0192b7e4-1111-7222-8333-444455556666";
    struct uuid uuid;
    uint64_t site =
        (uint64_t)columnhelp_i64(&help, "SELECT site_index FROM project WHERE project_id = ?")
        << 32;
    ck_assert(uuid_parse(str_from(id), &uuid));
    testdb_exec(help.db,
                "INSERT INTO contact_list (project_id, list_id, uuid, name, created_ms, updated_ms)"
                " VALUES (?, 5, ?, 'five', 1, 1)",
                DB_PARAMS(DB_U64(help.project_id), DB_BYTES(uuid.bytes, sizeof uuid.bytes)));
    ck_assert(set_of(SETNAME_LIST, id) == KEY_SET_LIST(5));
    ck_assert(set_of(SETNAME_TAG, id) == 0); /* of another kind */
    ck_assert(set_of(SETNAME_LIST, "0192b7e4-1111-7222-8333-444455556667") == 0);
    const char *number = arena_printf(help.arena, "%llu", (unsigned long long)(site + 5));
    ck_assert(set_of(SETNAME_LIST, number) == KEY_SET_LIST(5));
    ck_assert(set_of(SETNAME_TAG, number) == KEY_SET_TAG(5));
    ck_assert(set_of(SETNAME_CAMPAIGN, number) == KEY_SET_CAMPAIGN(5));
    ck_assert(set_of(SETNAME_SEQUENCE, number) == KEY_SET_SEQUENCE(5));
    number = arena_printf(help.arena, "%llu", (unsigned long long)(site + (UINT64_C(1) << 32) + 5));
    ck_assert(set_of(SETNAME_LIST, number) == 0); /* of another site */
    testdb_exec(help.db, "INSERT INTO dropped_set (project_id, set_id) VALUES (?, ?)",
                DB_PARAMS(DB_U64(help.project_id), DB_U64(KEY_SET_LIST(5))));
    ck_assert(set_of(SETNAME_LIST, id) == 0); /* on its way out */
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        from_the_log_until_it_is_built, kept_by_every_level, a_build_that_is_broken_off,
        another_property_later,         gone_with_the_event, damage_is_read_around,
        too_many_to_read_from_the_log,  too_large_to_store,  grown_too_large_to_store,
        a_project_has_a_limit,          entries_and_exits,   sets_by_number_and_by_id,
    };
    Suite *suite = suite_create("columnbuild");
    TCase *cases = tcase_create("columnbuild");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_set_timeout(cases, 180);
    for (size_t i = 0; i < ARRAY_LEN(tests); i++)
        tcase_add_test(cases, tests[i]);
    suite_add_tcase(suite, cases);
    return testdb_run(suite);
}

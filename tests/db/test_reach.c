/*
 * Who of an audience gets a message, against SQL over the rows, on all levels of the columns. Runs
 * under tests/db/with-mariadb.
 */
#include "audience/reach.h"
#include "base/buf.h"
#include "columnhelp.h"
#include "store/suppression.h"

#define FIRST 65400 /* two chunks */
#define LAST 65699
#define PRO ONE("{\"field\":\"data.plan\",\"operator\":\"equals\",\"value\":\"pro\"}")

static struct columnhelp help;
static struct segment some;

static void setup(void)
{
    columnhelp_open(&help);
    columnhelp_contacts(&help, FIRST, LAST,
                        "JSON_OBJECT('plan', IF(seq % 3, 'pro', 'free'), 'score', seq)", true);
    some = columnhelp_static(&help, "some");
    columnhelp_members(&help, &some, 65420, 65580, true);
}

static void teardown(void)
{
    columnhelp_close(&help);
}

/* The same rows on another level, the newest with some rows on each. */
#define LEVELS 4
static void settle(int level)
{
    if (level >= 1)
        columnhelp_fold(&help, true);
    if (level >= 2)
        columnhelp_merge(&help, true);
    if (level >= 3) {
        columnhelp_mark(&help, KEY_PART_CONTACT, FIRST, FIRST + 30);
        columnhelp_fold(&help, true);
        columnhelp_mark(&help, KEY_PART_CONTACT, FIRST + 20, FIRST + 50);
    }
}

static void change(const char *set, uint32_t first, uint32_t last)
{
    testdb_exec(help.db,
                arena_printf(help.arena,
                             "UPDATE contact SET %s WHERE project_id = ? AND ordinal BETWEEN %u"
                             " AND %u",
                             set, (unsigned)first, (unsigned)last),
                DB_PARAMS(DB_U64(help.project_id)));
    columnhelp_mark(&help, KEY_PART_CONTACT, first, last);
}

static void add_rule(enum suppression_kind kind, const char *pattern, bool enabled)
{
    struct suppression rule = {
        .kind = kind, .name = STR("r"), .pattern = str_from(pattern), .enabled = enabled};
    ck_assert_int_eq(suppression_create(help.db, help.project_id, &rule, &help.info), 0);
}

/* What the rules of suppress_some say, in SQL. */
#define SUPPRESSED                                                                                 \
    "(email = 'one@x.example' OR email LIKE '%@gone.example' OR email LIKE '%7.example' OR"        \
    " email LIKE 'a%@%.test')"

static void suppress_some(void)
{
    add_rule(SUPPRESSION_ADDRESS, "one@x.example", true);
    add_rule(SUPPRESSION_DOMAIN, "gone.example", true);
    add_rule(SUPPRESSION_SUFFIX, "7.example", true);
    add_rule(SUPPRESSION_WILDCARD, "a*@*.test", true);
    add_rule(SUPPRESSION_WILDCARD, "*", false);
    change("email = CONCAT('u', ordinal, '@gone.example')", FIRST + 10, FIRST + 29);
    change("email = CONCAT('a', ordinal, '@b.test')", FIRST + 150, FIRST + 169);
    change("email = CONCAT('u', ordinal, '@b', ordinal, '.example')", FIRST + 170, LAST);
    change("email = 'one@x.example'", FIRST + 40, FIRST + 40);
}

static uint64_t count_of(const char *where)
{
    return (uint64_t)columnhelp_i64(
        &help, arena_printf(help.arena, "SELECT COUNT(*) FROM contact WHERE project_id = ? AND %s",
                            where));
}

/* The recipients' ordinals, as columnhelp_rows writes them. */
static const char *ordinals_of(const struct roster *roster)
{
    struct roster_walk walk = {.roster = roster, .oldest_first = true};
    struct buf text;
    uint32_t ordinals[512];
    size_t count;
    buf_init(&text, 1 << 20);
    while ((count = roster_next(&walk, ordinals, ARRAY_LEN(ordinals))) > 0) {
        for (size_t i = 0; i < count; i++)
            buf_printf(&text, "%u ", (unsigned)ordinals[i]);
    }
    const char *copy = text.at ? arena_copy(help.arena, text.at, text.len) : "";
    buf_done(&text);
    return copy;
}

#define MATCHED "JSON_VALUE(data, '$.plan') = 'pro'"
#define MEMBER "ordinal BETWEEN 65420 AND 65580"

static void compare(enum campaign_type type)
{
    const char *reaches = type == CAMPAIGN_TRANSACTIONAL ? "1 = 1" : "status = 1";
    const struct reach_query query = {.project_id = help.project_id,
                                      .filter = columnhelp_filter(&help, PRO),
                                      .excluded = &some.uuid,
                                      .excluded_count = 1,
                                      .type = type};
    struct reach reach;
    int err = reach_take(help.db, help.arena, &query, &reach, &help.info);
    const char *left = arena_printf(help.arena, MATCHED " AND %s AND NOT %s", reaches, SUPPRESSED);
    ck_assert_msg(err == 0, "%s", help.info.message);
    ck_assert_uint_eq(reach.matched, count_of(MATCHED));
    ck_assert_uint_eq(reach.unsubscribed,
                      count_of(arena_printf(help.arena, MATCHED " AND NOT %s", reaches)));
    ck_assert_uint_eq(reach.suppressed, count_of(arena_printf(help.arena, MATCHED " AND %s AND %s",
                                                              reaches, SUPPRESSED)));
    ck_assert_uint_gt(reach.suppressed, 20);
    ck_assert_uint_eq(reach.excluded, count_of(arena_printf(help.arena, "%s AND " MEMBER, left)));
    ck_assert_uint_gt(reach.excluded, 20);
    ck_assert_uint_eq(reach.matched, reach.unsubscribed + reach.suppressed + reach.excluded +
                                         reach.recipients.total);
    ck_assert_str_eq(
        ordinals_of(&reach.recipients),
        columnhelp_rows(&help,
                        arena_printf(help.arena,
                                     "SELECT CONCAT(ordinal, '') FROM contact WHERE project_id = ?"
                                     " AND %s AND NOT " MEMBER " ORDER BY ordinal",
                                     left),
                        1));
}

START_TEST(adds_up_on_every_level)
{
    suppress_some();
    change("status = 1 + ordinal % 4", FIRST + 60, FIRST + 200);
    for (int level = 0; level < LEVELS; level++) {
        settle(level);
        compare(CAMPAIGN_MARKETING);
        compare(CAMPAIGN_TRANSACTIONAL);
        /* Newer addresses stand over older ones, suppressed or not. */
        change("email = CONCAT('v', ordinal, '@gone.example')", FIRST + 30 + (uint32_t)level,
               FIRST + 34);
        change("email = CONCAT('w', ordinal, '@here.example')", FIRST + 10,
               FIRST + 12 + (uint32_t)level);
        compare(CAMPAIGN_HEADLESS);
    }
}
END_TEST

START_TEST(everybody_and_segments)
{
    struct segment pro = columnhelp_dynamic(&help, "pro", PRO);
    struct reach_query query = {.project_id = help.project_id, .type = CAMPAIGN_MARKETING};
    struct reach reach;
    ck_assert_int_eq(reach_take(help.db, help.arena, &query, &reach, &help.info), 0);
    ck_assert_uint_eq(reach.matched, LAST - FIRST + 1);
    query.segment = &pro.uuid;
    ck_assert_int_eq(reach_take(help.db, help.arena, &query, &reach, &help.info), 0);
    ck_assert_uint_eq(reach.matched, count_of(MATCHED));
    query.excluded = &pro.uuid;
    query.excluded_count = 1;
    ck_assert_int_eq(reach_take(help.db, help.arena, &query, &reach, &help.info), 0);
    ck_assert_uint_eq(reach.recipients.total, 0);
    struct uuid unknown = uuid_new();
    query.excluded = &unknown;
    ck_assert_int_eq(reach_take(help.db, help.arena, &query, &reach, &help.info), ERR_NOT_FOUND);
    ck_assert_str_eq(help.info.message, "Segment not found");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reach");
    TCase *tests = tcase_create("reach");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, adds_up_on_every_level);
    tcase_add_test(tests, everybody_and_segments);
    suite_add_tcase(suite, tests);
    return testdb_run(suite);
}

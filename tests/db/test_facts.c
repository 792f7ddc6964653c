/*
 * Facts: fields, values and events as the columns tell them, against SQL. Runs under
 * tests/db/with-mariadb.
 *
 * The questions are asked several times over the same rows: as marks only, in a delta, in the base,
 * and with all three at once.
 */
#include <string.h>

#include "audience/facts.h"
#include "base/buf.h"
#include "column/key.h"
#include "columnhelp.h"

static struct columnhelp help;

static void setup(void)
{
    columnhelp_open(&help);
}

static void teardown(void)
{
    columnhelp_close(&help);
}

#define LEVELS 4

/* The same rows on another level. */
static void settle(int level)
{
    if (level >= 1)
        columnhelp_fold(&help, true);
    if (level >= 2)
        columnhelp_merge(&help, true);
    if (level >= 3) {
        columnhelp_mark(&help, KEY_PART_CONTACT, 2000, 2005);
        columnhelp_fold(&help, true);
        columnhelp_mark(&help, KEY_PART_CONTACT, 2003, 2008);
    }
}

static const struct facts_field *field_of(const struct facts_field *fields, size_t count,
                                          const char *path)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq_c(fields[i].path, path))
            return &fields[i];
    }
    return NULL;
}

/* Contacts under whose path JSON_TYPE is one of the types given as 'A','B'. */
static uint64_t held(const char *path, const char *types)
{
    return (uint64_t)testdb_i64(
        help.db,
        arena_printf(help.arena,
                     "SELECT COUNT(*) FROM contact WHERE project_id = %u AND"
                     " JSON_TYPE(JSON_EXTRACT(data, '$.%s')) IN (%s)",
                     help.project_id, path, types),
        DB_NO_PARAMS);
}

#define RICH                                                                                       \
    "JSON_OBJECT('plan', ELT(1 + seq % 4, 'free', 'pro', 'Team', NULL), 'score', seq % 5, 'vip',"  \
    " seq % 2 = 0, 'tags', JSON_ARRAY('a'), 'mix', JSON_EXTRACT(IF(seq % 3, '\"x\"', '7.5'), "     \
    "'$'), 'address',"                                                                             \
    " JSON_OBJECT('city', IF(seq % 2, 'Oslo', NULL)), 'renewal', '2026-05-05')"

START_TEST(fields_are_those_that_somebody_holds_now)
{
    static const char *const paths[] = {"plan", "score",   "vip",          "tags",
                                        "mix",  "address", "address.city", "renewal"};
    static const char *const types[] = {"'STRING'", "'INTEGER','DOUBLE','DECIMAL'", "'BOOLEAN'",
                                        "'ARRAY'", "'OBJECT'"};
    columnhelp_contacts(&help, 2000, 2100, RICH, true);
    for (int level = 0; level < LEVELS; level++) {
        struct facts_field *fields;
        size_t count;
        uint64_t contacts;
        settle(level);
        ck_assert_int_eq(facts_fields(help.db, help.arena, help.project_id, &fields, &count,
                                      &contacts, &help.info),
                         0);
        ck_assert_uint_eq(contacts, 101);
        ck_assert_uint_eq(count, ARRAY_LEN(paths));
        for (size_t i = 0; i < count; i++) {
            const struct facts_field *field = field_of(fields, count, paths[i]);
            ck_assert_msg(field != NULL, "%s", paths[i]);
            for (size_t t = 0; t < ARRAY_LEN(types); t++)
                ck_assert_uint_eq(field->count[t], held(paths[i], types[t]));
            ck_assert_int_eq(field->strings_are_dates, strcmp(paths[i], "renewal") == 0);
        }
    }
    columnhelp_run(&help,
                   "UPDATE contact SET data = JSON_REMOVE(data, '$.vip') WHERE project_id = ?", 1);
    columnhelp_mark(&help, KEY_PART_CONTACT, 2000, 2100);
    struct facts_field *fields;
    size_t count;
    uint64_t contacts;
    ck_assert_int_eq(
        facts_fields(help.db, help.arena, help.project_id, &fields, &count, &contacts, &help.info),
        0);
    ck_assert_ptr_null(field_of(fields, count, "vip"));
}
END_TEST

static bool renewals_are_dates(void)
{
    struct facts_field *fields;
    size_t count;
    uint64_t contacts;
    ck_assert_int_eq(
        facts_fields(help.db, help.arena, help.project_id, &fields, &count, &contacts, &help.info),
        0);
    return field_of(fields, count, "renewal")->strings_are_dates;
}

/* What a newer level replaced is not held any more, be it a date or not. */
START_TEST(dates_are_judged_by_what_is_held_now)
{
    static const char set[] = "UPDATE contact SET data = JSON_OBJECT('renewal', ?)"
                              " WHERE project_id = ? AND ordinal = 2003";
    static const struct {
        const char *value;
        bool dates;
    } steps[] = {{"soon", false}, {"2026-01-01", true}, {"", false}, {"2026-01-01T10:00Z", true}};
    columnhelp_contacts(&help, 2000, 2010, "JSON_OBJECT('renewal', '2026-05-05')", true);
    for (int level = 0; level < LEVELS; level++) {
        settle(level);
        for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
            testdb_exec(help.db, set,
                        DB_PARAMS(DB_STR(str_from(steps[i].value)), DB_U64(help.project_id)));
            columnhelp_mark(&help, KEY_PART_CONTACT, 2003, 2003);
            ck_assert_int_eq(renewals_are_dates(), steps[i].dates);
            if (i % 2 == 0) { /* the text that is no date goes down a level or two */
                settle(level % 3);
                ck_assert_int_eq(renewals_are_dates(), steps[i].dates);
            }
        }
    }
}
END_TEST

static const char *values_of(const char *path, size_t limit)
{
    struct facts_value *values;
    size_t count;
    struct buf text;
    int err = facts_values(help.db, help.arena, help.project_id, str_from(path), limit, &values,
                           &count, &help.info);
    ck_assert_msg(err == 0, "%s", help.info.message);
    buf_init(&text, 100000);
    buf_add_c(&text, "");
    for (size_t i = 0; i < count; i++) {
        const struct jsonval *value = values[i].value;
        if (value->type == JSONVAL_STRING)
            buf_printf(&text, "'" STR_FMT "'", STR_ARG(value->string));
        else if (value->type == JSONVAL_NUMBER)
            buf_printf(&text, "%.15g", value->number);
        else
            buf_add_c(&text, value->boolean ? "true" : "false");
        buf_printf(&text, "=%llu ", (unsigned long long)values[i].count);
    }
    const char *ret = arena_copy(help.arena, text.at, text.len);
    buf_done(&text);
    return ret;
}

START_TEST(values_by_how_often_they_are_held)
{
    columnhelp_contacts(&help, 2000, 2059, RICH, true);
    columnhelp_contacts(&help, 140000, 140003, "JSON_OBJECT('plan', 'pro', 'mix', false)", true);
    for (int level = 0; level < LEVELS; level++) {
        settle(level);
        ck_assert_str_eq(values_of("plan", 200), "'pro'=19 'Team'=15 'free'=15 ");
        ck_assert_str_eq(values_of("plan", 2), "'pro'=19 'Team'=15 ");
        ck_assert_str_eq(values_of("score", 3), "0=12 1=12 2=12 ");
        ck_assert_str_eq(values_of("vip", 200), "false=30 true=30 ");
        ck_assert_str_eq(values_of("mix", 200), "'x'=40 7.5=20 false=4 ");
        ck_assert_str_eq(values_of("address.city", 200), "'Oslo'=30 ");
        ck_assert_str_eq(values_of("address", 200), "");
        ck_assert_str_eq(values_of("tags", 200), "");
        ck_assert_str_eq(values_of("never seen", 200), "");
    }
}
END_TEST

/* Roll-ups by SQL, in the order of facts_events. */
#define EVENTS_BY_SQL                                                                              \
    "SELECT CONCAT(n.name, '=', s.total, '/', s.contacts) FROM (SELECT name_id, SUM(count) AS"     \
    " total, COUNT(*) AS contacts FROM contact_event WHERE project_id = ? GROUP BY name_id) s"     \
    " JOIN event_name n ON n.project_id = ? AND n.name_id = s.name_id"                             \
    " ORDER BY s.total DESC, n.name"

START_TEST(events_with_occurrences_and_contacts)
{
    columnhelp_contacts(&help, 2000, 2100, RICH, true);
    columnhelp_contacts(&help, 140000, 140003, "NULL", true);
    columnhelp_events(&help, "seen", 2000, 2100, true);
    uint32_t bought = columnhelp_events(&help, "bought", 2000, 2049, true);
    columnhelp_events(&help, "also", 140000, 140003, true);
    columnhelp_events(&help, "equal", 140000, 140003, true);
    (void)columnhelp_events(&help, "never", 2000, 2000, true);
    columnhelp_run(&help,
                   "DELETE FROM contact_event WHERE project_id = ? AND name_id ="
                   " (SELECT name_id FROM event_name WHERE project_id = ? AND name = 'never')",
                   2);
    for (int level = 0; level < LEVELS; level++) {
        struct facts_event *events;
        size_t count;
        struct buf text;
        settle(level);
        columnhelp_run(&help,
                       "UPDATE contact_event SET count = count + 100 WHERE project_id = ?"
                       " AND ordinal = 2001",
                       1);
        columnhelp_mark(&help, KEY_PART_EVENT(bought), 2001, 2001);
        columnhelp_mark(&help, KEY_PART_EVENT(bought - 1), 2001, 2001);
        ck_assert_int_eq(
            facts_events(help.db, help.arena, help.project_id, &events, &count, &help.info), 0);
        buf_init(&text, 10000);
        buf_add_c(&text, "");
        for (size_t i = 0; i < count; i++)
            buf_printf(&text, STR_FMT "=%llu/%llu ", STR_ARG(events[i].name),
                       (unsigned long long)events[i].occurrences,
                       (unsigned long long)events[i].contacts);
        ck_assert_str_eq(text.at, columnhelp_rows(&help, EVENTS_BY_SQL, 2));
        buf_done(&text);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("facts");
    TCase *cases = tcase_create("facts");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_set_timeout(cases, 180);
    tcase_add_test(cases, fields_are_those_that_somebody_holds_now);
    tcase_add_test(cases, dates_are_judged_by_what_is_held_now);
    tcase_add_test(cases, values_by_how_often_they_are_held);
    tcase_add_test(cases, events_with_occurrences_and_contacts);
    suite_add_tcase(suite, cases);
    return testdb_run(suite);
}

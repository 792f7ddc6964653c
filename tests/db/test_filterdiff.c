/*
 * What another filter would do: against what the two filters find one by one, over all levels of
 * the columns. Runs under tests/db/with-mariadb.
 */
#include "audience/filterdiff.h"
#include "columnhelp.h"

#define WITHIN(low, high)                                                                          \
    ONE("{\"field\":\"data.score\",\"operator\":\"between\",\"value\":[" #low "," #high "]}")

static struct columnhelp help;
static const struct segref_names none;

static void setup(void)
{
    columnhelp_open(&help);
    /* Two chunks, and contacts that are dirty. */
    columnhelp_contacts(&help, 65400, 65599,
                        "JSON_OBJECT('score', seq, 'plan', IF(seq % 3, 'pro', 'free'))", false);
    (void)columnhelp_rebuild(&help);
    columnhelp_contacts(&help, 65600, 65699,
                        "JSON_OBJECT('score', seq, 'plan', IF(seq % 3, 'pro', 'free'))", true);
}

static void teardown(void)
{
    columnhelp_close(&help);
}

static struct filterdiff_query ask(const struct segment *segment, const char *condition,
                                   size_t limit)
{
    return (struct filterdiff_query){.project_id = help.project_id,
                                     .segment = segment->uuid,
                                     .filter = columnhelp_filter(&help, condition),
                                     .names = &none,
                                     .at_ms = AUDIENCE_AT_NOW,
                                     .limit = limit};
}

static void diff_of(const struct segment *segment, const char *condition, size_t limit,
                    struct filterdiff *ret)
{
    struct filterdiff_query query = ask(segment, condition, limit);
    int err = filterdiff_ask(help.db, help.arena, &query, ret, &help.info);
    ck_assert_msg(err == 0, "%s", help.info.message);
}

static const char *shown(const struct filterdiff_side *side)
{
    const char *all = "";
    for (size_t i = 0; i < side->contact_count; i++)
        all = arena_printf(help.arena, "%s%u ", all, (unsigned)side->contacts[i].ordinal);
    return all;
}

START_TEST(counts_and_shows_the_newest)
{
    struct segment segment = columnhelp_dynamic(&help, "s", WITHIN(65500, 65619));
    struct filterdiff diff;
    diff_of(&segment, WITHIN(65530, 65650), 3, &diff);
    ck_assert_uint_eq(diff.entering.count, 31);
    ck_assert_uint_eq(diff.leaving.count, 30);
    ck_assert_uint_eq(diff.staying, 90);
    ck_assert_str_eq(shown(&diff.entering), "65650 65649 65648 ");
    ck_assert_str_eq(shown(&diff.leaving), "65529 65528 65527 ");
    /* A sample that goes on in an older chunk. */
    diff_of(&segment, WITHIN(65538, 65538), 100, &diff);
    ck_assert_uint_eq(diff.entering.count, 0);
    ck_assert_uint_eq(diff.leaving.count, 119);
    ck_assert_uint_eq(diff.leaving.contact_count, 100);
    ck_assert_uint_eq(diff.leaving.contacts[80].ordinal, 65539);
    ck_assert_uint_eq(diff.leaving.contacts[81].ordinal, 65537);
    ck_assert_uint_eq(diff.staying, 1);
}
END_TEST

START_TEST(equals_what_both_filters_find)
{
    for (size_t i = 0; i < columnhelp_condition_count; i++) {
        struct segment segment = columnhelp_dynamic(&help, "s", columnhelp_conditions[i]);
        for (size_t k = 0; k < columnhelp_condition_count; k++) {
            uint64_t old, new;
            struct filterdiff diff;
            const char *two[] = {columnhelp_conditions[i], columnhelp_conditions[k]};
            ck_assert_int_eq(columnhelp_compare(&help, &two[0], 1, &old), 0);
            ck_assert_int_eq(columnhelp_compare(&help, &two[1], 1, &new), 0);
            diff_of(&segment, two[1], 1, &diff);
            ck_assert_uint_eq(diff.leaving.count + diff.staying, old);
            ck_assert_uint_eq(diff.entering.count + diff.staying, new);
            ck_assert(i != k || diff.entering.count + diff.leaving.count == 0);
        }
    }
}
END_TEST

START_TEST(refuses)
{
    struct segment segment = columnhelp_dynamic(&help, "s", WITHIN(1, 2));
    struct segment list = columnhelp_static(&help, "list");
    struct filterdiff diff;
    struct filterdiff_query query = ask(&list, WITHIN(1, 2), 1);
    ck_assert_int_eq(filterdiff_ask(help.db, help.arena, &query, &diff, &help.info), ERR_INVAL);
    ck_assert_str_eq(help.info.message, "Only DYNAMIC segments have a condition");
    query = ask(&segment, WITHIN(1, 2), 1);
    query.at_ms = 1;
    ck_assert_int_eq(filterdiff_ask(help.db, help.arena, &query, &diff, &help.info), ERR_INVAL);
    ck_assert_str_eq(help.info.item.field, "at");
    query.at_ms = AUDIENCE_AT_NOW;
    query.project_id++;
    ck_assert_int_lt(filterdiff_ask(help.db, help.arena, &query, &diff, &help.info), 0);
    query.project_id--;
    query.segment = uuid_new();
    ck_assert_int_eq(filterdiff_ask(help.db, help.arena, &query, &diff, &help.info), ERR_NOT_FOUND);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("filterdiff");
    TCase *tcase = tcase_create("filterdiff");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, counts_and_shows_the_newest);
    tcase_add_test(tcase, equals_what_both_filters_find);
    tcase_add_test(tcase, refuses);
    suite_add_tcase(suite, tcase);
    return testdb_run(suite);
}

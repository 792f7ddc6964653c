/*
 * Pages of an audience, nested segments, and facts. Runs under tests/db/with-mariadb.
 *
 * Each test runs its questions several times over the same rows: as marks only, in a delta, in the
 * base, and with all three at once.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/timeutil.h"
#include "column/key.h"
#include "columnhelp.h"
#include "store/contactdelete.h"

#define PRO "{\"field\":\"data.plan\",\"operator\":\"equals\",\"value\":\"pro\"}"
#define IN "{\"field\":\"segment.%s\",\"operator\":\"memberOfSegment\"}"
#define NOT_IN "{\"field\":\"segment.%s\",\"operator\":\"notMemberOfSegment\"}"

static struct columnhelp help;
static struct segment vips;

/* Ordinals 10, 20 … 500 and 65,540 … 65,550; every second one is pro. Addresses do not ascend with
 * ordinals, and many have their first eight bytes in common. */
static void setup(void)
{
    columnhelp_open(&help);
    columnhelp_contacts(&help, 1, 500, "JSON_OBJECT('plan', IF(seq % 20, 'free', 'pro'))", true);
    columnhelp_contacts(&help, 65540, 65550, "JSON_OBJECT('plan', 'pro')", true);
    columnhelp_run(&help,
                   "DELETE FROM contact WHERE project_id = ? AND ordinal < 65536"
                   " AND ordinal % 10 <> 0",
                   1);
    columnhelp_run(&help,
                   "UPDATE contact SET email = CONCAT(IF(ordinal % 3, 'customer', 'buy'),"
                   " ordinal * 7919 % 1000, IF(ordinal % 4, '@b.example', '@a.example'))"
                   " WHERE project_id = ?",
                   1);
    vips = columnhelp_static(&help, "vips");
    columnhelp_members(&help, &vips, 65540, 65550, true);
    for (uint32_t ordinal = 10; ordinal <= 300; ordinal += 10)
        columnhelp_members(&help, &vips, ordinal, ordinal, true);
}

static void teardown(void)
{
    columnhelp_close(&help);
}

/* The same rows on another level. */
static void settle(int level)
{
    if (level >= 1)
        columnhelp_fold(&help, true);
    if (level >= 2)
        columnhelp_merge(&help, true);
    if (level >= 3) { /* each row on one level at least */
        columnhelp_mark(&help, KEY_PART_CONTACT, 1, 150);
        columnhelp_mark(&help, KEY_PART_SET(KEY_SET_SEGMENT(vips.segment_id)), 1, 150);
        columnhelp_fold(&help, true);
        columnhelp_mark(&help, KEY_PART_CONTACT, 100, 250);
        columnhelp_mark(&help, KEY_PART_SET(KEY_SET_SEGMENT(vips.segment_id)), 100, 250);
    }
}
#define LEVELS 4

static struct audience_query query_of(const char *condition)
{
    return (struct audience_query){.project_id = help.project_id,
                                   .filter = condition ? columnhelp_filter(&help, condition) : NULL,
                                   .at_ms = AUDIENCE_AT_NOW,
                                   .limit = 7};
}

static struct audience_page ask(const struct audience_query *query)
{
    struct audience_page page;
    int err = audience_page(help.db, help.arena, query, &page, &help.info);
    ck_assert_msg(err == 0, "%s", help.info.message);
    return page;
}

/* What SQL says: the ordinals of a query in order, as text. */
static const char *by_sql(const char *sql)
{
    return columnhelp_rows(&help, sql, 1);
}

static void add_page(struct buf *text, const struct audience_page *page)
{
    for (size_t i = 0; i < page->count; i++)
        buf_printf(text, "%u ", page->contacts[i].ordinal);
}

/* All pages, by offset or by cursor, as text. */
static const char *all_pages(struct audience_query query, bool by_cursor, uint64_t total)
{
    struct buf text;
    bool more = true;
    buf_init(&text, 1 << 20);
    buf_add_c(&text, "");
    query.skip_total = by_cursor;
    while (more) {
        struct audience_page page = ask(&query);
        ck_assert_uint_eq(page.total, by_cursor ? 0 : total);
        ck_assert(page.count == query.limit || !page.has_more);
        add_page(&text, &page);
        more = page.has_more;
        query.has_after = by_cursor;
        if (by_cursor && page.count)
            query.after = page.contacts[page.count - 1].uuid;
        else
            query.offset += page.count;
    }
    const char *ret = arena_copy(help.arena, text.at, text.len);
    buf_done(&text);
    return ret;
}

/* ---- orders -------------------------------------------------------------------------------- */

#define FROM_PRO                                                                                   \
    "SELECT CAST(ordinal AS CHAR) FROM contact WHERE project_id = ? AND JSON_VALUE(data, "         \
    "'$.plan') = 'pro'"
#define FROM_VIPS                                                                                  \
    "SELECT CAST(m.ordinal AS CHAR) FROM member m JOIN contact c ON c.project_id = m.project_id "  \
    "AND"                                                                                          \
    " c.ordinal = m.ordinal WHERE m.project_id = ?"

static const struct {
    enum audience_order order;
    bool vips;
    uint64_t total;
    const char *sql;
} orders[] = {
    {AUDIENCE_NEWEST, false, 36, FROM_PRO " ORDER BY ordinal DESC"},
    {AUDIENCE_OLDEST, false, 36, FROM_PRO " ORDER BY ordinal"},
    {AUDIENCE_EMAIL_ASC, false, 36, FROM_PRO " ORDER BY email, ordinal"},
    {AUDIENCE_EMAIL_DESC, false, 36, FROM_PRO " ORDER BY email DESC, ordinal DESC"},
    {AUDIENCE_NEWEST, true, 41, FROM_VIPS " ORDER BY m.ordinal DESC"},
    {AUDIENCE_OLDEST, true, 41, FROM_VIPS " ORDER BY m.ordinal"},
    {AUDIENCE_EMAIL_ASC, true, 41, FROM_VIPS " ORDER BY c.email"},
    {AUDIENCE_ENTERED, true, 41, FROM_VIPS " ORDER BY m.entered_ms DESC, m.ordinal DESC"},
};

START_TEST(every_order_by_offset_and_by_cursor)
{
    for (int level = 0; level < LEVELS; level++) {
        settle(level);
        for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
            struct audience_query query = query_of(orders[i].vips ? NULL : ONE(PRO));
            query.order = orders[i].order;
            query.set_id = orders[i].vips ? KEY_SET_SEGMENT(vips.segment_id) : 0;
            const char *want = by_sql(orders[i].sql);
            for (query.limit = 1; query.limit < 50; query.limit *= 7) {
                ck_assert_str_eq(all_pages(query, false, orders[i].total), want);
                ck_assert_str_eq(all_pages(query, true, orders[i].total), want);
            }
        }
    }
}
END_TEST

START_TEST(set_and_filter_together)
{
    struct audience_query query = query_of(ONE(PRO));
    query.set_id = KEY_SET_SEGMENT(vips.segment_id);
    query.order = AUDIENCE_ENTERED;
    for (int level = 0; level < LEVELS; level++) {
        settle(level);
        ck_assert_str_eq(all_pages(query, false, 26),
                         by_sql(FROM_VIPS " AND JSON_VALUE(c.data, '$.plan') = 'pro'"
                                          " ORDER BY m.entered_ms DESC, m.ordinal DESC"));
    }
}
END_TEST

START_TEST(counting_only)
{
    struct audience_query query = query_of(ONE(PRO));
    query.limit = 0;
    for (int level = 0; level < LEVELS; level++) {
        settle(level);
        struct audience_page page = ask(&query);
        ck_assert_uint_eq(page.total, 36);
        ck_assert_uint_eq(page.count, 0);
    }
    query.filter = NULL;
    ck_assert_uint_eq(ask(&query).total, 61);
    query.set_id = KEY_SET_SEGMENT(999); /* a set that has nobody */
    ck_assert_uint_eq(ask(&query).total, 0);
}
END_TEST

START_TEST(offsets_at_and_beyond_the_end)
{
    static const struct {
        uint64_t offset;
        size_t limit, count;
        bool more;
    } cases[] = {
        {0, 36, 36, false}, {0, 35, 35, true},      {35, 7, 1, false},         {36, 7, 0, false},
        {37, 7, 0, false},  {1000000, 7, 0, false}, {UINT64_MAX, 7, 0, false}, {29, 7, 7, false},
        {28, 7, 7, true},   {25, 100, 11, false},   {UINT32_MAX, 7, 0, false}, {65536, 1, 0, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        for (size_t o = 0; o < 4; o++) {
            struct audience_query query = query_of(ONE(PRO));
            query.order = orders[o].order;
            query.offset = cases[i].offset;
            query.limit = cases[i].limit;
            struct audience_page page = ask(&query);
            ck_assert_uint_eq(page.total, 36);
            ck_assert_uint_eq(page.count, cases[i].count);
            ck_assert_int_eq(page.has_more, cases[i].more);
        }
    }
}
END_TEST

START_TEST(nobody)
{
    struct audience_query query =
        query_of(ONE("{\"field\":\"data.none\",\"operator\":\"exists\"}"));
    for (size_t o = 0; o < 4; o++) {
        query.order = orders[o].order;
        struct audience_page page = ask(&query);
        ck_assert_uint_eq(page.total, 0);
        ck_assert_uint_eq(page.count, 0);
        ck_assert(!page.has_more);
    }
}
END_TEST

START_TEST(an_empty_project)
{
    struct columnhelp other;
    columnhelp_open(&other);
    struct audience_query query = {
        .project_id = other.project_id, .at_ms = AUDIENCE_AT_NOW, .limit = 10};
    for (size_t o = 0; o < ARRAY_LEN(orders); o++) {
        query.order = orders[o].order;
        query.set_id = orders[o].vips ? KEY_SET_SEGMENT(1) : 0;
        ck_assert_uint_eq(ask(&query).total, 0);
    }
    columnhelp_close(&other);
}
END_TEST

START_TEST(a_project_that_is_not_there)
{
    struct audience_query query = {
        .project_id = help.project_id + 100000, .at_ms = AUDIENCE_AT_NOW, .limit = 10};
    struct audience_page page;
    ck_assert_int_eq(audience_page(help.db, help.arena, &query, &page, &help.info), ERR_NOT_FOUND);
}
END_TEST

/* ---- cursors ------------------------------------------------------------------------------- */

static struct uuid uuid_at(uint32_t ordinal)
{
    struct contact contact;
    size_t count;
    ck_assert_int_eq(contact_by_ordinals(help.db, help.arena, help.project_id, &ordinal, 1,
                                         &contact, &count, &help.info),
                     0);
    ck_assert_uint_eq(count, 1);
    return contact.uuid;
}

/* 200 was on the page; then it changed its plan. */
START_TEST(a_cursor_whose_contact_no_longer_matches)
{
    static const char *const want[] = {
        FROM_PRO " AND ordinal < 200 ORDER BY ordinal DESC LIMIT 7",
        FROM_PRO " AND ordinal > 200 ORDER BY ordinal LIMIT 7",
        FROM_PRO " AND email > (SELECT c.email FROM contact c WHERE c.project_id ="
                 " contact.project_id AND c.ordinal = 200) ORDER BY email LIMIT 7",
        FROM_PRO " AND email < (SELECT c.email FROM contact c WHERE c.project_id ="
                 " contact.project_id AND c.ordinal = 200) ORDER BY email DESC LIMIT 7",
    };
    columnhelp_run(&help, "UPDATE contact SET data = NULL WHERE project_id = ? AND ordinal = 200",
                   1);
    columnhelp_mark(&help, KEY_PART_CONTACT, 200, 200);
    for (int level = 0; level < LEVELS; level++) {
        settle(level);
        for (size_t o = 0; o < 4; o++) {
            struct buf text;
            struct audience_query query = query_of(ONE(PRO));
            query.order = orders[o].order;
            query.has_after = true;
            query.after = uuid_at(200);
            struct audience_page page = ask(&query);
            buf_init(&text, 1000);
            buf_add_c(&text, "");
            add_page(&text, &page);
            ck_assert_str_eq(text.at, by_sql(want[o]));
            ck_assert_uint_eq(page.total, 35);
            buf_done(&text);
        }
    }
}
END_TEST

START_TEST(a_cursor_at_the_ends)
{
    const uint32_t last[] = {20, 65550};
    for (size_t o = 0; o < 2; o++) {
        struct audience_query query = query_of(ONE(PRO));
        query.order = orders[o].order;
        query.has_after = true;
        query.after = uuid_at(last[o]);
        struct audience_page page = ask(&query);
        ck_assert_uint_eq(page.count, 0);
        ck_assert(!page.has_more);
        ck_assert_uint_eq(page.total, 36);
    }
}
END_TEST

START_TEST(a_cursor_of_nobody)
{
    struct audience_page page;
    struct audience_query query = query_of(ONE(PRO));
    query.has_after = true;
    query.after = uuid_new();
    ck_assert_int_eq(audience_page(help.db, help.arena, &query, &page, &help.info), ERR_INVAL);
    ck_assert_str_eq(help.info.code, "BAD_REQUEST");
    query.after = uuid_at(200);
    ck_assert_int_eq(
        contactdelete_one(help.db, help.arena, help.project_id, &query.after, &help.info), 0);
    ck_assert_int_eq(audience_page(help.db, help.arena, &query, &page, &help.info), ERR_INVAL);
}
END_TEST

/* By time of entry a contact that has left has no place any more; the client is told. */
START_TEST(a_cursor_that_left_the_set)
{
    struct audience_page page;
    struct audience_query query = query_of(NULL);
    query.set_id = KEY_SET_SEGMENT(vips.segment_id);
    query.order = AUDIENCE_ENTERED;
    query.has_after = true;
    query.after = uuid_at(310);
    ck_assert_int_eq(audience_page(help.db, help.arena, &query, &page, &help.info), ERR_INVAL);
    ck_assert_msg(strstr(help.info.message, "no longer in the segment") != NULL, "%s",
                  help.info.message);
}
END_TEST

/* ---- time ---------------------------------------------------------------------------------- */

START_TEST(at_moves_the_clock)
{
    struct audience_query query = query_of(
        ONE("{\"field\":\"data.renewal\",\"operator\":\"within\",\"value\":1,\"unit\":\"days\"}"));
    int64_t now_ms;
    char when[25];
    ck_assert_int_eq(db_now_ms(help.db, &now_ms, &help.info), 0);
    timeutil_format(now_ms + 3 * TIMEUTIL_DAY_MS, when);
    columnhelp_contacts(&help, 1000, 1000,
                        arena_printf(help.arena, "JSON_OBJECT('renewal', '%s')", when), true);
    ck_assert_uint_eq(ask(&query).total, 0);
    query.at_ms = now_ms + 3 * TIMEUTIL_DAY_MS + 1000;
    struct audience_page page = ask(&query);
    ck_assert_uint_eq(page.total, 1);
    ck_assert_int_eq(page.at_ms, query.at_ms);
    query.at_ms = now_ms + 4 * TIMEUTIL_DAY_MS;
    ck_assert_uint_eq(ask(&query).total, 1);
    query.at_ms += 1;
    ck_assert_uint_eq(ask(&query).total, 0);
}
END_TEST

START_TEST(at_is_the_database_s_clock_and_never_past)
{
    struct audience_page page;
    struct audience_query query = query_of(NULL);
    int64_t before_ms, after_ms;
    ck_assert_int_eq(db_now_ms(help.db, &before_ms, &help.info), 0);
    int64_t at_ms = ask(&query).at_ms;
    ck_assert_int_eq(db_now_ms(help.db, &after_ms, &help.info), 0);
    ck_assert_int_le(before_ms, at_ms);
    ck_assert_int_le(at_ms, after_ms);
    query.at_ms = before_ms - 1;
    ck_assert_int_eq(audience_page(help.db, help.arena, &query, &page, &help.info), ERR_INVAL);
    ck_assert_str_eq(help.info.item.field, "at");
}
END_TEST

/* ---- segments in filters ------------------------------------------------------------------- */

static const char *uuid_text(const struct segment *segment)
{
    char *text = arena_alloc(help.arena, 37);
    uuid_format(&segment->uuid, text);
    return text;
}

#define ONE_SEGMENT(leaf, segment) arena_printf(help.arena, ONE(leaf), uuid_text(segment))

static uint64_t count_of(const char *condition)
{
    struct audience_query query = query_of(condition);
    query.limit = 0;
    return ask(&query).total;
}

START_TEST(static_and_dynamic_ones)
{
    struct segment pros = columnhelp_dynamic(&help, "pros", ONE(PRO));
    const char *conditions[] = {
        ONE_SEGMENT(IN, &vips),
        ONE_SEGMENT(NOT_IN, &vips),
        ONE_SEGMENT(IN, &pros),
        ONE_SEGMENT(NOT_IN, &pros),
        arena_printf(help.arena, ONE(IN "," NOT_IN), uuid_text(&vips), uuid_text(&pros)),
    };
    const uint64_t counts[] = {41, 20, 36, 25, 15};
    for (int level = 0; level < LEVELS; level++) {
        settle(level);
        for (size_t i = 0; i < ARRAY_LEN(conditions); i++) {
            uint64_t compared;
            ck_assert_uint_eq(count_of(conditions[i]), counts[i]);
            ck_assert_int_eq(columnhelp_compare(&help, &conditions[i], 1, &compared), 0);
            ck_assert_uint_eq(compared, counts[i]);
        }
    }
}
END_TEST

/* Each names the one before twice: 2^60 evaluations, were they not shared. */
START_TEST(a_chain_that_names_each_twice)
{
    struct segment last = columnhelp_dynamic(&help, "s0", ONE(PRO));
    for (unsigned i = 1; i <= 60; i++) {
        char name[10];
        const char *id = uuid_text(&last);
        (void)snprintf(name, sizeof name, "s%u", i);
        last =
            columnhelp_dynamic(&help, name,
                               arena_printf(help.arena,
                                            "{\"logic\":\"OR\",\"groups\":[{\"filters\":[" IN "," IN
                                            "]},{\"not\":true,\"filters\":[" NOT_IN "]}]}",
                                            id, id, id));
    }
    ck_assert_uint_eq(count_of(ONE_SEGMENT(IN, &last)), 36);
    settle(1);
    ck_assert_uint_eq(count_of(ONE_SEGMENT(NOT_IN, &last)), 25);
}
END_TEST

/* Rows of `count` segments, each of which names the one before; the first names `segment`. */
static void make_chain(struct segment *segment, unsigned count)
{
    struct buf sql;
    buf_init(&sql, 1 << 20);
    buf_add_c(&sql, "INSERT INTO segment (project_id, segment_id, uuid, name, slug, kind, filter,"
                    " created_ms, updated_ms) VALUES ");
    for (unsigned i = 0; i < count; i++) {
        const char *condition = ONE_SEGMENT(IN, segment);
        char hex[33];
        segment->uuid = uuid_new();
        hash_hex(segment->uuid.bytes, 16, hex);
        buf_printf(&sql, "%s(%u, %u, X'%s', 's', 's', 1, '%s', 1, 1)", i ? "," : "",
                   help.project_id, 1000 + i, hex, condition);
    }
    testdb_exec(help.db, arena_copy(help.arena, sql.at, sql.len), DB_NO_PARAMS);
    buf_done(&sql);
}

/* As many as a filter may reach, in a row; and one more. */
START_TEST(a_chain_as_long_as_allowed)
{
    struct segment last = columnhelp_dynamic(&help, "s0", ONE(PRO));
    struct audience_page page;
    make_chain(&last, LIMIT_NESTED_SEGMENTS - 1);
    ck_assert_uint_eq(count_of(ONE_SEGMENT(IN, &last)), 36);
    last = columnhelp_dynamic(&help, "more", ONE_SEGMENT(IN, &last));
    struct audience_query query = query_of(ONE_SEGMENT(IN, &last));
    ck_assert_int_eq(audience_page(help.db, help.arena, &query, &page, &help.info), ERR_INVAL);
}
END_TEST

/* Writing refuses it; should it ever stand in the table, reading ends. */
START_TEST(a_cycle_is_an_error)
{
    struct segment a = columnhelp_dynamic(&help, "a", ONE(PRO));
    struct segment b = columnhelp_dynamic(&help, "b", ONE_SEGMENT(IN, &a));
    struct segment c = columnhelp_dynamic(&help, "c", ONE_SEGMENT(NOT_IN, &b));
    struct audience_page page;
    struct audience_query query = query_of(ONE_SEGMENT(IN, &c));
    ck_assert_uint_eq(ask(&query).total, 25);
    testdb_exec(help.db, "UPDATE segment SET filter = ? WHERE project_id = ? AND segment_id = ?",
                DB_PARAMS(DB_STR(str_from(ONE_SEGMENT(IN, &c))), DB_U64(help.project_id),
                          DB_U64(a.segment_id)));
    ck_assert_int_eq(audience_page(help.db, help.arena, &query, &page, &help.info), ERR_INVAL);
    ck_assert_str_eq(help.info.message, "Circular segment reference detected");
}
END_TEST

START_TEST(one_that_is_missing)
{
    struct audience_page page;
    struct segment gone = {.uuid = uuid_new()}, *named[] = {&gone, NULL};
    struct segment outer = columnhelp_dynamic(&help, "outer", ONE_SEGMENT(IN, &gone));
    char want[100];
    (void)snprintf(want, sizeof want, "Referenced segment not found: %s", uuid_text(&gone));
    named[1] = &outer;
    for (size_t i = 0; i < ARRAY_LEN(named); i++) {
        struct audience_query query = query_of(ONE_SEGMENT(IN, named[i]));
        help.info = (struct err_info){.code = ""};
        ck_assert_int_eq(audience_page(help.db, help.arena, &query, &page, &help.info), ERR_INVAL);
        ck_assert_str_eq(help.info.message, want);
    }
}
END_TEST

START_TEST(one_of_another_project)
{
    struct columnhelp other;
    struct audience_page page;
    columnhelp_open(&other);
    struct segment theirs = columnhelp_static(&other, "theirs");
    struct audience_query query = query_of(ONE_SEGMENT(IN, &theirs));
    ck_assert_int_eq(audience_page(help.db, help.arena, &query, &page, &help.info), ERR_INVAL);
    columnhelp_close(&other);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        every_order_by_offset_and_by_cursor,
        set_and_filter_together,
        counting_only,
        offsets_at_and_beyond_the_end,
        nobody,
        an_empty_project,
        a_project_that_is_not_there,
        a_cursor_whose_contact_no_longer_matches,
        a_cursor_at_the_ends,
        a_cursor_of_nobody,
        a_cursor_that_left_the_set,
        at_moves_the_clock,
        at_is_the_database_s_clock_and_never_past,
        static_and_dynamic_ones,
        a_chain_that_names_each_twice,
        a_chain_as_long_as_allowed,
        a_cycle_is_an_error,
        one_that_is_missing,
        one_of_another_project,
    };
    Suite *suite = suite_create("audience");
    TCase *cases = tcase_create("audience");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_set_timeout(cases, 180);
    for (size_t i = 0; i < ARRAY_LEN(tests); i++)
        tcase_add_test(cases, tests[i]);
    suite_add_tcase(suite, cases);
    return testdb_run(suite);
}

/*
 * One contact in all segments, and many segments at once, against each segment asked alone: the
 * same rows as marks only, in a delta and in the base. Runs under tests/db/with-mariadb.
 */
#include <string.h>

#include "audience/panel.h"
#include "audience/standing.h"
#include "audience/tally.h"
#include "base/timeutil.h"
#include "column/key.h"
#include "columnhelp.h"
#include "livedraw.h"
#include "store/contactdata.h"
#include "store/eventcount.h"
#include "store/member.h"
#include "json/jsonread.h"

#define CONTACTS 40
#define SEGMENTS 60
#define DAY_MS TIMEUTIL_DAY_MS

static struct columnhelp help;
static struct livedraw draw;
static const char *named[3]; /* a static one, a dynamic one, and one that names both */
static uint64_t static_set;

static const char *text_of(const struct uuid *uuid)
{
    char *text = arena_alloc(help.arena, 37);
    uuid_format(uuid, text);
    return text;
}

/* None with windows of seconds, which turn between two questions. */
static const char *draw_condition(bool own)
{
    const char *condition = livedraw_condition(&draw, own);
    while (strstr(condition, "minutes"))
        condition = livedraw_condition(&draw, own);
    return condition;
}

static void setup(void)
{
    columnhelp_open(&help);
    draw = (struct livedraw){.state = 7, .arena = help.arena, .segments = named};
    struct segment chosen = columnhelp_static(&help, "chosen");
    static_set = KEY_SET_SEGMENT(chosen.segment_id);
    named[0] = text_of(&chosen.uuid);
    draw.segment_count = 1;
    for (; draw.segment_count < ARRAY_LEN(named); draw.segment_count++) {
        struct segment made =
            columnhelp_dynamic(&help, "named", draw_condition(draw.segment_count < 2));
        named[draw.segment_count] = text_of(&made.uuid);
    }
    for (unsigned i = 0; i < SEGMENTS; i++)
        (void)columnhelp_dynamic(&help, "drawn", draw_condition(false));
}

static void teardown(void)
{
    columnhelp_close(&help);
}

static void write_contact(uint32_t number)
{
    const struct jsonval *json;
    struct contactdata_input input;
    struct contactwrite_event event = {
        .name = str_from(livedraw_event(&draw)),
        .data = str_from(livedraw_event_data(&draw)),
        .at_ms = timeutil_wall_ms() - (int64_t)livedraw_number(&draw, 20) * 3600000 - 1234567};
    struct contactwrite_item item = {
        .email = str_from(arena_printf(help.arena, "p%u@example.com", number)), .event = &event};
    struct contactwrite_batch batch = {.project_id = help.project_id, .items = &item, .count = 1};
    ck_assert_int_eq(jsonread_parse(help.arena, str_from(livedraw_patch(&draw)), &json, &help.info),
                     0);
    ck_assert_int_eq(contactdata_read(help.arena, json, "data", &input, &help.info), 0);
    item.patch = input.patch;
    int err = contactwrite_upsert(&help.handles, help.arena, &batch, &help.info);
    ck_assert_msg(err == 0, "%s", help.info.message);
}

static struct audience_page ask(const struct segment *segment)
{
    struct audience_query query = {
        .project_id = help.project_id, .at_ms = AUDIENCE_AT_NOW, .limit = CONTACTS};
    struct audience_page page;
    if (segment->kind == SEGMENT_STATIC)
        query.set_id = KEY_SET_SEGMENT(segment->segment_id);
    else
        query.filter = columnhelp_filter(&help, segment->filter.at);
    ck_assert_msg(audience_page(help.db, help.arena, &query, &page, &help.info) == 0, "%s",
                  help.info.message);
    return page;
}

static bool is_in(const struct audience_page *page, const struct uuid *contact)
{
    for (size_t i = 0; i < page->count; i++) {
        if (uuid_eq(&page->contacts[i].uuid, contact))
            return true;
    }
    return false;
}

/* Returns how many memberships there are. */
static size_t compare(const struct audience_page *everybody)
{
    struct standing standing[CONTACTS];
    struct tally tallies[PANEL_MAX];
    size_t members = 0;
    int64_t at_ms;
    for (size_t i = 0; i < everybody->count; i++)
        ck_assert_msg(standing_find(help.db, help.arena, help.project_id,
                                    &everybody->contacts[i].uuid, &standing[i], &help.info) == 0,
                      "%s", help.info.message);
    for (size_t s = 0; s < standing[0].count; s++)
        tallies[s].segment = standing[0].segments[s].segment.uuid;
    ck_assert_msg(tally_take(help.db, help.arena, help.project_id, tallies, standing[0].count,
                             &at_ms, &help.info) == 0,
                  "%s", help.info.message);
    for (size_t s = 0; s < standing[0].count; s++) {
        const struct segment *segment = &standing[0].segments[s].segment;
        struct audience_page page = ask(segment);
        ck_assert(tallies[s].is_there && tallies[s].is_counted);
        ck_assert_uint_eq(tallies[s].count, page.total);
        for (size_t i = 0; i < everybody->count; i++) {
            bool expected = is_in(&page, &everybody->contacts[i].uuid);
            ck_assert_msg(standing[i].segments[s].member == expected, STR_FMT,
                          STR_ARG(segment->filter));
            members += expected;
        }
    }
    return members;
}

START_TEST(as_each_segment_says)
{
    struct audience_query query = {
        .project_id = help.project_id, .at_ms = AUDIENCE_AT_NOW, .limit = CONTACTS};
    struct audience_page everybody;
    const uint32_t ordinals[] = {1, 3, 4, 17};
    for (uint32_t i = 0; i < 3 * CONTACTS; i++)
        write_contact(i % CONTACTS);
    ck_assert_int_eq(audience_page(help.db, help.arena, &query, &everybody, &help.info), 0);
    ck_assert_uint_eq(everybody.count, CONTACTS);
    ck_assert_int_eq(member_add(help.db, help.arena, help.project_id, static_set, ordinals,
                                ARRAY_LEN(ordinals), NULL, &help.info),
                     0);
    size_t members = compare(&everybody);
    ck_assert_uint_gt(members, CONTACTS);
    (void)columnhelp_fold(&help, true);
    ck_assert_uint_eq(compare(&everybody), members);
    (void)columnhelp_merge(&help, true);
    ck_assert_uint_eq(compare(&everybody), members);
}
END_TEST

START_TEST(nobody_and_nothing)
{
    struct uuid unknown = uuid_new();
    struct standing standing;
    struct tally tally = {.segment = unknown};
    int64_t at_ms;
    ck_assert_int_eq(
        standing_find(help.db, help.arena, help.project_id, &unknown, &standing, &help.info),
        ERR_NOT_FOUND);
    ck_assert_int_eq(
        tally_take(help.db, help.arena, help.project_id, &tally, 1, &at_ms, &help.info), 0);
    ck_assert(!tally.is_there);
}
END_TEST

/* ---- how many events, and when ----------------------------------------------------------------
 */

static uint64_t counted[2][4]; /* by name and bucket */
static uint32_t names[2];

static void take_count(uint32_t name_id, uint32_t bucket, uint64_t count, void *ctx)
{
    (void)ctx;
    counted[name_id == names[1]][bucket] += count;
}

/* Rows of the log at 2026-01-01 plus so many seconds; of the second name entries, which are in
 * `transition`. */
static void add_rows(void)
{
    columnhelp_run(&help,
                   "INSERT INTO event (project_id, at_ms, uuid, ordinal, name_id, created_ms)"
                   " SELECT ?, 1767225600000 + seq * 3600000, RANDOM_BYTES(16), NULL, 1, 0"
                   " FROM seq_0_to_99",
                   1);
    columnhelp_run(&help,
                   "INSERT INTO transition (project_id, segment_id, sequence, kind, cause, ordinal,"
                   " contact, uuid, name_id, at_ms, version) SELECT ?, 1, seq, 1, 1, 1,"
                   " RANDOM_BYTES(16), RANDOM_BYTES(16), 2, 1767225600000 + seq * 3600000, 1"
                   " FROM seq_24_to_47",
                   1);
}

START_TEST(events_by_the_day)
{
    const int64_t start_ms = INT64_C(1767225600000);
    const uint32_t ids[] = {1, 2};
    struct eventcount_query query = {.project_id = help.project_id,
                                     .names = ids,
                                     .name_count = 2,
                                     .from_ms = start_ms,
                                     .to_ms = start_ms + 4 * DAY_MS,
                                     .step_ms = DAY_MS};
    names[0] = 1;
    names[1] = 2;
    add_rows();
    ck_assert_int_eq(eventcount_read(help.db, help.arena, &query, take_count, NULL, &help.info), 0);
    ck_assert_uint_eq(counted[0][0], 24);
    ck_assert_uint_eq(counted[0][3], 24); /* 96 … 99 are behind the end */
    ck_assert_uint_eq(counted[1][0] + counted[1][2] + counted[1][3], 0);
    ck_assert_uint_eq(counted[1][1], 24);
}
END_TEST

/* As a process of the pool for short requests has it, and as one of the other. */
START_TEST(many_events_are_for_a_long_budget)
{
    const uint32_t id = 1;
    struct eventcount_query query = {.project_id = help.project_id,
                                     .names = &id,
                                     .name_count = 1,
                                     .from_ms = 0,
                                     .to_ms = 4 * DAY_MS,
                                     .step_ms = DAY_MS};
    columnhelp_run(&help,
                   "INSERT INTO event (project_id, at_ms, uuid, ordinal, name_id, created_ms)"
                   " SELECT ?, seq, RANDOM_BYTES(16), NULL, 1, 0 FROM seq_0_to_50000",
                   1);
    db_set_deadline_ms(help.db, 10000);
    ck_assert_int_eq(eventcount_read(help.db, help.arena, &query, take_count, NULL, &help.info),
                     ERR_SLOW);
    query.from_ms = 1; /* one less */
    ck_assert_int_eq(eventcount_read(help.db, help.arena, &query, take_count, NULL, &help.info), 0);
    query.from_ms = 0;
    db_set_deadline_ms(help.db, 600000);
    ck_assert_int_eq(eventcount_read(help.db, help.arena, &query, take_count, NULL, &help.info), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("standing");
    TCase *tcase = tcase_create("standing");
    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, as_each_segment_says);
    tcase_add_test(tcase, nobody_and_nothing);
    tcase_add_test(tcase, events_by_the_day);
    tcase_add_test(tcase, many_events_are_for_a_long_budget);
    suite_add_tcase(suite, tcase);
    return testdb_run(suite);
}

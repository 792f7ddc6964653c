/*
 * Forecasts: every operator that looks at the clock, alone and in random trees. One millisecond
 * before the instant that is told the answer is the one of now, at it the other; and nothing turns
 * in between.
 */
#include "column/forecast.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/timeutil.h"
#include "cells.h"
#include "column/draftwrite.h"
#include "filter/plunk.h"
#include "unit.h"
#include "json/jsonread.h"

#define NOW_MS INT64_C(1781524800000) /* 2026-06-15T12:00:00Z */
#define HOUR_MS INT64_C(3600000)
#define DAY_MS TIMEUTIL_DAY_MS
#define SEGMENT "3f2504e0-4f89-41d3-9a0c-0305e82c3301"

/* Ids: fields and properties by the number in their name, one event. */
static bool field_id(void *ctx, struct str path, uint32_t *ret)
{
    (void)ctx;
    *ret = (uint32_t)(path.at[path.len - 1] - '0') + 1;
    return true;
}

static bool event_id(void *ctx, struct str name, uint32_t *ret)
{
    (void)ctx;
    *ret = 1;
    return !str_eq_c(name, "unknown");
}

static const struct program_segment *segment_of(void *ctx, struct str uuid)
{
    return str_eq_c(uuid, SEGMENT) ? ctx : NULL;
}

static bool set_of(void *ctx, const struct filter_leaf *leaf, uint64_t *ret)
{
    (void)ctx;
    (void)leaf;
    *ret = 0;
    return false;
}

static uint32_t property_id(void *ctx, uint32_t name_id, struct str path)
{
    (void)ctx;
    (void)name_id;
    return (uint32_t)(path.at[path.len - 1] - '0') + 1;
}

static bool nothing_is_mixed(void *ctx, const struct filter *leaf)
{
    (void)ctx;
    (void)leaf;
    return false;
}

static int go_on(void *ctx, struct err_info *info)
{
    (void)ctx;
    (void)info;
    return 0;
}

static struct program_segment nested = {.segment_id = 7};

/* ---- one contact --------------------------------------------------------------------------- */

#define FIELDS 4
#define EVENTS 6

struct person {
    int64_t dates[FIELDS]; /* data.f0 … f3 */
    int64_t times[EVENTS]; /* occurrences of "e", ascending */
    int64_t until[EVENTS]; /* what each holds under u0 */
    uint32_t count;
};

static struct str date_text(int64_t ms)
{
    char *text = arena_alloc(unit_arena, 25);
    timeutil_format(ms, text);
    return str_from(text);
}

static void put_events(struct draft *draft, uint32_t row, const struct person *person)
{
    struct str texts[EVENTS];
    if (!person->count)
        return;
    draft_put_code(draft, row, KEY_EVENT_COUNT(1), CHUNK_COUNT, person->count);
    draft_put_ms(draft, row, KEY_EVENT_FIRST(1), person->times[0]);
    draft_put_ms(draft, row, KEY_EVENT_LAST(1), person->times[person->count - 1]);
    for (uint32_t i = 0; i < person->count; i++) {
        texts[i] = (struct str){0};
        if (person->until[i] % 5)
            texts[i] = str_from(
                arena_printf(unit_arena, "s" STR_FMT, STR_ARG(date_text(person->until[i]))));
    }
    draft_put_times(draft, row, KEY_EVENT_TIMES(1), person->times, person->count);
    draft_put_values(draft, row, KEY_EVENT_VALUES(1, 1), texts, person->count);
}

static struct chunk row_of(const struct person *person)
{
    AUTO(draft) draft = draft_new();
    struct chunk_cell exists = {.kind = CHUNK_BITS, .boolean = true};
    struct buf bytes;
    uint32_t row = draft_row(draft, 4711);
    draft_put(draft, row, KEY_EXISTS, &exists);
    draft_put_ms(draft, row, KEY_CREATED, person->dates[0]);
    for (uint32_t i = 0; i < FIELDS; i++)
        draft_put_text(draft, row, KEY_DATA(KEY_TYPE_STRING, i + 1), CHUNK_STRING,
                       date_text(person->dates[i]));
    put_events(draft, row, person);
    buf_init(&bytes, 1 << 20);
    draftwrite_small(draft, &bytes);
    return cells_open(cells_take(&bytes));
}

/* Anything from years ago to years ahead, often near. */
static int64_t draw_instant(struct cells_random *random, bool past)
{
    static const int64_t reach[] = {40, 10 * HOUR_MS, 20 * DAY_MS, 900 * DAY_MS};
    int64_t off = (int64_t)(cells_next(random) % (uint64_t)reach[cells_below(random, 4)]);
    return NOW_MS + (past || cells_below(random, 2) ? -off : off);
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void draw_person(struct cells_random *random, struct person *ret)
{
    for (size_t i = 0; i < FIELDS; i++)
        ret->dates[i] = draw_instant(random, false);
    if (!cells_below(random, 4))
        ret->dates[0] = timeutil_from_civil(1996, 2, 29);
    ret->count = cells_below(random, EVENTS + 1);
    for (uint32_t i = 0; i < ret->count; i++) {
        ret->times[i] = draw_instant(random, true);
        ret->until[i] = draw_instant(random, false);
    }
    qsort(ret->times, ret->count, sizeof ret->times[0], compare);
}

/* ---- asking -------------------------------------------------------------------------------- */

static const struct filter *parse(const char *text)
{
    const struct jsonval *json;
    const struct filter *filter;
    struct err_info info = {0};
    int err = jsonread_parse(unit_arena, str_from(text), &json, &info);
    if (!err)
        err = plunk_parse(unit_arena, json, "condition", &filter, &info);
    ck_assert_msg(!err, "%s: %s", text, info.message);
    return filter;
}

static const struct forecast_node *ask(const struct chunk *row, const struct filter *filter,
                                       int64_t at_ms)
{
    struct program_names names = {&nested, field_id, event_id, segment_of, set_of, property_id};
    struct forecast forecast = {.arena = unit_arena,
                                .names = &names,
                                .row = row,
                                .at_ms = at_ms,
                                .is_mixed = nothing_is_mixed,
                                .check = go_on};
    struct forecast_node *tree;
    struct err_info info = {0};
    ck_assert_msg(!forecast_run(&forecast, filter, &tree, &info), "%s", info.message);
    return tree;
}

/* What the evaluator says of the whole filter at an instant: the judge. */
static bool judge(const struct chunk *row, const struct filter *filter, int64_t at_ms)
{
    struct program_names names = {&nested, field_id, event_id, segment_of, set_of, property_id};
    struct predicate_clock clock = {.now_ms = at_ms};
    struct program *program;
    struct bits in;
    ck_assert_int_eq(program_compile(unit_arena, filter, &clock, &names, &program, NULL), 0);
    AUTO(eval) eval = eval_new(program);
    eval_run(eval, forecast_columns(unit_arena, program, row), &in);
    return bits_test(&in, row->ordinals[0]);
}

#define PROBES 12

static void check_node(struct cells_random *random, const struct chunk *row,
                       const struct forecast_node *node)
{
    int64_t flip_ms = node->flips_ms;
    int64_t until_ms = flip_ms == FORECAST_NEVER ? NOW_MS + 12000 * DAY_MS : flip_ms - 1;
    ck_assert_int_eq(judge(row, node->filter, NOW_MS), node->result);
    ck_assert_int_eq(judge(row, node->filter, until_ms), node->result);
    if (flip_ms != FORECAST_NEVER)
        ck_assert_int_ne(judge(row, node->filter, flip_ms), node->result);
    for (int i = 0; i < PROBES; i++) {
        int64_t reach = i % 2 ? until_ms - NOW_MS + 1 : 1 + (until_ms - NOW_MS) / 50;
        int64_t at_ms = NOW_MS + (int64_t)(cells_next(random) % (uint64_t)reach);
        ck_assert_int_eq(judge(row, node->filter, at_ms), node->result);
    }
    for (size_t i = 0; i < node->child_count; i++)
        check_node(random, row, node->children[i]);
}

/* ---- every operator ------------------------------------------------------------------------ */

static const char *const operators[] = {
    "\"data.f%u\",\"operator\":\"within\",\"value\":%u,\"unit\":\"hours\"",
    "\"data.f%u\",\"operator\":\"olderThan\",\"value\":%u,\"unit\":\"days\"",
    "\"data.f%u\",\"operator\":\"withinNext\",\"value\":%u,\"unit\":\"days\"",
    "\"data.f%u\",\"operator\":\"moreThanAhead\",\"value\":%u,\"unit\":\"hours\"",
    "\"data.f%u\",\"operator\":\"anniversaryWithinNext\",\"value\":%u",
    "\"data.f%u\",\"operator\":\"anniversaryWithinNext\",\"value\":36%u",
    "\"createdAt\",\"operator\":\"olderThan\",\"value\":%u.%u,\"unit\":\"minutes\"",
    "\"event.e%u\",\"operator\":\"triggeredWithin\",\"value\":%u,\"unit\":\"days\"",
    "\"event.e%u\",\"operator\":\"notTriggeredWithin\",\"value\":%u,\"unit\":\"hours\"",
    "\"event.e%u\",\"operator\":\"triggeredOlderThan\",\"value\":%u,\"unit\":\"days\"",
    "\"event.e%u\",\"operator\":\"firstTriggeredWithin\",\"value\":%u,\"unit\":\"weeks\"",
    "\"event.e%u\",\"operator\":\"firstTriggeredOlderThan\",\"value\":%u,\"unit\":\"days\"",
    "\"event.e\",\"operator\":\"countAtLeast\",\"value\":%u,\"window\":{\"value\":%u,\"unit\":"
    "\"days\"}",
    "\"event.e\",\"operator\":\"countAtMost\",\"value\":%u,\"window\":{\"value\":%u,\"unit\":"
    "\"hours\"}",
    "\"event.e\",\"operator\":\"countEquals\",\"value\":%u,\"window\":{\"value\":%u,\"unit\":"
    "\"weeks\"}",
    "\"event.e\",\"operator\":\"countAtLeast\",\"value\":%u,\"where\":[{\"property\":\"u0\","
    "\"operator\":\"within\",\"value\":%u,\"unit\":\"days\"}]",
    "\"event.e\",\"operator\":\"countEquals\",\"value\":%u,\"window\":{\"value\":200,\"unit\":"
    "\"days\"},\"where\":[{\"property\":\"u0\",\"operator\":\"withinNext\",\"value\":%u,\"unit\":"
    "\"days\"}]",
    "\"event.e\",\"operator\":\"countAtLeast\",\"value\":%u,\"window\":{\"value\":300,\"unit\":"
    "\"days\"},\"where\":[{\"property\":\"u0\",\"operator\":\"anniversaryWithinNext\",\"value\":"
    "%u}]",
    "\"event.e%u\",\"operator\":\"triggeredOlderThan\",\"value\":%u,\"unit\":\"days\",\"where\":["
    "{\"property\":\"u0\",\"operator\":\"anniversaryWithinNext\",\"value\":300},"
    "{\"property\":\"u0\",\"operator\":\"olderThan\",\"value\":3,\"unit\":\"days\"}]",
    "\"event.e%u\",\"operator\":\"firstTriggeredOlderThan\",\"value\":%u,\"unit\":\"hours\","
    "\"where\":[{\"property\":\"u0\",\"operator\":\"moreThanAhead\",\"value\":2,\"unit\":\"days\"}"
    "]",
    "\"event.e%u\",\"operator\":\"firstTriggeredWithin\",\"value\":%u,\"unit\":\"weeks\",\"where\":"
    "[{"
    "\"property\":\"u0\",\"operator\":\"notExists\"}]",
    "\"event.e%u\",\"operator\":\"notTriggeredWithin\",\"value\":%u,\"unit\":\"weeks\",\"where\":[{"
    "\"property\":\"u0\",\"operator\":\"greaterThan\",\"value\":\"2026-06-01\"},{\"property\":"
    "\"u0\",\"operator\":\"withinNext\",\"value\":9,\"unit\":\"days\"}]",
    "\"event.e%u\",\"operator\":\"triggeredOlderThan\",\"value\":%u,\"unit\":\"hours\",\"where\":[{"
    "\"property\":\"u0\",\"operator\":\"olderThan\",\"value\":1,\"unit\":\"days\"}]",
    "\"event.e\",\"operator\":\"countEquals\",\"value\":%u,\"where\":[{\"property\":\"u0\","
    "\"operator\":\"within\",\"value\":%u,\"unit\":\"weeks\"}]",
    "\"event.e\",\"operator\":\"countAtLeast\",\"value\":%u", /* no clock in it */
    "\"segment." SEGMENT "\",\"operator\":\"memberOfSegment\"",
    "\"segment." SEGMENT "\",\"operator\":\"notMemberOfSegment\"",
};
#define OPERATORS (sizeof operators / sizeof operators[0])

static const char *leaf_text(struct cells_random *random, size_t which)
{
    static char text[600];
    int n = snprintf(text, sizeof text, "{\"field\":");
    /* Formats of the table above. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    n += snprintf(text + n, sizeof text - (size_t)n, operators[which], cells_below(random, FIELDS),
                  cells_below(random, 7));
#pragma GCC diagnostic pop
    snprintf(text + n, sizeof text - (size_t)n, "}");
    return text;
}

static const char *group_of(struct cells_random *random, size_t which)
{
    return arena_printf(unit_arena, "{\"filters\":[%s]%s}", leaf_text(random, which),
                        cells_below(random, 4) ? "" : ",\"not\":true");
}

START_TEST(it_turns_when_told_and_not_before)
{
    struct cells_random random = {.state = 992u + (unsigned)_i};
    struct person person;
    nested.filter = parse("{\"logic\":\"OR\",\"groups\":[{\"filters\":[{\"field\":\"data.f1\","
                          "\"operator\":\"within\",\"value\":3,\"unit\":\"days\"}]},{\"filters\":[{"
                          "\"field\":\"event.e\",\"operator\":\"triggeredWithin\",\"value\":2,"
                          "\"unit\":\"hours\"}]}]}");
    for (int round = 0; round < 60; round++) {
        draw_person(&random, &person);
        struct chunk row = row_of(&person);
        const char *text = arena_printf(unit_arena, "{\"logic\":\"AND\",\"groups\":[%s]}",
                                        group_of(&random, (size_t)_i));
        check_node(&random, &row, ask(&row, parse(text), NOW_MS));
    }
}
END_TEST

START_TEST(trees_turn_as_their_leaves_say)
{
    struct cells_random random = {.state = 51};
    struct person person;
    for (int round = 0; round < 400; round++) {
        uint32_t groups = 1 + cells_below(&random, 4);
        const char *text = arena_printf(unit_arena, "{\"logic\":\"%s\",\"groups\":[",
                                        cells_below(&random, 2) ? "AND" : "OR");
        nested.filter = parse(arena_printf(unit_arena, "{\"logic\":\"AND\",\"groups\":[%s]}",
                                           group_of(&random, cells_below(&random, OPERATORS - 2))));
        for (uint32_t g = 0; g < groups; g++)
            text = arena_printf(unit_arena, "%s%s%s", text, g ? "," : "",
                                group_of(&random, cells_below(&random, OPERATORS)));
        draw_person(&random, &person);
        struct chunk row = row_of(&person);
        check_node(&random, &row, ask(&row, parse(arena_printf(unit_arena, "%s]}", text)), NOW_MS));
    }
}
END_TEST

/* ---- known ones ---------------------------------------------------------------------------- */

static int64_t flip_of(const char *leaf, int64_t date_ms, int64_t at_ms)
{
    struct person person = {.dates = {date_ms, date_ms, date_ms, date_ms}};
    struct chunk row = row_of(&person);
    const char *text =
        arena_printf(unit_arena, "{\"logic\":\"AND\",\"groups\":[{\"filters\":[%s]}]}", leaf);
    return ask(&row, parse(text), at_ms)->flips_ms;
}

#define ANNIVERSARY(days)                                                                          \
    "{\"field\":\"data.f0\",\"operator\":\"anniversaryWithinNext\",\"value\":" #days "}"

START_TEST(anniversaries_turn_at_midnight)
{
    int64_t leap_day = timeutil_from_civil(1996, 2, 29);
    int64_t summer = timeutil_from_civil(1980, 6, 14);
    /* 2026: no leap year; 2028 is one. */
    ck_assert_int_eq(flip_of(ANNIVERSARY(0), leap_day, NOW_MS), timeutil_from_civil(2027, 2, 28));
    ck_assert_int_eq(flip_of(ANNIVERSARY(0), leap_day, timeutil_from_civil(2027, 2, 28)),
                     timeutil_from_civil(2027, 3, 1));
    ck_assert_int_eq(flip_of(ANNIVERSARY(0), leap_day, timeutil_from_civil(2027, 3, 1)),
                     timeutil_from_civil(2028, 2, 29));
    ck_assert_int_eq(flip_of(ANNIVERSARY(7), summer, NOW_MS), timeutil_from_civil(2027, 6, 7));
    ck_assert_int_eq(flip_of(ANNIVERSARY(366), summer, NOW_MS), FORECAST_NEVER);
    ck_assert_int_eq(flip_of(ANNIVERSARY(365), summer, NOW_MS), FORECAST_NEVER);
    /* Only a year with a leap day is longer: the day after 2027's has 365 before it. */
    ck_assert_int_eq(flip_of(ANNIVERSARY(364), summer, NOW_MS), timeutil_from_civil(2027, 6, 15));
    /* 2100 has none: eight years without one. */
    ck_assert_int_eq(flip_of(ANNIVERSARY(364), summer, timeutil_from_civil(2096, 6, 16)),
                     timeutil_from_civil(2103, 6, 15));
}
END_TEST

START_TEST(what_can_never_be_is_told_never)
{
    const char *text = "{\"logic\":\"AND\",\"groups\":[{\"filters\":[" ANNIVERSARY(
        0) ",{\"field\":\"data.f1\",\"operator\":\"anniversaryWithinNext\",\"value\":0}]}]}";
    struct person person = {.dates = {timeutil_from_civil(1980, 1, 1),
                                      timeutil_from_civil(1980, 1, 2), NOW_MS, NOW_MS}};
    struct chunk row = row_of(&person);
    ck_assert_int_eq(ask(&row, parse(text), NOW_MS)->flips_ms, FORECAST_NEVER);
    person.dates[1] = timeutil_from_civil(1984, 1, 1);
    row = row_of(&person);
    ck_assert_int_eq(ask(&row, parse(text), NOW_MS)->flips_ms, timeutil_from_civil(2027, 1, 1));
}
END_TEST

/* An anniversary that only counts from a far day on, and one that only counts until then. */
START_TEST(anniversaries_far_ahead_are_found)
{
    const char *from = "{\"logic\":\"AND\",\"groups\":[{\"filters\":[" ANNIVERSARY(
        0) ",{\"field\":\"data.f1\",\"operator\":\"olderThan\",\"value\":365000,\"unit\":\"days\"}]"
           "}"
           "]}";
    struct person person = {
        .dates = {timeutil_from_civil(1996, 2, 29), NOW_MS + 40 * DAY_MS, NOW_MS, NOW_MS}};
    struct chunk row = row_of(&person);
    int64_t old_ms = NOW_MS + 40 * DAY_MS + 365000 * DAY_MS;
    int year, month, day;
    timeutil_civil(old_ms, &year, &month, &day);
    year += month > 2;
    ck_assert_int_eq(ask(&row, parse(from), NOW_MS)->flips_ms,
                     timeutil_from_civil(year, 2, timeutil_is_leap(year) ? 29 : 28));
}
END_TEST

START_TEST(what_is_beyond_the_last_date_is_never)
{
    const char *leaf = "{\"field\":\"data.f0\",\"operator\":\"olderThan\",\"value\":3650000,"
                       "\"unit\":\"days\"}";
    ck_assert_int_eq(flip_of(leaf, NOW_MS, NOW_MS), FORECAST_NEVER);
    leaf = "{\"field\":\"data.f0\",\"operator\":\"olderThan\",\"value\":2000000,\"unit\":\"days\"}";
    ck_assert_int_eq(flip_of(leaf, NOW_MS, NOW_MS), NOW_MS + 2000000 * DAY_MS + 1);
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {
        {it_turns_when_told_and_not_before, OPERATORS},
        {trees_turn_as_their_leaves_say, 0},
        {anniversaries_turn_at_midnight, 0},
        {what_can_never_be_is_told_never, 0},
        {anniversaries_far_ahead_are_found, 0},
        {what_is_beyond_the_last_date_is_never, 0},
    };
    return UNIT_RUN("forecast", cases);
}

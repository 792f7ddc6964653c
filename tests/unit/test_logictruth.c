/*
 * What column/logic.c says can never be so is not so of any contact, and what it says always is, is
 * so of all: random conditions on few fields, random contacts, and the naive judge between them.
 */
#include "../db/naive.h"
#include "column/logic.h"
#include "draw.h"
#include "filterhelp.h"

#define NOW INT64_C(1767312000000) /* 2026-01-02T00:00:00Z */
#define DAY INT64_C(86400000)
#define CONDITIONS 2000
#define CONTACTS 200

static const char *const values[] = {
    "null",
    "{\"k\":1}",
    "[]",
    "[1]",
    "[\"a\"]",
    "[\"a\",1]",
    "[true]",
    "true",
    "false",
    "0",
    "1",
    "1.5",
    "5",
    "-1",
    "1e21",
    "\"\"",
    "\"a\"",
    "\"b\"",
    "\"ab\"",
    "\"true\"",
    "\"1\"",
    "\"1.5\"",
    "\"1e+21\"",
    "\"zz\"",
    "\"2026-01-01\"",
    "\"2026-01-01T00:00:00Z\"",
    "\"2026-01-01T12:00:00Z\"",
    "\"2026-01-02\"",
    "\"2026-01-03\"",
    "\"2025-12-25\"",
};
static const char *const operands[] = {"1",
                                       "1.5",
                                       "5",
                                       "true",
                                       "\"a\"",
                                       "\"ab\"",
                                       "\"1\"",
                                       "\"\"",
                                       "\"1.5\"",
                                       "\"2026-01-01\"",
                                       "\"true\"",
                                       "1e21",
                                       "\"2026-01-01T00:00:00Z\""};
static const char *const ordered[] = {
    "1", "1.5", "\"a\"", "\"b\"", "\"2026-01-01\"", "\"2026-01-01T12:00:00Z\""};
static const char *const dates[] = {"\"2026-01-01\"", "\"2025-12-25\"", "\"2026-01-02T00:00:00Z\""};
static const char *const pairs[] = {"[1,5]",
                                    "[5,1]",
                                    "[\"a\",\"b\"]",
                                    "[\"b\",\"a\"]",
                                    "[\"2025-12-25\",\"2026-01-01\"]",
                                    "[\"2026-01-01\",\"2025-12-25\"]"};
static const char *const spans[] = {"0", "1", "1", "8", "30"};
static const char *const sums[] = {"0", "1", "2", "3"};
static const char *const words[] = {"\"subscribed\"", "\"unsubscribed\"", "\"bounced\"",
                                    "\"complained\""};
static const char *const addresses[] = {"\"a@b.org\"", "\"AB@b.org\"", "\"b.org\"", "\"a\""};
static const char *const equal[] = {"equals", "notEquals"};
static const char *const any_of[] = {"in", "notIn"};
static const char *const texts[] = {"contains",      "notContains", "startsWith",
                                    "notStartsWith", "endsWith",    "notEndsWith"};
static const char *const ordering[] = {"greaterThan", "greaterThanOrEqual", "lessThan",
                                       "lessThanOrEqual"};
static const char *const windows[] = {"within", "olderThan", "withinNext", "moreThanAhead"};
static const char *const bare[] = {"exists", "notExists", "isEmpty", "notEmpty"};
static const char *const plain[] = {"triggered", "notTriggered"};
static const char *const spanned[] = {"triggeredWithin", "notTriggeredWithin", "triggeredOlderThan",
                                      "firstTriggeredWithin", "firstTriggeredOlderThan"};
static const char *const counting[] = {"countAtLeast", "countAtMost", "countEquals"};
static const char *const members[] = {"has", "notHas"};

static const char *leaf(const char *member, const char *field, const char *operator_name,
                        const char *value)
{
    return arena_printf(arena, "{\"%s\":\"%s\",\"operator\":\"%s\",\"unit\":\"days\",\"value\":%s",
                        member, field, operator_name, value);
}

/* A leaf on data, without its closing bracket. */
static const char *data_leaf(const char *member, const char *field)
{
    switch (random_below(7)) {
    case 0:
        return leaf(member, field, PICK(equal), PICK(operands));
    case 1:
        return leaf(member, field, PICK(any_of),
                    arena_printf(arena, "[%s,%s]", PICK(operands), PICK(operands)));
    case 2:
        return leaf(member, field, PICK(texts), random_below(2) ? "\"a\"" : "\"1\"");
    case 3:
        return leaf(member, field, PICK(ordering), PICK(ordered));
    case 4:
        return leaf(member, field, "between", PICK(pairs));
    case 5:
        return leaf(member, field, PICK(windows), PICK(spans));
    default:
        return leaf(member, field, PICK(bare), "0");
    }
}

static const char *event_leaf(void)
{
    const char *text;
    if (random_below(3) == 0)
        text = leaf("field", "event.e", PICK(plain), "0");
    else if (random_below(2))
        text = leaf("field", "event.e", PICK(spanned), PICK(spans));
    else {
        text = leaf("field", "event.e", PICK(counting), PICK(sums));
        if (random_below(2))
            text = arena_printf(arena, "%s,\"window\":{\"value\":%s,\"unit\":\"days\"}", text,
                                PICK(spans));
    }
    if (random_below(3) == 0)
        text = arena_printf(arena, "%s,\"where\":[%s},%s}]", text, data_leaf("property", "p"),
                            data_leaf("property", random_below(2) ? "p" : "q"));
    return text;
}

/* Of one field more often than of several. */
static const char *any_leaf(uint64_t field)
{
    if (random_below(8) == 0)
        field = random_below(6);
    switch (field) {
    case 0:
        return data_leaf("field", "data.x");
    case 1:
        return event_leaf();
    case 2:
        return random_below(2) ? leaf("field", "subscribed", PICK(equal), "true")
                               : leaf("field", "status", PICK(any_of),
                                      arena_printf(arena, "[%s,%s]", PICK(words), PICK(words)));
    case 3:
        if (random_below(2))
            return leaf("field", "email", PICK(texts), PICK(addresses));
        return leaf("field", "email", PICK(equal), PICK(addresses));
    case 4:
        switch (random_below(3)) {
        case 0:
            return leaf("field", "subscribedAt", PICK(ordering), PICK(dates));
        case 1:
            return leaf("field", "subscribedAt", PICK(equal), PICK(dates));
        default:
            return leaf("field", "subscribedAt", PICK(windows), PICK(spans));
        }
    default:
        return leaf("field", random_below(2) ? "tag.1" : "tag.2", PICK(members), "0");
    }
}

static const char *condition(uint64_t field, unsigned levels)
{
    const char *groups = "";
    uint64_t group_count = 1 + random_below(3);
    for (uint64_t g = 0; g < group_count; g++) {
        const char *filters = "", *nested = "";
        uint64_t count = 1 + random_below(3);
        for (uint64_t i = 0; i < count; i++)
            filters = arena_printf(arena, "%s%s%s}", filters, i ? "," : "", any_leaf(field));
        if (levels > 1 && random_below(3) == 0)
            nested = arena_printf(arena, ",\"conditions\":%s", condition(field, levels - 1));
        groups = arena_printf(arena, "%s%s{\"filters\":[%s]%s,\"not\":%s}", groups, g ? "," : "",
                              filters, nested, random_below(4) ? "false" : "true");
    }
    return arena_printf(arena, "{\"logic\":\"%s\",\"groups\":[%s]}", random_below(2) ? "AND" : "OR",
                        groups);
}

static int64_t draw_time(void)
{
    static const int64_t ages[] = {0, 1, DAY - 1, DAY, DAY + 1, 8 * DAY, 8 * DAY + 1, 40 * DAY};
    return NOW - ages[random_below(ARRAY_LEN(ages))];
}

static void draw_contact(struct naive_contact *c)
{
    static const char *const known[] = {"a@b.org", "ab@b.org", "c@b.org", "x@y.net", "b.org@a.org"};
    *c = (struct naive_contact){.email = str_from(PICK(known)),
                                .status = (int)random_below(4) + 1,
                                .created_ms = draw_time(),
                                .updated_ms = NOW};
    c->subscribed_ms = random_below(4) ? draw_time() + (int64_t)random_below(3) * DAY : INT64_MIN;
    c->data = json_of(arena_printf(arena, "{\"x\":%s}", PICK(values)));
    c->event_count = random_below(4);
    c->events = arena_array(arena, 4, sizeof *c->events);
    for (size_t i = 0; i < c->event_count; i++)
        c->events[i] = (struct naive_occurrence){
            STR("e"), draw_time(),
            json_of(arena_printf(arena, "{\"p\":%s,\"q\":%s}", PICK(values), PICK(values)))};
    c->sets = arena_array(arena, 2, sizeof *c->sets);
    for (uint64_t tag = 1; tag <= 2; tag++) {
        if (random_below(2))
            c->sets[c->set_count++] = UINT64_C(2) << 40 | tag;
    }
}

static bool told(const struct warnings *list, enum warnings_code code, struct str path)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].code == code && str_eq(list->items[i].path, path))
            return true;
    }
    return false;
}

static struct naive_contact contacts[CONTACTS];

/* Whether some contact is in and whether some is not, whether the key is mixed or not. */
static void look(const struct jsonval *json, bool *ret_in, bool *ret_out)
{
    static struct naive_set sets[] = {{2, 1, {"", 0}}, {2, 2, {"", 0}}};
    *ret_in = *ret_out = false;
    for (size_t i = 0; i < 2 * (size_t)CONTACTS; i++) {
        struct naive_keys keys = {.paths = {STR("x")}, .mixed = {i % 2}, .count = 1};
        const struct naive naive = {.arena = arena,
                                    .now_ms = NOW,
                                    .contacts = contacts,
                                    .contact_count = CONTACTS,
                                    .sets = sets,
                                    .set_count = ARRAY_LEN(sets),
                                    .keys = &keys};
        bool in = naive_in(&naive, &contacts[i / 2], json);
        *ret_in |= in;
        *ret_out |= !in;
    }
}

START_TEST(no_warning_is_false)
{
    size_t never = 0, always = 0, silent = 0;
    AUTO(arena) kept = arena_new();
    struct arena *scratch = arena;
    random_seed("logictruth");
    arena = kept;
    for (size_t i = 0; i < CONTACTS; i++)
        draw_contact(&contacts[i]);
    arena = scratch;
    for (int round = 0; round < CONDITIONS; round++) {
        arena_reset(arena);
        const char *text = condition(random_below(6), 2);
        const struct filter *filter = tree_of(text);
        struct warnings list = {.arena = arena};
        bool in, out;
        logic_judge(&list, filter, NOW);
        look(json_of(text), &in, &out);
        bool is_never = told(&list, WARNINGS_ALWAYS_FALSE, filter->path);
        bool is_always = told(&list, WARNINGS_ALWAYS_TRUE, filter->path);
        ck_assert_msg(!in || !is_never, "never, but somebody is in: %s", text);
        ck_assert_msg(!out || !is_always, "always, but somebody is not in: %s", text);
        never += is_never;
        always += is_always;
        silent += (!in && !is_never) || (!out && !is_always);
    }
    printf("%d conditions: %zu never, %zu always, %zu that looked so were not told\n", CONDITIONS,
           never, always, silent);
    ck_assert_uint_gt(never, CONDITIONS / 100);
    ck_assert_uint_gt(always, CONDITIONS / 200);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("logictruth");
    TCase *tests = tcase_create("logictruth");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, no_warning_is_false);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}

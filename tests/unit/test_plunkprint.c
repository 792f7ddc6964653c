/* Printing in the Plunk dialect: exact texts, and random conditions that must read back. */

#include <stdio.h>

#include "base/limits.h"
#include "base/uuid.h"
#include "conditions.h"

/* Printing: exact texts, so that what clients see changes only on purpose. */
static const struct {
    const char *condition;
    const char *printed;
} prints[] = {
    {AND(GROUP), AND(GROUP)},
    {OR(GROUP), AND(GROUP)},
    {AND(GROUP "," GROUP), AND("{\"filters\":[" LEAF "," LEAF "]}")},
    {OR(GROUP "," GROUP), OR(GROUP "," GROUP)},
    {AND("{\"conditions\":" OR(GROUP "," GROUP) "}"), OR(GROUP "," GROUP)},
    {AND("{\"filters\":[" LEAF "],\"not\":true}"), AND("{\"filters\":[" LEAF "],\"not\":true}")},
    {AND("{\"conditions\":" AND("{\"filters\":[" LEAF "],\"not\":true}") ",\"not\":true}"),
     AND("{\"filters\":[],\"conditions\":" AND("{\"filters\":[" LEAF
                                               "],\"not\":true}") ",\"not\":true}")},
    {AND("{\"filters\":[" LEAF "],\"conditions\":" OR(GROUP "," GROUP) "}"),
     AND("{\"filters\":[" LEAF "],\"conditions\":" OR(GROUP "," GROUP) "}")},
    {AND("{\"filters\":[" LEAF "],\"conditions\":" AND(GROUP "," GROUP) "}"),
     AND(GROUP ",{\"filters\":[" LEAF "," LEAF "]}")},
    {AND("{\"filters\":[{\"field\":\"bought\",\"operator\":\"triggered\",\"value\":1,"
         "\"unit\":\"days\"}]}"),
     AND("{\"filters\":[{\"field\":\"event.bought\",\"operator\":\"triggered\"}]}")},
    {AND("{\"filters\":[{\"unit\":\"weeks\",\"value\":1.50,\"operator\":\"notTriggeredWithin\","
         "\"field\":\"email.open\"}]}"),
     AND("{\"filters\":[{\"field\":\"email.opened\",\"operator\":\"notTriggeredWithin\","
         "\"value\":1.5,\"unit\":\"weeks\"}]}")},
    {AND("{\"filters\":[{\"field\":\"data.birthday\",\"operator\":\"anniversaryWithinNext\","
         "\"value\":7}]}"),
     AND("{\"filters\":[{\"field\":\"data.birthday\",\"operator\":\"anniversaryWithinNext\","
         "\"value\":7,\"unit\":\"days\"}]}")},
    {AND("{\"filters\":[{\"field\":\"createdAt\",\"operator\":\"between\","
         "\"value\":[1767312000000,\"2026-01-02T10:00+01:00\"]}]}"),
     AND("{\"filters\":[{\"field\":\"createdAt\",\"operator\":\"between\","
         "\"value\":[1767312000000,\"2026-01-02T10:00+01:00\"]}]}")},
    {AND("{\"filters\":[{\"field\":\"data.k\",\"operator\":\"notIn\","
         "\"value\":[1,\"a\",true,\"2026-01-02\"]}]}"),
     AND("{\"filters\":[{\"field\":\"data.k\",\"operator\":\"notIn\","
         "\"value\":[1,\"a\",true,\"2026-01-02\"]}]}")},
    {AND("{\"filters\":[{\"field\":\"data.k\",\"operator\":\"equals\",\"value\":[]}]}"),
     AND("{\"filters\":[{\"field\":\"data.k\",\"operator\":\"equals\",\"value\":[]}]}")},
};

START_TEST(prints_exactly)
{
    ck_assert_str_eq(text_of(plunk_print(arena, tree_of(prints[_i].condition))),
                     prints[_i].printed);
}
END_TEST

/* Random conditions. */

static uint64_t random_state;

static uint64_t random_below(uint64_t bound)
{
    uint64_t z = (random_state += UINT64_C(0x9e3779b97f4a7c15)); /* splitmix64 */

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (z ^ (z >> 31)) % bound;
}

#define PICK(texts) ((texts)[random_below(ARRAY_LEN(texts))])

static const char *const scalars[] = {
    "\"\"",
    "\"a b\"",
    "\"\\u00e9\\\"\\\\\\n\"",
    "0",
    "-0",
    "1.5",
    "-1e-7",
    "1e21",
    "123456789012",
    "true",
    "false",
    "\"true\"",
    "\"5\"",
    "\"2026-01-02\"",
    "\"2026-01-02T03:04Z\"",
    "0.1",
    "1e308",
    "\"0001-01-01\"",
    "5e-324",
    "\"9999-12-31T23:59:59.999999999+00:00\"",
};
static const char *const strings[] = {"\"\"", "\"A@b\"", "\"2026-02-30\"", "\"2026-01-01\"",
                                      "\"%_\""};
static const char *const dates[] = {"\"2026-01-02\"", "\"2026-01-02T03:04:05.678-11:30\"",
                                    "\"0001-01-01\""};
static const char *const numbers[] = {"0", "1", "1767312000000", "-5", "253402300799999"};
static const char *const words[] = {"\"subscribed\"", "\"unsubscribed\"", "\"bounced\"",
                                    "\"complained\""};
static const char *const units[] = {"\"minutes\"", "\"hours\"", "\"days\"", "\"weeks\""};
static const char *const amounts[] = {"0", "0.1", "1", "30", "1e-300", "0.30000000000000004"};
static const char *const data[] = {"data.a", "data.a.b", "data.\\u00e9 x.0", "data.email"};
static const char *const times[] = {"createdAt", "updatedAt", "subscribedAt"};
static const char *const events[] = {
    "event.a",    "event.segment.vip.exit", "email.open",  "email.sent", "bare",
    "order.done", "event.event.x",          "event.data.x"};
static const char *const texts[] = {"contains",      "notContains", "startsWith",
                                    "notStartsWith", "endsWith",    "notEndsWith"};
static const char *const ordering[] = {"greaterThan", "greaterThanOrEqual", "lessThan",
                                       "lessThanOrEqual"};
static const char *const windows[] = {"within", "olderThan", "withinNext", "moreThanAhead"};
static const char *const occurrences[] = {"triggeredWithin", "notTriggeredWithin",
                                          "triggeredOlderThan"};
static const char *const bare[] = {"exists", "notExists", "isEmpty", "notEmpty"};

static void add_leaf(struct buf *out, const char *field, const char *operator_name)
{
    buf_printf(out, "{\"field\":\"%s\",\"operator\":\"%s\"", field, operator_name);
}

static void add_list(struct buf *out, const char *const *from, size_t count, uint64_t length)
{
    buf_add_c(out, ",\"value\":[");
    for (uint64_t i = 0; i < length; i++)
        buf_printf(out, "%s%s", i ? "," : "", from[random_below(count)]);
    buf_add_char(out, ']');
}

static void add_value(struct buf *out, const char *value)
{
    buf_printf(out, ",\"value\":%s", value);
}

static void add_window(struct buf *out, const char *field, const char *operator_name)
{
    add_leaf(out, field, operator_name);
    buf_printf(out, ",\"value\":%s,\"unit\":%s", PICK(amounts), PICK(units));
}

static void add_data_leaf(struct buf *out)
{
    const char *field = PICK(data);

    switch (random_below(9)) {
    case 0:
        add_leaf(out, field, random_below(2) ? "equals" : "notEquals");
        add_value(out, PICK(scalars));
        break;
    case 1:
        add_leaf(out, field, random_below(2) ? "equals" : "notEquals");
        add_list(out, scalars, ARRAY_LEN(scalars), random_below(4));
        break;
    case 2:
        add_leaf(out, field, random_below(2) ? "in" : "notIn");
        add_list(out, scalars, ARRAY_LEN(scalars), 1 + random_below(4));
        break;
    case 3:
        add_leaf(out, field, PICK(texts));
        add_value(out, PICK(strings));
        break;
    case 4:
        add_leaf(out, field, random_below(2) ? "contains" : "notContains");
        add_value(out, PICK(scalars));
        break;
    case 5:
        add_leaf(out, field, PICK(ordering));
        add_value(out, random_below(2) ? PICK(dates) : PICK(numbers));
        break;
    case 6:
        add_leaf(out, field, "between");
        if (random_below(2))
            add_list(out, dates, ARRAY_LEN(dates), 2);
        else
            add_list(out, numbers, ARRAY_LEN(numbers), 2);
        break;
    case 7:
        add_leaf(out, field, PICK(bare));
        break;
    default:
        add_window(out, field, PICK(windows));
        break;
    }
}

static void add_builtin_leaf(struct buf *out)
{
    switch (random_below(6)) {
    case 0:
        add_leaf(out, "email", PICK(texts));
        add_value(out, PICK(strings));
        break;
    case 1:
        add_leaf(out, "email", random_below(2) ? "in" : "notEquals");
        if (str_ends(buf_str(out), STR("\"in\"")))
            add_list(out, words, ARRAY_LEN(words), 1 + random_below(3));
        else
            add_value(out, PICK(dates));
        break;
    case 2:
        add_leaf(out, "subscribed", random_below(2) ? "equals" : "notEquals");
        add_value(out, random_below(2) ? "true" : "false");
        break;
    case 3:
        add_leaf(out, "status", random_below(2) ? "in" : "notIn");
        add_list(out, words, ARRAY_LEN(words), 1 + random_below(3));
        break;
    case 4:
        add_leaf(out, PICK(times), random_below(2) ? PICK(ordering) : "equals");
        add_value(out, random_below(2) ? PICK(dates) : PICK(numbers));
        break;
    default:
        add_window(out, PICK(times), PICK(windows));
        break;
    }
}

static void add_random_leaf(struct buf *out)
{
    switch (random_below(6)) {
    case 0:
        add_builtin_leaf(out);
        break;
    case 1:
        add_leaf(out, PICK(events), random_below(2) ? "triggered" : "notTriggered");
        break;
    case 2:
        add_window(out, PICK(events), PICK(occurrences));
        break;
    case 3:
        add_leaf(out, "segment." ID, random_below(2) ? "memberOfSegment" : "notMemberOfSegment");
        break;
    case 4:
        add_leaf(out, PICK(data), "anniversaryWithinNext");
        add_value(out, "30");
        break;
    default:
        add_data_leaf(out);
        break;
    }
    buf_add_char(out, '}');
}

static void add_condition(struct buf *out, unsigned levels);

static void add_group(struct buf *out, unsigned levels)
{
    static const char *const endings[] = {"", "", ",\"not\":true", ",\"not\":false"};
    bool has_nested = levels > 1 && random_below(3) > 0;
    uint64_t count = has_nested ? random_below(3) : 1 + random_below(3);

    buf_add_c(out, "{\"filters\":[");
    for (uint64_t i = 0; i < count; i++) {
        if (i > 0)
            buf_add_char(out, ',');
        add_random_leaf(out);
    }
    buf_add_char(out, ']');
    if (has_nested) {
        buf_add_c(out, ",\"conditions\":");
        add_condition(out, levels - 1);
    }
    buf_add_c(out, PICK(endings));
    buf_add_char(out, '}');
}

static void add_condition(struct buf *out, unsigned levels)
{
    /* Deep ones are narrow, else they would be too many filters. */
    uint64_t count = levels > 5 ? 1 : 1 + random_below(3);

    buf_printf(out, "{\"logic\":\"%s\",\"groups\":[", random_below(2) ? "AND" : "OR");
    for (uint64_t i = 0; i < count; i++) {
        if (i > 0)
            buf_add_char(out, ',');
        add_group(out, i == 0 ? levels : 1);
    }
    buf_add_c(out, "]}");
}

static void check_round_trip(const char *text)
{
    const struct filter *tree = tree_of(text);
    const struct jsonval *printed = plunk_print(arena, tree);
    const char *printed_text = text_of(printed);
    const struct filter *from_text = tree_of(printed_text);
    const struct filter *from_value = NULL;
    struct err_info info = {0};

    ck_assert_msg(plunk_parse(arena, printed, "c", &from_value, &info) == 0, "%s: %s", text,
                  info.message);
    ck_assert_msg(filter_equal(tree, from_value), "%s\n%s", text, printed_text);
    ck_assert_msg(filter_equal(tree, from_text), "%s\n%s", text, printed_text);
    ck_assert_str_eq(text_of(plunk_print(arena, from_text)), printed_text);
}

START_TEST(random_conditions_survive_printing)
{
    const char *given = getenv("MUSTER_TEST_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 10) : (uint64_t)uuid_random63();

    printf("test_plunkprint: MUSTER_TEST_SEED=%llu\n", (unsigned long long)seed);
    (void)fflush(stdout);
    random_state = seed;
    for (int i = 0; i < 5000; i++) {
        struct buf text;

        arena_reset(arena);
        buf_init(&text, 1024 * 1024);
        add_condition(&text, 1 + (unsigned)random_below(LIMIT_FILTER_DEPTH));
        ck_assert(!text.failed);
        check_round_trip(text.at);
        buf_done(&text);
    }
}
END_TEST

START_TEST(the_largest_conditions_survive_printing)
{
    check_round_trip(nested(LIMIT_FILTER_DEPTH));
    check_round_trip(many(LIMIT_FILTER_LEAVES, 1));
    check_round_trip(many(LIMIT_FILTER_LEAVES, 3));
    check_round_trip(many(LIMIT_FILTER_LEAVES, LIMIT_FILTER_LEAVES));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plunkprint");
    TCase *tests = tcase_create("plunkprint");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, prints_exactly, 0, (int)ARRAY_LEN(prints));
    tcase_add_test(tests, random_conditions_survive_printing);
    tcase_add_test(tests, the_largest_conditions_survive_printing);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}

/* PushMail's rules: shapes and their messages, what they mean, printing, random ones. */

#include <string.h>

#include "base/limits.h"
#include "conditions.h"
#include "dialecthelp.h"
#include "draw.h"

#define RULES(conditions) "{\"operator\":\"AND\",\"conditions\":[" conditions "]}"
#define PLACE "rules.conditions.0"
#define ATTRIBUTE(rest) "{\"type\":\"attribute\"," rest "}"
#define CITY ATTRIBUTE("\"field\":\"city\",\"op\":\"eq\",\"value\":\"Bonn\"")
#define SUBGROUP(conditions)                                                                       \
    "{\"type\":\"group\",\"operator\":\"OR\",\"conditions\":[" conditions "]}"
#define TYPES "attribute, tag, list, engagement, send_history"
#define DATA_OPS                                                                                   \
    "it takes eq, neq, in, not_in, contains, not_contains, starts_with, ends_with, gt, gte, lt, "  \
    "lte, between, exists, not_exists, is_empty"
#define TEXT_OPS "it takes eq, neq, in, not_in, contains, not_contains, starts_with, ends_with"
#define MISFIT(op, field, right) "Operator \"" op "\" does not fit the field \"" field "\"; " right

static const struct {
    const char *rules;
    const char *place;
    const char *message;
} refused[] = {
    {"null", "rules", "Rules must be an object with operator and conditions, got null"},
    {"[]", "rules", "Rules must be an object with operator and conditions, got array"},
    {"\"{}\"", "rules", "Rules must be an object with operator and conditions, got string"},
    {"{}", "rules", "Rules operator must be either \"AND\" or \"OR\""},
    {"{\"operator\":\"and\",\"conditions\":[" CITY "]}", "rules",
     "Rules operator must be either \"AND\" or \"OR\""},
    {"{\"operator\":\"AND\"}", "rules", "Rules conditions must be an array"},
    {"{\"operator\":\"AND\",\"conditions\":{}}", "rules", "Rules conditions must be an array"},
    {RULES(""), "rules", "Rules must have at least one condition"},
    {RULES("7"), PLACE, "Condition must be an object, got number"},
    {RULES("{}"), PLACE, "Condition needs a type: " TYPES " or group"},
    {RULES("{\"type\":5,\"op\":\"eq\"}"), PLACE, "Condition needs a type: " TYPES " or group"},
    {RULES("{\"type\":\"segment\",\"op\":\"in\",\"segmentId\":1}"), PLACE,
     "Condition type must be one of " TYPES ", group, got \"segment\""},
    {RULES(CITY "," SUBGROUP("")), "rules.conditions.1", "Group must have at least one condition"},
    {RULES(SUBGROUP(CITY "," SUBGROUP(CITY ",{}"))), PLACE ".conditions.1.conditions.1",
     "Condition needs a type: " TYPES " or group"},
    {RULES("{\"type\":\"group\",\"operator\":\"NOT\",\"conditions\":[" CITY "]}"), PLACE,
     "Group operator must be either \"AND\" or \"OR\""},
    {RULES(ATTRIBUTE("\"field\":\"city\"")), PLACE, "Condition of type attribute needs op, a text"},
    {RULES(ATTRIBUTE("\"op\":\"eq\"")), PLACE, "Condition of type attribute needs field, a text"},
    {RULES(ATTRIBUTE("\"field\":\"city\",\"op\":\"equals\",\"value\":1")), PLACE,
     MISFIT("equals", "city", DATA_OPS)},
    {RULES(ATTRIBUTE("\"field\":\"subscribed\",\"op\":\"contains\",\"value\":1")), PLACE,
     MISFIT("contains", "subscribed", "it takes eq, neq")},
    {RULES(ATTRIBUTE("\"field\":\"email\",\"op\":\"exists\"")), PLACE,
     MISFIT("exists", "email", TEXT_OPS)},
    {RULES(ATTRIBUTE("\"field\":\"createdAt\",\"op\":\"in\",\"value\":[1]")), PLACE,
     MISFIT("in", "createdAt", "it takes eq, neq, gt, gte, lt, lte, between")},
    {RULES(ATTRIBUTE("\"field\":\"city\",\"op\":\"eq\"")), PLACE,
     "Operator \"eq\" requires a value"},
    {RULES(ATTRIBUTE("\"field\":\"city\",\"op\":\"in\",\"value\":\"US\"")), PLACE,
     "Operator \"in\" on city takes a list of values, got a string"},
    {RULES(ATTRIBUTE("\"field\":\"city\",\"op\":\"not_in\",\"value\":[]")), PLACE,
     "Operator \"not_in\" on city takes a list of at least one value, got an empty list"},
    {RULES(ATTRIBUTE("\"field\":\"status\",\"op\":\"eq\",\"value\":\"active\"")), PLACE,
     "Operator \"eq\" on status takes one of subscribed, unsubscribed, bounced, complained, got "
     "\"active\""},
    {RULES(ATTRIBUTE("\"field\":\"customFields.\",\"op\":\"exists\"")), PLACE,
     "A field path must not have an empty part, this one is \"\""},
    {RULES("{\"type\":\"tag\",\"tagId\":5}"), PLACE, "Condition of type tag needs op, a text"},
    {RULES("{\"type\":\"tag\",\"op\":\"in\",\"tagId\":5}"), PLACE,
     MISFIT("in", "tag", "it takes has, not_has, has_not, not_in")},
    {RULES("{\"type\":\"list\",\"op\":\"has\",\"listId\":5}"), PLACE,
     MISFIT("has", "list", "it takes in, not_in")},
    {RULES("{\"type\":\"send_history\",\"op\":\"never\",\"targetId\":5}"), PLACE,
     MISFIT("never", "send_history",
            "it takes received_campaign, not_received_campaign, completed_sequence, "
            "not_completed_sequence")},
    {RULES("{\"type\":\"tag\",\"op\":\"has\"}"), PLACE,
     "Operator \"has\" on tag needs tagId, a whole number from 1"},
    {RULES("{\"type\":\"tag\",\"op\":\"has\",\"tagId\":0}"), PLACE,
     "Operator \"has\" on tag needs tagId, a whole number from 1"},
    {RULES("{\"type\":\"tag\",\"op\":\"has\",\"tagId\":1.5}"), PLACE,
     "Operator \"has\" on tag needs tagId, a whole number from 1"},
    {RULES("{\"type\":\"list\",\"op\":\"not_in\",\"listId\":\"vip\"}"), PLACE,
     "Operator \"not_in\" on list needs listId, a whole number from 1"},
    {RULES("{\"type\":\"send_history\",\"op\":\"received_campaign\",\"targetId\":1e17}"), PLACE,
     "Operator \"received_campaign\" on send_history needs targetId, a whole number from 1"},
    {RULES("{\"type\":\"engagement\",\"op\":\"never\"}"), PLACE,
     "Condition of type engagement needs metric, a text"},
    {RULES("{\"type\":\"engagement\",\"metric\":\"read\",\"op\":\"never\"}"), PLACE,
     "Metric must be one of sent, delivered, opened, clicked, bounced, complained, got \"read\""},
    {RULES("{\"type\":\"engagement\",\"metric\":\"opened\",\"op\":\"eq\"}"), PLACE,
     MISFIT("eq", "opened", "it takes within_days, not_within_days, never")},
    {RULES("{\"type\":\"engagement\",\"metric\":\"opened\",\"op\":\"within_days\"}"), PLACE,
     "Operator \"within_days\" requires days, a number"},
    {RULES("{\"type\":\"engagement\",\"metric\":\"opened\",\"op\":\"within_days\",\"days\":\"3\"}"),
     PLACE, "Operator \"within_days\" on opened takes a number of units, got a string"},
    {RULES("{\"type\":\"engagement\",\"metric\":\"opened\",\"op\":\"within_days\",\"days\":-3}"),
     PLACE, "Operator \"within_days\" on opened takes a number of units that is 0 or more, got -3"},
};

START_TEST(bad_rules_are_refused)
{
    expect_rules_refused(DIALECT_PUSHMAIL, refused[_i].rules, refused[_i].place,
                         refused[_i].message);
}
END_TEST

/* One condition, and the Plunk filter that means the same. */
static const struct {
    const char *condition;
    const char *filter;
} meanings[] = {
    {CITY, "{\"field\":\"data.city\",\"operator\":\"equals\",\"value\":\"Bonn\"}"},
    {ATTRIBUTE("\"field\":\"status\",\"op\":\"neq\",\"value\":\"bounced\""),
     "{\"field\":\"status\",\"operator\":\"notEquals\",\"value\":\"bounced\"}"},
    {ATTRIBUTE("\"field\":\"country\",\"op\":\"in\",\"value\":[\"US\",\"CA\",\"UK\"]"),
     "{\"field\":\"data.country\",\"operator\":\"in\",\"value\":[\"US\",\"CA\",\"UK\"]}"},
    {ATTRIBUTE("\"field\":\"customFields.plan\",\"op\":\"not_in\",\"value\":[1,\"a\"]"),
     "{\"field\":\"data.plan\",\"operator\":\"notIn\",\"value\":[1,\"a\"]}"},
    {ATTRIBUTE("\"field\":\"customFields.email\",\"op\":\"contains\",\"value\":\"x\""),
     "{\"field\":\"data.email\",\"operator\":\"contains\",\"value\":\"x\"}"},
    {ATTRIBUTE("\"field\":\"email\",\"op\":\"not_contains\",\"value\":\"x\""),
     "{\"field\":\"email\",\"operator\":\"notContains\",\"value\":\"x\"}"},
    {ATTRIBUTE("\"field\":\"data.x\",\"op\":\"starts_with\",\"value\":\"x\""),
     "{\"field\":\"data.data.x\",\"operator\":\"startsWith\",\"value\":\"x\"}"},
    {ATTRIBUTE("\"field\":\"email\",\"op\":\"ends_with\",\"value\":\"@b.c\""),
     "{\"field\":\"email\",\"operator\":\"endsWith\",\"value\":\"@b.c\"}"},
    {ATTRIBUTE("\"field\":\"leadScore\",\"op\":\"gt\",\"value\":5"),
     "{\"field\":\"data.leadScore\",\"operator\":\"greaterThan\",\"value\":5}"},
    {ATTRIBUTE("\"field\":\"createdAt\",\"op\":\"gte\",\"value\":\"2026-01-01\""),
     "{\"field\":\"createdAt\",\"operator\":\"greaterThanOrEqual\",\"value\":\"2026-01-01\"}"},
    {ATTRIBUTE("\"field\":\"updatedAt\",\"op\":\"lt\",\"value\":0"),
     "{\"field\":\"updatedAt\",\"operator\":\"lessThan\",\"value\":0}"},
    {ATTRIBUTE("\"field\":\"subscribedAt\",\"op\":\"lte\",\"value\":\"2026-01-01T00:00Z\""),
     "{\"field\":\"subscribedAt\",\"operator\":\"lessThanOrEqual\",\"value\":\"2026-01-01T00:00Z\""
     "}"},
    {ATTRIBUTE("\"field\":\"a.b\",\"op\":\"between\",\"value\":[1,2]"),
     "{\"field\":\"data.a.b\",\"operator\":\"between\",\"value\":[1,2]}"},
    {ATTRIBUTE("\"field\":\"phone\",\"op\":\"exists\""),
     "{\"field\":\"data.phone\",\"operator\":\"exists\"}"},
    {ATTRIBUTE("\"field\":\"phone\",\"op\":\"not_exists\",\"value\":1"),
     "{\"field\":\"data.phone\",\"operator\":\"notExists\"}"},
    {ATTRIBUTE("\"field\":\"notes\",\"op\":\"is_empty\""),
     "{\"field\":\"data.notes\",\"operator\":\"isEmpty\"}"},
    {ATTRIBUTE("\"field\":\"subscribed\",\"op\":\"eq\",\"value\":true"),
     "{\"field\":\"subscribed\",\"operator\":\"equals\",\"value\":true}"},
    {"{\"type\":\"tag\",\"op\":\"has\",\"tagId\":5}", "{\"field\":\"tag.5\",\"operator\":\"has\"}"},
    {"{\"type\":\"tag\",\"op\":\"not_has\",\"tagId\":4294967297}",
     "{\"field\":\"tag.4294967297\",\"operator\":\"notHas\"}"},
    {"{\"type\":\"tag\",\"op\":\"has_not\",\"tagId\":5}",
     "{\"field\":\"tag.5\",\"operator\":\"notHas\"}"},
    {"{\"type\":\"tag\",\"op\":\"not_in\",\"tagId\":\"5\"}",
     "{\"field\":\"tag.5\",\"operator\":\"notHas\"}"},
    {"{\"type\":\"list\",\"op\":\"in\",\"listId\":\"" ID "\"}",
     "{\"field\":\"list." ID "\",\"operator\":\"has\"}"},
    {"{\"type\":\"list\",\"op\":\"not_in\",\"listId\":3}",
     "{\"field\":\"list.3\",\"operator\":\"notHas\"}"},
    {"{\"type\":\"engagement\",\"metric\":\"opened\",\"op\":\"within_days\",\"days\":30}",
     "{\"field\":\"email.opened\",\"operator\":\"triggeredWithin\",\"value\":30,"
     "\"unit\":\"days\"}"},
    {"{\"type\":\"engagement\",\"metric\":\"click\",\"op\":\"not_within_days\",\"days\":0.5}",
     "{\"field\":\"email.clicked\",\"operator\":\"notTriggeredWithin\",\"value\":0.5,"
     "\"unit\":\"days\"}"},
    {"{\"type\":\"engagement\",\"metric\":\"sent\",\"op\":\"never\",\"days\":\"x\"}",
     "{\"field\":\"email.sent\",\"operator\":\"notTriggered\"}"},
    {"{\"type\":\"send_history\",\"op\":\"received_campaign\",\"targetId\":12}",
     "{\"field\":\"campaign.12\",\"operator\":\"has\"}"},
    {"{\"type\":\"send_history\",\"op\":\"not_received_campaign\",\"targetId\":12}",
     "{\"field\":\"campaign.12\",\"operator\":\"notHas\"}"},
    {"{\"type\":\"send_history\",\"op\":\"completed_sequence\",\"targetId\":1}",
     "{\"field\":\"sequence.1\",\"operator\":\"has\"}"},
    {"{\"type\":\"send_history\",\"op\":\"not_completed_sequence\",\"targetId\":1}",
     "{\"field\":\"sequence.1\",\"operator\":\"notHas\"}"},
};

START_TEST(conditions_mean_what_plunk_says)
{
    const char *rules = arena_printf(arena, RULES("%s"), meanings[_i].condition);

    ck_assert_msg(filter_equal(rules_tree(DIALECT_PUSHMAIL, rules),
                               tree_of(with_filter(meanings[_i].filter))),
                  "%s", rules);
    check_rules_round_trip(DIALECT_PUSHMAIL, rules);
}
END_TEST

START_TEST(the_vendors_example_is_itself)
{
    static const char rules[] =
        "{\"operator\":\"AND\",\"conditions\":["
        "{\"type\":\"attribute\",\"field\":\"country\",\"op\":\"eq\",\"value\":\"US\"},"
        "{\"type\":\"tag\",\"op\":\"has\",\"tagId\":5},{\"type\":\"list\",\"op\":\"in\","
        "\"listId\":3},"
        "{\"type\":\"engagement\",\"metric\":\"opened\",\"op\":\"within_days\",\"days\":30},"
        "{\"type\":\"send_history\",\"op\":\"received_campaign\",\"targetId\":12},"
        "{\"type\":\"group\",\"operator\":\"OR\",\"conditions\":["
        "{\"type\":\"attribute\",\"field\":\"city\",\"op\":\"eq\",\"value\":\"New York\"},"
        "{\"type\":\"attribute\",\"field\":\"city\",\"op\":\"eq\",\"value\":\"San Francisco\"}]}]}";

    ck_assert_str_eq(print_in(DIALECT_PUSHMAIL, rules_tree(DIALECT_PUSHMAIL, rules)), rules);
}
END_TEST

/* `levels` groups inside one another. */
static const char *nested_rules(unsigned levels)
{
    const char *inner = CITY;

    for (unsigned i = 1; i < levels; i++)
        inner = arena_printf(
            arena, "{\"type\":\"group\",\"operator\":\"%s\",\"conditions\":[" CITY ",%s]}",
            i % 2 ? "OR" : "AND", inner);
    return arena_printf(arena, RULES("%s"), inner);
}

START_TEST(limits_are_told)
{
    struct buf place;
    struct buf many_rules;

    check_rules_round_trip(DIALECT_PUSHMAIL, nested_rules(LIMIT_FILTER_DEPTH));
    buf_init(&place, 1000);
    buf_add_c(&place, "rules.conditions.0");
    for (unsigned i = 1; i < LIMIT_FILTER_DEPTH; i++)
        buf_add_c(&place, ".conditions.1");
    expect_rules_refused(DIALECT_PUSHMAIL, nested_rules(LIMIT_FILTER_DEPTH + 1), place.at,
                         "Rules may have at most 16 groups inside one another");
    buf_done(&place);
    buf_init(&many_rules, 1024 * 1024);
    for (unsigned i = 0; i < LIMIT_FILTER_LEAVES; i++)
        buf_add_c(&many_rules, CITY ",");
    expect_rules_refused(DIALECT_PUSHMAIL, arena_printf(arena, RULES("%s" CITY), many_rules.at),
                         "rules.conditions.500", "Rules may have at most 500 conditions");
    buf_done(&many_rules);
}
END_TEST

static void add_condition(struct buf *out, unsigned levels)
{
    uint64_t count = levels > 1 ? 1 + random_below(3) : 0;

    if (count == 0) {
        buf_add_c(out, meanings[random_below(ARRAY_LEN(meanings))].condition);
        return;
    }
    buf_printf(out, "{\"type\":\"group\",\"operator\":\"%s\",\"conditions\":[",
               random_below(2) ? "AND" : "OR");
    for (uint64_t i = 0; i < count; i++) {
        if (i > 0)
            buf_add_char(out, ',');
        /* Deep ones are narrow, else they would be too many. */
        add_condition(out, i == 0 ? levels - 1 : (unsigned)random_below(levels < 4 ? levels : 2));
    }
    buf_add_c(out, "]}");
}

START_TEST(random_rules_survive_printing)
{
    random_seed("test_pushmail");
    for (int i = 0; i < 3000; i++) {
        struct buf text;

        arena_reset(arena);
        buf_init(&text, 1024 * 1024);
        add_condition(&text, 2 + (unsigned)random_below(LIMIT_FILTER_DEPTH - 1));
        check_rules_round_trip(DIALECT_PUSHMAIL, text.at);
        buf_done(&text);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pushmail");
    TCase *tests = tcase_create("pushmail");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, bad_rules_are_refused, 0, (int)ARRAY_LEN(refused));
    tcase_add_loop_test(tests, conditions_mean_what_plunk_says, 0, (int)ARRAY_LEN(meanings));
    tcase_add_test(tests, the_vendors_example_is_itself);
    tcase_add_test(tests, limits_are_told);
    tcase_add_test(tests, random_rules_survive_printing);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}

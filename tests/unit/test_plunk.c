/* The Plunk dialect: shapes and their messages, fields, limits. */

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "conditions.h"
#include "dialecthelp.h"

#define NO_OBJECT "Condition must be an object"
#define NO_LOGIC "Condition logic must be either \"AND\" or \"OR\""
#define NO_GROUPS "Condition must have at least one group"
#define EMPTY_GROUP "Group must have at least one filter or nested condition"
#define NO_ARRAY "Group filters must be an array"

/* Shapes that are refused, where, and with which words. */
static const struct {
    const char *condition;
    const char *place;
    const char *message;
} shapes[] = {
    {"null", "condition", NO_OBJECT},
    {"[]", "condition", NO_OBJECT},
    {"\"AND\"", "condition", NO_OBJECT},
    {"{}", "condition", NO_LOGIC},
    {"{\"logic\":\"and\",\"groups\":[" GROUP "]}", "condition", NO_LOGIC},
    {"{\"logic\":1,\"groups\":[" GROUP "]}", "condition", NO_LOGIC},
    {"{\"groups\":[" GROUP "]}", "condition", NO_LOGIC},
    {"{\"logic\":\"AND\"}", "condition", NO_GROUPS},
    {"{\"logic\":\"AND\",\"groups\":[]}", "condition", NO_GROUPS},
    {"{\"logic\":\"AND\",\"groups\":null}", "condition", NO_GROUPS},
    {"{\"logic\":\"AND\",\"groups\":{}}", "condition", NO_GROUPS},
    {AND("null"), "condition.groups.0", "Group must be an object"},
    {AND(GROUP ",7"), "condition.groups.1", "Group must be an object"},
    {AND("[" LEAF "]"), "condition.groups.0", "Group must be an object"},
    {AND("{}"), "condition.groups.0", EMPTY_GROUP},
    {AND("{\"filters\":[]}"), "condition.groups.0", EMPTY_GROUP},
    {AND("{\"filters\":[],\"conditions\":null}"), "condition.groups.0", EMPTY_GROUP},
    {AND("{\"conditions\":null}"), "condition.groups.0", EMPTY_GROUP},
    {AND("{\"filters\":null}"), "condition.groups.0", NO_ARRAY},
    {AND("{\"filters\":{}}"), "condition.groups.0", NO_ARRAY},
    {AND("{\"filters\":\"x\",\"conditions\":" AND(GROUP) "}"), "condition.groups.0", NO_ARRAY},
    {AND("{\"filters\":[" LEAF "],\"not\":1}"), "condition.groups.0",
     "Group \"not\" must be true or false, got number"},
    {AND("{\"filters\":[" LEAF "],\"not\":\"true\"}"), "condition.groups.0",
     "Group \"not\" must be true or false, got string"},
    {AND("{\"filters\":[" LEAF "],\"not\":null}"), "condition.groups.0",
     "Group \"not\" must be true or false, got null"},
    {AND("{\"conditions\":7}"), "condition.groups.0.conditions", NO_OBJECT},
    {AND("{\"conditions\":false}"), "condition.groups.0.conditions", NO_OBJECT},
    {AND("{\"filters\":[" LEAF "],\"conditions\":{}}"), "condition.groups.0.conditions", NO_LOGIC},
    {AND("{\"conditions\":" OR("{\"conditions\":" AND(GROUP ",{}") "}") "}"),
     "condition.groups.0.conditions.groups.0.conditions.groups.1", EMPTY_GROUP},
    {AND("{\"filters\":[" LEAF ",null]}"), "condition.groups.0.filters.1",
     "Filter must be an object, got null"},
    {AND("{\"filters\":[[]]}"), "condition.groups.0.filters.0",
     "Filter must be an object, got array"},
    /* The first in order of reading is told. */
    {AND("{\"filters\":[{\"field\":\"x\"}],\"conditions\":{}},{}"), "condition.groups.0.filters.0",
     "Filter operator is required"},
    {AND(GROUP ",{\"filters\":[" LEAF "," LEAF ",{}]}"), "condition.groups.1.filters.2",
     "Filter field is required"},
};

START_TEST(bad_shapes_are_refused)
{
    expect_refused(shapes[_i].condition, shapes[_i].place, shapes[_i].message);
}
END_TEST

#define NEEDS_SEGMENT                                                                              \
    "memberOfSegment/notMemberOfSegment operators require a segment field (segment.<id>)"

#define BAD_ID(kind, id) "Field " kind ".<id> takes an id, a whole number or a UUID, got \"" id "\""

/* Filters that are refused before their operand matters. */
static const struct {
    const char *filter;
    const char *message;
} filters[] = {
    {"{}", "Filter field is required"},
    {"{\"operator\":\"equals\"}", "Filter field is required"},
    {"{\"field\":null,\"operator\":\"equals\"}", "Filter field is required"},
    {"{\"field\":5,\"operator\":\"equals\"}", "Filter field is required"},
    {"{\"field\":\"\",\"operator\":\"equals\"}", "Filter field is required"},
    {"{\"field\":\"email\"}", "Filter operator is required"},
    {"{\"field\":\"email\",\"operator\":\"\"}", "Filter operator is required"},
    {"{\"field\":\"email\",\"operator\":[\"equals\"]}", "Filter operator is required"},
    {"{\"field\":\"email\",\"operator\":\"equal\"}", "Invalid operator: equal"},
    {"{\"field\":\"email\",\"operator\":\"Equals\"}", "Invalid operator: Equals"},
    {"{\"field\":\"email\",\"operator\":\"constructor\"}", "Invalid operator: constructor"},
    {"{\"field\":\"plan\",\"operator\":\"equals\",\"value\":\"pro\"}",
     "Unsupported filter field: plan"},
    {"{\"field\":\"plan\",\"operator\":\"exists\"}", "Unsupported filter field: plan"},
    {"{\"field\":\"Email\",\"operator\":\"equals\",\"value\":\"x\"}",
     "Unsupported filter field: Email"},
    {"{\"field\":\"data\",\"operator\":\"exists\"}", "Unsupported filter field: data"},
    {"{\"field\":\"event.\",\"operator\":\"triggered\"}", "Unsupported filter field: event."},
    {"{\"field\":\"tag.x\",\"operator\":\"equals\",\"value\":1}",
     "Unsupported operator for tag field: equals"},
    {"{\"field\":\"tag.x\",\"operator\":\"triggered\"}",
     "Unsupported operator for tag field: triggered"},
    {"{\"field\":\"list.5\",\"operator\":\"countAtLeast\",\"value\":1}",
     "Unsupported operator for list field: countAtLeast"},
    {"{\"field\":\"campaign.x\",\"operator\":\"triggered\"}",
     "Unsupported operator for campaign field: triggered"},
    {"{\"field\":\"sequence.x\",\"operator\":\"exists\"}",
     "Unsupported operator for sequence field: exists"},
    {"{\"field\":\"tag.vip\",\"operator\":\"has\"}", BAD_ID("tag", "vip")},
    {"{\"field\":\"tag.\",\"operator\":\"has\"}", BAD_ID("tag", "")},
    {"{\"field\":\"list.0\",\"operator\":\"notHas\"}", BAD_ID("list", "0")},
    {"{\"field\":\"list.-1\",\"operator\":\"has\"}", BAD_ID("list", "-1")},
    {"{\"field\":\"campaign.05\",\"operator\":\"has\"}", BAD_ID("campaign", "05")},
    {"{\"field\":\"sequence.18446744073709551616\",\"operator\":\"has\"}",
     BAD_ID("sequence", "18446744073709551616")},
    {"{\"field\":\"email\",\"operator\":\"has\"}", "Unsupported operator for string field: has"},
    {"{\"field\":\"plan\",\"operator\":\"has\"}", "Unsupported filter field: plan"},
    {"{\"field\":\"tag\",\"operator\":\"has\"}", "Unsupported filter field: tag"},
    {"{\"field\":\"tag.5\",\"operator\":\"memberOfSegment\"}", NEEDS_SEGMENT},
    {"{\"field\":\"segment." ID "\",\"operator\":\"notHas\"}",
     "Unsupported operator for segment field: notHas"},
    {"{\"field\":\"email.constructor\",\"operator\":\"triggered\"}",
     "Unsupported email activity: constructor"},
    {"{\"field\":\"email.\",\"operator\":\"triggered\"}", "Unsupported email activity: "},
    {"{\"field\":\"email.Opened\",\"operator\":\"triggered\"}",
     "Unsupported email activity: Opened"},
    {"{\"field\":\"event.email.unsubscribed\",\"operator\":\"triggered\"}",
     "Unsupported email activity: unsubscribed"},
    {"{\"field\":\"email\",\"operator\":\"triggered\"}",
     "Unsupported operator for string field: triggered"},
    {"{\"field\":\"data.k\",\"operator\":\"triggered\"}",
     "Unsupported operator for JSON field: triggered"},
    {"{\"field\":\"event.data.k\",\"operator\":\"equals\",\"value\":1}",
     "Unsupported operator for event field: equals"},
    {"{\"field\":\"email.open\",\"operator\":\"exists\"}",
     "Unsupported operator for email activity field: exists"},
    {"{\"field\":\"event.email.opened\",\"operator\":\"exists\"}",
     "Unsupported operator for email activity field: exists"},
    {"{\"field\":\"email\",\"operator\":\"memberOfSegment\"}", NEEDS_SEGMENT},
    {"{\"field\":\"plan\",\"operator\":\"notMemberOfSegment\"}", NEEDS_SEGMENT},
    {"{\"field\":\"segment\",\"operator\":\"memberOfSegment\"}", NEEDS_SEGMENT},
    {"{\"field\":\"segment.\",\"operator\":\"memberOfSegment\"}", NEEDS_SEGMENT},
    {"{\"field\":\"segment.\",\"operator\":\"triggered\"}", "Unsupported filter field: segment."},
    {"{\"field\":\"segment." ID "\",\"operator\":\"equals\",\"value\":true}",
     "Unsupported operator for segment field: equals"},
    {"{\"field\":\"segment.vip.entry\",\"operator\":\"triggered\"}",
     "Unsupported operator for segment field: triggered"},
    {"{\"field\":\"segment.vip\",\"operator\":\"memberOfSegment\"}",
     "Referenced segment not found: vip"},
    {"{\"field\":\"segment." ID "0\",\"operator\":\"notMemberOfSegment\"}",
     "Referenced segment not found: " ID "0"},
};

START_TEST(bad_filters_are_refused)
{
    expect_filter_refused(filters[_i].filter, filters[_i].message);
}
END_TEST

START_TEST(long_names_are_cut_in_messages)
{
    char name[3001] = {0};
    const struct filter *tree = NULL;
    struct err_info info;
    static const char *const formats[] = {
        "{\"field\":\"%s\",\"operator\":\"equals\",\"value\":1}",
        "{\"field\":\"email.%s\",\"operator\":\"triggered\"}",
        "{\"field\":\"data.k\",\"operator\":\"%s\"}",
        "{\"field\":\"segment.%s\",\"operator\":\"memberOfSegment\"}",
        "{\"field\":\"status\",\"operator\":\"equals\",\"value\":\"%s\"}",
    };

    for (size_t i = 0; i < 3000; i += 3)
        memcpy(name + i, "\u20ac", 3);
    for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
        struct buf filter;
        const char *slot = strstr(formats[i], "%s");

        buf_init(&filter, 10000);
        buf_add(&filter, formats[i], (size_t)(slot - formats[i]));
        buf_add_c(&filter, name);
        buf_add_c(&filter, slot + 2);
        ck_assert_int_eq(parse(with_filter(filter.at), &tree, &info), ERR_INVAL);
        ck_assert(str_is_utf8(str_from(info.message)));
        ck_assert(str_is_utf8(str_from(info.item.message)));
        ck_assert_ptr_nonnull(strstr(info.message, "\u20ac..."));
        buf_done(&filter);
    }
}
END_TEST

/* Fields and what they become. */
static const struct {
    const char *filter;
    enum filter_column column;
    const char *name;
    enum filter_op op;
    bool negated;
} fields[] = {
    {"{\"field\":\"email\",\"operator\":\"notContains\",\"value\":\"x\"}", FILTER_EMAIL, "",
     FILTER_CONTAINS, true},
    {"{\"field\":\"subscribed\",\"operator\":\"equals\",\"value\":true}", FILTER_SUBSCRIBED, "",
     FILTER_EQUALS, false},
    {"{\"field\":\"status\",\"operator\":\"notIn\",\"value\":[\"bounced\"]}", FILTER_STATUS, "",
     FILTER_IN, true},
    {"{\"field\":\"createdAt\",\"operator\":\"lessThanOrEqual\",\"value\":0}", FILTER_CREATED_AT,
     "", FILTER_LESS_EQ, false},
    {"{\"field\":\"updatedAt\",\"operator\":\"within\",\"value\":1,\"unit\":\"weeks\"}",
     FILTER_UPDATED_AT, "", FILTER_WITHIN, false},
    {"{\"field\":\"subscribedAt\",\"operator\":\"olderThan\",\"value\":1,\"unit\":\"hours\"}",
     FILTER_SUBSCRIBED_AT, "", FILTER_OLDER_THAN, false},
    {"{\"field\":\"data.a.b\",\"operator\":\"notExists\"}", FILTER_DATA, "a.b", FILTER_EXISTS,
     true},
    {"{\"field\":\"data.email\",\"operator\":\"notEmpty\"}", FILTER_DATA, "email", FILTER_IS_EMPTY,
     true},
    {"{\"field\":\"event.order.completed\",\"operator\":\"triggered\"}", FILTER_EVENT,
     "order.completed", FILTER_TRIGGERED, false},
    {"{\"field\":\"event.segment.vip.entry\",\"operator\":\"triggered\"}", FILTER_EVENT,
     "segment.vip.entry", FILTER_TRIGGERED, false},
    {"{\"field\":\"event.contact.subscribed\",\"operator\":\"notTriggered\"}", FILTER_EVENT,
     "contact.subscribed", FILTER_TRIGGERED, true},
    {"{\"field\":\"event.tag.x\",\"operator\":\"triggered\"}", FILTER_EVENT, "tag.x",
     FILTER_TRIGGERED, false},
    {"{\"field\":\"event.event.x\",\"operator\":\"triggered\"}", FILTER_EVENT, "event.x",
     FILTER_TRIGGERED, false},
    {"{\"field\":\"purchase\",\"operator\":\"triggered\"}", FILTER_EVENT, "purchase",
     FILTER_TRIGGERED, false},
    {"{\"field\":\"purchase\",\"operator\":\"notTriggeredWithin\",\"value\":2,\"unit\":\"days\"}",
     FILTER_EVENT, "purchase", FILTER_TRIGGERED_WITHIN, true},
    {"{\"field\":\"order.completed\",\"operator\":\"triggeredOlderThan\",\"value\":2,"
     "\"unit\":\"days\"}",
     FILTER_EVENT, "order.completed", FILTER_TRIGGERED_OLDER_THAN, false},
    {"{\"field\":\"email.sent\",\"operator\":\"triggered\"}", FILTER_EVENT, "email.sent",
     FILTER_TRIGGERED, false},
    {"{\"field\":\"email.delivery\",\"operator\":\"triggered\"}", FILTER_EVENT, "email.delivered",
     FILTER_TRIGGERED, false},
    {"{\"field\":\"email.delivered\",\"operator\":\"triggered\"}", FILTER_EVENT, "email.delivered",
     FILTER_TRIGGERED, false},
    {"{\"field\":\"email.open\",\"operator\":\"triggered\"}", FILTER_EVENT, "email.opened",
     FILTER_TRIGGERED, false},
    {"{\"field\":\"email.opened\",\"operator\":\"triggered\"}", FILTER_EVENT, "email.opened",
     FILTER_TRIGGERED, false},
    {"{\"field\":\"email.click\",\"operator\":\"triggered\"}", FILTER_EVENT, "email.clicked",
     FILTER_TRIGGERED, false},
    {"{\"field\":\"email.clicked\",\"operator\":\"triggered\"}", FILTER_EVENT, "email.clicked",
     FILTER_TRIGGERED, false},
    {"{\"field\":\"email.bounce\",\"operator\":\"triggered\"}", FILTER_EVENT, "email.bounced",
     FILTER_TRIGGERED, false},
    {"{\"field\":\"email.bounced\",\"operator\":\"triggered\"}", FILTER_EVENT, "email.bounced",
     FILTER_TRIGGERED, false},
    {"{\"field\":\"email.complaint\",\"operator\":\"triggered\"}", FILTER_EVENT, "email.complained",
     FILTER_TRIGGERED, false},
    {"{\"field\":\"email.complained\",\"operator\":\"triggered\"}", FILTER_EVENT,
     "email.complained", FILTER_TRIGGERED, false},
    {"{\"field\":\"event.email.open\",\"operator\":\"triggered\"}", FILTER_EVENT, "email.opened",
     FILTER_TRIGGERED, false},
    {"{\"field\":\"segment." ID "\",\"operator\":\"memberOfSegment\"}", FILTER_SEGMENT, ID,
     FILTER_MEMBER, false},
    {"{\"field\":\"segment.0F8FAD5B-D9CB-469F-A165-70867728950E\","
     "\"operator\":\"notMemberOfSegment\",\"value\":7}",
     FILTER_SEGMENT, ID, FILTER_MEMBER, true},
    {"{\"field\":\"tag.5\",\"operator\":\"has\"}", FILTER_TAG, "5", FILTER_MEMBER, false},
    {"{\"field\":\"list.18446744073709551615\",\"operator\":\"notHas\"}", FILTER_LIST,
     "18446744073709551615", FILTER_MEMBER, true},
    {"{\"field\":\"campaign.0F8FAD5B-D9CB-469F-A165-70867728950E\",\"operator\":\"has\"}",
     FILTER_CAMPAIGN, ID, FILTER_MEMBER, false},
    {"{\"field\":\"sequence.4294967297\",\"operator\":\"notHas\",\"value\":true}", FILTER_SEQUENCE,
     "4294967297", FILTER_MEMBER, true},
    {"{\"field\":\"bought\",\"operator\":\"countAtMost\",\"value\":0}", FILTER_EVENT, "bought",
     FILTER_COUNT_AT_MOST, false},
    {"{\"field\":\"email.click\",\"operator\":\"firstTriggeredOlderThan\",\"value\":2,"
     "\"unit\":\"days\"}",
     FILTER_EVENT, "email.clicked", FILTER_FIRST_TRIGGERED_OLDER_THAN, false},
};

START_TEST(fields_become_columns)
{
    const struct filter_leaf *leaf = leaf_of(fields[_i].filter);

    ck_assert_int_eq(leaf->column, fields[_i].column);
    ck_assert_msg(str_eq_c(leaf->name, fields[_i].name), "%s: " STR_FMT, fields[_i].filter,
                  STR_ARG(leaf->name));
    ck_assert_int_eq(leaf->op, fields[_i].op);
    ck_assert_int_eq(leaf->negated, fields[_i].negated);
}
END_TEST

START_TEST(trees_have_their_shape)
{
    const struct filter *tree = tree_of(OR("{\"filters\":[" LEAF "," LEAF "],\"conditions\":" AND(
        GROUP "," GROUP) "},"
                         "{\"filters\":[" LEAF "],\"not\":true},"
                         "{\"filters\":[" LEAF "," LEAF "],\"not\":true,\"unknown\":1},"
                         "{\"filters\":[" LEAF "],\"not\":false,\"conditions\":null}"));
    const struct filter *first = tree->children[0];

    ck_assert_int_eq(tree->kind, FILTER_ANY);
    ck_assert_uint_eq(tree->child_count, 4);
    ck_assert(str_eq_c(tree->path, "condition"));
    ck_assert_int_eq(first->kind, FILTER_ALL);
    ck_assert_uint_eq(first->child_count, 3);
    ck_assert(str_eq_c(first->path, "condition.groups.0"));
    ck_assert(str_eq_c(first->children[1]->path, "condition.groups.0.filters.1"));
    ck_assert_int_eq(first->children[2]->kind, FILTER_ALL);
    ck_assert(str_eq_c(first->children[2]->path, "condition.groups.0.conditions"));
    ck_assert(str_eq_c(first->children[2]->children[1]->path,
                       "condition.groups.0.conditions.groups.1.filters.0"));
    ck_assert_int_eq(tree->children[1]->kind, FILTER_NOT);
    ck_assert_uint_eq(tree->children[1]->child_count, 1);
    ck_assert_int_eq(tree->children[1]->children[0]->kind, FILTER_LEAF);
    ck_assert_int_eq(tree->children[2]->children[0]->kind, FILTER_ALL);
    ck_assert_int_eq(tree->children[3]->kind, FILTER_LEAF);
}
END_TEST

START_TEST(depth_has_a_limit)
{
    struct buf place;

    (void)tree_of(nested(1));
    (void)tree_of(nested(LIMIT_FILTER_DEPTH));
    buf_init(&place, 1000);
    buf_add_c(&place, "condition");
    for (unsigned i = 0; i < LIMIT_FILTER_DEPTH; i++)
        buf_add_c(&place, ".groups.0.conditions");
    expect_refused(nested(LIMIT_FILTER_DEPTH + 1), place.at,
                   "A condition may have at most 16 groups inside one another");
    buf_done(&place);
}
END_TEST

START_TEST(leaves_have_a_limit)
{
    (void)tree_of(many(LIMIT_FILTER_LEAVES, LIMIT_FILTER_LEAVES));
    (void)tree_of(many(LIMIT_FILTER_LEAVES, 1));
    (void)tree_of(many(LIMIT_FILTER_LEAVES, 7));
    expect_refused(many(LIMIT_FILTER_LEAVES + 1, LIMIT_FILTER_LEAVES + 1),
                   "condition.groups.0.filters.500", "A condition may have at most 500 filters");
    expect_refused(many(LIMIT_FILTER_LEAVES + 1, 1), "condition.groups.500.filters.0",
                   "A condition may have at most 500 filters");
}
END_TEST

/* What stands between the fences of the reference: a condition, rules, or filters one after other.
 */
static void check_example(char *text)
{
    if (strncmp(text, "{ \"operator\"", 12) == 0)
        (void)rules_tree(DIALECT_PUSHMAIL, text);
    else if (text[0] == '[')
        (void)rules_tree(DIALECT_MAILPANDA, text);
    else if (strncmp(text, "{ \"field\"", 9) != 0)
        (void)tree_of(text);
    for (char *line = text; line && strncmp(line, "{ \"field\"", 9) == 0;) {
        char *end = strstr(line, "\n{ \"field\"");

        if (end)
            *end = '\0';
        (void)leaf_of(line);
        line = end ? end + 1 : NULL;
    }
}

START_TEST(the_examples_of_the_reference_are_good)
{
    const char *source = getenv("srcdir");
    FILE *file = fopen(arena_printf(arena, "%s/app/filter/README.md", source ? source : "."), "re");
    char *page = arena_alloc(arena, 256 * 1024);
    size_t examples = 0;

    ck_assert_msg(file != NULL, "no app/filter/README.md; is srcdir set?");
    ck_assert_uint_lt(fread(page, 1, 256 * 1024 - 1, file), 256 * 1024 - 1);
    (void)fclose(file);
    for (char *at = page; (at = strstr(at, "```json\n")) != NULL; examples++) {
        char *end = strstr(at + 8, "```");

        ck_assert_ptr_nonnull(end);
        *end = '\0';
        check_example(at + 8);
        at = end + 1;
    }
    ck_assert_uint_ge(examples, 12);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plunk");
    TCase *tests = tcase_create("plunk");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, bad_shapes_are_refused, 0, (int)ARRAY_LEN(shapes));
    tcase_add_loop_test(tests, bad_filters_are_refused, 0, (int)ARRAY_LEN(filters));
    tcase_add_test(tests, long_names_are_cut_in_messages);
    tcase_add_loop_test(tests, fields_become_columns, 0, (int)ARRAY_LEN(fields));
    tcase_add_test(tests, trees_have_their_shape);
    tcase_add_test(tests, depth_has_a_limit);
    tcase_add_test(tests, leaves_have_a_limit);
    tcase_add_test(tests, the_examples_of_the_reference_are_good);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}

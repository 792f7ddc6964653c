/* MailPanda's rules: shapes and their messages, what they mean, printing, random ones. */

#include <string.h>

#include "base/limits.h"
#include "dialecthelp.h"
#include "draw.h"

#define RULE(field, op, value)                                                                     \
    "{\"field\":\"" field "\",\"operator\":\"" op "\",\"value\":" value "}"
#define MISFIT(op, field, right)                                                                   \
    "Operator \"" op "\" does not fit the field \"" field "\"; it takes equals, not_equals" right
#define TEXT_OPS ", contains, not_contains, starts_with, ends_with"

static const struct {
    const char *rules;
    const char *place;
    const char *message;
} refused[] = {
    {"{}", "rules", "Rules must be an array of {field, operator, value}, got object"},
    {"null", "rules", "Rules must be an array of {field, operator, value}, got null"},
    {"\"[]\"", "rules", "Rules must be an array of {field, operator, value}, got string"},
    {"[]", "rules", "Rules must have at least one rule"},
    {"[7]", "rules.0", "Rule must be an object, got number"},
    {"[{\"operator\":\"equals\"}]", "rules.0", "Rule field is required"},
    {"[{\"field\":\"\",\"operator\":\"equals\"}]", "rules.0", "Rule field is required"},
    {"[" RULE("name", "equals", "\"x\"") ",{\"field\":\"name\"}]", "rules.1",
     "Rule operator is required"},
    {"[" RULE("name", "exists", "1") "]", "rules.0",
     MISFIT("exists", "name", TEXT_OPS ", before, after")},
    {"[" RULE("name", "Equals", "1") "]", "rules.0",
     MISFIT("Equals", "name", TEXT_OPS ", before, after")},
    {"[" RULE("created_at", "contains", "\"2026\"") "]", "rules.0",
     MISFIT("contains", "created_at", ", before, after")},
    {"[" RULE("email", "before", "\"2026-01-01\"") "]", "rules.0",
     MISFIT("before", "email", TEXT_OPS)},
    {"[" RULE("status", "starts_with", "\"a\"") "]", "rules.0",
     MISFIT("starts_with", "status", "")},
    {"[{\"field\":\"name\",\"operator\":\"equals\"}]", "rules.0",
     "Operator \"equals\" requires a value"},
    {"[" RULE("status", "equals", "\"inactive\"") "]", "rules.0",
     "Operator \"equals\" on status takes one of subscribed, unsubscribed, bounced, complained, "
     "got \"inactive\""},
    {"[" RULE("renewal", "before", "\"soon\"") "]", "rules.0",
     "Operator \"before\" on renewal takes a date such as \"2026-01-01\", got a string"},
    {"[" RULE("renewal", "after", "5") "]", "rules.0",
     "Operator \"after\" on renewal takes a date such as \"2026-01-01\", got a number"},
    {"[" RULE("a..b", "equals", "5") "]", "rules.0",
     "A field path must not have an empty part, this one is \"a..b\""},
};

START_TEST(bad_rules_are_refused)
{
    expect_rules_refused(DIALECT_MAILPANDA, refused[_i].rules, refused[_i].place,
                         refused[_i].message);
}
END_TEST

/* One rule, and the Plunk filter that means the same. */
static const struct {
    const char *rule;
    const char *filter;
} meanings[] = {
    {RULE("status", "equals", "\"active\""),
     "{\"field\":\"status\",\"operator\":\"equals\",\"value\":\"subscribed\"}"},
    {RULE("status", "not_equals", "\"bounced\""),
     "{\"field\":\"status\",\"operator\":\"notEquals\",\"value\":\"bounced\"}"},
    {RULE("company", "contains", "\"Inc\""),
     "{\"field\":\"data.company\",\"operator\":\"contains\",\"value\":\"Inc\"}"},
    {RULE("name", "not_contains", "\"x\""),
     "{\"field\":\"data.name\",\"operator\":\"notContains\",\"value\":\"x\"}"},
    {RULE("email", "starts_with", "\"x\""),
     "{\"field\":\"email\",\"operator\":\"startsWith\",\"value\":\"x\"}"},
    {RULE("data.x", "ends_with", "\"x\""),
     "{\"field\":\"data.data.x\",\"operator\":\"endsWith\",\"value\":\"x\"}"},
    {RULE("seats", "equals", "5"),
     "{\"field\":\"data.seats\",\"operator\":\"equals\",\"value\":5}"},
    {RULE("createdAt", "equals", "true"),
     "{\"field\":\"data.createdAt\",\"operator\":\"equals\",\"value\":true}"},
    {RULE("created_at", "before", "\"2026-01-01\""),
     "{\"field\":\"createdAt\",\"operator\":\"lessThan\",\"value\":\"2026-01-01\"}"},
    {RULE("created_at", "after", "\"2025-12-31\""),
     "{\"field\":\"createdAt\",\"operator\":\"greaterThanOrEqual\",\"value\":\"2026-01-01\"}"},
    {RULE("created_at", "after", "\"2028-02-28\""),
     "{\"field\":\"createdAt\",\"operator\":\"greaterThanOrEqual\",\"value\":\"2028-02-29\"}"},
    {RULE("created_at", "before", "\"2026-01-01T09:30+02:00\""),
     "{\"field\":\"createdAt\",\"operator\":\"lessThan\",\"value\":\"2026-01-01T09:30+02:00\"}"},
    {RULE("created_at", "after", "\"2026-01-01T09:30Z\""),
     "{\"field\":\"createdAt\",\"operator\":\"greaterThan\",\"value\":\"2026-01-01T09:30Z\"}"},
    {RULE("created_at", "after", "0"),
     "{\"field\":\"createdAt\",\"operator\":\"greaterThan\",\"value\":0}"},
    {RULE("renewal", "after", "\"0001-01-01\""),
     "{\"field\":\"data.renewal\",\"operator\":\"greaterThanOrEqual\",\"value\":\"0001-01-02\"}"},
    {RULE("renewal", "after", "\"9999-12-31\""),
     "{\"field\":\"data.renewal\",\"operator\":\"greaterThan\","
     "\"value\":\"9999-12-31T23:59:59.999Z\"}"},
};

START_TEST(rules_mean_what_plunk_says)
{
    const char *rules = arena_printf(arena, "[%s]", meanings[_i].rule);

    ck_assert_msg(filter_equal(rules_tree(DIALECT_MAILPANDA, rules),
                               tree_of(with_filter(meanings[_i].filter))),
                  "%s", rules);
    check_rules_round_trip(DIALECT_MAILPANDA, rules);
}
END_TEST

START_TEST(the_vendors_examples_are_themselves)
{
    static const char *const examples[] = {
        "[" RULE("status", "equals", "\"active\"") "," RULE("company", "contains", "\"Inc\"") "]",
        "[" RULE("created_at", "after", "\"2026-01-01\"") "]",
    };

    for (size_t i = 0; i < ARRAY_LEN(examples); i++)
        ck_assert_str_eq(print_in(DIALECT_MAILPANDA, rules_tree(DIALECT_MAILPANDA, examples[i])),
                         examples[i]);
}
END_TEST

START_TEST(random_rules_survive_printing)
{
    random_seed("test_mailpanda");
    for (int i = 0; i < 3000; i++) {
        uint64_t count = 1 + random_below(i % 100 == 0 ? LIMIT_FILTER_LEAVES : 6);
        struct buf text;

        arena_reset(arena);
        buf_init(&text, 1024 * 1024);
        for (uint64_t rule = 0; rule < count; rule++)
            buf_printf(&text, "%c%s", rule ? ',' : '[',
                       meanings[random_below(ARRAY_LEN(meanings))].rule);
        buf_add_char(&text, ']');
        check_rules_round_trip(DIALECT_MAILPANDA, text.at);
        buf_done(&text);
    }
}
END_TEST

START_TEST(there_may_be_500)
{
    struct buf text;

    buf_init(&text, 1024 * 1024);
    for (unsigned i = 0; i <= LIMIT_FILTER_LEAVES; i++)
        buf_printf(&text, "%c" RULE("name", "equals", "\"x\""), i ? ',' : '[');
    buf_add_char(&text, ']');
    expect_rules_refused(DIALECT_MAILPANDA, text.at, "rules",
                         "Rules may have at most 500 rules, these are 501");
    buf_done(&text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mailpanda");
    TCase *tests = tcase_create("mailpanda");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, bad_rules_are_refused, 0, (int)ARRAY_LEN(refused));
    tcase_add_loop_test(tests, rules_mean_what_plunk_says, 0, (int)ARRAY_LEN(meanings));
    tcase_add_test(tests, the_vendors_examples_are_themselves);
    tcase_add_test(tests, random_rules_survive_printing);
    tcase_add_test(tests, there_may_be_500);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}

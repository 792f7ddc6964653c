/* What the form of a filter alone proves. */
#include "column/logic.h"
#include "filterhelp.h"

#define NOW INT64_C(1767312000000) /* 2026-01-02T00:00:00Z */
#define S "51b2d1c0-0000-4000-8000-000000000001"

/* Groups of one condition (logic AND, or OR where it begins with |), and what is told: "code place"
 * by semicolons, the place without "condition.". */
static const struct {
    const char *groups;
    const char *told;
} cases[] = {
#define F(field, op, value) "{\"field\":\"" field "\",\"operator\":\"" op "\",\"value\":" value "}"
#define P(field, op) "{\"field\":\"" field "\",\"operator\":\"" op "\"}"
#define W(field, op, n)                                                                            \
    "{\"field\":\"" field "\",\"operator\":\"" op "\",\"value\":" n ",\"unit\":\"days\"}"
#define G(...) "{\"filters\":[" __VA_ARGS__ "]}"
#define N(...) "{\"not\":true,\"filters\":[" __VA_ARGS__ "]}"
#define BOTH "contradiction groups.0.filters.1;always_false groups.0"
    /* fine */
    {G(F("data.plan", "equals", "\"pro\"")), ""},
    {G(F("data.plan", "equals", "\"pro\"") "," F("data.seats", "greaterThan", "5")), ""},
    {G(F("data.seats", "greaterThan", "5") "," F("data.seats", "lessThan", "6")), ""},
    {G(F("data.seats", "greaterThanOrEqual", "5") "," F("data.seats", "lessThanOrEqual", "5")), ""},
    {G(F("data.plan", "notEquals", "\"a\"") "," F("data.plan", "notEquals", "\"b\"")), ""},
    {G(F("data.plan", "equals", "5") "," F("data.plan", "equals", "\"5\"")), ""}, /* mixed rule */
    {G(F("data.plan", "equals", "true") "," F("data.plan", "equals", "\"true\"")), ""},
    {G(F("data.plan", "contains", "\"5\"") "," F("data.plan", "equals", "5")), ""},
    {G(F("data.x", "contains", "\"a\"") "," F("data.x", "contains", "\"b\"")), ""},
    {G(F("data.x", "contains", "1") "," F("data.x", "contains", "2")), ""}, /* a list */
    {G(F("data.x", "in", "[1]") "," F("data.x", "in", "[2]")), ""},
    {G(F("data.x", "greaterThan", "\"a\"") "," F("data.x", "lessThan", "\"b\"")), ""},
    {G(F("data.x", "equals", "\"2026-01-01\"") "," F("data.x", "greaterThan", "\"2025-12-31\"")),
     ""},
    {G(F("email", "contains", "\"a\"") "," F("email", "notContains", "\"b\"")), ""},
    {G(P("event.a", "triggered") "," W("event.a", "notTriggeredWithin", "7")), ""},
    {G(F("event.a", "countAtLeast", "1") "," F("event.a", "countAtMost", "1")), ""},
    {"|" G(F("data.plan", "equals", "\"a\"")) "," G(F("data.plan", "notEquals", "\"a\"")), ""},
    {"|" G(P("segment." S, "memberOfSegment")) "," G(P("tag.5", "has")), ""},
    {G(W("createdAt", "within", "7") "," F("createdAt", "greaterThan", "\"2020-01-01\"")), ""},
    {G(F("data.born", "anniversaryWithinNext", "7") "," F("data.born", "lessThan",
                                                          "\"2000-01-01\"")),
     ""},
    {G(F("data.born", "anniversaryWithinNext", "7")), ""},
    {G(F("createdAt", "anniversaryWithinNext", "366")), ""},
    {G(W("data.d", "withinNext", "0")), ""},
    {G(W("event.a", "triggeredWithin", "0")), ""},

    /* ranges and equalities */
    {G(F("data.x", "between", "[10,5]")), "always_false groups.0.filters.0"},
    {G(F("createdAt", "between", "[\"2026-02-01\",\"2026-01-01\"]")),
     "always_false groups.0.filters.0"},
    {G(F("data.x", "between", "[\"b\",\"a\"]")), "always_false groups.0.filters.0"},
    {G(F("data.seats", "greaterThan", "5") "," F("data.seats", "lessThan", "5")), BOTH},
    {G(F("data.seats", "greaterThan", "5") "," F("data.seats", "lessThanOrEqual", "5")), BOTH},
    {G(F("data.seats", "between", "[1,2]") "," F("data.seats", "equals", "3")), BOTH},
    {G(F("data.plan", "equals", "\"pro\"") "," F("data.plan", "equals", "\"free\"")), BOTH},
    {G(F("data.plan", "equals", "\"a\"") "," F("data.plan", "notIn", "[\"a\",\"b\",\"c\"]")), BOTH},
    {G(F("data.plan", "equals", "\"pro\"") "," P("data.plan", "notExists")), BOTH},
    {G(F("data.plan", "notEquals", "\"pro\"") "," P("data.plan", "notExists")), BOTH},
    {G(F("data.plan", "equals", "\"pro\"") "," F("data.plan", "contains", "\"free\"")), BOTH},
    {G(F("data.plan", "contains", "\"x\"") "," F("data.plan", "notContains", "\"x\"")), BOTH},
    {G(F("data.plan", "greaterThan", "5") "," F("data.plan", "startsWith", "\"a\"")), ""},
    {G(F("data.x", "greaterThan", "\"b\"") "," F("data.x", "lessThan", "\"a\"")), BOTH},
    {G(F("data.x", "isEmpty", "0") "," P("data.x", "notEmpty")), BOTH},
    {G(F("data.x", "equals", "[1]") "," F("data.x", "equals", "[2]")), BOTH},
    {G(F("data.x", "equals", "[1]") "," F("data.x", "contains", "2")), BOTH},
    {G(F("email", "equals", "\"A@b.org\"") "," F("email", "notEquals", "\"a@B.org\"")), BOTH},
    {G(F("email", "endsWith", "\"@x.org\"") "," F("email", "notEndsWith", "\"@x.org\"")), BOTH},
    {G(F("subscribed", "equals", "true") "," F("status", "equals", "\"bounced\"")), BOTH},
    {G(F("subscribed", "notEquals", "false") "," F("status", "notIn", "[\"subscribed\"]")), BOTH},
    {G(P("tag.5", "has") "," P("tag.5", "notHas")), BOTH},
    {G(P("segment." S, "memberOfSegment") "," P("segment." S, "notMemberOfSegment")), BOTH},

    /* dates and windows */
    {G(F("createdAt", "greaterThan", "\"2026-02-01\"") "," F("createdAt", "lessThan",
                                                             "\"2026-01-01\"")),
     BOTH},
    {G(F("createdAt", "equals", "\"2026-01-01\"") "," F("createdAt", "equals",
                                                        "\"2026-01-02T00:00:00Z\"")),
     BOTH},
    {G(W("createdAt", "within", "7") "," W("createdAt", "olderThan", "7")), BOTH},
    {G(W("createdAt", "within", "8") "," W("createdAt", "olderThan", "7")), ""},
    {G(W("data.d", "within", "1") "," W("data.d", "moreThanAhead", "0")), BOTH},
    {G(W("data.d", "within", "1") "," W("data.d", "withinNext", "1")), ""}, /* now itself */
    {G(W("createdAt", "within", "7") "," F("createdAt", "lessThan", "\"2020-01-01\"")), BOTH},
    {G(F("data.d", "equals", "\"2026-01-01\"") "," F("data.d", "equals", "\"2026-01-02\"")), BOTH},

    /* occurrences */
    {G(P("event.a", "triggered") "," P("event.a", "notTriggered")), BOTH},
    {G(F("event.a", "countAtLeast", "0")), "always_true groups.0.filters.0"},
    {G(F("event.a", "countAtLeast", "3") "," F("event.a", "countAtMost", "2")), BOTH},
    {G(F("event.a", "countEquals", "0") "," P("event.a", "triggered")), BOTH},
    {G(W("event.a", "triggeredWithin", "7") "," W("event.a", "triggeredOlderThan", "30")), BOTH},
    {G(W("event.a", "firstTriggeredWithin", "7") "," W("event.a", "triggeredOlderThan", "30")),
     BOTH},
    {G(W("event.a", "firstTriggeredOlderThan", "30") "," W("event.a", "triggeredWithin", "7")), ""},
    {G(W("event.a", "firstTriggeredOlderThan", "30") "," W("event.a", "firstTriggeredWithin", "7")),
     BOTH},
    {G("{\"field\":\"event.a\",\"operator\":\"countAtLeast\",\"value\":3,\"window\":{\"value\":7,"
       "\"unit\":\"days\"}}," F("event.a", "countAtMost", "2")),
     BOTH},
    {G("{\"field\":\"event.a\",\"operator\":\"countAtLeast\",\"value\":1,\"window\":{\"value\":7,"
       "\"unit\":\"days\"}}," W("event.a", "notTriggeredWithin", "7")),
     BOTH},
    {G("{\"field\":\"event.a\",\"operator\":\"countAtMost\",\"value\":1,\"window\":{\"value\":7,"
       "\"unit\":\"days\"}}," F("event.a", "countAtLeast", "2")),
     ""},
    {G("{\"field\":\"event.a\",\"operator\":\"countAtLeast\",\"value\":0,\"window\":{\"value\":7,"
       "\"unit\":\"days\"}}"),
     "always_true groups.0.filters.0"},
    {G("{\"field\":\"event.a\",\"operator\":\"triggered\",\"where\":[{\"property\":\"p\","
       "\"operator\":\"greaterThan\",\"value\":5},{\"property\":\"p\",\"operator\":\"lessThan\","
       "\"value\":5}]}"),
     "contradiction groups.0.filters.0.where.1;always_false groups.0.filters.0"},
    {G("{\"field\":\"event.a\",\"operator\":\"notTriggered\",\"where\":[{\"property\":\"p\","
       "\"operator\":\"equals\",\"value\":5},{\"property\":\"p\",\"operator\":\"equals\","
       "\"value\":\"5\"}]}"),
     "contradiction groups.0.filters.0.where.1;always_true groups.0.filters.0"},
    {G("{\"field\":\"event.a\",\"operator\":\"triggered\",\"where\":[{\"property\":\"p\","
       "\"operator\":\"equals\",\"value\":5}]}," P("event.a", "notTriggered")),
     BOTH},

    /* groups */
    {"|" G(P("data.x", "exists")) "," G(P("data.x", "notExists")), "always_true "},
    {"|" G(F("subscribed", "equals", "true")) "," G(F("subscribed", "equals", "false")),
     "always_true "},
    {"|" G(F("data.x", "equals", "1")) "," G(F("data.x", "notEquals", "1")) "," G(
         P("data.x", "notExists")),
     "always_true "},
    {"|" G(F("data.x", "equals", "1")) "," N(F("data.x", "equals", "1")), "always_true "},
    {"|" G(F("data.x", "equals", "1") "," P("tag.5", "has")) "," N(
         F("data.x", "equals", "1") "," P("tag.5", "has")),
     "always_true "},
    {G(F("data.x", "equals", "1") "," P("tag.5", "has")) "," N(
         F("data.x", "equals", "1") "," P("tag.5", "has")),
     "contradiction groups.1;always_false "},
    {G(F("data.x", "equals", "1")) "," N(F("data.x", "greaterThan", "0")), ""}, /* mixed: "1" */
    {G(F("data.x", "between", "[1,2]")) "," N(F("data.x", "greaterThan", "0")),
     "contradiction groups.1;always_false "},
    {G(F("data.p", "equals", "\"a\"") "," F("data.p", "notEquals", "\"b\"") "," F("data.p", "in",
                                                                                  "[\"b\",\"c\"]")),
     "contradiction groups.0.filters.2;always_false groups.0"},
    {G(F("data.p", "in", "[1,2]") "," F("data.p", "notEquals", "1") "," F(
         "data.p", "notEquals", "2") "," F("data.p", "greaterThan", "0")),
     "contradiction groups.0.filters.3;always_false groups.0"},
    {"{\"filters\":[" F("data.plan", "equals",
                        "\"pro\"") "],\"conditions\":{\"logic\":\"OR\","
                                   "\"groups\":[" G(F("data.plan", "equals", "\"a\"")) "," G(
                                       F("data.plan", "equals", "\"b\"")) "]}}",
     "contradiction groups.0.conditions;always_false groups.0"},
    {"|" G(F("data.x", "between", "[2,1]")) "," G(P("tag.5", "has")),
     "always_false groups.0.filters.0"},
    {"{\"filters\":[" F("data.plan", "equals",
                        "\"pro\"") "],\"conditions\":{\"logic\":\"OR\","
                                   "\"groups\":[" G(F("data.plan", "equals", "\"a\"")) "," G(
                                       P("tag.5", "has")) "]}}",
     "contradiction groups.0.conditions.groups.0.filters.0"},
    {"{\"filters\":[" F("data.plan", "equals",
                        "\"pro\"") "],\"conditions\":{\"logic\":\"OR\","
                                   "\"groups\":[" G(F("data.plan", "notEquals", "\"a\"")) "," G(
                                       P("tag.5", "has")) "]}}",
     ""},

    /* twice */
    {G(P("tag.5", "has") "," P("tag.6", "has") "," P("tag.5", "has")),
     "duplicate_leaf groups.0.filters.2"},
    {G(P("tag.5", "has") "," P("tag.6", "has")) "," G(P("tag.5", "has")),
     "duplicate_leaf groups.1.filters.0"},
    {"|" G(P("tag.5", "has") "," P("tag.6", "has")) "," G(P("tag.5", "has")), ""},
    {"|" G(P("tag.5", "has") "," P("tag.6", "has")) "," G(P("tag.5", "has") "," P("tag.6", "has")),
     "duplicate_leaf groups.1"},
};

static void judge(const char *text, struct warnings *list)
{
    const char *condition =
        arena_printf(arena, "{\"logic\":\"%s\",\"groups\":[%s]}", text[0] == '|' ? "OR" : "AND",
                     text[0] == '|' ? text + 1 : text);
    const struct filter *filter = NULL;
    struct err_info info = {0};
    *list = (struct warnings){.arena = arena};
    ck_assert_msg(plunk_parse(arena, json_of(condition), "condition", &filter, &info) == 0,
                  "%s: %s", condition, info.message);
    logic_judge(list, filter, NOW);
}

START_TEST(tells_what_is_proved)
{
    struct warnings list;
    const char *told = "";
    judge(cases[_i].groups, &list);
    for (size_t i = 0; i < list.count; i++) {
        struct str place = list.items[i].path;
        size_t skip = place.len > 10 ? 10 : 9; /* "condition." */
        told = arena_printf(arena, "%s%s%s %.*s", told, i ? ";" : "",
                            warnings_word(list.items[i].code), (int)(place.len - skip),
                            place.at + skip);
    }
    ck_assert_msg(strcmp(told, cases[_i].told) == 0, "%s\n  told %s\n  want %s", cases[_i].groups,
                  told, cases[_i].told);
}
END_TEST

START_TEST(says_when_it_depends_on_the_clock)
{
    struct warnings list;
    judge(G(W("createdAt", "within", "7") "," F("createdAt", "lessThan", "\"2020-01-01\"")), &list);
    ck_assert_uint_eq(list.count, 2);
    ck_assert_str_eq(list.items[0].message.at,
                     "This cannot hold together with condition.groups.0.filters.0: no contact can"
                     " match both at present");
    judge(G(W("createdAt", "within", "7") "," W("createdAt", "olderThan", "8")), &list);
    ck_assert_str_eq(list.items[1].message.at, "No contact can match this");
}
END_TEST

/* 500 leaves on one field with many values: an answer, and soon. */
START_TEST(large_filters_take_no_long)
{
    struct warnings list;
    struct buf text;
    buf_init(&text, 1 << 20);
    buf_add_c(&text, "{\"filters\":[");
    for (int i = 0; i < 500; i++)
        buf_printf(&text, "%s{\"field\":\"data.x\",\"operator\":\"notIn\",\"value\":[%d,\"a%d\"]}",
                   i ? "," : "", i, i);
    buf_add_c(&text, "]}");
    judge(arena_copy(arena, text.at, text.len), &list);
    ck_assert_uint_eq(list.count, 0);
    buf_clear(&text);
    buf_add_c(&text, "{\"filters\":[");
    for (int i = 0; i < 500; i++)
        buf_printf(&text,
                   "%s{\"field\":\"event.x\",\"operator\":\"%s\",\"value\":%d,\"unit\":"
                   "\"days\"}",
                   i ? "," : "", i % 2 ? "triggeredWithin" : "firstTriggeredOlderThan", i);
    buf_add_c(&text, "]}");
    judge(arena_copy(arena, text.at, text.len), &list);
    buf_done(&text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("logic");
    TCase *tests = tcase_create("logic");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, tells_what_is_proved, 0, (int)ARRAY_LEN(cases));
    tcase_add_test(tests, says_when_it_depends_on_the_clock);
    tcase_add_test(tests, large_filters_take_no_long);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}

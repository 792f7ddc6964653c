/* Conditions on occurrences in the Plunk dialect: counts, their windows, and `where`. */

#include "base/limits.h"
#include "conditions.h"

#define PLACE "condition.groups.0.filters.0"
#define WINDOW_SHAPE "a window such as {\"value\": 30, \"unit\": \"days\"}"
#define WHOLE "a whole number of occurrences that is 0 or more"
#define COUNT(rest) "{\"field\":\"event.e\",\"operator\":\"countAtLeast\",\"value\":3" rest "}"
#define TAKES "Operator \"countAtLeast\" on event.e takes "
#define WHERE(rest) "{\"field\":\"event.e\",\"operator\":\"triggered\",\"where\":" rest "}"
#define ITEM "{\"property\":\"plan\",\"operator\":\"equals\",\"value\":\"pro\"}"
#define NEEDS_UNIT "\"countAtLeast\" operator requires a unit (days, hours, or minutes)"
#define WHERE_SHAPE                                                                                \
    "Operator \"triggered\" takes where as a list of {property, operator, value}, got "

static const struct {
    const char *filter;
    const char *place;
    const char *message;
} refused[] = {
    {"{\"field\":\"event.e\",\"operator\":\"countEquals\",\"value\":1.5}", PLACE,
     "Operator \"countEquals\" on event.e takes " WHOLE ", got 1.5"},
    {"{\"field\":\"event.e\",\"operator\":\"countAtMost\",\"value\":-1}", PLACE,
     "Operator \"countAtMost\" on event.e takes " WHOLE ", got -1"},
    {"{\"field\":\"event.e\",\"operator\":\"countAtMost\",\"value\":1e300}", PLACE,
     "Operator \"countAtMost\" on event.e takes " WHOLE ", got 1e+300"},
    {"{\"field\":\"event.e\",\"operator\":\"countAtMost\",\"value\":\"3\"}", PLACE,
     "Operator \"countAtMost\" on event.e takes " WHOLE ", got a string"},
    {COUNT(",\"window\":null"), PLACE, TAKES WINDOW_SHAPE ", got null"},
    {COUNT(",\"window\":30"), PLACE, TAKES WINDOW_SHAPE ", got a number"},
    {COUNT(",\"window\":{}"), PLACE, TAKES WINDOW_SHAPE ", got one without a value"},
    {COUNT(",\"window\":{\"value\":3}"), PLACE, NEEDS_UNIT},
    {COUNT(",\"window\":{\"value\":3,\"unit\":\"months\"}"), PLACE, NEEDS_UNIT},
    {COUNT(",\"window\":{\"value\":-3,\"unit\":\"days\"}"), PLACE,
     TAKES "a number of units that is 0 or more, got -3"},
    {COUNT(",\"window\":{\"value\":\"3\",\"unit\":\"days\"}"), PLACE,
     TAKES "a number of units, got a string"},
    {COUNT(",\"window\":{\"value\":3650001,\"unit\":\"days\"}"), PLACE,
     TAKES "a span of at most 3650000 days, got 3650001"},
    {"{\"field\":\"event.e\",\"operator\":\"triggeredWithin\",\"value\":3,\"unit\":\"days\","
     "\"window\":{\"value\":3,\"unit\":\"days\"}}",
     PLACE,
     "Operator \"triggeredWithin\" on event.e takes no window of its own (the counts do), got one"},
    {WHERE("null"), PLACE, WHERE_SHAPE "null"},
    {WHERE("{}"), PLACE, WHERE_SHAPE "object"},
    {WHERE("true"), PLACE, WHERE_SHAPE "boolean"},
    {WHERE("[7]"), PLACE ".where.0", "Where must be an object, got number"},
    {WHERE("[{}]"), PLACE ".where.0", "Where property is required"},
    {WHERE("[{\"property\":\"\",\"operator\":\"exists\"}]"), PLACE ".where.0",
     "Where property is required"},
    {WHERE("[" ITEM ",{\"property\":\"a\"}]"), PLACE ".where.1", "Where operator is required"},
    {WHERE("[{\"property\":\"a\",\"operator\":\"is\"}]"), PLACE ".where.0", "Invalid operator: is"},
    {WHERE("[{\"property\":\"a..b\",\"operator\":\"exists\"}]"), PLACE ".where.0",
     "A field path must not have an empty part, this one is \"a..b\""},
    {WHERE("[{\"property\":\"a\",\"operator\":\"triggered\"}]"), PLACE ".where.0",
     "Unsupported operator for JSON field: triggered"},
    {WHERE("[{\"property\":\"a\",\"operator\":\"memberOfSegment\"}]"), PLACE ".where.0",
     "Unsupported operator for JSON field: memberOfSegment"},
    {WHERE("[{\"property\":\"a\",\"operator\":\"equals\"}]"), PLACE ".where.0",
     "Operator \"equals\" requires a value"},
    {WHERE("[{\"property\":\"a\",\"operator\":\"greaterThan\",\"value\":true}]"), PLACE ".where.0",
     "Operator \"greaterThan\" on a takes a number, a date or another string, got a boolean"},
    {WHERE("[{\"property\":\"a\",\"operator\":\"within\",\"value\":3}]"), PLACE ".where.0",
     "\"within\" operator requires a unit (days, hours, or minutes)"},
    {"{\"field\":\"data.k\",\"operator\":\"exists\",\"where\":[]}", PLACE,
     "Operator \"exists\" takes no where: only those on events and email activities do"},
    {"{\"field\":\"segment." ID "\",\"operator\":\"memberOfSegment\",\"where\":[" ITEM "]}", PLACE,
     "Operator \"memberOfSegment\" takes no where: only those on events and email activities do"},
};

START_TEST(bad_ones_are_refused)
{
    expect_refused(with_filter(refused[_i].filter), refused[_i].place, refused[_i].message);
}
END_TEST

START_TEST(counts_have_a_number_and_perhaps_a_window)
{
    const struct filter_leaf *ever = leaf_of(COUNT(""));
    const struct filter_leaf *lately =
        leaf_of(COUNT(",\"window\":{\"value\":1.5,\"unit\":\"hours\"},\"unit\":\"days\""));

    ck_assert_int_eq(ever->op, FILTER_COUNT_AT_LEAST);
    ck_assert_uint_eq(ever->value_count, 1);
    ck_assert_int_eq(ever->values[0].type, FILTER_VALUE_NUMBER);
    ck_assert_double_eq(ever->values[0].number, 3);
    ck_assert(!ever->has_window);
    ck_assert_int_eq(ever->unit, FILTER_UNIT_NONE);
    ck_assert(lately->has_window);
    ck_assert_double_eq(lately->amount, 1.5);
    ck_assert_int_eq(lately->unit, FILTER_HOURS);
    ck_assert_int_eq(lately->span_ms, 5400000);
}
END_TEST

START_TEST(where_has_value_leaves)
{
    const struct filter_leaf *leaf =
        leaf_of(WHERE("[" ITEM ",{\"property\":\"cart.total\",\"operator\":\"notIn\","
                      "\"value\":[1,\"2026-01-02\"]}]"));

    ck_assert_uint_eq(leaf->where_count, 2);
    ck_assert_int_eq(leaf->where[0].column, FILTER_DATA);
    ck_assert(str_eq_c(leaf->where[0].name, "plan"));
    ck_assert_int_eq(leaf->where[0].op, FILTER_EQUALS);
    ck_assert(str_eq_c(leaf->where[1].name, "cart.total"));
    ck_assert_int_eq(leaf->where[1].op, FILTER_IN);
    ck_assert(leaf->where[1].negated);
    ck_assert_int_eq(leaf->where[1].values[1].type, FILTER_VALUE_DAY);
    ck_assert_uint_eq(leaf_of(WHERE("[]"))->where_count, 0);
}
END_TEST

START_TEST(the_leaves_of_where_count_too)
{
    struct buf where;

    buf_init(&where, 1024 * 1024);
    buf_add_c(&where, "{\"field\":\"event.e\",\"operator\":\"triggered\",\"where\":[" ITEM);
    for (size_t i = 2; i < LIMIT_FILTER_LEAVES; i++)
        buf_add_c(&where, "," ITEM);
    (void)leaf_of(arena_printf(arena, "%s]}", where.at));
    expect_refused(with_filter(arena_printf(arena, "%s," ITEM "]}", where.at)), PLACE ".where.499",
                   "A condition may have at most 500 filters");
    buf_done(&where);
}
END_TEST

START_TEST(equality_looks_at_everything)
{
    const char *const filters[] = {
        COUNT(""),
        COUNT(",\"window\":{\"value\":0,\"unit\":\"days\"}"),
        COUNT(",\"window\":{\"value\":0,\"unit\":\"hours\"}"),
        COUNT(",\"where\":[" ITEM "]"),
        COUNT(",\"where\":[" ITEM "," ITEM "]"),
        COUNT(",\"where\":[{\"property\":\"plan\",\"operator\":\"notEquals\",\"value\":\"pro\"}]"),
    };

    for (size_t i = 0; i < ARRAY_LEN(filters); i++) {
        for (size_t j = 0; j < ARRAY_LEN(filters); j++)
            ck_assert(filter_equal(tree_of(with_filter(filters[i])),
                                   tree_of(with_filter(filters[j]))) == (i == j));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("where");
    TCase *tests = tcase_create("where");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, bad_ones_are_refused, 0, (int)ARRAY_LEN(refused));
    tcase_add_test(tests, counts_have_a_number_and_perhaps_a_window);
    tcase_add_test(tests, where_has_value_leaves);
    tcase_add_test(tests, the_leaves_of_where_count_too);
    tcase_add_test(tests, equality_looks_at_everything);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}

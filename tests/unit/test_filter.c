/* Trees: spans of windows, comparison, the walk over leaves. */
#include "filterhelp.h"

static const struct {
    double amount;
    enum filter_unit unit;
    int64_t span_ms;
} spans[] = {
    {0, FILTER_DAYS, 0},
    {0, FILTER_UNIT_NONE, 0},
    {1, FILTER_MINUTES, 60000},
    {1, FILTER_HOURS, 3600000},
    {1, FILTER_DAYS, 86400000},
    {1, FILTER_WEEKS, 604800000},
    {30, FILTER_DAYS, INT64_C(2592000000)},
    /* 0.1 is no double: a product cut straight to ms could lose one. */
    {0.1, FILTER_HOURS, 360000},
    {0.1, FILTER_MINUTES, 6000},
    {0.1, FILTER_DAYS, 8640000},
    {0.3, FILTER_HOURS, 1080000},
    {0.7, FILTER_WEEKS, 423360000},
    {1.1, FILTER_DAYS, 95040000},
    {2.3, FILTER_MINUTES, 138000},
    {100000.1, FILTER_HOURS, INT64_C(360000360000)},
    /* Below a ms: down. 0.00001 minutes are 600 µs, 0.00002 are 1,200. */
    {0.00001, FILTER_MINUTES, 0},
    {0.00002, FILTER_MINUTES, 1},
    {1.0 / 3, FILTER_MINUTES, 20000},
    {1.0 / 7, FILTER_DAYS, 12342857},
    {1.0 / 512, FILTER_MINUTES, 117},
    {1e-300, FILTER_WEEKS, 0},
    /* The longest that a filter may say, in each unit. */
    {3650000, FILTER_DAYS, INT64_C(315360000000000)},
    {3650000.0 * 1440, FILTER_MINUTES, INT64_C(315360000000000)},
    {3650000.0 * 24, FILTER_HOURS, INT64_C(315360000000000)},
    {521428.0, FILTER_WEEKS, INT64_C(315359654400000)},
    {3649999.5, FILTER_DAYS, INT64_C(315359956800000)},
    {5255999999.5, FILTER_MINUTES, INT64_C(315359999970000)},
};

START_TEST(spans_are_exact)
{
    ck_assert_msg(filter_span_ms(spans[_i].amount, spans[_i].unit) == spans[_i].span_ms,
                  "%.17g of unit %d gave %lld", spans[_i].amount, (int)spans[_i].unit,
                  (long long)filter_span_ms(spans[_i].amount, spans[_i].unit));
}
END_TEST

START_TEST(tenths_of_an_hour_are_whole_minutes)
{
    for (int tenths = 0; tenths <= 10000; tenths++) {
        double hours = tenths / 10.0;

        ck_assert_int_eq(filter_span_ms(hours, FILTER_HOURS), tenths * INT64_C(360000));
    }
}
END_TEST

START_TEST(units_have_their_length)
{
    ck_assert_int_eq(filter_unit_ms(FILTER_UNIT_NONE), 0);
    ck_assert_int_eq(filter_unit_ms(FILTER_MINUTES), 60 * 1000);
    ck_assert_int_eq(filter_unit_ms(FILTER_HOURS), 60 * 60 * 1000);
    ck_assert_int_eq(filter_unit_ms(FILTER_DAYS), 24 * 60 * 60 * 1000);
    ck_assert_int_eq(filter_unit_ms(FILTER_WEEKS), 7 * 24 * 60 * 60 * 1000);
}
END_TEST

/* Each differs from every other one in one thing. */
static const char *const distinct[] = {
    "{\"field\":\"data.a\",\"operator\":\"equals\",\"value\":\"x\"}",
    "{\"field\":\"data.a\",\"operator\":\"equals\",\"value\":\"y\"}",
    "{\"field\":\"data.b\",\"operator\":\"equals\",\"value\":\"x\"}",
    "{\"field\":\"email\",\"operator\":\"equals\",\"value\":\"x\"}",
    "{\"field\":\"data.a\",\"operator\":\"notEquals\",\"value\":\"x\"}",
    "{\"field\":\"data.a\",\"operator\":\"contains\",\"value\":\"x\"}",
    "{\"field\":\"data.a\",\"operator\":\"equals\",\"value\":5}",
    "{\"field\":\"data.a\",\"operator\":\"equals\",\"value\":6}",
    "{\"field\":\"data.a\",\"operator\":\"equals\",\"value\":\"5\"}",
    "{\"field\":\"data.a\",\"operator\":\"equals\",\"value\":true}",
    "{\"field\":\"data.a\",\"operator\":\"equals\",\"value\":false}",
    "{\"field\":\"data.a\",\"operator\":\"equals\",\"value\":[1]}",
    "{\"field\":\"data.a\",\"operator\":\"equals\",\"value\":[1,2]}",
    "{\"field\":\"data.a\",\"operator\":\"equals\",\"value\":[2,1]}",
    "{\"field\":\"data.a\",\"operator\":\"in\",\"value\":[1]}",
    "{\"field\":\"data.a\",\"operator\":\"in\",\"value\":[1,2]}",
    "{\"field\":\"data.a\",\"operator\":\"in\",\"value\":[2,1]}",
    "{\"field\":\"data.a\",\"operator\":\"equals\",\"value\":\"2026-01-01\"}",
    "{\"field\":\"data.a\",\"operator\":\"equals\",\"value\":\"2026-01-01T00:00Z\"}",
    "{\"field\":\"data.a\",\"operator\":\"equals\",\"value\":\"2026-01-01T00:00:00Z\"}",
    "{\"field\":\"data.a\",\"operator\":\"contains\",\"value\":\"2026-01-01\"}",
    "{\"field\":\"createdAt\",\"operator\":\"equals\",\"value\":0}",
    "{\"field\":\"createdAt\",\"operator\":\"equals\",\"value\":1}",
    "{\"field\":\"createdAt\",\"operator\":\"equals\",\"value\":\"1970-01-01\"}",
    "{\"field\":\"createdAt\",\"operator\":\"within\",\"value\":1,\"unit\":\"days\"}",
    "{\"field\":\"createdAt\",\"operator\":\"within\",\"value\":2,\"unit\":\"days\"}",
    "{\"field\":\"createdAt\",\"operator\":\"within\",\"value\":1,\"unit\":\"hours\"}",
    "{\"field\":\"createdAt\",\"operator\":\"within\",\"value\":24,\"unit\":\"hours\"}",
    "{\"field\":\"event.a\",\"operator\":\"triggered\"}",
    "{\"field\":\"event.a\",\"operator\":\"notTriggered\"}",
    "{\"field\":\"event.b\",\"operator\":\"triggered\"}",
    "{\"field\":\"email.opened\",\"operator\":\"triggered\"}",
    "{\"field\":\"segment.0f8fad5b-d9cb-469f-a165-70867728950e\","
    "\"operator\":\"memberOfSegment\"}",
    "{\"field\":\"data.a\",\"operator\":\"isEmpty\"}",
    "{\"field\":\"data.a\",\"operator\":\"notEmpty\"}",
    "{\"field\":\"data.a\",\"operator\":\"exists\"}",
};

START_TEST(leaves_are_equal_only_to_themselves)
{
    const struct filter *here = tree_of(with_filter(distinct[_i]));

    for (size_t i = 0; i < ARRAY_LEN(distinct); i++) {
        const struct filter *there = tree_of(with_filter(distinct[i]));

        ck_assert_msg(filter_equal(here, there) == ((size_t)_i == i), "%s and %s", distinct[_i],
                      distinct[i]);
    }
}
END_TEST

#define A "{\"field\":\"data.a\",\"operator\":\"exists\"}"
#define B "{\"field\":\"data.b\",\"operator\":\"exists\"}"
#define C "{\"field\":\"data.c\",\"operator\":\"exists\"}"

static const char *const shapes[] = {
    "{\"logic\":\"AND\",\"groups\":[{\"filters\":[" A "]}]}",
    "{\"logic\":\"AND\",\"groups\":[{\"filters\":[" A "],\"not\":true}]}",
    "{\"logic\":\"AND\",\"groups\":[{\"filters\":[" A "," B "]}]}",
    "{\"logic\":\"AND\",\"groups\":[{\"filters\":[" B "," A "]}]}",
    "{\"logic\":\"OR\",\"groups\":[{\"filters\":[" A "]},{\"filters\":[" B "]}]}",
    "{\"logic\":\"AND\",\"groups\":[{\"filters\":[" A "," B "," C "]}]}",
    "{\"logic\":\"AND\",\"groups\":[{\"filters\":[" A "," B "]},{\"filters\":[" C "]}]}",
    "{\"logic\":\"AND\",\"groups\":[{\"filters\":[" A "," B "],\"not\":true}]}",
};

START_TEST(shapes_are_equal_only_to_themselves)
{
    const struct filter *here = tree_of(shapes[_i]);

    for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
        ck_assert_msg(filter_equal(here, tree_of(shapes[i])) == ((size_t)_i == i), "%s and %s",
                      shapes[_i], shapes[i]);
    }
}
END_TEST

START_TEST(places_do_not_count)
{
    const struct filter *one = tree_of("{\"logic\":\"AND\",\"groups\":[{\"filters\":[" A "]}]}");
    const struct filter *other =
        tree_of("{\"logic\":\"OR\",\"groups\":[{\"conditions\":{\"logic\":\"AND\",\"groups\":"
                "[{\"filters\":[" A "]}]}}]}");

    ck_assert(filter_equal(one, other));
    ck_assert(!str_eq(one->path, other->path));
}
END_TEST

static void collect(const struct filter *leaf, void *ctx)
{
    ck_assert_int_eq(leaf->kind, FILTER_LEAF);
    buf_add_str(ctx, leaf->leaf.name);
    buf_add_char(ctx, ' ');
}

START_TEST(leaves_come_in_order_of_writing)
{
    const struct filter *tree =
        tree_of("{\"logic\":\"OR\",\"groups\":[{\"filters\":[" B "," A "],\"not\":true,"
                "\"conditions\":{\"logic\":\"AND\",\"groups\":[{\"filters\":[" C "]}]}},"
                "{\"filters\":[" A "]}]}");
    struct buf names;

    buf_init(&names, 100);
    filter_each_leaf(tree, collect, &names);
    ck_assert_str_eq(names.at, "b a c a ");
    buf_done(&names);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("filter");
    TCase *tests = tcase_create("filter");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, spans_are_exact, 0, (int)ARRAY_LEN(spans));
    tcase_add_test(tests, tenths_of_an_hour_are_whole_minutes);
    tcase_add_test(tests, units_have_their_length);
    tcase_add_loop_test(tests, leaves_are_equal_only_to_themselves, 0, (int)ARRAY_LEN(distinct));
    tcase_add_loop_test(tests, shapes_are_equal_only_to_themselves, 0, (int)ARRAY_LEN(shapes));
    tcase_add_test(tests, places_do_not_count);
    tcase_add_test(tests, leaves_come_in_order_of_writing);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}

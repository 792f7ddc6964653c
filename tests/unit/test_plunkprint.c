/* Printing in the Plunk dialect: exact texts, and random conditions that must read back. */

#include "base/limits.h"
#include "conditiondraw.h"

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
    {AND("{\"filters\":[{\"where\":[{\"value\":2,\"property\":\"total\",\"operator\":\"lessThan\"}]"
         ","
         "\"window\":{\"unit\":\"days\",\"value\":30.0},\"value\":3,\"operator\":\"countAtLeast\","
         "\"field\":\"bought\"}]}"),
     AND("{\"filters\":[{\"field\":\"event.bought\",\"operator\":\"countAtLeast\",\"value\":3,"
         "\"window\":{\"value\":30,\"unit\":\"days\"},\"where\":[{\"property\":\"total\","
         "\"operator\":\"lessThan\",\"value\":2}]}]}")},
    {AND("{\"filters\":[{\"field\":\"tag.5\",\"operator\":\"notHas\",\"value\":1}]}"),
     AND("{\"filters\":[{\"field\":\"tag.5\",\"operator\":\"notHas\"}]}")},
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
    random_seed("test_plunkprint");
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

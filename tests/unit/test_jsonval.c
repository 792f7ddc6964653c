/* Trees of JSON: look-up and equality. */
#include "unit.h"
#include "json/jsonread.h"

static const struct jsonval *parse(const char *text)
{
    const struct jsonval *value = NULL;
    struct err_info info = {0};
    ck_assert_msg(jsonread_parse(unit_arena, str_from(text), &value, &info) == 0, "%s: %s", text,
                  info.message);
    return value;
}

START_TEST(gets_members)
{
    const struct jsonval *object = parse("{\"a\":1,\"b\":{\"a\":2},\"\":3}");
    ck_assert(jsonval_get(object, "a")->number == 1);
    ck_assert(jsonval_get(jsonval_get(object, "b"), "a")->number == 2);
    ck_assert(jsonval_get(object, "")->number == 3);
    ck_assert(jsonval_get_str(object, (struct str){"abc", 1})->number == 1);
    ck_assert_ptr_null(jsonval_get(object, "A"));
    ck_assert_ptr_null(jsonval_get(object, "c"));
    ck_assert_ptr_null(jsonval_get(parse("[1]"), "0"));
    ck_assert_ptr_null(jsonval_get(parse("\"a\""), "a"));
    ck_assert_ptr_null(jsonval_get(NULL, "a"));
}
END_TEST

static const struct {
    const char *a, *b;
    bool equal;
} pairs[] = {
    {"null", "null", true},
    {"true", "true", true},
    {"true", "false", false},
    {"1", "1.0", true},
    {"-0", "0", true},
    {"1", "\"1\"", false},
    {"1", "true", false},
    {"0", "null", false},
    {"\"a\"", "\"\\u0061\"", true},
    {"\"a\"", "\"A\"", false},
    {"[]", "[]", true},
    {"[]", "{}", false},
    {"[1,2]", "[1,2]", true},
    {"[1,2]", "[2,1]", false},
    {"[1,2]", "[1]", false},
    {"{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", true},
    {"{\"a\":1,\"b\":2}", "{\"b\":1,\"a\":2}", false},
    {"{\"a\":1}", "{\"a\":1,\"b\":2}", false},
    {"{\"a\":1}", "{\"b\":1}", false},
    {"{\"a\":null}", "{\"b\":null}", false},
    {"{\"a\":[{\"b\":[1]}]}", "{\"a\":[{\"b\":[1]}]}", true},
    {"{\"a\":[{\"b\":[1]}]}", "{\"a\":[{\"b\":[2]}]}", false},
};

START_TEST(compares_deeply)
{
    const struct jsonval *a = parse(pairs[_i].a), *b = parse(pairs[_i].b);
    ck_assert(jsonval_equal(a, b) == pairs[_i].equal);
    ck_assert(jsonval_equal(b, a) == pairs[_i].equal);
    ck_assert(jsonval_equal(a, a));
}
END_TEST

START_TEST(names_types)
{
    static const struct {
        const char *text, *name;
    } types[] = {{"null", "null"},   {"true", "boolean"}, {"1", "number"},
                 {"\"\"", "string"}, {"[]", "array"},     {"{}", "object"}};
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        ck_assert_str_eq(jsonval_type_name(parse(types[i].text)->type), types[i].name);
}
END_TEST

START_TEST(makes_scalars)
{
    struct jsonval text = jsonval_of_str(STR("a")), number = jsonval_of_number(2.5),
                   truth = jsonval_of_bool(true);
    ck_assert(jsonval_equal(&text, parse("\"a\"")));
    ck_assert(jsonval_equal(&number, parse("2.5")));
    ck_assert(jsonval_equal(&truth, parse("true")));
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {
        {gets_members, 0},
        {compares_deeply, ARRAY_LEN(pairs)},
        {names_types, 0},
        {makes_scalars, 0},
    };
    return UNIT_RUN("jsonval", cases);
}

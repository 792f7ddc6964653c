/* The JSON reader: what is JSON, what is refused, where, and every limit from both sides. */
#include <time.h>

#include "base/buf.h"
#include "base/limits.h"
#include "unit.h"
#include "json/jsonread.h"
#include "json/jsonwrite.h"

static const char no_json[] = "Invalid JSON in request body";

/* Texts and how they come out of the writer. */
static const struct {
    const char *text, *again;
} good[] = {
    {"null", "null"},
    {" true ", "true"},
    {"\t\r\n[ ]\n", "[]"},
    {"{}", "{}"},
    {"\"\"", "\"\""},
    {"0", "0"},
    {"-0", "0"},
    {"-0.0e+5", "0"},
    {"1E2", "100"},
    {"0.1", "0.1"},
    {"12345678901234567890", "12345678901234567000"},
    {"1e-400", "0"},
    {"[1,[2,[3]],{\"a\":[4]}]", "[1,[2,[3]],{\"a\":[4]}]"},
    {"{\"b\":1,\"a\":2,\"\":3}", "{\"b\":1,\"a\":2,\"\":3}"},
    {"{\"a\":{\"a\":{\"a\":1}}}", "{\"a\":{\"a\":{\"a\":1}}}"},
    {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\\"\\\\/\\b\\f\\n\\r\\t\""},
    {"\"\\u0061\\u00e9\\u00E9\\u2028\"", "\"a\xc3\xa9\xc3\xa9\xe2\x80\xa8\""},
    {"\"\\ud83d\\ude00\"", "\"\xf0\x9f\x98\x80\""},
    {"\"\\uD83D\\uDE00\\ud83d\\ude00\"", "\"\xf0\x9f\x98\x80\xf0\x9f\x98\x80\""},
    {"\"\\\\ud800\"", "\"\\\\ud800\""}, /* a backslash and letters */
    {"\"\\\\\\ud83d\\ude00\"", "\"\\\\\xf0\x9f\x98\x80\""},
    {"\"h\xc3\xa9\xf0\x9f\x98\x80\"", "\"h\xc3\xa9\xf0\x9f\x98\x80\""},
    {"\"\x7f\"", "\"\x7f\""},
    {"{\"\\u0061\":1,\"A\":2}", "{\"a\":1,\"A\":2}"},
};

START_TEST(reads_json)
{
    const struct jsonval *value = NULL;
    struct err_info info = {0};
    struct buf out;
    struct jsonwrite writer;
    ck_assert_msg(jsonread_parse(unit_arena, str_from(good[_i].text), &value, &info) == 0, "%s: %s",
                  good[_i].text, info.message);
    buf_init(&out, 1000);
    jsonwrite_init(&writer, &out);
    jsonwrite_value(&writer, value);
    unit_str_eq(buf_str(&out), good[_i].again);
    buf_done(&out);
}
END_TEST

static const char *const bad[] = {
    "",
    " ",
    "nul",
    "nulll",
    "NULL",
    "True",
    "undefined",
    "NaN",
    "Infinity",
    "-Infinity",
    "-",
    "+1",
    "01",
    "-01",
    "1.",
    ".5",
    "1e",
    "1e+",
    "0x10",
    "1 2",
    "1,",
    "[",
    "]",
    "[1",
    "[1,",
    "[1,]",
    "[,1]",
    "[1 2]",
    "[1}",
    "{",
    "{}}",
    "{\"a\"",
    "{\"a\":",
    "{\"a\":}",
    "{\"a\" 1}",
    "{\"a\":1,}",
    "{,\"a\":1}",
    "{a:1}",
    "{1:1}",
    "{'a':1}",
    "{\"a\":1 \"b\":2}",
    "\"",
    "\"a",
    "'a'",
    "\"\\x41\"",
    "\"\\u12\"",
    "\"\\u12g4\"",
    "\"\\",
    "\"a\nb\"",
    "\"a\tb\"",
    "\"\x01\"",
    "// comment\n1",
    "/* comment */ 1",
    "1 // comment",
    "\xef\xbb\xbf{}", /* a byte order mark is no white space */
    "\x0c{}",
    "\xc2\xa0{}",
    "{\"a\":1}{\"b\":2}",
    "{\"a\":1} x",
};

START_TEST(refuses_what_is_no_json)
{
    const struct jsonval *value = NULL;
    struct err_info info = {0};
    int err = jsonread_parse(unit_arena, str_from(bad[_i]), &value, &info);
    ck_assert_msg(err == ERR_INVAL, "%s", bad[_i]);
    ck_assert_str_eq(info.code, "VALIDATION_ERROR");
    ck_assert_str_eq(info.message, no_json);
    ck_assert(!info.has_item);
    ck_assert_ptr_null(value);
}
END_TEST

START_TEST(a_raw_nul_ends_no_text)
{
    const struct jsonval *value = NULL;
    struct err_info info = {0};
    ck_assert_int_eq(jsonread_parse(unit_arena, (struct str){"1\0", 2}, &value, &info), ERR_INVAL);
    ck_assert_int_eq(jsonread_parse(unit_arena, (struct str){"\"a\0b\"", 5}, &value, &info),
                     ERR_INVAL);
    ck_assert_int_eq(jsonread_parse(unit_arena, (struct str){0}, &value, &info), ERR_INVAL);
}
END_TEST

static const struct {
    const char *text, *words; /* that the message has */
    const char *field;        /* NULL: no place */
} refused[] = {
    {"\"\\u0000\"", "NUL", ""},
    {"{\"a\":[1,\"x\\u0000y\"]}", "NUL", "a.1"},
    {"{\"a\":{\"b\":[[],{\"c\":\"\\u0000\"}]}}", "NUL", "a.b.1.c"},
    {"[[0],[0,{\"x\":0},\"\\u0000\"]]", "NUL", "1.2"},
    {"{\"a\":1,\"\\u0000\":1}", "NUL", ""},
    {"{\"a\":{\"b\\u0000c\":1}}", "NUL", "a.b"},
    {"1e400", "finite", ""},
    {"{\"n\":-1e400}", "finite", "n"},
    {"{\"a\":0,\"n\":[0,0,{\"m\":1e309}]}", "finite", "n.2.m"},
    {"{\"a\":1,\"a\":1}", "twice", "a"},
    {"{\"a\":1,\"b\":2,\"\\u0061\":3}", "twice", "a"},
    {"{\"\":1,\"\":1}", "twice", ""},
    {"[{\"x\":[{},{\"a\":1,\"b\":{},\"a\":1}]}]", "twice", "0.x.1.a"},
    {"{\"o\":{\"p\":{\"\xc3\xa9\":1,\"\xc3\xa9\":1}}}", "twice", "o.p.\xc3\xa9"},
    {"\"\xff\"", "UTF-8", NULL},
    {"\"\xc0\xaf\"", "UTF-8", NULL},
    {"\"\xed\xa0\x80\"", "UTF-8", NULL},
    {"{\"\xf0\x9f\x98\":1}", "UTF-8", NULL},
    {"\"\\ud800\"", "surrogate", NULL},
    {"\"\\udc00\"", "surrogate", NULL},
    {"\"\\ud800x\\udc00\"", "surrogate", NULL},
    {"\"\\ud800\\ud800\"", "surrogate", NULL},
    {"\"\\ud83d\\ude00\\ude00\"", "surrogate", NULL},
    {"\"\\ud800\\", "surrogate", NULL},
    {"\"\\ud800\\\\udc00\"", "surrogate", NULL},
    {"{\"\\udfff\":1}", "surrogate", NULL},
};

START_TEST(refuses_and_says_where)
{
    const struct jsonval *value = NULL;
    struct err_info info = {0};
    int err = jsonread_parse(unit_arena, str_from(refused[_i].text), &value, &info);
    ck_assert_msg(err == ERR_INVAL, "%s", refused[_i].text);
    ck_assert_str_eq(info.code, "VALIDATION_ERROR");
    ck_assert_msg(strstr(info.message, refused[_i].words), "%s", info.message);
    ck_assert_int_eq(info.has_item, refused[_i].field != NULL);
    if (refused[_i].field)
        ck_assert_str_eq(info.item.field, refused[_i].field);
    ck_assert_ptr_null(value);
}
END_TEST

/* What `fill` makes must parse exactly when `allowed`; else the message has `words`. */
static void judge(void (*fill)(struct buf *, size_t), size_t count, bool allowed, const char *words)
{
    const struct jsonval *value = NULL;
    struct err_info info = {0};
    struct buf text;
    buf_init(&text, 64 << 20);
    fill(&text, count);
    int err = jsonread_parse(unit_arena, buf_str(&text), &value, &info);
    buf_done(&text);
    ck_assert_msg(err == (allowed ? 0 : ERR_INVAL), "%zu: %d %s", count, err, info.message);
    if (!allowed)
        ck_assert_msg(strstr(info.message, words) && info.has_item, "%s", info.message);
    arena_reset(unit_arena);
}

static void nested_lists(struct buf *text, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buf_add_char(text, '[');
    for (size_t i = 0; i < count; i++)
        buf_add_char(text, ']');
}

static void nested_objects(struct buf *text, size_t count)
{
    for (size_t i = 0; i + 1 < count; i++)
        buf_add_c(text, "{\"a\":");
    buf_add_c(text, "{}");
    for (size_t i = 0; i + 1 < count; i++)
        buf_add_char(text, '}');
}

START_TEST(depth_is_bounded)
{
    judge(nested_lists, LIMIT_JSON_DEPTH, true, "");
    judge(nested_lists, LIMIT_JSON_DEPTH + 1, false, "nested deeper than 64");
    judge(nested_lists, 500000, false, "nested deeper than 64");
    judge(nested_objects, LIMIT_JSON_DEPTH, true, "");
    judge(nested_objects, LIMIT_JSON_DEPTH + 1, false, "nested deeper than 64");
}
END_TEST

static void flat_list(struct buf *text, size_t count)
{
    buf_add_char(text, '[');
    for (size_t i = 1; i < count; i++)
        buf_add_c(text, i == 1 ? "0" : ",0");
    buf_add_char(text, ']');
}

START_TEST(values_are_counted)
{
    judge(flat_list, LIMIT_JSON_VALUES, true, "");
    judge(flat_list, LIMIT_JSON_VALUES + 1, false, "more than 400000 values");
}
END_TEST

static void many_members(struct buf *text, size_t count)
{
    buf_add_char(text, '{');
    for (size_t i = 0; i < count; i++)
        buf_printf(text, "%s\"k%zu\":0", i ? "," : "", i * 7919 % count);
    buf_add_char(text, '}');
}

static void many_members_and_one_twice(struct buf *text, size_t count)
{
    many_members(text, count);
    text->len--;
    buf_printf(text, ",\"k%zu\":0}", count / 2);
}

/* The time is the test: pairwise comparison of so many names takes minutes. */
START_TEST(large_objects_cost_no_square)
{
    clock_t start = clock();
    judge(many_members, 300000, true, "");
    judge(many_members_and_one_twice, 300000, false, "twice");
    ck_assert_int_lt((clock() - start) / CLOCKS_PER_SEC, 10);
    for (size_t count = 1; count < 40; count++) {
        judge(many_members, count, true, "");
        judge(many_members_and_one_twice, count, false, "twice");
    }
}
END_TEST

START_TEST(text_ends_with_nul_and_is_copied)
{
    char text[] = "{\"name\":\"value\"}";
    const struct jsonval *value = NULL;
    struct err_info info = {0};
    ck_assert_int_eq(jsonread_parse(unit_arena, str_from(text), &value, &info), 0);
    memset(text, 'x', sizeof text - 1);
    ck_assert_str_eq(value->names[0].at, "name");
    ck_assert_str_eq(value->items[0].string.at, "value");
}
END_TEST

START_TEST(a_parse_leaves_nothing_for_the_next)
{
    static const char *const texts[] = {"[1,[2,{\"a\":[", "{\"a\":1,\"a\":2}", "[\"\\u0000\"]"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        const struct jsonval *value = NULL;
        struct err_info info = {0};
        ck_assert_int_eq(jsonread_parse(unit_arena, str_from(texts[i]), &value, &info), ERR_INVAL);
        ck_assert_int_eq(jsonread_parse(unit_arena, STR("[7]"), &value, &info), 0);
        ck_assert_uint_eq(value->count, 1);
        ck_assert(value->items[0].number == 7);
    }
}
END_TEST

/* A path that is too long for its place is cut between parts, and can be printed. */
START_TEST(long_places_are_cut)
{
    struct buf text;
    struct err_info info = {0};
    const struct jsonval *value;
    buf_init(&text, 100000);
    for (int i = 0; i < 60; i++)
        buf_add_c(&text, "{\"\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\":");
    buf_add_c(&text, "1e999");
    ck_assert_int_eq(jsonread_parse(unit_arena, buf_str(&text), &value, &info), ERR_INVAL);
    ck_assert_uint_gt(strlen(info.item.field), 500);
    ck_assert(str_is_utf8(str_from(info.item.field)));
    buf_done(&text);
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {
        {reads_json, ARRAY_LEN(good)},
        {refuses_what_is_no_json, ARRAY_LEN(bad)},
        {a_raw_nul_ends_no_text, 0},
        {refuses_and_says_where, ARRAY_LEN(refused)},
        {depth_is_bounded, 0},
        {values_are_counted, 0},
        {large_objects_cost_no_square, 0},
        {text_ends_with_nul_and_is_copied, 0},
        {a_parse_leaves_nothing_for_the_next, 0},
        {long_places_are_cut, 0},
    };
    return UNIT_RUN("jsonread", cases);
}

/* The JSON writer: escapes, commas, misuse. */
#include <math.h>

#include "unit.h"
#include "json/jsonread.h"
#include "json/jsonwrite.h"

static struct buf out;
static struct jsonwrite writer;

static struct jsonwrite *start(size_t limit)
{
    buf_init(&out, limit);
    jsonwrite_init(&writer, &out);
    return &writer;
}

static void expect(const char *text)
{
    ck_assert(jsonwrite_ok(&writer));
    unit_str_eq(buf_str(&out), text);
    buf_done(&out);
}

static void expect_failed(void)
{
    ck_assert(!jsonwrite_ok(&writer));
    buf_done(&out);
}

START_TEST(writes_nested_values)
{
    struct jsonwrite *w = start(1000);
    jsonwrite_object(w);
    jsonwrite_name(w, "a");
    jsonwrite_list(w);
    jsonwrite_null(w);
    jsonwrite_bool(w, true);
    jsonwrite_bool(w, false);
    jsonwrite_i64(w, INT64_MIN);
    jsonwrite_number(w, 0.1);
    jsonwrite_number(w, -0.0);
    jsonwrite_list(w);
    jsonwrite_list_end(w);
    jsonwrite_object(w);
    jsonwrite_object_end(w);
    jsonwrite_list_end(w);
    jsonwrite_name_str(w, (struct str){"bc", 1});
    jsonwrite_time(w, 1);
    jsonwrite_name(w, "");
    jsonwrite_raw(w, STR("{\"x\":1}"));
    jsonwrite_name(w, "d");
    jsonwrite_c(w, "e");
    jsonwrite_object_end(w);
    expect("{\"a\":[null,true,false,-9223372036854775808,0.1,0,[],{}],"
           "\"b\":\"1970-01-01T00:00:00.001Z\",\"\":{\"x\":1},\"d\":\"e\"}");
}
END_TEST

START_TEST(starts_behind_what_stands_in_the_buffer)
{
    struct jsonwrite *w = start(100);
    buf_add_c(&out, "x=");
    jsonwrite_c(w, "y");
    expect("x=\"y\"");
}
END_TEST

START_TEST(escapes)
{
    struct jsonwrite *w = start(1000);
    jsonwrite_str(w, (struct str){"\"\\/\b\f\n\r\t\0\x1f\x7f", 11});
    expect("\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\x7f\"");
    w = start(1000);
    jsonwrite_c(w, "h\xc3\xa9 \xe2\x80\xa8 \xf0\x9f\x98\x80");
    expect("\"h\xc3\xa9 \xe2\x80\xa8 \xf0\x9f\x98\x80\"");
    w = start(1000);
    jsonwrite_str(w, (struct str){0});
    expect("\"\"");
}
END_TEST

/* Every ASCII byte, alone and between others, comes back from the reader. */
START_TEST(what_is_written_reads_back)
{
    for (int c = 1; c < 128; c++) {
        char text[] = {'a', (char)c, 'b', (char)c, 0};
        const struct jsonval *value = NULL;
        struct err_info info = {0};
        jsonwrite_c(start(100), text);
        ck_assert(jsonwrite_ok(&writer));
        ck_assert_int_eq(jsonread_parse(unit_arena, buf_str(&out), &value, &info), 0);
        unit_str_eq(value->string, text);
        buf_done(&out);
    }
}
END_TEST

START_TEST(a_tree_is_written_as_it_was_read)
{
    static const char text[] = "{\"b\":[1,-2.5,\"x\\ny\",{\"\":null}],\"a\":{\"c\":true,\"d\":[]}}";
    const struct jsonval *value = NULL;
    struct err_info info = {0};
    ck_assert_int_eq(jsonread_parse(unit_arena, STR(text), &value, &info), 0);
    jsonwrite_value(start(1000), value);
    expect(text);
}
END_TEST

START_TEST(text_that_is_no_utf8_fails)
{
    jsonwrite_c(start(100), "a\xff");
    expect_failed();
    struct jsonwrite *w = start(100);
    jsonwrite_object(w);
    jsonwrite_name(w, "\xed\xa0\x80");
    jsonwrite_null(w);
    jsonwrite_object_end(w);
    expect_failed();
}
END_TEST

START_TEST(misuse_fails)
{
    struct jsonwrite *w = start(100);
    expect_failed(); /* nothing written */

    w = start(100);
    jsonwrite_object(w);
    expect_failed(); /* left open */

    w = start(100);
    jsonwrite_object(w);
    jsonwrite_null(w); /* no name */
    jsonwrite_object_end(w);
    expect_failed();

    w = start(100);
    jsonwrite_object(w);
    jsonwrite_name(w, "a"); /* no value */
    jsonwrite_object_end(w);
    expect_failed();

    w = start(100);
    jsonwrite_object(w);
    jsonwrite_name(w, "a");
    jsonwrite_name(w, "b");
    jsonwrite_null(w);
    jsonwrite_object_end(w);
    expect_failed();

    w = start(100);
    jsonwrite_list(w);
    jsonwrite_name(w, "a"); /* names stand in objects */
    jsonwrite_null(w);
    jsonwrite_list_end(w);
    expect_failed();

    w = start(100);
    jsonwrite_list(w);
    jsonwrite_object_end(w);
    expect_failed();

    w = start(100);
    jsonwrite_list_end(w);
    expect_failed();

    w = start(100);
    jsonwrite_null(w);
    jsonwrite_null(w); /* a second root */
    expect_failed();

    w = start(100);
    jsonwrite_number(w, NAN);
    expect_failed();

    w = start(100);
    jsonwrite_number(w, INFINITY);
    expect_failed();
}
END_TEST

START_TEST(the_buffers_limit_fails)
{
    struct jsonwrite *w = start(5);
    jsonwrite_c(w, "abc");
    expect("\"abc\"");
    w = start(4);
    jsonwrite_c(w, "abc");
    expect_failed();
}
END_TEST

START_TEST(depth_is_bounded)
{
    for (unsigned depth = JSONWRITE_DEPTH; depth <= JSONWRITE_DEPTH + 1; depth++) {
        struct jsonwrite *w = start(1000);
        for (unsigned i = 0; i < depth; i++)
            jsonwrite_list(w);
        for (unsigned i = 0; i < depth; i++)
            jsonwrite_list_end(w);
        ck_assert(jsonwrite_ok(w) == (depth == JSONWRITE_DEPTH));
        buf_done(&out);
    }
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {
        {writes_nested_values, 0},
        {starts_behind_what_stands_in_the_buffer, 0},
        {escapes, 0},
        {what_is_written_reads_back, 0},
        {a_tree_is_written_as_it_was_read, 0},
        {text_that_is_no_utf8_fails, 0},
        {misuse_fails, 0},
        {the_buffers_limit_fails, 0},
        {depth_is_bounded, 0},
    };
    return UNIT_RUN("jsonwrite", cases);
}

/* Data of contacts: what is taken, what is refused, how it merges (http-api §1.5). */
#include "base/limits.h"
#include "store/contactdata.h"
#include "unit.h"
#include "json/jsonread.h"

static const struct jsonval *parse(const char *json)
{
    const struct jsonval *value = NULL;
    struct err_info info = {.code = ""};
    if (json != NULL) {
        int err = jsonread_parse(unit_arena, str_from(json), &value, &info);
        ck_assert_msg(err == 0, "%s: %s", json, info.message);
    }
    return value;
}

static const char *print(const struct jsonval *value)
{
    struct str text;
    struct err_info info = {.code = ""};
    ck_assert_int_eq(contactdata_print(unit_arena, value, &text, &info), 0);
    return text.at == NULL ? "none" : text.at;
}

/* ---- reading ------------------------------------------------------------------------------- */

static const struct {
    const char *data;
    const char *patch;
    const char *all;
} reads[] = {
    {"null", "none", "none"},
    {"{}", "none", "none"},
    {"{\"a\": 1.50, \"b\": [1, {\"c\": \"\"}]}", "{\"a\":1.5,\"b\":[1,{\"c\":\"\"}]}",
     "{\"a\":1.5,\"b\":[1,{\"c\":\"\"}]}"},
    {"{\"a\": null, \"b\": \"\", \"c\": {\"d\": \"\"}}", "{\"a\":null,\"c\":{\"d\":\"\"}}",
     "{\"a\":null,\"b\":\"\",\"c\":{\"d\":\"\"}}"},
    {"{\"a\": {\"value\": 5, \"persistent\": false}}", "none", "{\"a\":5}"},
    {"{\"a\": {\"persistent\": true, \"value\": 5}}", "{\"a\":5}", "{\"a\":5}"},
    {"{\"a\": {\"value\": \"\", \"persistent\": true}}", "none", "{\"a\":\"\"}"},
    /* Only that very shape is no object of the client's own. */
    {"{\"a\": {\"value\": 5}}", "{\"a\":{\"value\":5}}", "{\"a\":{\"value\":5}}"},
    {"{\"a\": {\"value\": 5, \"persistent\": 0}}", "{\"a\":{\"value\":5,\"persistent\":0}}",
     "{\"a\":{\"value\":5,\"persistent\":0}}"},
    {"{\"a\": {\"value\": 5, \"persistent\": false, \"x\": 1}}",
     "{\"a\":{\"value\":5,\"persistent\":false,\"x\":1}}",
     "{\"a\":{\"value\":5,\"persistent\":false,\"x\":1}}"},
    {"{\"id\": 1, \"plunk_id\": 1, \"plunk_email\": 1, \"email\": 1, \"createdAt\": 1,"
     " \"updatedAt\": 1, \"subscribed\": 1, \"unsubscribeUrl\": 1, \"subscribeUrl\": 1,"
     " \"manageUrl\": 1, \"Id\": 2}",
     "{\"Id\":2}",
     "{\"id\":1,\"plunk_id\":1,\"plunk_email\":1,\"email\":1,\"createdAt\":1,\"updatedAt\":1,"
     "\"subscribed\":1,\"unsubscribeUrl\":1,\"subscribeUrl\":1,\"manageUrl\":1,\"Id\":2}"},
    {"{\"a\": {\"id\": 1}}", "{\"a\":{\"id\":1}}", "{\"a\":{\"id\":1}}"},
    {"{\"locale\": \"de\"}", "{\"locale\":\"de\"}", "{\"locale\":\"de\"}"},
    {"{\"locale\": null}", "{\"locale\":null}", "{\"locale\":null}"},
};

START_TEST(takes_apart)
{
    struct contactdata_input input;
    struct err_info info = {.code = ""};
    int err = contactdata_read(unit_arena, parse(reads[_i].data), "data", &input, &info);
    ck_assert_msg(err == 0, "%s: %s", reads[_i].data, info.message);
    ck_assert_str_eq(print(input.patch), reads[_i].patch);
    ck_assert_str_eq(print(input.all), reads[_i].all);
}
END_TEST

START_TEST(absent_is_nothing)
{
    struct contactdata_input input;
    struct err_info info = {.code = ""};
    ck_assert_int_eq(contactdata_read(unit_arena, NULL, "data", &input, &info), 0);
    ck_assert_ptr_null(input.patch);
    ck_assert_ptr_null(input.all);
}
END_TEST

static const struct {
    const char *data;
    int err;
    const char *message; /* what it begins with */
} refusals[] = {
    {"[]", ERR_INVAL, "data must be an object"},
    {"5", ERR_INVAL, "data must be an object"},
    {"{\"a.b\": 1}", ERR_INVAL, "Data keys must not contain a dot"},
    {"{\"\": 1}", ERR_INVAL, "Data keys must not be empty"},
    {"{\"a\": {\"b\": [{\"\": 1}]}}", ERR_INVAL, "Data keys must not be empty"},
    {"{\"a\": {\"b.c\": 1}}", ERR_INVAL, "Data keys must not contain a dot"},
    {"{\"a\\n\": 1}", ERR_INVAL, "Data keys must not contain control"},
    {"{\"a\": {\"\\u0085\": 1}}", ERR_INVAL, "Data keys must not contain control"},
    {"{\"a\": {\"value\": {\"x.y\": 1}, \"persistent\": false}}", ERR_INVAL,
     "Data keys must not contain a dot"},
    {"{\"locale\": 5}", ERR_INVAL, "Locale must be a string"},
    {"{\"locale\": {\"value\": 5, \"persistent\": false}}", ERR_INVAL, "Locale must be a string"},
};

START_TEST(refuses)
{
    struct contactdata_input input;
    struct err_info info = {.code = ""};
    ck_assert_int_eq(contactdata_read(unit_arena, parse(refusals[_i].data), "here", &input, &info),
                     refusals[_i].err);
    ck_assert_msg(str_starts(str_from(info.message), str_from(refusals[_i].message)), "%s",
                  info.message);
    ck_assert_str_eq(info.item.field, "here");
}
END_TEST

/* {"aaa…": {"b": 1}} with a key of `key_bytes`. */
static int read_long_key(size_t key_bytes)
{
    struct contactdata_input input;
    struct err_info info = {.code = ""};
    char *json = arena_alloc(unit_arena, key_bytes + 20);
    memcpy(json, "{\"", 2);
    memset(json + 2, 'a', key_bytes);
    memcpy(json + 2 + key_bytes, "\":{\"b\":1}}", sizeof "\":{\"b\":1}}");
    return contactdata_read(unit_arena, parse(json), "data", &input, &info);
}

START_TEST(paths_have_a_length)
{
    ck_assert_int_eq(read_long_key(LIMIT_FILTER_PATH_BYTES - 2), 0);
    ck_assert_int_eq(read_long_key(LIMIT_FILTER_PATH_BYTES - 1), ERR_INVAL);
}
END_TEST

static int read_text(size_t bytes)
{
    struct contactdata_input input;
    struct err_info info = {.code = ""};
    char *json = arena_alloc(unit_arena, bytes + 1);
    memcpy(json, "{\"a\":\"", 6);
    memset(json + 6, 'x', bytes - 8);
    memcpy(json + bytes - 2, "\"}", 2);
    return contactdata_read(unit_arena, parse(json), "data", &input, &info);
}

START_TEST(data_has_a_size)
{
    ck_assert_int_eq(read_text(LIMIT_DATA_BYTES), 0);
    ck_assert_int_eq(read_text(LIMIT_DATA_BYTES + 1), ERR_UNPROCESSABLE);
}
END_TEST

/* ---- merging ------------------------------------------------------------------------------- */

static const struct {
    const char *stored; /* NULL: none */
    const char *patch;
    const char *merged; /* NULL: nothing changes */
} merges[] = {
    {NULL, "{\"a\": 1}", "{\"a\":1}"},
    {NULL, "{\"a\": null}", NULL},
    {"{\"a\": 1, \"b\": 2}", "{\"c\": 3, \"a\": 9}", "{\"a\":9,\"b\":2,\"c\":3}"},
    {"{\"a\": 1, \"b\": 2}", "{\"b\": null}", "{\"a\":1}"},
    {"{\"a\": 1, \"b\": 2}", "{\"b\": null, \"a\": null}", "none"},
    {"{\"a\": 1, \"b\": {\"c\": 1, \"d\": 2}}", "{\"a\": 1.0, \"b\": {\"d\": 2, \"c\": 1}}", NULL},
    {"{\"a\": 1}", "{\"b\": null}", NULL},
    {"{\"a\": {\"b\": 1, \"c\": 2}}", "{\"a\": {\"b\": 1}}", "{\"a\":{\"b\":1}}"},
    {"{\"a\": 1}", "{\"a\": \"1\"}", "{\"a\":\"1\"}"},
    {"{\"a\": 1}", "{\"a\": true}", "{\"a\":true}"},
    {"{\"a\": [1, 2]}", "{\"a\": [2, 1]}", "{\"a\":[2,1]}"},
};

START_TEST(merges_by_key)
{
    const struct jsonval *stored = parse(merges[_i].stored);
    const struct jsonval *merged = contactdata_merge(unit_arena, stored, parse(merges[_i].patch));
    if (merges[_i].merged == NULL) {
        ck_assert_ptr_eq(merged, stored);
    } else {
        ck_assert_ptr_ne(merged, stored);
        ck_assert_str_eq(print(merged), merges[_i].merged);
    }
}
END_TEST

static bool is_b(struct str key, void *ctx)
{
    (void)ctx;
    return str_eq_c(key, "b");
}

START_TEST(leaves_out_keys)
{
    ck_assert_str_eq(
        print(contactdata_without(unit_arena, parse("{\"a\":1,\"b\":2,\"c\":3}"), is_b, NULL)),
        "{\"a\":1,\"c\":3}");
    ck_assert_ptr_null(contactdata_without(unit_arena, parse("{\"b\":2}"), is_b, NULL));
    ck_assert_ptr_null(contactdata_without(unit_arena, NULL, is_b, NULL));
}
END_TEST

/* ---- fields -------------------------------------------------------------------------------- */

START_TEST(lists_fields_with_types)
{
    static const struct {
        const char *path;
        enum key_type type;
    } wanted[] = {
        {"s", KEY_TYPE_STRING},   {"n", KEY_TYPE_NUMBER},     {"t", KEY_TYPE_BOOL},
        {"l", KEY_TYPE_LIST},     {"o", KEY_TYPE_OBJECT},     {"o.p", KEY_TYPE_OBJECT},
        {"o.p.q", KEY_TYPE_BOOL}, {"empty", KEY_TYPE_OBJECT},
    };
    struct contactdata_field *fields;
    size_t count = contactdata_fields(
        unit_arena,
        parse("{\"s\": \"\", \"n\": 0, \"t\": false, \"z\": null, \"l\": [{\"deep\": 1}],"
              " \"o\": {\"z\": null, \"p\": {\"q\": true}}, \"empty\": {}}"),
        &fields);
    ck_assert_uint_eq(count, ARRAY_LEN(wanted));
    for (size_t i = 0; i < count; i++) {
        unit_str_eq(fields[i].path, wanted[i].path);
        ck_assert_int_eq(fields[i].type, wanted[i].type);
    }
    ck_assert(fields[6].value->boolean);
    ck_assert_uint_eq(contactdata_fields(unit_arena, NULL, &fields), 0);
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {
        {takes_apart, ARRAY_LEN(reads)},
        {absent_is_nothing, 0},
        {refuses, ARRAY_LEN(refusals)},
        {paths_have_a_length, 0},
        {data_has_a_size, 0},
        {merges_by_key, ARRAY_LEN(merges)},
        {leaves_out_keys, 0},
        {lists_fields_with_types, 0},
    };
    return UNIT_RUN("contactdata", cases);
}

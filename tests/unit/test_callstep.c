/* The request of a WEBHOOK step: default body, variables in each place, what cannot be broken. */
#include "flow/callstep.h"

#include <stdio.h>

#include "flow/stepconfig.h"
#include "unit.h"
#include "json/jsonread.h"

#define ID "11111111-2222-4333-8444-555555555555"
#define RUN "99999999-2222-4333-8444-555555555555"

static struct contact contact;
static struct callstep made;
static struct err_info info;

static struct uuid uuid_of(const char *text)
{
    struct uuid uuid;
    ck_assert(uuid_parse(str_from(text), &uuid));
    return uuid;
}

/* Makes the request of a step with this config; `context` may be NULL. */
static int make(const char *config, const char *data, const char *context)
{
    const struct jsonval *json = NULL;
    struct definition_step step = {.type = DEFINITION_WEBHOOK};
    info = (struct err_info){.message = ""};
    ck_assert_int_eq(jsonread_parse(unit_arena, str_from(config), &json, &info), 0);
    ck_assert_msg(stepconfig_read(unit_arena, json, "config", &step, &info) == 0, "%s",
                  info.message);
    contact = (struct contact){.ordinal = 3,
                               .uuid = uuid_of(ID),
                               .email = STR("ann@x.example"),
                               .status = CONTACT_SUBSCRIBED,
                               .data = data ? str_from(data) : (struct str){NULL, 0}};
    const struct callstep_subject subject = {.contact = &contact,
                                             .context = context ? str_from(context)
                                                                : (struct str){NULL, 0},
                                             .workflow = uuid_of(ID),
                                             .workflow_name = STR("Wel\"come"),
                                             .execution = uuid_of(RUN),
                                             .started_ms = 0};
    return callstep_make(unit_arena, &step, &subject, &made, &info);
}

START_TEST(default_body)
{
    ck_assert_int_eq(make("{\"url\":\"https://x.example/\"}", "{\"plan\":\"pro\"}", "{\"a\":1}"),
                     0);
    ck_assert_str_eq(made.method, "POST");
    unit_str_eq(made.url, "https://x.example/");
    unit_str_eq(made.body, "{\"contact\":{\"email\":\"ann@x.example\",\"subscribed\":true,"
                           "\"data\":{\"plan\":\"pro\"}},\"workflow\":{\"id\":\"" ID
                           "\",\"name\":\"Wel\\\"come\"},\"execution\":{\"id\":\"" RUN
                           "\",\"startedAt\":\"1970-01-01T00:00:00.000Z\"},\"event\":{\"a\":1}}");
    ck_assert_str_eq(made.headers[0], "Content-Type: application/json");
    ck_assert_ptr_null(made.headers[1]);
    ck_assert_int_eq(make("{\"url\":\"https://x.example/\"}", NULL, NULL), 0);
    ck_assert_ptr_nonnull(strstr(made.body.at, "\"data\":{}},"));
    ck_assert_ptr_nonnull(strstr(made.body.at, "\"event\":{}}"));
}
END_TEST

START_TEST(variables)
{
    ck_assert_int_eq(
        make("{\"url\":\"https://x.example/{{id}}?m={{email}}&n={{name ?? none}}\","
             "\"method\":\"put\",\"headers\":{\"X-Name\":\"<{{data.name}}>\",\"X-None\":\"{{no}}\","
             "\"content-type\":\"text/plain\"},"
             "\"body\":{\"to\":\"{{email}}\",\"list\":[1,\"{{event.sum}}\",null]}}",
             "{\"name\":\"a\\\"b\\r\\nX: y\"}", "{\"sum\":2.5}"),
        0);
    ck_assert_str_eq(made.method, "PUT");
    unit_str_eq(made.url, "https://x.example/" ID "?m=ann%40x.example&n=a%22b%0D%0AX%3A%20y");
    ck_assert_str_eq(made.headers[0], "X-Name: <a\"b  X: y>");
    ck_assert_str_eq(made.headers[1], "X-None;");
    ck_assert_str_eq(made.headers[2], "content-type: text/plain");
    ck_assert_ptr_null(made.headers[3]);
    unit_str_eq(made.body, "{\"to\":\"ann@x.example\",\"list\":[1,\"2.5\",null]}");
}
END_TEST

/* A value cannot get out of its string. */
START_TEST(text_that_holds_json)
{
    ck_assert_int_eq(
        make("{\"url\":\"https://x.example/\",\"body\":\"{\\\"a\\\": \\\"{{v}}\\\"}\"}",
             "{\"v\":\"\\\",\\\"b\\\":\\\"\"}", NULL),
        0);
    unit_str_eq(made.body, "{\"a\":\"\\\",\\\"b\\\":\\\"\"}");
    ck_assert_int_eq(make("{\"url\":\"https://x.example/\",\"body\":\"Hello {{v}}\"}",
                          "{\"v\":\"<you>\"}", NULL),
                     0);
    unit_str_eq(made.body, "Hello <you>");
}
END_TEST

START_TEST(get_has_no_body)
{
    ck_assert_int_eq(
        make("{\"url\":\"https://x.example/\",\"method\":\"GET\",\"body\":[1]}", NULL, NULL), 0);
    ck_assert_ptr_null(made.body.at);
    ck_assert_ptr_null(made.headers[0]);
}
END_TEST

START_TEST(too_long)
{
    char data[10000];
    (void)snprintf(data, sizeof data, "{\"v\":\"%09000d\"}", 1);
    ck_assert_int_eq(make("{\"url\":\"https://x.example/{{v}}\"}", data, NULL), ERR_UNPROCESSABLE);
    ck_assert_ptr_nonnull(strstr(info.message, "the URL would be longer than 2048 bytes"));
    ck_assert_int_eq(
        make("{\"url\":\"https://x.example/\",\"headers\":{\"X\":\"{{v}}\"}}", data, NULL),
        ERR_UNPROCESSABLE);
    ck_assert_ptr_nonnull(strstr(info.message, "the header X would be longer"));
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {{default_body, 0},
                                      {variables, 0},
                                      {text_that_holds_json, 0},
                                      {get_has_no_body, 0},
                                      {too_long, 0}};
    return UNIT_RUN("callstep", cases);
}

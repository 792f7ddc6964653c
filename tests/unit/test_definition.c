/* Definitions: text to tree and back, ways through it, and what steps may be told. */
#include "flow/definition.h"

#include "base/limits.h"
#include "flow/stepconfig.h"
#include "unit.h"
#include "json/jsonread.h"

#define FILTER                                                                                     \
    "{\"logic\":\"AND\",\"groups\":[{\"filters\":[{\"field\":\"data.plan\",\"operator\":"          \
    "\"equals\""                                                                                   \
    ",\"value\":\"pro\"}]}]}"
#define UUID "11111111-2222-4333-8444-555555555555"

/* Everything that a definition can hold, as it is printed. */
static const char whole[] =
    "{\"trigger\":{\"type\":\"SCHEDULE\",\"config\":{\"cron\":\"0 9 * * 1\",\"condition\":" FILTER
    "}},\"allowReentry\":true,\"steps\":["
    "{\"id\":\"t\",\"type\":\"TRIGGER\",\"name\":\"Trigger\",\"config\":{},"
    "\"position\":{\"x\":0,\"y\":0}},"
    "{\"id\":\"m\",\"type\":\"SEND_EMAIL\",\"name\":\"Mail\",\"config\":{\"templateId\":\"" UUID
    "\",\"from\":\"me@example.com\"}},"
    "{\"id\":\"d\",\"type\":\"DELAY\",\"name\":\"D\",\"config\":{\"amount\":2,\"unit\":\"days\"}},"
    "{\"id\":\"w\",\"type\":\"WAIT_FOR_EVENT\",\"name\":\"W\",\"config\":{\"eventName\":"
    "\"email.open\",\"timeout\":60}},"
    "{\"id\":\"c\",\"type\":\"CONDITION\",\"name\":\"C\",\"config\":{\"filter\":" FILTER "}},"
    "{\"id\":\"h\",\"type\":\"WEBHOOK\",\"name\":\"H\",\"config\":{\"url\":\"https://x.example/\","
    "\"method\":\"put\",\"headers\":{\"X-Key\":\"k\"},\"body\":[1]}},"
    "{\"id\":\"u\",\"type\":\"UPDATE_CONTACT\",\"name\":\"U\",\"config\":{\"data\":{\"a\":1}}},"
    "{\"id\":\"x\",\"type\":\"EXIT\",\"name\":\"X\",\"config\":{\"reason\":\"done\"}}],"
    "\"transitions\":[{\"id\":\"1\",\"from\":\"t\",\"to\":\"m\"},{\"id\":\"2\",\"from\":\"m\","
    "\"to\":\"x\",\"priority\":5},{\"id\":\"3\",\"from\":\"m\",\"to\":\"w\",\"priority\":-1},"
    "{\"from\":\"w\",\"to\":\"c\",\"branch\":\"EVENT\"},"
    "{\"from\":\"w\",\"to\":\"x\",\"branch\":\"TIMEOUT\"}]}";

static struct definition read_whole(void)
{
    struct definition d;
    struct err_info info = {.message = ""};
    ck_assert_msg(definition_read(unit_arena, str_from(whole), &d, &info) == 0, "%s", info.message);
    return d;
}

START_TEST(prints_what_it_read)
{
    struct definition d = read_whole();
    struct str text;
    struct err_info info = {.message = ""};
    ck_assert_int_eq(definition_print(unit_arena, &d, &text, &info), 0);
    unit_str_eq(text, whole);
}
END_TEST

START_TEST(reads_configs)
{
    struct definition d = read_whole();
    ck_assert_int_eq(d.trigger, DEFINITION_SCHEDULE);
    unit_str_eq(d.cron, "0 9 * * 1");
    ck_assert_ptr_nonnull(d.audience);
    ck_assert(d.allow_reentry);
    unit_str_eq(d.steps[1].from, "me@example.com");
    ck_assert_int_eq(d.steps[2].wait_ms, INT64_C(172800000));
    unit_str_eq(d.steps[3].event, "email.opened");
    ck_assert_int_eq(d.steps[3].wait_ms, 60000);
    ck_assert_ptr_nonnull(d.steps[4].filter);
    unit_str_eq(d.steps[5].method, "PUT");
    ck_assert_uint_eq(d.steps[5].body->count, 1);
    ck_assert_uint_eq(d.steps[6].data->count, 1);
    unit_str_eq(d.steps[7].reason, "done");
}
END_TEST

START_TEST(goes_along)
{
    struct definition d = read_whole();
    const struct definition_step *mail = definition_start(&d);
    unit_str_eq(mail->id, "m");
    const struct definition_step *wait = definition_next(&d, mail, DEFINITION_NEXT);
    unit_str_eq(wait->id, "w"); /* the smaller priority */
    unit_str_eq(definition_next(&d, wait, DEFINITION_EVENTED)->id, "c");
    unit_str_eq(definition_next(&d, wait, DEFINITION_TIMEOUT)->id, "x");
    ck_assert_ptr_null(definition_next(&d, wait, DEFINITION_NEXT));
    ck_assert_ptr_null(definition_find(&d, STR("nobody")));
}
END_TEST

START_TEST(knows_its_events)
{
    struct definition d = read_whole();
    struct str *names;
    ck_assert_uint_eq(definition_events(unit_arena, &d, &names), 1);
    unit_str_eq(names[0], "email.opened");
    d.trigger = DEFINITION_EVENT;
    d.event = STR("email.opened");
    ck_assert_uint_eq(definition_events(unit_arena, &d, &names), 1);
    d.event = STR("bought");
    ck_assert_uint_eq(definition_events(unit_arena, &d, &names), 2);
    ck_assert_uint_eq(definition_waits(unit_arena, &d, &names), 1);
}
END_TEST

static const char *const broken[] = {
    "",
    "[]",
    "{}",
    "{\"trigger\":{\"type\":\"NEVER\"},\"steps\":[],\"transitions\":[]}",
    "{\"trigger\":{\"type\":\"EVENT\"},\"steps\":[],\"transitions\":[]}",
    "{\"trigger\":{\"type\":\"MANUAL\"},\"steps\":[{\"id\":\"a\",\"type\":\"DELAY\",\"name\":\"\","
    "\"config\":{}}],\"transitions\":[]}",
    "{\"trigger\":{\"type\":\"MANUAL\"},\"steps\":[],\"transitions\":[{\"from\":\"a\",\"to\":"
    "\"b\"}]}",
};

START_TEST(says_what_is_broken)
{
    struct definition d;
    struct err_info info = {.message = ""};
    ck_assert_int_eq(definition_read(unit_arena, str_from(broken[_i]), &d, &info), ERR_CORRUPT);
    ck_assert(info.message[0] != '\0');
}
END_TEST

/* ---- what steps may be told ---------------------------------------------------------------- */

static const struct {
    enum definition_type type;
    const char *config;
    const char *field; /* where it is refused; NULL: it is good */
} configs[] = {
    {DEFINITION_TRIGGER, "{\"what\":\"ever\"}", NULL},
    {DEFINITION_DELAY, "{\"amount\":0.5,\"unit\":\"hours\"}", NULL},
    {DEFINITION_DELAY, "[]", "config"},
    {DEFINITION_DELAY, "{\"unit\":\"hours\"}", "config.amount"},
    {DEFINITION_DELAY, "{\"amount\":1}", "config.unit"},
    {DEFINITION_DELAY, "{\"amount\":1,\"unit\":\"years\"}", "config.unit"},
    {DEFINITION_DELAY, "{\"amount\":0,\"unit\":\"hours\"}", "config.amount"},
    {DEFINITION_DELAY, "{\"amount\":-1,\"unit\":\"hours\"}", "config.amount"},
    {DEFINITION_DELAY, "{\"amount\":\"1\",\"unit\":\"hours\"}", "config.amount"},
    {DEFINITION_DELAY, "{\"amount\":1,\"unit\":\"minutes\"}", NULL},
    {DEFINITION_DELAY, "{\"amount\":0.5,\"unit\":\"minutes\"}", "config.amount"},
    {DEFINITION_WAIT_FOR_EVENT, "{\"eventName\":\"a\",\"timeout\":0.5}", "config.timeout"},
    {DEFINITION_WAIT_FOR_EVENT, "{\"eventName\":\"email.no\",\"timeout\":5}", "config.eventName"},
    {DEFINITION_DELAY, "{\"amount\":3661,\"unit\":\"days\"}", "config.amount"},
    {DEFINITION_DELAY, "{\"amount\":1e300,\"unit\":\"days\"}", "config.amount"},
    {DEFINITION_SEND_EMAIL, "{\"templateId\":\"" UUID "\"}", NULL},
    {DEFINITION_SEND_EMAIL, "{}", "config.templateId"},
    {DEFINITION_SEND_EMAIL, "{\"templateId\":\"5\"}", "config.templateId"},
    {DEFINITION_SEND_EMAIL, "{\"templateId\":\"" UUID "\",\"from\":\"nobody\"}", "config.from"},
    {DEFINITION_WAIT_FOR_EVENT, "{\"eventName\":\"a\",\"timeout\":1}", NULL},
    {DEFINITION_WAIT_FOR_EVENT, "{\"timeout\":1}", "config.eventName"},
    {DEFINITION_WAIT_FOR_EVENT, "{\"eventName\":\" \",\"timeout\":1}", "config.eventName"},
    {DEFINITION_WAIT_FOR_EVENT, "{\"eventName\":\"a\\nb\",\"timeout\":1}", "config.eventName"},
    {DEFINITION_WAIT_FOR_EVENT, "{\"eventName\":\"a\"}", "config.timeout"},
    {DEFINITION_CONDITION, "{\"filter\":" FILTER "}", NULL},
    {DEFINITION_CONDITION, "{\"opened\":\"m\"}", NULL},
    {DEFINITION_CONDITION, "{}", "config.filter"},
    {DEFINITION_CONDITION, "{\"filter\":{\"logic\":\"AND\",\"groups\":[]}}", "config.filter"},
    {DEFINITION_WEBHOOK, "{\"url\":\"https://a.example/{{id}}\"}", NULL},
    {DEFINITION_WEBHOOK, "{}", "config.url"},
    {DEFINITION_WEBHOOK, "{\"url\":\"https://a.example/\",\"method\":\"BREW\"}", "config.method"},
    {DEFINITION_WEBHOOK, "{\"url\":\"https://a.example/\",\"headers\":[]}", "config.headers"},
    {DEFINITION_WEBHOOK, "{\"url\":\"https://a.example/\",\"headers\":{\"A\":1}}",
     "config.headers.A"},
    {DEFINITION_WEBHOOK, "{\"url\":\"https://a.example/\",\"headers\":{\"Host\":\"b\"}}",
     "config.headers"},
    {DEFINITION_WEBHOOK, "{\"url\":\"https://a.example/\",\"headers\":{\"A B\":\"b\"}}",
     "config.headers"},
    {DEFINITION_WEBHOOK, "{\"url\":\"https://a.example/\",\"headers\":{\"A\":\"b\\r\\nC: d\"}}",
     "config.headers.A"},
    {DEFINITION_UPDATE_CONTACT, "{\"data\":{\"a\":null}}", NULL},
    {DEFINITION_UPDATE_CONTACT, "{}", "config.data"},
    {DEFINITION_UPDATE_CONTACT, "{\"data\":{}}", "config.data"},
    {DEFINITION_UPDATE_CONTACT, "{\"data\":{\"email\":\"a@b.c\"}}", "config.data"},
    {DEFINITION_UPDATE_CONTACT, "{\"data\":{\"a.b\":1}}", "config.data"},
    {DEFINITION_EXIT, "{}", NULL},
    {DEFINITION_EXIT, "{\"reason\":5}", "config.reason"},
};

START_TEST(judges_configs)
{
    const struct jsonval *config = NULL;
    struct definition_step step = {.type = configs[_i].type};
    struct err_info info = {.message = ""};
    ck_assert_int_eq(jsonread_parse(unit_arena, str_from(configs[_i].config), &config, &info), 0);
    int err = stepconfig_read(unit_arena, config, "config", &step, &info);
    if (configs[_i].field == NULL) {
        ck_assert_msg(err == 0, "%s: %s", configs[_i].config, info.message);
        return;
    }
    ck_assert_msg(err == ERR_UNPROCESSABLE || err == ERR_INVAL, "%s: %d", configs[_i].config, err);
    ck_assert_str_eq(info.item.field, configs[_i].field);
}
END_TEST

/* What is stored must read back, so it may not be as deep as a body. */
START_TEST(refuses_depth)
{
    const struct jsonval *config = NULL;
    struct definition_step step = {.type = DEFINITION_WEBHOOK};
    struct err_info info = {.message = ""};
    const char *body = "1";
    for (unsigned i = 0; i < LIMIT_FLOW_CONFIG_DEPTH; i++) {
        body = arena_printf(unit_arena, "[%s]", body);
    }
    body = arena_printf(unit_arena, "{\"url\":\"https://a.example/\",\"body\":%s}", body);
    ck_assert_int_eq(jsonread_parse(unit_arena, str_from(body), &config, &info), 0);
    ck_assert_int_eq(stepconfig_read(unit_arena, config, "config", &step, &info),
                     ERR_UNPROCESSABLE);
}
END_TEST

START_TEST(refuses_what_is_too_large)
{
    struct definition d = read_whole();
    struct err_info info = {.message = ""};
    struct str text;
    struct str *name = &d.steps[0].name;
    *name = (struct str){arena_alloc(unit_arena, LIMIT_FLOW_BYTES), LIMIT_FLOW_BYTES};
    memset((char *)(uintptr_t)name->at, 'a', name->len);
    ck_assert_int_eq(definition_print(unit_arena, &d, &text, &info), ERR_UNPROCESSABLE);
}
END_TEST

static const struct {
    enum definition_trigger trigger;
    const char *config;
    const char *field;
} triggers[] = {
    {DEFINITION_MANUAL, "null", NULL},
    {DEFINITION_EVENT, "{\"eventName\":\"a\"}", NULL},
    {DEFINITION_EVENT, "null", "triggerConfig.eventName"},
    {DEFINITION_EVENT, "5", "triggerConfig"},
    {DEFINITION_SCHEDULE, "{\"cron\":\"@daily\"}", NULL},
    {DEFINITION_SCHEDULE, "{}", "triggerConfig.cron"},
    {DEFINITION_SCHEDULE, "{\"cron\":\"now\"}", "triggerConfig.cron"},
    {DEFINITION_SCHEDULE, "{\"cron\":\"@daily\",\"condition\":{}}", "triggerConfig.condition"},
};

START_TEST(judges_triggers)
{
    const struct jsonval *config = NULL;
    struct definition d = {.step_count = 0};
    struct err_info info = {.message = ""};
    ck_assert_int_eq(jsonread_parse(unit_arena, str_from(triggers[_i].config), &config, &info), 0);
    int err = stepconfig_read_trigger(unit_arena, triggers[_i].trigger, config, "triggerConfig", &d,
                                      &info);
    if (triggers[_i].field == NULL) {
        ck_assert_msg(err == 0, "%s", info.message);
        return;
    }
    ck_assert_int_lt(err, 0);
    ck_assert_str_eq(info.item.field, triggers[_i].field);
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {
        {prints_what_it_read, 0},
        {reads_configs, 0},
        {goes_along, 0},
        {knows_its_events, 0},
        {says_what_is_broken, ARRAY_LEN(broken)},
        {judges_configs, ARRAY_LEN(configs)},
        {refuses_depth, 0},
        {refuses_what_is_too_large, 0},
        {judges_triggers, ARRAY_LEN(triggers)},
    };
    return UNIT_RUN("definition", cases);
}

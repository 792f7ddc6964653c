/* Steps of sequences: how they are read, and the definition that they come to. */
#include "flow/sequencesteps.h"

#include "unit.h"
#include "json/jsonread.h"

static struct sequencesteps steps_of(const char *text)
{
    const struct jsonval *json = NULL;
    struct sequencesteps steps;
    struct err_info info = {.message = ""};
    ck_assert_int_eq(jsonread_parse(unit_arena, str_from(text), &json, &info), 0);
    ck_assert_msg(sequencesteps_read(unit_arena, json, 0, &steps, &info) == 0, "%s", info.message);
    return steps;
}

static struct definition definition_of(const char *text)
{
    static const struct uuid templates[8] = {{.bytes = {7}}, {.bytes = {8}}};
    struct sequencesteps steps = steps_of(text);
    struct definition definition;
    struct err_info info = {.message = ""};
    int err = sequencesteps_definition(unit_arena, &steps, DEFINITION_LIST_ADD, 5, templates,
                                       &definition, &info);
    ck_assert_msg(err == 0, "%s", info.message);
    return definition;
}

static const char *next_of(const struct definition *definition, const char *id,
                           enum definition_branch branch)
{
    const struct definition_step *step = definition_find(definition, str_from(id));
    ck_assert_ptr_nonnull(step);
    step = definition_next(definition, step, branch);
    return step != NULL ? str_copy(unit_arena, step->id).at : NULL;
}

START_TEST(steps_follow_one_another)
{
    struct definition d = definition_of("[{\"type\":\"email\",\"templateId\":1},"
                                        "{\"type\":\"delay\",\"hours\":1.5},"
                                        "{\"type\":\"email\",\"templateId\":2}]");
    ck_assert_int_eq(d.trigger, DEFINITION_LIST_ADD);
    ck_assert_uint_eq(d.thing, 5);
    ck_assert(d.allow_reentry);
    unit_str_eq(definition_start(&d)->id, "0");
    ck_assert_int_eq(definition_start(&d)->type, DEFINITION_SEND_EMAIL);
    ck_assert_int_eq(definition_start(&d)->template_uuid.bytes[0], 7);
    ck_assert_str_eq(next_of(&d, "0", DEFINITION_NEXT), "1");
    ck_assert_int_eq(definition_find(&d, STR("1"))->wait_ms, 5400000);
    ck_assert_str_eq(next_of(&d, "1", DEFINITION_NEXT), "2");
    ck_assert_ptr_null(next_of(&d, "2", DEFINITION_NEXT));
}
END_TEST

START_TEST(conditions_jump)
{
    struct definition d = definition_of(
        "[{\"type\":\"email\",\"templateId\":1},{\"type\":\"delay\",\"days\":1},"
        "{\"type\":\"condition\",\"opened\":0,\"then\":\"end\",\"else\":0},"
        "{\"type\":\"condition\",\"rules\":{\"operator\":\"AND\",\"conditions\":[{\"type\":\"tag\","
        "\"op\":\"has\",\"tagId\":5}]},\"then\":4},{\"type\":\"delay\",\"minutes\":1}]");
    unit_str_eq(definition_find(&d, STR("2"))->opened, "0");
    ck_assert_ptr_null(next_of(&d, "2", DEFINITION_YES));
    ck_assert_str_eq(next_of(&d, "2", DEFINITION_NO), "0");
    ck_assert_ptr_nonnull(definition_find(&d, STR("3"))->filter);
    ck_assert_str_eq(next_of(&d, "3", DEFINITION_YES), "4");
    ck_assert_str_eq(next_of(&d, "3", DEFINITION_NO), "4");
}
END_TEST

START_TEST(nothing_to_do)
{
    struct definition d = definition_of("[]");
    ck_assert_ptr_null(definition_start(&d));
}
END_TEST

/* Read, and then whether they hang together. */
static const struct {
    const char *steps;
    const char *message; /* part of it; NULL: all is well */
} judged[] = {
    {"[]", NULL},
    {"[{\"type\":\"delay\",\"days\":3660}]", NULL},
    {"[{\"type\":\"delay\",\"minutes\":0}]", "steps.0.minutes must be a number above 0"},
    {"[{\"type\":\"delay\",\"minutes\":0.5}]", "steps.0.minutes must be at least 1 minute"},
    {"[{\"type\":\"delay\",\"days\":3660.5}]", "steps.0.days must be at most 3660 days"},
    {"[{\"type\":\"email\",\"templateId\":0}]", "Template not found"},
    {"[{\"type\":\"email\",\"templateId\":1.5}]", "steps.0.templateId must be a number"},
    {"[{\"type\":\"email\",\"templateId\":4294967297}]", "Template not found"},
    {"[{\"type\":\"condition\",\"opened\":0,\"rules\":{}}]", "must have either rules"},
    {"[{\"type\":\"condition\",\"opened\":0}]", "names no SEND_EMAIL step"},
    {"[{\"type\":\"email\",\"templateId\":1},{\"type\":\"condition\",\"opened\":0,\"then\":-1}]",
     "steps.1.then must be the index"},
    {"[{\"type\":\"email\",\"templateId\":1},{\"type\":\"condition\",\"opened\":0,\"then\":0}]",
     "\"steps.0 (email)\" -> \"steps.1 (condition)\" -> \"steps.0 (email)\""},
    {"[{\"type\":\"email\",\"templateId\":1},{\"type\":\"condition\",\"opened\":0,\"then\":\"end\","
     "\"else\":\"end\"},{\"type\":\"delay\",\"days\":1}]",
     "to \"steps.2 (delay)\""},
    {"[{\"type\":\"email\",\"templateId\":1},{\"type\":\"delay\",\"days\":1},{\"type\":"
     "\"condition\",\"opened\":0,\"else\":0}]",
     NULL},
};

START_TEST(what_cannot_be_done_is_refused)
{
    const struct jsonval *json = NULL;
    struct sequencesteps steps;
    struct err_info info = {.message = ""};
    ck_assert_int_eq(jsonread_parse(unit_arena, str_from(judged[_i].steps), &json, &info), 0);
    int err = sequencesteps_read(unit_arena, json, 0, &steps, &info);
    if (err == 0) {
        err = sequencesteps_check(unit_arena, &steps, &info);
    }
    ck_assert_msg((err == 0) == (judged[_i].message == NULL), "%s", info.message);
    if (err < 0) {
        ck_assert_msg(strstr(info.message, judged[_i].message) != NULL, "%s", info.message);
    }
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {
        {steps_follow_one_another, 0},
        {conditions_jump, 0},
        {nothing_to_do, 0},
        {what_cannot_be_done_is_refused, ARRAY_LEN(judged)},
    };
    return UNIT_RUN("sequencesteps", cases);
}

/* What POST /webhooks says before it needs a database: no master key, and a list that is broken. */
#include "api/webhooks.h"

#include <string.h>

#include "api/phases.h"
#include "unit.h"
#include "json/jsonread.h"

static struct api_context context;
static struct api_response res;
static struct err_info info;

static int create(const char *body)
{
    struct api_request req = {.arena = unit_arena, .context = &context};
    info = (struct err_info){.message = ""};
    ck_assert_int_eq(jsonread_parse(unit_arena, str_from(body), &req.json, &info), 0);
    phases_init(&res);
    return webhooks_create(&req, &res, &info);
}

/* The client learns that it is not its fault, the log what to mend. */
START_TEST(without_a_master_key)
{
    context = (struct api_context){.master_key_file = "/nowhere/master.key"};
    ck_assert_int_eq(create("{\"url\":\"https://example.com/\"}"), 0);
    ck_assert_int_eq(res.status, 503);
    ck_assert_ptr_nonnull(strstr(res.body.at, "MUSTER_MASTER_KEY_FILE"));
    ck_assert_ptr_null(strstr(res.body.at, "/nowhere"));
    ck_assert_int_lt(res.err, 0);
    ck_assert_ptr_nonnull(strstr(res.problem, "/nowhere/master.key"));
    phases_done(&res);
}
END_TEST

/* A list that cannot be read opens nothing. */
START_TEST(with_a_broken_list_of_ranges)
{
    context = (struct api_context){.webhook_allow = "127.0.0.0/8,nonsense"};
    ck_assert_int_eq(create("{\"url\":\"https://127.0.0.1/\"}"), ERR_INTERNAL);
    ck_assert_ptr_nonnull(strstr(info.message, "MUSTER_WEBHOOK_ALLOW"));
    phases_done(&res);
}
END_TEST

START_TEST(the_reason_stands_at_the_field)
{
    context = (struct api_context){.webhook_allow = ""};
    ck_assert_int_eq(create("{\"url\":\"https://127.0.0.1/\"}"), ERR_UNPROCESSABLE);
    ck_assert_str_eq(info.item.field, "url");
    ck_assert_str_eq(info.item.code, "invalid_url");
    ck_assert_ptr_nonnull(strstr(info.item.message, "private or reserved"));
    phases_done(&res);
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {
        {without_a_master_key, 0},
        {with_a_broken_list_of_ranges, 0},
        {the_reason_stands_at_the_field, 0},
    };
    return UNIT_RUN("webhooks", cases);
}

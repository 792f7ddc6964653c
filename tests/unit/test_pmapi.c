/* What the dialects share in api/: paths and dialects, public ids, pages, errors, the rate limit.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/errors.h"
#include "api/phases.h"
#include "api/pmcontactfields.h"
#include "api/pushmail.h"
#include "api/ratelimit.h"
#include "api/routes.h"
#include "api/site.h"
#include "json/jsonread.h"

static struct arena *arena;
static struct hostmem *memory;
static char memory_path[] = "pmapi-hostmem";
static struct api_context context;
static struct api_response res;

static void set_up(void)
{
    struct err_info info = {0};
    arena = arena_new();
    (void)unlink(memory_path);
    ck_assert_int_eq(hostmem_open(memory_path, &memory, &info), 0);
    context = (struct api_context){.hostmem = memory};
    phases_init(&res);
}

static void tear_down(void)
{
    phases_done(&res);
    hostmem_close(memory);
    (void)unlink(memory_path);
    arena_free(arena);
}

static const struct jsonval *json(const char *text)
{
    const struct jsonval *value = NULL;
    struct err_info info = {0};
    ck_assert_msg(jsonread_parse(arena, str_from(text), &value, &info) == 0, "%s", text);
    return value;
}

/* ---- paths --------------------------------------------------------------------------------- */

START_TEST(the_path_decides_the_dialect)
{
    const struct {
        const char *path;
        enum api_dialect dialect;
    } cases[] = {
        {"/api/v1", API_PUSHMAIL},
        {"/api/v1/", API_PUSHMAIL},
        {"/api/v1/contacts", API_PUSHMAIL},
        {"/api", API_MAILPANDA},
        {"/api/contacts", API_MAILPANDA},
        {"/api/v10/contacts", API_MAILPANDA},
        {"/apix", API_PLUNK},
        {"/", API_PLUNK},
        {"/contacts", API_PLUNK},
        {"/v1/track", API_PLUNK},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        ck_assert_msg(routes_dialect(str_from(cases[i].path)) == cases[i].dialect, "%s",
                      cases[i].path);
}
END_TEST

/* The parts after the abbreviations are spelled out, with '/' between. */
static const char *expanded(const char *path)
{
    struct api_request req = {.arena = arena, .raw_path = str_from(path)};
    struct err_info info = {0};
    const char *text = "";
    ck_assert_int_eq(routes_split(&req, &info), 0);
    bool changed = routes_expand(&req);
    for (unsigned i = 0; i < req.part_count; i++)
        text = arena_printf(arena, "%s/" STR_FMT, text, STR_ARG(req.parts[i]));
    ck_assert_msg(changed == (strcmp(text, path) != 0), "%s", path);
    return text;
}

START_TEST(abbreviated_paths_are_pushmails)
{
    ck_assert_str_eq(expanded("/v1/segments"), "/api/v1/segments");
    ck_assert_str_eq(expanded("/v1/segments/7/contacts"), "/api/v1/segments/7/contacts");
    ck_assert_str_eq(expanded("/v1/sites/1"), "/api/v1/sites/1");
    ck_assert_str_eq(expanded("/v1/tags"), "/api/v1/tags");
    ck_assert_str_eq(expanded("/v1/lists/2"), "/api/v1/lists/2");
    ck_assert_str_eq(expanded("/v1/sequences"), "/api/v1/sequences");
    ck_assert_str_eq(expanded("/v1/track"), "/v1/track");
    ck_assert_str_eq(expanded("/v1/email-events"), "/v1/email-events");
    ck_assert_str_eq(expanded("/v1"), "/v1");
    ck_assert_str_eq(expanded("/segments"), "/segments");
}
END_TEST

/* ---- ids and pages ------------------------------------------------------------------------- */

START_TEST(ids_name_site_and_number)
{
    struct api_request first = {.arena = arena};
    struct api_request second = {.arena = arena, .site_index = 1};
    struct err_info info = {0};
    uint32_t n = 0;
    ck_assert_uint_eq(pushmail_id(&first, 7), 7);
    ck_assert_uint_eq(pushmail_id(&second, 7), UINT64_C(4294967303));
    second.path_args[0] = STR("4294967303");
    ck_assert_int_eq(pushmail_path_id(&second, 0, "Thing not found", &n, &info), 0);
    ck_assert_uint_eq(n, 7);
    const char *const missing[] = {"7", "4294967296", "8589934599", "x", "-1", "", "1e3"};
    for (size_t i = 0; i < ARRAY_LEN(missing); i++) {
        second.path_args[0] = str_from(missing[i]);
        ck_assert_int_eq(pushmail_path_id(&second, 0, "Thing not found", &n, &info), ERR_NOT_FOUND);
        ck_assert_str_eq(info.message, "Thing not found");
    }
    ck_assert(pushmail_number(&second, json("4294967303"), &n) && n == 7);
    ck_assert(pushmail_number(&second, json("\"4294967303\""), &n) && n == 7);
    const char *const none[] = {"7",    "0",     "-1", "4294967303.5", "null",
                                "true", "\"x\"", "[]", "4294967296",   "1e300"};
    for (size_t i = 0; i < ARRAY_LEN(none); i++)
        ck_assert_msg(!pushmail_number(&second, json(none[i]), &n), "%s", none[i]);
}
END_TEST

static struct api_request asking(const char *name, const char *value)
{
    struct api_request req = {.arena = arena, .query_count = 1};
    req.query[0] = (struct api_param){str_from(name), str_from(value)};
    return req;
}

START_TEST(pages)
{
    struct pushmail_page page;
    struct err_info info = {0};
    struct api_request req = {.arena = arena};
    ck_assert_int_eq(pushmail_page_read(&req, &page, &info), 0);
    ck_assert(page.page == 1 && page.limit == 50);
    req = asking("limit", "1000");
    ck_assert_int_eq(pushmail_page_read(&req, &page, &info), 0);
    ck_assert_uint_eq(page.limit, 100);
    req = asking("limit", "0");
    ck_assert_int_eq(pushmail_page_read(&req, &page, &info), ERR_INVAL);
    req = asking("page", "99999999999999");
    ck_assert_int_eq(pushmail_page_read(&req, &page, &info), 0);
    ck_assert_uint_eq(page.page, UINT32_MAX);
}
END_TEST

START_TEST(site_ids)
{
    struct err_info info = {0};
    bool given = true;
    uint32_t index = 9;
    struct api_request req = {.arena = arena};
    ck_assert_int_eq(site_read_id(&req, &given, &index, &info), 0);
    ck_assert(!given);
    req = asking("siteId", "2");
    ck_assert_int_eq(site_read_id(&req, &given, &index, &info), 0);
    ck_assert(given && index == 1);
    req.json = json("{\"siteId\":3}");
    ck_assert_int_eq(site_read_id(&req, &given, &index, &info), 0);
    ck_assert(given && index == 2);
    req.json = json("{\"siteId\":null}");
    ck_assert_int_eq(site_read_id(&req, &given, &index, &info), 0);
    ck_assert(given && index == 1);
    req.json = json("{\"siteId\":0}");
    ck_assert_int_eq(site_read_id(&req, &given, &index, &info), 0);
    ck_assert(given && index == UINT32_MAX);
    req.json = json("{\"siteId\":[]}");
    ck_assert_int_eq(site_read_id(&req, &given, &index, &info), ERR_INVAL);
    req = asking("siteId", "x");
    ck_assert_int_eq(site_read_id(&req, &given, &index, &info), ERR_INVAL);
    ck_assert_ptr_nonnull(strstr(info.message, "siteId"));
}
END_TEST

/* ---- errors -------------------------------------------------------------------------------- */

static const char *answered(enum api_dialect dialect, int err, const struct err_info *info)
{
    struct api_request req = {.arena = arena, .dialect = dialect};
    errors_answer(&req, &res, err, info);
    return arena_printf(arena, "%d " STR_FMT, res.status, STR_ARG(buf_str(&res.body)));
}

START_TEST(errors_are_a_text)
{
    struct err_info info = {0};
    int err = err_set(&info, ERR_NOT_FOUND, "CONTACT_NOT_FOUND", "Contact not found");
    ck_assert_str_eq(answered(API_PUSHMAIL, err, &info), "404 {\"error\":\"Contact not found\"}");
    ck_assert_str_eq(answered(API_MAILPANDA, err, &info), "404 {\"error\":\"Contact not found\"}");
    err = err_set(&info, ERR_FORBIDDEN, NULL, "Not here");
    ck_assert_str_eq(answered(API_PUSHMAIL, err, &info), "403 {\"error\":\"Not here\"}");
    err = err_set(&info, ERR_INTERNAL, NULL, "secret words");
    ck_assert_str_eq(answered(API_PUSHMAIL, err, &info),
                     "500 {\"error\":\"Internal server error\"}");
}
END_TEST

START_TEST(the_text_names_the_place_once)
{
    struct err_info info = {0};
    int err = err_set_at(&info, ERR_UNPROCESSABLE, "VALIDATION_ERROR", "name",
                         "Expected string, received number");
    ck_assert_str_eq(answered(API_PUSHMAIL, err, &info),
                     "400 {\"error\":\"name: Expected string, received number\"}");
    err = err_set_at(&info, ERR_INVAL, NULL, "limit", "limit must be a positive whole number");
    ck_assert_str_eq(answered(API_PUSHMAIL, err, &info),
                     "400 {\"error\":\"limit must be a positive whole number\"}");
    ck_assert_str_eq(errors_plain(&(struct api_request){.arena = arena}, &info),
                     "limit must be a positive whole number");
}
END_TEST

/* ---- rates --------------------------------------------------------------------------------- */

START_TEST(requests_are_counted_by_account_kind_and_minute)
{
    ck_assert_uint_eq(hostmem_rate_used(memory, 1, HOSTMEM_GENERAL, 10), 0);
    for (uint32_t i = 1; i <= 5; i++)
        ck_assert_uint_eq(hostmem_rate_take(memory, 1, HOSTMEM_GENERAL, 10), i);
    ck_assert_uint_eq(hostmem_rate_take(memory, 1, HOSTMEM_SEND, 10), 1);
    ck_assert_uint_eq(hostmem_rate_take(memory, 2, HOSTMEM_GENERAL, 10), 1);
    ck_assert_uint_eq(hostmem_rate_used(memory, 1, HOSTMEM_GENERAL, 10), 5);
    ck_assert_uint_eq(hostmem_rate_used(memory, 1, HOSTMEM_GENERAL, 11), 0);
    ck_assert_uint_eq(hostmem_rate_take(memory, 1, HOSTMEM_GENERAL, 11), 1);
    /* More accounts than there is room for: those are let through. */
    for (uint32_t account = 3; account <= 5000; account++)
        ck_assert_uint_le(hostmem_rate_take(memory, account, HOSTMEM_GENERAL, 11), 1);
    ck_assert_uint_eq(hostmem_rate_take(memory, 5000, HOSTMEM_GENERAL, 11), 0);
    ck_assert_uint_eq(hostmem_rate_take(memory, 1, HOSTMEM_GENERAL, 11), 2);
}
END_TEST

START_TEST(too_many_are_refused)
{
    static const struct route route = {.pattern = "/api/v1/contacts"};
    struct api_request req = {.arena = arena,
                              .context = &context,
                              .dialect = API_PUSHMAIL,
                              .route = &route,
                              .account_id = 7,
                              .key_kind = API_KEY_SECRET};
    int refused = 0;
    ck_assert_int_eq(ratelimit_take(&req, &res), 0); /* no plan */
    ck_assert_uint_eq(req.rate.limit, 0);
    context.rates = (struct config_rates){"custom", 2, 1};
    /* A minute may end in between: five make a refusal for sure. */
    for (int i = 0; i < 5; i++)
        refused += ratelimit_take(&req, &res);
    ck_assert_int_ge(refused, 1);
    ck_assert_int_eq(res.status, 429);
    const struct jsonval *body = json(buf_str(&res.body).at);
    ck_assert_double_eq(jsonval_get(body, "limit")->number, 2);
    ck_assert_double_gt(jsonval_get(body, "retryAfter")->number, 0);
    ck_assert_ptr_nonnull(strstr(res.headers.at, "Retry-After: "));
    ratelimit_headers(&req, &res);
    ck_assert_ptr_nonnull(strstr(res.headers.at, "X-RateLimit-Limit: 2\r\n"));
    ck_assert_ptr_nonnull(strstr(res.headers.at, "X-RateLimit-Remaining: 0\r\n"));
    req.dialect = API_PLUNK;
    ck_assert_int_eq(ratelimit_take(&req, &res), 0);
}
END_TEST

/* ---- contacts ------------------------------------------------------------------------------ */

/* The patch that a body becomes, as JSON, or the error's text. */
static const char *patch_of(const char *body)
{
    struct api_request req = {.arena = arena, .site_index = 0};
    struct pmcontactfields fields;
    struct err_info info = {0};
    struct buf text;
    struct jsonwrite w;
    if (pmcontactfields_read(&req, json(body), &fields, &info) < 0)
        return errors_plain(&req, &info);
    if (!fields.patch)
        return "none";
    buf_init(&text, 4096);
    jsonwrite_init(&w, &text);
    jsonwrite_value(&w, fields.patch);
    const char *copy = str_copy(arena, buf_str(&text)).at;
    buf_done(&text);
    return copy;
}

START_TEST(fields_become_data)
{
    ck_assert_str_eq(patch_of("{}"), "none");
    ck_assert_str_eq(patch_of("{\"firstName\":\"A\",\"customFields\":{\"x\":1}}"),
                     "{\"firstName\":\"A\",\"x\":1}");
    ck_assert_str_eq(patch_of("{\"city\":\"\",\"state\":null}"), "{\"city\":null,\"state\":null}");
    ck_assert_str_eq(patch_of("{\"city\":\"P\",\"customFields\":{\"city\":\"Q\",\"state\":\"S\"}}"),
                     "{\"city\":\"P\",\"state\":\"S\"}");
    ck_assert_str_eq(patch_of("{\"birthday\":\"1990-02-28\"}"), "{\"birthday\":\"1990-02-28\"}");
    ck_assert_str_eq(patch_of("{\"birthday\":\"1990-02-30\"}"),
                     "birthday must be a date, YYYY-MM-DD");
    ck_assert_str_eq(patch_of("{\"firstName\":5}"), "firstName: Expected string, received number");
    ck_assert_str_eq(patch_of("{\"customFields\":[]}"), "customFields must be an object");
    ck_assert_str_eq(patch_of("{\"lists\":[4294967297]}"), "lists.0 is no id of a list");
    ck_assert_str_eq(patch_of("{\"tags\":[\"a\",\" \"]}"), "tags.1 cannot be a tag's name");
    ck_assert_str_eq(patch_of("{\"email\":\"x\"}"), "email must be an email address");
    ck_assert_ptr_nonnull(strstr(patch_of("{\"status\":\"bounced\"}"), "status"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pmapi");
    TCase *tc = tcase_create("pmapi");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, the_path_decides_the_dialect);
    tcase_add_test(tc, abbreviated_paths_are_pushmails);
    tcase_add_test(tc, ids_name_site_and_number);
    tcase_add_test(tc, pages);
    tcase_add_test(tc, site_ids);
    tcase_add_test(tc, errors_are_a_text);
    tcase_add_test(tc, the_text_names_the_place_once);
    tcase_add_test(tc, requests_are_counted_by_account_kind_and_minute);
    tcase_add_test(tc, too_many_are_refused);
    tcase_add_test(tc, fields_become_data);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

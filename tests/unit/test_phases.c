/*
 * Whole requests in-process, with a database that is away: routing, keys, the envelope, CORS, and
 * 503 where a row would be needed.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/errors.h"
#include "api/phases.h"
#include "base/timeutil.h"
#include "store/apikey.h"
#include "store/hostmem.h"
#include "json/jsonread.h"

static struct arena *arena;
static struct db *db;
static struct api_context context;
static struct api_response res;
static struct hostmem *memory;
static char memory_path[] = "phases-hostmem";

static void set_up(void)
{
    static const struct db_config nowhere = {.socket = "/nonexistent/muster.sock",
                                             .name = "muster",
                                             .user = "muster",
                                             .io_timeout_s = 1};
    arena = arena_new();
    db = db_new(&nowhere);
    (void)unlink(memory_path);
    struct err_info info = {0};
    ck_assert_int_eq(hostmem_open(memory_path, &memory, &info), 0);
    context = (struct api_context){.db = db,
                                   .hostmem = memory,
                                   .sql_dir = "/nonexistent",
                                   .environment = "test",
                                   .started_ms = 0};
    phases_init(&res);
}

static void tear_down(void)
{
    phases_done(&res);
    hostmem_close(memory);
    (void)unlink(memory_path);
    db_free(db);
    arena_free(arena);
}

static struct api_request request(const char *method, const char *path)
{
    struct api_request req = {.arena = arena, .context = &context, .db = db};
    req.method_name = str_from(method);
    req.raw_path = str_from(path);
    return req;
}

static const struct jsonval *answered(void)
{
    const struct jsonval *json = NULL;
    struct err_info info = {0};
    ck_assert_int_eq(jsonread_parse(arena, buf_str(&res.body), &json, &info), 0);
    return json;
}

static const char *error_text(const char *member)
{
    const struct jsonval *value = jsonval_get(jsonval_get(answered(), "error"), member);
    ck_assert_ptr_nonnull(value);
    ck_assert_int_eq(value->type, JSONVAL_STRING);
    return value->string.at;
}

static bool has_header(const char *line)
{
    return res.headers.at && strstr(res.headers.at, line) != NULL;
}

START_TEST(the_envelope_is_whole)
{
    struct api_request req = request("GET", "/nowhere");
    req.raw_request_id = STR("my-id.1");
    int64_t at_ms = 0;
    phases_run(&req, &res);
    ck_assert_int_eq(res.status, 404);
    ck_assert_str_eq(res.content_type, "application/json");
    const struct jsonval *json = answered();
    ck_assert_uint_eq(json->count, 3);
    ck_assert_int_eq(jsonval_get(json, "success")->type, JSONVAL_BOOL);
    ck_assert(!jsonval_get(json, "success")->boolean);
    ck_assert_int_eq(timeutil_parse(jsonval_get(json, "timestamp")->string, &at_ms),
                     TIMEUTIL_INSTANT);
    ck_assert_str_eq(error_text("code"), "RESOURCE_NOT_FOUND");
    ck_assert_str_eq(error_text("message"), "Unknown route");
    ck_assert_str_eq(error_text("requestId"), "my-id.1");
    ck_assert_double_eq(jsonval_get(jsonval_get(json, "error"), "statusCode")->number, 404);
    ck_assert_ptr_null(jsonval_get(jsonval_get(json, "error"), "errors"));
    ck_assert(has_header("X-Request-ID: my-id.1\r\n"));
}
END_TEST

START_TEST(harmful_request_ids_are_replaced)
{
    const char *const bad[] = {
        "",  "a b", "a\r\nX: y",
        "é", "a/b", "12345678901234567890123456789012345678901234567890123456789012345"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct api_request req = request("GET", "/config");
        req.raw_request_id = str_from(bad[i]);
        phases_run(&req, &res);
        ck_assert_int_eq(res.status, 200);
        ck_assert_uint_eq(strlen(req.request_id), 36);
    }
}
END_TEST

START_TEST(a_wrong_method_names_the_right_ones)
{
    struct api_request req = request("POST", "/health");
    phases_run(&req, &res);
    ck_assert_int_eq(res.status, 405);
    ck_assert_str_eq(error_text("code"), "METHOD_NOT_ALLOWED");
    ck_assert(has_header("Allow: GET\r\n"));
}
END_TEST

START_TEST(cors_is_for_v1_only)
{
    struct api_request preflight = request("OPTIONS", "/v1/whatever");
    phases_run(&preflight, &res);
    ck_assert_int_eq(res.status, 200);
    ck_assert_uint_eq(res.body.len, 0);
    ck_assert(has_header("Access-Control-Allow-Origin: *\r\n"));
    ck_assert(has_header("Access-Control-Allow-Methods: GET, POST, PUT, DELETE, OPTIONS\r\n"));
    ck_assert(has_header("Access-Control-Allow-Headers: Content-Type, Authorization\r\n"));
    struct api_request error = request("GET", "/v1");
    phases_run(&error, &res);
    ck_assert_int_eq(res.status, 404);
    ck_assert(has_header("Access-Control-Allow-Origin: *\r\n"));
    struct api_request other = request("OPTIONS", "/segments");
    phases_run(&other, &res);
    ck_assert_int_eq(res.status, 405);
    ck_assert(!has_header("Access-Control"));
}
END_TEST

static void expect_denied(const char *authorization, const char *code, const char *message)
{
    struct api_request req = request("GET", "/segments");
    req.authorization = str_from(authorization);
    phases_run(&req, &res);
    ck_assert_int_eq(res.status, 401);
    ck_assert_str_eq(error_text("code"), code);
    ck_assert_str_eq(error_text("message"), message);
    ck_assert(has_header("WWW-Authenticate: Bearer\r\n"));
}

START_TEST(keys_are_judged_before_the_database)
{
    char text[APIKEY_TEXT_MAX];
    expect_denied(NULL, "MISSING_AUTH", "Authorization header is required");
    expect_denied("  ", "MISSING_AUTH", "Authorization header is required");
    expect_denied("Basic abc", "INVALID_API_KEY", "Invalid API key");
    expect_denied("Bearer", "INVALID_API_KEY", "Invalid API key");
    expect_denied("Bearer sk_123", "INVALID_API_KEY", "Invalid API key");
    apikey_generate(APIKEY_PUBLIC, text);
    expect_denied(arena_printf(arena, "Bearer %s", text), "INVALID_API_KEY",
                  "Invalid secret API key. This endpoint requires a secret key (sk_*), not a "
                  "public key.");
}
END_TEST

START_TEST(no_database_is_503)
{
    char text[APIKEY_TEXT_MAX];
    apikey_generate(APIKEY_SECRET, text);
    struct api_request req = request("GET", "/segments");
    req.authorization = str_from(arena_printf(arena, "bearer  %s ", text));
    phases_run(&req, &res);
    ck_assert_int_eq(res.status, 503);
    ck_assert_str_eq(error_text("code"), "DATABASE_ERROR");
    ck_assert(has_header("Retry-After: "));
    ck_assert_ptr_null(strstr(res.body.at, "nonexistent"));
    struct api_request health = request("GET", "/health");
    phases_run(&health, &res);
    ck_assert_int_eq(res.status, 503);
    ck_assert(str_eq_c(jsonval_get(answered(), "database")->string, "unavailable"));
    ck_assert(has_header("Retry-After: "));
}
END_TEST

START_TEST(the_root_leads_to_the_dashboard)
{
    struct api_request req = request("GET", "/");
    phases_run(&req, &res);
    ck_assert_int_eq(res.status, 302);
    ck_assert(has_header("Location: /app/\r\n"));
}
END_TEST

START_TEST(every_err_has_a_status)
{
    static const struct {
        enum err err;
        int status;
    } known[] = {
        {ERR_INVAL, 400},  {ERR_UNPROCESSABLE, 422}, {ERR_NOT_FOUND, 404}, {ERR_CONFLICT, 409},
        {ERR_DENIED, 401}, {ERR_LIMIT, 429},         {ERR_TOO_LARGE, 413}, {ERR_UNAVAILABLE, 503},
        {ERR_RETRY, 503},  {ERR_CORRUPT, 500},       {ERR_INTERNAL, 500},
    };
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        ck_assert_int_eq(errors_status(known[i].err), known[i].status);
}
END_TEST

START_TEST(validation_errors_list_their_place)
{
    struct api_request req = request("GET", "/");
    struct err_info info = {0};
    const struct jsonval *body = NULL;
    struct str name;
    bool given;
    ck_assert_int_eq(jsonread_parse(arena, STR("{\"name\":7}"), &body, &info), 0);
    int err = api_body_str(body, "name", &name, &given, &info);
    ck_assert_int_eq(err, ERR_UNPROCESSABLE);
    errors_answer(&req, &res, err, &info);
    ck_assert_int_eq(res.status, 422);
    ck_assert_str_eq(error_text("code"), "VALIDATION_ERROR");
    ck_assert_str_eq(error_text("message"), "Request validation failed");
    ck_assert_ptr_nonnull(strstr(error_text("suggestion"), "incorrect types"));
    const struct jsonval *items = jsonval_get(jsonval_get(answered(), "error"), "errors");
    ck_assert_uint_eq(items->count, 1);
    ck_assert_str_eq(jsonval_get(&items->items[0], "field")->string.at, "name");
    ck_assert_str_eq(jsonval_get(&items->items[0], "code")->string.at, "invalid_type");
    ck_assert_str_eq(jsonval_get(&items->items[0], "received")->string.at, "number");
}
END_TEST

START_TEST(internal_words_stay_inside)
{
    struct api_request req = request("GET", "/");
    struct err_info info = {0};
    int err = err_set(&info, ERR_INTERNAL, NULL, "Data too long for 'ada@example.com' at row 1");
    errors_answer(&req, &res, err, &info);
    ck_assert_int_eq(res.status, 500);
    ck_assert_str_eq(error_text("message"), "Internal server error");
    ck_assert_str_eq(res.problem, "Data too long for  at row 1");
}
END_TEST

START_TEST(details_are_carried)
{
    struct api_request req = request("GET", "/");
    errors_answer_with(&req, &res, 409, "IDEMPOTENCY_KEY_REUSED", "used", STR("{\"key\":\"k\"}"));
    const struct jsonval *details = jsonval_get(jsonval_get(answered(), "error"), "details");
    ck_assert_str_eq(jsonval_get(details, "key")->string.at, "k");
}
END_TEST

static struct api_request with_query(const char *name, const char *value)
{
    struct api_request req = request("GET", "/");
    req.query[0] = (struct api_param){str_from(name), str_from(value)};
    req.query_count = 1;
    return req;
}

START_TEST(counts_in_the_query)
{
    uint64_t count = 0;
    struct err_info info = {0};
    struct api_request req = with_query("limit", "7");
    ck_assert_int_eq(api_query_count(&req, "limit", 20, 100, false, &count, &info), 0);
    ck_assert_uint_eq(count, 7);
    ck_assert_int_eq(api_query_count(&req, "other", 20, 100, false, &count, &info), 0);
    ck_assert_uint_eq(count, 20);
    req = with_query("limit", "101");
    ck_assert_int_eq(api_query_count(&req, "limit", 20, 100, false, &count, &info), 0);
    ck_assert_uint_eq(count, 100);
    req = with_query("pageSize", "0");
    ck_assert_int_eq(api_query_count(&req, "pageSize", 20, 100, true, &count, &info), 0);
    ck_assert_uint_eq(count, 20);
    ck_assert_int_eq(api_query_count(&req, "pageSize", 20, 100, false, &count, &info), ERR_INVAL);
    const char *const bad[] = {"", "-1", "1.5", "x", "1e2", " 1", "99999999999999999999"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        req = with_query("limit", bad[i]);
        ck_assert_int_eq(api_query_count(&req, "limit", 20, 100, true, &count, &info), ERR_INVAL);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("phases");
    TCase *tc = tcase_create("phases");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, the_envelope_is_whole);
    tcase_add_test(tc, harmful_request_ids_are_replaced);
    tcase_add_test(tc, a_wrong_method_names_the_right_ones);
    tcase_add_test(tc, cors_is_for_v1_only);
    tcase_add_test(tc, keys_are_judged_before_the_database);
    tcase_add_test(tc, no_database_is_503);
    tcase_add_test(tc, the_root_leads_to_the_dashboard);
    tcase_add_test(tc, every_err_has_a_status);
    tcase_add_test(tc, validation_errors_list_their_place);
    tcase_add_test(tc, internal_words_stay_inside);
    tcase_add_test(tc, details_are_carried);
    tcase_add_test(tc, counts_in_the_query);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

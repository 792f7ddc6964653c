/* Splitting, decoding and matching of paths, against a small table and against the real one. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/routes.h"

static int no_handler(struct api_request *req, struct api_response *res, struct err_info *info)
{
    (void)req;
    (void)res;
    (void)info;
    return 0;
}

#define LINE(method, pattern)                                                                      \
    {                                                                                              \
        method, pattern, no_handler, ROUTE_SECRET, ROUTE_NO_BODY, ROUTE_FAST, ROUTE_READ           \
    }
static const struct route table[] = {
    LINE(API_GET, "/"),
    LINE(API_GET, "/events/names"),
    LINE(API_DELETE, "/events/:name"),
    LINE(API_GET, "/events/:name/usage"),
    LINE(API_GET, "/events/contact/:id"),
    LINE(API_GET, "/things/:id"),
    LINE(API_POST, "/things/lookup"),
    LINE(API_PATCH, "/things/:id"),
    LINE(API_GET, "/a/:x/c"),
    LINE(API_GET, "/a/b/:y"),
};

static struct arena *arena;
static struct api_request req;

static void set_up(void)
{
    arena = arena_new();
}

static void tear_down(void)
{
    arena_free(arena);
}

/* "pattern arg arg", "404", "405 Allow", or "error N". */
static const char *route(const char *method, const char *path)
{
    struct err_info info = {0};
    char allow[64];
    req = (struct api_request){.arena = arena, .raw_path = str_from(path)};
    req.method = routes_method(str_from(method));
    int err = routes_split(&req, &info);
    if (err < 0)
        return arena_printf(arena, "error %d", err);
    switch (routes_match(table, ARRAY_LEN(table), &req, allow)) {
    case ROUTE_UNKNOWN:
        return "404";
    case ROUTE_WRONG_METHOD:
        return arena_printf(arena, "405 %s", allow);
    case ROUTE_FOUND:
        break;
    }
    const char *text = req.route->pattern;
    for (size_t i = 0; i < ARRAY_LEN(req.path_args) && req.path_args[i].at; i++)
        text = arena_printf(arena, "%s " STR_FMT, text, STR_ARG(req.path_args[i]));
    return text;
}

START_TEST(literals_and_parameters)
{
    ck_assert_str_eq(route("GET", "/"), "/");
    ck_assert_str_eq(route("GET", ""), "/");
    ck_assert_str_eq(route("GET", "/events/names"), "/events/names");
    ck_assert_str_eq(route("GET", "/events/names/"), "/events/names");
    ck_assert_str_eq(route("GET", "/events/x/usage"), "/events/:name/usage x");
    ck_assert_str_eq(route("GET", "/events/contact/7"), "/events/contact/:id 7");
    ck_assert_str_eq(route("GET", "/things/7"), "/things/:id 7");
    ck_assert_str_eq(route("HEAD", "/things/7"), "/things/:id 7");
}
END_TEST

START_TEST(the_first_literal_wins)
{
    /* Both fit /a/b/c; they differ first at the second part. */
    ck_assert_str_eq(route("GET", "/a/b/c"), "/a/b/:y c");
    ck_assert_str_eq(route("GET", "/a/x/c"), "/a/:x/c x");
    /* /events/contact/usage fits /events/:name/usage too. */
    ck_assert_str_eq(route("GET", "/events/contact/usage"), "/events/contact/:id usage");
}
END_TEST

START_TEST(wrong_methods_and_unknown_paths)
{
    ck_assert_str_eq(route("POST", "/events/names"), "405 GET");
    ck_assert_str_eq(route("DELETE", "/events/names"), "405 GET");
    ck_assert_str_eq(route("PUT", "/things/7"), "405 GET, PATCH");
    ck_assert_str_eq(route("GET", "/things/lookup"), "405 POST");
    ck_assert_str_eq(route("BREW", "/"), "405 GET");
    ck_assert_str_eq(route("get", "/"), "405 GET");
    ck_assert_str_eq(route("BREW", "/nowhere"), "404");
    ck_assert_str_eq(route("GET", "/events"), "404");
    ck_assert_str_eq(route("GET", "/events//usage"), "404");
    ck_assert_str_eq(route("GET", "//"), "404");
    ck_assert_str_eq(route("GET", "/Events/names"), "404");
}
END_TEST

START_TEST(parts_are_decoded_once_and_after_the_split)
{
    ck_assert_str_eq(route("DELETE", "/events/a%2Fb"), "/events/:name a/b");
    ck_assert_str_eq(route("DELETE", "/events/a%252Fb"), "/events/:name a%2Fb");
    ck_assert_str_eq(route("DELETE", "/events/a+b%20c"), "/events/:name a+b c");
    ck_assert_str_eq(route("GET", "/%65vents/names"), "/events/names");
    ck_assert_str_eq(route("DELETE", "/events/%C3%A9"), "/events/:name é");
}
END_TEST

START_TEST(broken_escapes_are_refused)
{
    const char *const broken[] = {
        "/things/%",   "/things/%4",  "/things/%zz",       "/things/%4g", "/things/%00x",
        "/things/%ff", "/things/%c3", "/things/%ed%a0%80", "/%/",         "/things/%c0%af"};
    for (size_t i = 0; i < ARRAY_LEN(broken); i++)
        ck_assert_msg(strcmp(route("GET", broken[i]), "error -1") == 0, "%s: %s", broken[i],
                      route("GET", broken[i]));
    ck_assert_str_eq(route("GET", "/1/2/3/4/5/6/7/8/9/10/11/12/13"), "error -3");
}
END_TEST

/* Every line of the real table is reachable, and no two lines are the same. */
START_TEST(every_real_route_finds_itself)
{
    size_t count = 0;
    const struct route *routes = routes_table(&count);
    for (size_t i = 0; i < count; i++) {
        char allow[64];
        struct err_info info = {0};
        struct api_request r = {.arena = arena, .raw_path = str_from(routes[i].pattern)};
        r.method = routes[i].method;
        ck_assert_int_eq(routes_split(&r, &info), 0);
        ck_assert_int_eq(routes_match(routes, count, &r, allow), ROUTE_FOUND);
        ck_assert_msg(r.route == &routes[i], "%s is hidden by %s", routes[i].pattern,
                      r.route->pattern);
    }
}
END_TEST

/* A POST of these stores nothing. */
static const char *const previews[] = {
    "/contacts/lookup",          "/segments/preview",     "/segments/convert",
    "/segments/overlap",         "/segments/lint",        "/segments/:id/diff",
    "/audience/preview",         "/suppressions/preview", "/api/v1/segments/preview-count",
    "/api/v1/segments/:id/count"};

static bool is_preview(const char *pattern)
{
    for (size_t i = 0; i < ARRAY_LEN(previews); i++)
        if (strcmp(pattern, previews[i]) == 0)
            return true;
    return false;
}

static bool is_for_admins(const struct route *route)
{
    return strncmp(route->pattern, "/keys", 5) == 0 || strcmp(route->pattern, "/audit") == 0 ||
           strncmp(route->pattern, "/api/v1/api-keys", 16) == 0 ||
           (route->method != API_GET && strncmp(route->pattern, "/api/v1/sites", 13) == 0);
}

/* Whoever adds a route that stores something and lets readers call it hears of it here. */
START_TEST(scopes_of_the_real_table)
{
    size_t count = 0;
    const struct route *routes = routes_table(&count);
    for (size_t i = 0; i < count; i++) {
        bool has_none = routes[i].keys == ROUTE_OPEN || strcmp(routes[i].pattern, "/session") == 0;
        bool reads = routes[i].method == API_GET || is_preview(routes[i].pattern);
        enum route_scope wanted = has_none                    ? ROUTE_NO_SCOPE
                                  : is_for_admins(&routes[i]) ? ROUTE_ADMIN
                                  : reads                     ? ROUTE_READ
                                                              : ROUTE_WRITE;
        ck_assert_msg(routes[i].scope == wanted, "%s %s", routes_method_name(routes[i].method),
                      routes[i].pattern);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("routes");
    TCase *tc = tcase_create("routes");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, literals_and_parameters);
    tcase_add_test(tc, the_first_literal_wins);
    tcase_add_test(tc, wrong_methods_and_unknown_paths);
    tcase_add_test(tc, parts_are_decoded_once_and_after_the_split);
    tcase_add_test(tc, broken_escapes_are_refused);
    tcase_add_test(tc, every_real_route_finds_itself);
    tcase_add_test(tc, scopes_of_the_real_table);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

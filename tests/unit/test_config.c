/* Settings from the environment. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"

static void set_up(void)
{
    unsetenv("MUSTER_ENVIRONMENT");
    unsetenv("MUSTER_CACHE_DIR");
    unsetenv("MUSTER_CACHE_MAX");
    unsetenv("MUSTER_MAX_REQUESTS");
    unsetenv("MUSTER_METRICS_FILE");
    unsetenv("MUSTER_MASTER_KEY_FILE");
    unsetenv("MUSTER_WEBHOOK_ALLOW");
    unsetenv("MUSTER_LEASE_SECONDS");
    unsetenv("MUSTER_CLOCK_AHEAD_S");
    unsetenv("MUSTER_RATE_PLAN");
    unsetenv("CREDENTIALS_DIRECTORY");
}

static void tear_down(void)
{
    set_up();
}

START_TEST(fallbacks)
{
    struct config c;
    struct err_info info = {0};
    ck_assert_int_eq(config_from_env(&c, &info), 0);
    ck_assert_str_eq(c.environment, "production");
    ck_assert_str_eq(c.cache_dir, "/run/muster/chunks");
    ck_assert_uint_gt(c.cache_max_bytes, 1 << 20);
    ck_assert_uint_eq(c.max_requests, 100000);
    ck_assert_str_eq(c.metrics_file, "/run/muster/metrics.mem");
    ck_assert_str_eq(c.webhook_allow, "");
    ck_assert_uint_eq(c.lease_s, 60);
    ck_assert_uint_eq(c.clock_ahead_s, 0);
}
END_TEST

START_TEST(what_is_set_counts)
{
    struct config c;
    struct err_info info = {0};
    setenv("MUSTER_ENVIRONMENT", "here", 1);
    setenv("MUSTER_CACHE_DIR", "", 1);
    setenv("MUSTER_CACHE_MAX", "123456789012", 1);
    setenv("MUSTER_MAX_REQUESTS", "0", 1);
    ck_assert_int_eq(config_from_env(&c, &info), 0);
    ck_assert_str_eq(c.environment, "here");
    ck_assert_str_eq(c.cache_dir, "");
    ck_assert_uint_eq(c.cache_max_bytes, UINT64_C(123456789012));
    ck_assert_uint_eq(c.max_requests, 0);
}
END_TEST

START_TEST(the_master_key_is_systemds_unless_it_is_named)
{
    struct config c;
    struct err_info info = {0};
    ck_assert_int_eq(config_from_env(&c, &info), 0);
    ck_assert_str_eq(c.master_key_file, "/etc/muster/master.key");
    setenv("CREDENTIALS_DIRECTORY", "/run/credentials/x.service", 1);
    ck_assert_int_eq(config_from_env(&c, &info), 0);
    ck_assert_str_eq(c.master_key_file, "/run/credentials/x.service/master.key");
    setenv("MUSTER_MASTER_KEY_FILE", "/here", 1);
    ck_assert_int_eq(config_from_env(&c, &info), 0);
    ck_assert_str_eq(c.master_key_file, "/here");
    setenv("MUSTER_MASTER_KEY_FILE", "", 1);
    ck_assert_int_eq(config_from_env(&c, &info), 0);
    ck_assert_str_eq(c.master_key_file, "");
}
END_TEST

START_TEST(a_lease_ends)
{
    const char *const bad[] = {"0", "3601", "soon"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct config c;
        struct err_info info = {0};
        setenv("MUSTER_LEASE_SECONDS", bad[i], 1);
        ck_assert_int_eq(config_from_env(&c, &info), ERR_INVAL);
        ck_assert_ptr_nonnull(strstr(info.message, "MUSTER_LEASE_SECONDS"));
    }
}
END_TEST

START_TEST(only_tests_have_a_clock_of_their_own)
{
    struct config c;
    struct err_info info = {0};
    setenv("MUSTER_CLOCK_AHEAD_S", "86400", 1);
    ck_assert_int_eq(config_from_env(&c, &info), ERR_INVAL);
    ck_assert_ptr_nonnull(strstr(info.message, "MUSTER_CLOCK_AHEAD_S"));
    setenv("MUSTER_ENVIRONMENT", "stack", 1);
    ck_assert_int_eq(config_from_env(&c, &info), 0);
    ck_assert_uint_eq(c.clock_ahead_s, 86400);
    setenv("MUSTER_CLOCK_AHEAD_S", "99999999999", 1);
    ck_assert_int_eq(config_from_env(&c, &info), ERR_INVAL);
    setenv("MUSTER_CLOCK_AHEAD_S", "-5", 1);
    ck_assert_int_eq(config_from_env(&c, &info), ERR_INVAL);
    ck_assert_ptr_nonnull(strstr(info.message, "MUSTER_CLOCK_AHEAD_S"));
}
END_TEST

START_TEST(plans)
{
    const struct {
        const char *text, *plan;
        uint32_t general, send;
    } good[] = {{"free", "free", 100, 20},
                {"starter", "starter", 500, 100},
                {"off", "off", 0, 0},
                {"7/3", "custom", 7, 3},
                {"growth", "growth", 2000, 500}};
    const char *const bad[] = {"", "x", "7", "7/", "/3", "0/3", "7/0", "7/3/1", "-7/3"};
    struct config c;
    struct err_info info = {0};
    ck_assert_int_eq(config_from_env(&c, &info), 0);
    ck_assert_str_eq(c.rates.plan, "enterprise");
    ck_assert_uint_eq(c.rates.general, 10000);
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        setenv("MUSTER_RATE_PLAN", good[i].text, 1);
        ck_assert_int_eq(config_from_env(&c, &info), 0);
        ck_assert_str_eq(c.rates.plan, good[i].plan);
        ck_assert_uint_eq(c.rates.general, good[i].general);
        ck_assert_uint_eq(c.rates.send, good[i].send);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        setenv("MUSTER_RATE_PLAN", bad[i], 1);
        ck_assert_msg(config_from_env(&c, &info) == ERR_INVAL, "%s", bad[i]);
        ck_assert_ptr_nonnull(strstr(info.message, "MUSTER_RATE_PLAN"));
    }
}
END_TEST

START_TEST(what_is_no_number_is_refused_by_name)
{
    const char *const bad[] = {"x", "-1", "1.5", "1 ", "99999999999999999999", "1k"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct config c = {.environment = "untouched"};
        struct err_info info = {0};
        setenv("MUSTER_CACHE_MAX", bad[i], 1);
        ck_assert_int_eq(config_from_env(&c, &info), ERR_INVAL);
        ck_assert_ptr_nonnull(strstr(info.message, "MUSTER_CACHE_MAX"));
        ck_assert_str_eq(c.environment, "untouched");
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config");
    TCase *tc = tcase_create("config");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, fallbacks);
    tcase_add_test(tc, what_is_set_counts);
    tcase_add_test(tc, the_master_key_is_systemds_unless_it_is_named);
    tcase_add_test(tc, a_lease_ends);
    tcase_add_test(tc, only_tests_have_a_clock_of_their_own);
    tcase_add_test(tc, plans);
    tcase_add_test(tc, what_is_no_number_is_refused_by_name);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* Whose calls may begin: a slow receiver keeps few places, and others theirs. */
#include "deliver/callhost.h"

#include <stdio.h>

#include "base/macros.h"
#include "unit.h"

static struct callhost_table *table;

static struct callhost *host_of(const char *url)
{
    struct callhost *host = callhost_of(table, str_from(url));
    ck_assert_ptr_nonnull(host);
    return host;
}

/* Begins calls while there is a place; returns how many. */
static unsigned fill(struct callhost *host)
{
    unsigned count = 0;
    while (callhost_has_place(table, host)) {
        callhost_begin(table, host);
        count++;
    }
    return count;
}

START_TEST(a_receiver_is_scheme_host_and_port)
{
    table = callhost_table_new();
    struct callhost *host = host_of("https://A.example/x");
    ck_assert_ptr_eq(host_of("https://a.example?x"), host);
    ck_assert_ptr_eq(host_of("https://a.example#x"), host);
    ck_assert_ptr_ne(host_of("https://a.example:8443/x"), host);
    ck_assert_ptr_ne(host_of("http://a.example/x"), host);
    callhost_table_free(table);
}
END_TEST

START_TEST(one_has_a_window)
{
    table = callhost_table_new();
    struct callhost *host = host_of("https://a.example/");
    ck_assert_uint_eq(fill(host), CALLHOST_WINDOW);
    ck_assert_uint_eq(fill(host_of("https://b.example/")), CALLHOST_WINDOW);
    callhost_end(table, host, true, 20);
    ck_assert_uint_eq(fill(host), 1);
    callhost_table_free(table);
}
END_TEST

/* However many hang, those that answer have places. */
START_TEST(slow_ones_leave_room)
{
    char url[64];
    unsigned all = 0;
    table = callhost_table_new();
    for (unsigned i = 0; i < 100; i++) {
        (void)snprintf(url, sizeof url, "https://slow%u.example/", i);
        struct callhost *host = host_of(url);
        callhost_begin(table, host);
        callhost_end(table, host, false, 10000);
        ck_assert(host->is_slow);
        all += fill(host);
    }
    ck_assert_uint_eq(all, CALLHOST_PLACES / 2);
    struct callhost *good = host_of("https://good.example/");
    ck_assert_uint_eq(fill(good), CALLHOST_WINDOW);
    callhost_end(table, good, true, 1);
    ck_assert(!good->is_slow);
    callhost_table_free(table);
}
END_TEST

START_TEST(it_recovers)
{
    table = callhost_table_new();
    struct callhost *host = host_of("https://a.example/");
    callhost_begin(table, host);
    callhost_begin(table, host);
    callhost_end(table, host, false, 10000);
    ck_assert_uint_eq(fill(host), CALLHOST_WINDOW_SLOW - 1);
    callhost_end(table, host, true, 5);
    ck_assert_uint_eq(fill(host), CALLHOST_WINDOW - CALLHOST_WINDOW_SLOW + 1);
    callhost_table_free(table);
}
END_TEST

/* Those that are put off come one behind the other, and none later than ten minutes. */
START_TEST(putting_off)
{
    table = callhost_table_new();
    struct callhost *host = host_of("https://a.example/");
    callhost_begin(table, host);
    callhost_end(table, host, false, 10000);
    ck_assert_uint_eq(callhost_waiting_max(host), CALLHOST_WINDOW_SLOW);
    ck_assert_uint_eq(callhost_waiting_max(host_of("https://b.example/")), CALLHOST_WAITING);
    host->waiting = 3;
    int64_t last = 1000;
    for (unsigned i = 0; i < 1000; i++) {
        int64_t due = callhost_put_off(host, 1000);
        ck_assert_int_ge(due, last);
        ck_assert(due > 1000 && due <= 1000 + CALLHOST_LATE_MAX_MS);
        last = due;
    }
    ck_assert_int_eq(last, 1000 + CALLHOST_LATE_MAX_MS);
    callhost_table_free(table);
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {{a_receiver_is_scheme_host_and_port, 0},
                                      {one_has_a_window, 0},
                                      {slow_ones_leave_room, 0},
                                      {it_recovers, 0},
                                      {putting_off, 0}};
    return UNIT_RUN("callhost", cases);
}

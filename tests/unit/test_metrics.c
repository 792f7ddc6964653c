/* What the processes of a host count together. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/metrics.h"
#include "base/timeutil.h"
#include "unit.h"

static char path[64];

static void open_fresh(void)
{
    struct err_info info = {0};
    snprintf(path, sizeof(path), "/tmp/test_metrics.%d", (int)getpid());
    unlink(path);
    ck_assert_int_eq(metrics_open(path, &info), 0);
}

static void done(void)
{
    ck_assert_int_eq(metrics_open(NULL, NULL), 0);
    unlink(path);
}

/* The only series of that name; fails when there is none. */
static struct metrics_series series_of(enum metrics_kind kind, const char *name)
{
    struct metrics_series *list;
    size_t count = metrics_list(unit_arena, &list);
    for (size_t i = 0; i < count; i++)
        if (list[i].kind == kind && strcmp(list[i].name, name) == 0)
            return list[i];
    ck_abort_msg("no series %s", name);
    return (struct metrics_series){0};
}

static uint64_t of_status(const struct metrics_series *series, int status)
{
    for (unsigned i = 0; i < METRICS_CODES; i++)
        if (metrics_status(i) == status)
            return series->codes[i];
    ck_abort_msg("status %d has no code", status);
    return 0;
}

START_TEST(requests_count_by_route_status_and_time)
{
    open_fresh();
    metrics_request("GET", "/contacts/:id", 200, 1000);
    metrics_request("GET", "/contacts/:id", 200, 1001);
    metrics_request("GET", "/contacts/:id", 404, 30000000);
    metrics_request("GET", "/contacts/:id", 599, 0);
    metrics_request("PATCH", "/contacts/:id", 200, 700);
    struct metrics_series got = series_of(METRICS_REQUEST, "GET /contacts/:id");
    ck_assert_uint_eq(of_status(&got, 200), 2);
    ck_assert_uint_eq(of_status(&got, 404), 1);
    ck_assert_uint_eq(of_status(&got, 0), 1); /* a status that has no code of its own */
    ck_assert_uint_eq(got.sum_us, 1000 + 1001 + 30000000);
    ck_assert_int_eq(metrics_bound_us(0), 1000);
    ck_assert_uint_eq(got.buckets[0], 2); /* a bound belongs to its bucket */
    ck_assert_uint_eq(got.buckets[1], 1);
    ck_assert_uint_eq(got.buckets[METRICS_BUCKETS - 1], 1);
    got = series_of(METRICS_REQUEST, "PATCH /contacts/:id");
    ck_assert_uint_eq(of_status(&got, 200), 1);
    done();
}
END_TEST

START_TEST(jobs_count_by_result_and_know_when)
{
    open_fresh();
    int64_t before_ms = timeutil_wall_ms();
    ck_assert_int_eq(metrics_job_last_ms("fold"), 0);
    metrics_job("fold", true, 5);
    metrics_job("fold", true, 5);
    metrics_job("fold", false, 5);
    struct metrics_series got = series_of(METRICS_JOB, "fold");
    ck_assert_uint_eq(got.codes[0], 2);
    ck_assert_uint_eq(got.codes[1], 1);
    ck_assert_int_ge(metrics_job_last_ms("fold"), before_ms);
    ck_assert_int_le(metrics_job_last_ms("fold"), timeutil_wall_ms());
    ck_assert_int_eq(metrics_job_last_ms("merge"), 0);
    metrics_job_lives("merge");
    ck_assert_int_ge(metrics_job_last_ms("merge"), before_ms);
    ck_assert_uint_eq(series_of(METRICS_JOB, "merge").codes[0], 0); /* it has not ended */
    done();
}
END_TEST

START_TEST(counters_add_up)
{
    struct metrics_series *list;
    open_fresh();
    metrics_add("nothing_total", 0);
    metrics_add("b_total", 3);
    metrics_add("a_total", UINT64_C(5000000000));
    metrics_add("b_total", 4);
    ck_assert_uint_eq(metrics_list(unit_arena, &list), 2);
    ck_assert_str_eq(list[0].name, "a_total"); /* by name */
    ck_assert_uint_eq(list[0].codes[0], UINT64_C(5000000000));
    ck_assert_uint_eq(list[1].codes[0], 7);
    done();
}
END_TEST

/* Nothing is lost between processes that begin the same series at the same time. */
START_TEST(processes_count_together)
{
    enum { CHILDREN = 8, EACH = 2000, NAMES = 20 };
    open_fresh();
    for (int child = 0; child < CHILDREN; child++) {
        if (fork() != 0)
            continue;
        struct err_info info = {0};
        if (metrics_open(path, &info) < 0)
            _exit(1);
        for (int i = 0; i < EACH; i++) {
            char route[16];
            snprintf(route, sizeof(route), "/r/%d", i % NAMES);
            metrics_request("GET", route, 200, 1);
        }
        _exit(0);
    }
    for (int child = 0; child < CHILDREN; child++) {
        int status;
        ck_assert_int_gt(wait(&status), 0);
        ck_assert_int_eq(status, 0);
    }
    struct metrics_series *list;
    ck_assert_uint_eq(metrics_list(unit_arena, &list), NAMES);
    for (int i = 0; i < NAMES; i++)
        ck_assert_uint_eq(of_status(&list[i], 200), CHILDREN * EACH / NAMES);
    done();
}
END_TEST

START_TEST(more_names_than_room_are_not_counted)
{
    struct metrics_series *list;
    open_fresh();
    for (int i = 0; i < 1000; i++) {
        char route[16];
        snprintf(route, sizeof(route), "/r/%d", i);
        metrics_request("GET", route, 200, 1);
    }
    size_t count = metrics_list(unit_arena, &list);
    ck_assert_uint_eq(count, 256);
    for (size_t i = 0; i < count; i++)
        ck_assert_uint_eq(of_status(&list[i], 200), 1);
    ck_assert_int_eq(metrics_job_last_ms("fold"), 0);
    done();
}
END_TEST

START_TEST(a_long_name_is_cut_and_stays_one)
{
    char route[200];
    struct metrics_series *list;
    open_fresh();
    memset(route, 'x', sizeof(route) - 1);
    route[sizeof(route) - 1] = '\0';
    metrics_request("GET", route, 200, 1);
    metrics_request("GET", route, 200, 1);
    ck_assert_uint_eq(metrics_list(unit_arena, &list), 1);
    ck_assert_uint_eq(strlen(list[0].name), METRICS_NAME_BYTES - 1);
    done();
}
END_TEST

START_TEST(a_file_of_another_version_is_replaced)
{
    struct metrics_series *list;
    open_fresh();
    metrics_add("old_total", 1);
    int fd = open(path, O_WRONLY);
    ck_assert_int_eq(pwrite(fd, "X", 1, 7), 1);
    close(fd);
    ck_assert_int_eq(metrics_open(path, NULL), 0);
    ck_assert_uint_eq(metrics_list(unit_arena, &list), 0);
    done();
}
END_TEST

START_TEST(without_a_file_nothing_is_counted)
{
    struct metrics_series *list;
    struct err_info info = {0};
    ck_assert_int_eq(metrics_open("", &info), 0);
    metrics_add("a_total", 1);
    metrics_request("GET", "/", 200, 1);
    ck_assert_uint_eq(metrics_list(unit_arena, &list), 0);
    ck_assert_int_eq(metrics_open("/nowhere/at/all", &info), ERR_INTERNAL);
    ck_assert_ptr_nonnull(strstr(info.message, "/nowhere/at/all"));
    metrics_add("a_total", 1);
    ck_assert_uint_eq(metrics_list(unit_arena, &list), 0);
}
END_TEST

START_TEST(a_file_that_others_may_read_is_refused)
{
    struct err_info info = {0};
    open_fresh();
    ck_assert_int_eq(chmod(path, 0644), 0);
    ck_assert_int_eq(metrics_open(path, &info), ERR_INTERNAL);
    ck_assert_ptr_nonnull(strstr(info.message, "private file"));
    done();
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {
        {requests_count_by_route_status_and_time, 0},
        {jobs_count_by_result_and_know_when, 0},
        {counters_add_up, 0},
        {processes_count_together, 0},
        {more_names_than_room_are_not_counted, 0},
        {a_long_name_is_cut_and_stays_one, 0},
        {a_file_of_another_version_is_replaced, 0},
        {without_a_file_nothing_is_counted, 0},
        {a_file_that_others_may_read_is_refused, 0},
    };
    return UNIT_RUN("metrics", cases);
}

/* Numbers as Prometheus reads them. */
#include <stdio.h>

#include "api/prometheus.h"
#include "unit.h"

static struct buf out;

static struct metrics_series request(const char *name)
{
    struct metrics_series series = {.kind = METRICS_REQUEST};
    snprintf(series.name, sizeof(series.name), "%s", name);
    return series;
}

/* What is printed must hold these lines, one after the other, and nothing between them. */
static void expect_lines(const char *lines)
{
    buf_add_char(&out, '\0');
    if (!strstr(out.at, lines))
        ck_abort_msg("not there:\n%s\nin:\n%s", lines, out.at);
}

static void set_up(void)
{
    buf_init(&out, 1 << 20);
}

static void tear_down(void)
{
    buf_done(&out);
}

START_TEST(gauges)
{
    set_up();
    prometheus_gauge(&out, "muster_x_seconds", "How long.", 12.5);
    expect_lines("# HELP muster_x_seconds How long.\n"
                 "# TYPE muster_x_seconds gauge\n"
                 "muster_x_seconds 12.5\n");
    tear_down();
}
END_TEST

START_TEST(requests_by_status)
{
    struct metrics_series series[] = {request("GET /contacts/:id"), request("? -")};
    set_up();
    for (unsigned code = 0; code < METRICS_CODES; code++)
        if (metrics_status(code) == 404 || metrics_status(code) == 200)
            series[0].codes[code] = 1000 + (unsigned)metrics_status(code);
    series[1].codes[0] = 3;
    prometheus_series(&out, series, 2);
    expect_lines(
        "# TYPE muster_requests_total counter\n"
        "muster_requests_total{method=\"GET\",route=\"/contacts/:id\",status=\"200\"} 1200\n"
        "muster_requests_total{method=\"GET\",route=\"/contacts/:id\",status=\"404\"} 1404\n"
        "muster_requests_total{method=\"?\",route=\"-\",status=\"other\"} 3\n"
        "# HELP ");
    tear_down();
}
END_TEST

/* Buckets are cumulative there, and the last one is the count. */
START_TEST(histograms)
{
    struct metrics_series series = request("GET /");
    set_up();
    series.buckets[0] = 5;
    series.buckets[2] = 1;
    series.buckets[METRICS_BUCKETS - 1] = 2;
    series.sum_us = 1500000;
    prometheus_series(&out, &series, 1);
    expect_lines(
        "# TYPE muster_request_duration_seconds histogram\n"
        "muster_request_duration_seconds_bucket{method=\"GET\",route=\"/\",le=\"0.001\"} 5\n"
        "muster_request_duration_seconds_bucket{method=\"GET\",route=\"/\",le=\"0.0025\"} 5\n"
        "muster_request_duration_seconds_bucket{method=\"GET\",route=\"/\",le=\"0.005\"} 6\n");
    expect_lines(
        "muster_request_duration_seconds_bucket{method=\"GET\",route=\"/\",le=\"10\"} 6\n"
        "muster_request_duration_seconds_bucket{method=\"GET\",route=\"/\",le=\"+Inf\"} 8\n"
        "muster_request_duration_seconds_sum{method=\"GET\",route=\"/\"} 1.5\n"
        "muster_request_duration_seconds_count{method=\"GET\",route=\"/\"} 8\n");
    tear_down();
}
END_TEST

START_TEST(jobs_and_counters)
{
    struct metrics_series series[] = {
        {.kind = METRICS_JOB, .name = "fold", .last_ms = 1700000000007, .codes = {41, 1}},
        {.kind = METRICS_COUNTER, .name = "muster_a_total", .codes = {7}},
    };
    set_up();
    prometheus_series(&out, series, 2);
    expect_lines("muster_job_runs_total{job=\"fold\",result=\"ok\"} 41\n"
                 "muster_job_runs_total{job=\"fold\",result=\"failed\"} 1\n");
    expect_lines("muster_job_last_run_timestamp_seconds{job=\"fold\"} 1700000000.007\n");
    expect_lines("muster_job_duration_seconds_count{job=\"fold\"} 0\n");
    expect_lines("# TYPE muster_a_total counter\nmuster_a_total 7\n");
    tear_down();
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {
        {gauges, 0},
        {requests_by_status, 0},
        {histograms, 0},
        {jobs_and_counters, 0},
    };
    return UNIT_RUN("prometheus", cases);
}

#include "api/prometheus.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"

static void begin(struct buf *out, const char *name, const char *help, const char *type)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void prometheus_gauge(struct buf *out, const char *name, const char *help, double value)
{
    char text[32];
    begin(out, name, help, "gauge");
    num_format(value, text);
    buf_printf(out, "%s %s\n", name, text);
}

/* The labels of a series: method="GET",route="/contacts" or job="fold". */
static void labels_of(const struct metrics_series *series, char *out, size_t size)
{
    const char *blank = strchr(series->name, ' ');
    if (series->kind == METRICS_REQUEST && blank)
        snprintf(out, size, "method=\"%.*s\",route=\"%s\"", (int)(blank - series->name),
                 series->name, blank + 1);
    else
        snprintf(out, size, "job=\"%s\"", series->name);
}

static void write_histogram(struct buf *out, const char *name, const struct metrics_series *series)
{
    char labels[METRICS_NAME_BYTES + 32], text[32];
    uint64_t total = 0;
    labels_of(series, labels, sizeof(labels));
    for (unsigned i = 0; i < METRICS_BUCKETS; i++) {
        total += series->buckets[i];
        if (metrics_bound_us(i) == INT64_MAX)
            snprintf(text, sizeof(text), "+Inf");
        else
            num_format((double)metrics_bound_us(i) / 1e6, text);
        buf_printf(out, "%s_bucket{%s,le=\"%s\"} %" PRIu64 "\n", name, labels, text, total);
    }
    num_format((double)series->sum_us / 1e6, text);
    buf_printf(out, "%s_sum{%s} %s\n%s_count{%s} %" PRIu64 "\n", name, labels, text, name, labels,
               total);
}

/* The histograms of one kind, which stand side by side in the list. */
static void write_durations(struct buf *out, enum metrics_kind kind, const char *name,
                            const char *help, const struct metrics_series *series, size_t count)
{
    begin(out, name, help, "histogram");
    for (size_t i = 0; i < count; i++)
        if (series[i].kind == kind)
            write_histogram(out, name, &series[i]);
}

static void write_requests(struct buf *out, const struct metrics_series *series, size_t count)
{
    static const char name[] = "muster_requests_total";
    char labels[METRICS_NAME_BYTES + 32], status[16];
    begin(out, name, "Requests answered, by route and status.", "counter");
    for (size_t i = 0; i < count; i++) {
        labels_of(&series[i], labels, sizeof(labels));
        for (unsigned code = 0; series[i].kind == METRICS_REQUEST && code < METRICS_CODES; code++) {
            if (series[i].codes[code] == 0)
                continue;
            snprintf(status, sizeof(status), code ? "%d" : "other", metrics_status(code));
            buf_printf(out, "%s{%s,status=\"%s\"} %" PRIu64 "\n", name, labels, status,
                       series[i].codes[code]);
        }
    }
}

static void write_jobs(struct buf *out, const struct metrics_series *series, size_t count)
{
    begin(out, "muster_job_runs_total", "Runs of the worker's jobs, by result.", "counter");
    for (size_t i = 0; i < count; i++)
        if (series[i].kind == METRICS_JOB)
            buf_printf(out,
                       "muster_job_runs_total{job=\"%s\",result=\"ok\"} %" PRIu64 "\n"
                       "muster_job_runs_total{job=\"%s\",result=\"failed\"} %" PRIu64 "\n",
                       series[i].name, series[i].codes[0], series[i].name, series[i].codes[1]);
    begin(out, "muster_job_last_run_timestamp_seconds", "When a job was seen last on this host.",
          "gauge");
    for (size_t i = 0; i < count; i++)
        if (series[i].kind == METRICS_JOB)
            buf_printf(out, "muster_job_last_run_timestamp_seconds{job=\"%s\"} %" PRId64 ".%03d\n",
                       series[i].name, series[i].last_ms / 1000, (int)(series[i].last_ms % 1000));
}

void prometheus_series(struct buf *out, const struct metrics_series *series, size_t count)
{
    write_requests(out, series, count);
    write_durations(out, METRICS_REQUEST, "muster_request_duration_seconds",
                    "Time from a request's arrival to its answer.", series, count);
    write_jobs(out, series, count);
    write_durations(out, METRICS_JOB, "muster_job_duration_seconds",
                    "Time that a run of a job took.", series, count);
    for (size_t i = 0; i < count; i++) {
        if (series[i].kind != METRICS_COUNTER)
            continue;
        buf_printf(out, "# TYPE %s counter\n%s %" PRIu64 "\n", series[i].name, series[i].name,
                   series[i].codes[0]);
    }
}

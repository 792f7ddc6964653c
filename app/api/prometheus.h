/*
 * Numbers as Prometheus reads them. Source: Prometheus, "Exposition formats", text format 0.0.4.
 */
#ifndef MUSTER_API_PROMETHEUS_H
#define MUSTER_API_PROMETHEUS_H

#include <stddef.h>

#include "base/buf.h"
#include "base/metrics.h"

/* One number that may go up and down. */
void prometheus_gauge(struct buf *out, const char *name, const char *help, double value);

/*
 * What the processes of this host counted: requests by method, route and status, runs of jobs by
 * result, both with histograms of their durations, and the counters. `series` is that of
 * metrics_list.
 */
void prometheus_series(struct buf *out, const struct metrics_series *series, size_t count);

#endif

/*
 * What the processes of a host count together, for /metrics and doctor: requests, runs of jobs, and
 * plain counters, in one mapped file (MUSTER_METRICS_FILE). Written with atomics and never locked
 * but to begin a series. A process that has no file counts nothing, and all works.
 */
#ifndef MUSTER_BASE_METRICS_H
#define MUSTER_BASE_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

#define METRICS_NAME_BYTES 88
#define METRICS_BUCKETS 14
#define METRICS_CODES 28

enum metrics_kind {
    METRICS_REQUEST = 1, /* name: "GET /contacts/:id" */
    METRICS_JOB = 2,     /* name: that of the job; code 0: it went well, 1: it failed */
    METRICS_COUNTER = 3  /* name: that of a Prometheus counter; code 0: its value */
};

struct metrics_series {
    uint32_t kind; /* metrics_kind */
    char name[METRICS_NAME_BYTES];
    int64_t last_ms; /* wall clock; when it counted last */
    uint64_t sum_us; /* of all durations */
    uint64_t
        buckets[METRICS_BUCKETS];  /* durations up to metrics_bound_us(i), above the one before */
    uint64_t codes[METRICS_CODES]; /* requests: of status metrics_status(i) */
};

/*
 * Sets the file for this process; one of another version is replaced. NULL or "": none. Returns 0,
 * or ERR_INTERNAL with a message: nothing is counted then.
 */
int metrics_open(const char *path, struct err_info *info);

/* Adds one. `route` is a pattern, never what a client sent. */
void metrics_request(const char *method, const char *route, int status, int64_t us);
void metrics_job(const char *job, bool good, int64_t us);

/* Notes that the job is at work, for one that may run for long. */
void metrics_job_lives(const char *job);

/* Adds `count` to a counter. `name` is a constant such as "muster_chunk_cache_hits_total". */
void metrics_add(const char *name, uint64_t count);

/* When the job was seen last on this host, in wall-clock ms; 0: not known. */
int64_t metrics_job_last_ms(const char *job);

/* Every series, by kind and name, copied into the arena. Returns how many. */
size_t metrics_list(struct arena *arena, struct metrics_series **ret);

/* Upper bound of a bucket; the last has none and gives INT64_MAX. */
int64_t metrics_bound_us(unsigned bucket);

/* The HTTP status that a code counts; 0: all that have none of their own. */
int metrics_status(unsigned code);

#endif

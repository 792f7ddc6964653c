#include "base/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/sharedfile.h"
#include "base/timeutil.h"

#define MAGIC UINT64_C(0x315452544d54534d) /* "MSTMTRT1": the last digit is the version */
#define SLOTS 256u

static const int64_t bounds_us[METRICS_BUCKETS] = {
    1000,   2500,   5000,    10000,   25000,   50000,    100000,
    250000, 500000, 1000000, 2500000, 5000000, 10000000, INT64_MAX,
};
static const short statuses[METRICS_CODES] = {
    0,   200, 201, 202, 204, 207, 302, 304, 400, 401, 402, 403, 404, 405,
    406, 408, 409, 410, 411, 413, 414, 415, 422, 429, 500, 502, 503, 504,
};

/* kind is written last, under the lock; 0: free. A series is never freed. */
struct layout {
    uint64_t magic;
    uint64_t unused[7];
    struct metrics_series series[SLOTS];
};

static struct sharedfile shared;

static struct metrics_series *all_series(void)
{
    struct layout *layout = shared.at;
    return layout ? layout->series : NULL;
}

int64_t metrics_bound_us(unsigned bucket)
{
    return bounds_us[bucket];
}

int metrics_status(unsigned code)
{
    return statuses[code];
}

int metrics_open(const char *path, struct err_info *info)
{
    sharedfile_close(&shared);
    if (!path || !*path)
        return 0;
    int err = sharedfile_open(path, sizeof(struct layout), MAGIC, "metrics", &shared, info);
    /* Processes of the other version go on with the file that has no name any more. */
    if (err == ERR_CONFLICT && unlink(path) == 0)
        err = sharedfile_open(path, sizeof(struct layout), MAGIC, "metrics", &shared, info);
    return err;
}

static bool is_series(const struct metrics_series *series, enum metrics_kind kind, const char *name)
{
    return series->kind == kind && strncmp(series->name, name, METRICS_NAME_BYTES - 1) == 0;
}

/* The series, or the first free slot behind its place, or NULL when all are taken. */
static struct metrics_series *probe(enum metrics_kind kind, const char *name)
{
    struct metrics_series *series = all_series();
    size_t start = hash_fast(name, strlen(name)) % SLOTS;
    for (size_t i = 0; i < SLOTS; i++) {
        struct metrics_series *at = &series[(start + i) % SLOTS];
        if (__atomic_load_n(&at->kind, __ATOMIC_ACQUIRE) == 0 || is_series(at, kind, name))
            return at;
    }
    return NULL;
}

/* Finds the series; begins it where it is not there. NULL: no file, or it is full. */
static struct metrics_series *find(enum metrics_kind kind, const char *name)
{
    if (!all_series())
        return NULL;
    struct metrics_series *series = probe(kind, name);
    if (!series || series->kind != 0)
        return series;
    if (!sharedfile_lock(&shared, 0))
        return NULL;
    series = probe(kind, name); /* somebody else may have been faster */
    if (series && series->kind == 0) {
        snprintf(series->name, sizeof(series->name), "%s", name);
        __atomic_store_n(&series->kind, kind, __ATOMIC_RELEASE);
    }
    sharedfile_unlock(&shared, 0);
    return series;
}

static void add(uint64_t *counter, uint64_t count)
{
    __atomic_fetch_add(counter, count, __ATOMIC_RELAXED);
}

static void record(enum metrics_kind kind, const char *name, unsigned code, int64_t us)
{
    struct metrics_series *series = find(kind, name);
    unsigned bucket = 0;
    if (!series)
        return;
    while (us > bounds_us[bucket])
        bucket++;
    add(&series->codes[code], 1);
    add(&series->buckets[bucket], 1);
    add(&series->sum_us, us > 0 ? (uint64_t)us : 0);
    __atomic_store_n(&series->last_ms, timeutil_wall_ms(), __ATOMIC_RELAXED);
}

void metrics_request(const char *method, const char *route, int status, int64_t us)
{
    char name[METRICS_NAME_BYTES];
    unsigned code = METRICS_CODES - 1;
    while (code > 0 && statuses[code] != status)
        code--;
    snprintf(name, sizeof(name), "%s %s", method, route);
    record(METRICS_REQUEST, name, code, us);
}

void metrics_job(const char *job, bool good, int64_t us)
{
    record(METRICS_JOB, job, good ? 0 : 1, us);
}

void metrics_job_lives(const char *job)
{
    struct metrics_series *series = find(METRICS_JOB, job);
    if (series)
        __atomic_store_n(&series->last_ms, timeutil_wall_ms(), __ATOMIC_RELAXED);
}

void metrics_add(const char *name, uint64_t value)
{
    struct metrics_series *series = value ? find(METRICS_COUNTER, name) : NULL;
    if (series)
        add(&series->codes[0], value);
}

int64_t metrics_job_last_ms(const char *job)
{
    const struct metrics_series *series = all_series() ? probe(METRICS_JOB, job) : NULL;
    return series && series->kind != 0 ? __atomic_load_n(&series->last_ms, __ATOMIC_RELAXED) : 0;
}

static int by_name(const void *left, const void *right)
{
    const struct metrics_series *a = left, *b = right;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    return strcmp(a->name, b->name);
}

/* Numbers that change meanwhile may be of different moments: each alone is right. */
size_t metrics_list(struct arena *arena, struct metrics_series **ret)
{
    const struct metrics_series *series = all_series();
    struct metrics_series *list = arena_array(arena, SLOTS, sizeof(*list));
    size_t found = 0;
    for (size_t i = 0; series && i < SLOTS; i++)
        if (__atomic_load_n(&series[i].kind, __ATOMIC_ACQUIRE) != 0)
            list[found++] = series[i];
    qsort(list, found, sizeof(*list), by_name);
    *ret = list;
    return found;
}

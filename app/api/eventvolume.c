#include "api/eventvolume.h"

#include <stdlib.h>

#include "api/daterange.h"
#include "api/historypoints.h"
#include "base/limits.h"
#include "store/catalog.h"
#include "store/eventcount.h"
#include "store/eventname.h"

#define SERIES_MAX 10
#define DEFAULT_DAYS 30
#define DEFAULT_HOURS 48

/* Of one name, or of the others together. */
struct series {
    uint32_t name_id;
    struct str name;
    uint64_t total;
    uint64_t *counts; /* by bucket; NULL: none */
};

struct volume {
    struct arena *arena;
    int64_t from_ms; /* start of the first bucket */
    int64_t step_ms;
    size_t points;
    struct series *series; /* by name's number, then by total */
    size_t count;
    uint64_t total;
};

/* ---- what is asked for --------------------------------------------------------------------- */

static int read_range(const struct api_request *req, struct volume *ret, struct err_info *info)
{
    int64_t now_ms, from_ms = 0, to_ms = 0;
    int err = db_now_ms(req->db, &now_ms, info);
    if (err == 0)
        err = daterange_interval(req, &ret->step_ms, info);
    if (err == 0)
        err = daterange_read(req, "to", true, now_ms, &to_ms, info);
    int64_t last_ms = historypoints_start(to_ms < now_ms ? to_ms : now_ms, ret->step_ms);
    int64_t points = ret->step_ms == SEGHISTORY_HOUR_MS ? DEFAULT_HOURS : DEFAULT_DAYS;
    if (err == 0)
        err = daterange_read(req, "from", false, last_ms - (points - 1) * ret->step_ms, &from_ms,
                             info);
    if (err < 0)
        return err;
    if (from_ms > to_ms)
        return err_set_at(info, ERR_INVAL, "BAD_REQUEST", "from", "from must not be after to");
    ret->from_ms = historypoints_start(from_ms, ret->step_ms);
    /* Nothing has happened after now. */
    points = ret->from_ms > last_ms ? 0 : (last_ms - ret->from_ms) / ret->step_ms + 1;
    ret->points = (size_t)points;
    return points <= LIMIT_VOLUME_POINTS
               ? 0
               : err_set_at(info, ERR_INVAL, "BAD_REQUEST", "from",
                            "from to to can be at most %d %s; ask for a shorter time%s",
                            LIMIT_VOLUME_POINTS,
                            ret->step_ms == SEGHISTORY_HOUR_MS ? "hours" : "days",
                            ret->step_ms == SEGHISTORY_HOUR_MS ? ", or for interval=day" : "");
}

/* The one that is asked for, whether there is such a name or not; else all of the project. */
static int read_names(const struct api_request *req, struct volume *ret, struct err_info *info)
{
    struct str name = api_query(req, "name");
    struct catalog_name *names = NULL;
    int err;
    if (name.len > 0) {
        ret->count = 1;
        ret->series = arena_array(ret->arena, 1, sizeof *ret->series);
        ret->series[0].name = name;
        return eventname_find(req->db, ret->arena, req->project_id, &name, 1,
                              &ret->series[0].name_id, info);
    }
    err = catalog_events(req->db, ret->arena, req->project_id, &names, &ret->count, info);
    if (err < 0)
        return err;
    ret->series = arena_array(ret->arena, ret->count, sizeof *ret->series);
    for (size_t i = 0; i < ret->count; i++)
        ret->series[i] = (struct series){.name_id = names[i].id, .name = names[i].name};
    return 0;
}

/* ---- counting ------------------------------------------------------------------------------ */

static int by_number(const void *a, const void *b)
{
    uint32_t x = ((const struct series *)a)->name_id, y = ((const struct series *)b)->name_id;
    return (x > y) - (x < y);
}

/* The most frequent first. */
static int by_total(const void *a, const void *b)
{
    const struct series *x = a, *y = b;
    return x->total != y->total ? (x->total < y->total) - (x->total > y->total)
                                : str_cmp(x->name, y->name);
}

static void add_to(struct volume *volume, struct series *series, size_t bucket, uint64_t count)
{
    if (series->counts == NULL)
        series->counts = arena_array(volume->arena, volume->points, sizeof *series->counts);
    series->counts[bucket] += count;
    series->total += count;
}

/* eventcount_fn */
static void add_count(uint32_t name_id, uint32_t bucket, uint64_t count, void *ctx)
{
    struct volume *volume = ctx;
    const struct series key = {.name_id = name_id};
    struct series *series =
        bsearch(&key, volume->series, volume->count, sizeof *volume->series, by_number);
    if (series != NULL && bucket < volume->points)
        add_to(volume, series, bucket, count);
}

static int count_all(const struct api_request *req, struct volume *volume, struct err_info *info)
{
    uint32_t *names = arena_array(volume->arena, volume->count, sizeof *names);
    struct eventcount_query query = {.project_id = req->project_id,
                                     .names = names,
                                     .name_count = volume->count,
                                     .from_ms = volume->from_ms,
                                     .to_ms = volume->from_ms +
                                              (int64_t)volume->points * volume->step_ms,
                                     .step_ms = volume->step_ms};
    qsort(volume->series, volume->count, sizeof *volume->series, by_number);
    for (size_t i = 0; i < volume->count; i++)
        names[i] = volume->series[i].name_id;
    int err = volume->points == 0
                  ? 0
                  : eventcount_read(req->db, volume->arena, &query, add_count, volume, info);
    qsort(volume->series, volume->count, sizeof *volume->series, by_total);
    for (size_t i = 0; i < volume->count; i++)
        volume->total += volume->series[i].total;
    return err;
}

/* ---- the answer ---------------------------------------------------------------------------- */

static void write_counts(struct jsonwrite *w, const struct volume *volume,
                         const struct series *series)
{
    jsonwrite_name(w, "total");
    jsonwrite_i64(w, (int64_t)series->total);
    jsonwrite_name(w, "counts");
    jsonwrite_list(w);
    for (size_t i = 0; i < volume->points; i++)
        jsonwrite_i64(w, series->counts == NULL ? 0 : (int64_t)series->counts[i]);
    jsonwrite_list_end(w);
}

static void write_times(struct jsonwrite *w, const struct volume *volume)
{
    int64_t last = volume->points == 0 ? 0 : (int64_t)volume->points - 1;
    jsonwrite_name(w, "interval");
    jsonwrite_c(w, volume->step_ms == SEGHISTORY_HOUR_MS ? "hour" : "day");
    jsonwrite_name(w, "from");
    jsonwrite_time(w, volume->from_ms);
    jsonwrite_name(w, "to");
    jsonwrite_time(w, volume->from_ms + last * volume->step_ms);
    jsonwrite_name(w, "total");
    jsonwrite_i64(w, (int64_t)volume->total);
    jsonwrite_name(w, "at");
    jsonwrite_list(w);
    for (size_t i = 0; i < volume->points; i++)
        jsonwrite_time(w, volume->from_ms + (int64_t)i * volume->step_ms);
    jsonwrite_list_end(w);
}

/* Writes those from place `from` on as one; they descend, so that the first without any is the end.
 */
static void write_other(struct jsonwrite *w, struct volume *volume, size_t from)
{
    struct series other = {.total = 0};
    size_t end = from;
    for (; end < volume->count && volume->series[end].total > 0; end++) {
        for (size_t i = 0; i < volume->points; i++)
            add_to(volume, &other, i, volume->series[end].counts[i]);
    }
    jsonwrite_name(w, "other");
    if (end == from) {
        jsonwrite_null(w);
        return;
    }
    jsonwrite_object(w);
    jsonwrite_name(w, "names");
    jsonwrite_i64(w, (int64_t)(end - from));
    write_counts(w, volume, &other);
    jsonwrite_object_end(w);
}

static void write_volume(struct jsonwrite *w, struct volume *volume, bool is_one)
{
    size_t shown = 0;
    jsonwrite_object(w);
    write_times(w, volume);
    jsonwrite_name(w, "series");
    jsonwrite_list(w);
    for (; shown < volume->count && shown < SERIES_MAX; shown++) {
        const struct series *series = &volume->series[shown];
        if (series->total == 0 && !is_one)
            break;
        jsonwrite_object(w);
        jsonwrite_name(w, "name");
        jsonwrite_str(w, series->name);
        write_counts(w, volume, series);
        jsonwrite_object_end(w);
    }
    jsonwrite_list_end(w);
    write_other(w, volume, shown);
    jsonwrite_object_end(w);
}

int eventvolume_get(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct volume volume = {.arena = req->arena};
    int err = read_range(req, &volume, info);
    if (err == 0)
        err = read_names(req, &volume, info);
    if (err == 0)
        err = count_all(req, &volume, info);
    if (err < 0)
        return err;
    api_begin(res, 200);
    write_volume(&res->json, &volume, api_query(req, "name").len > 0);
    return 0;
}

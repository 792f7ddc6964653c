#include "api/systeminfo.h"

#include <string.h>

#include "api/jsonparts.h"
#include "audience/audience.h"
#include "audience/due.h"
#include "audience/facts.h"
#include "base/limits.h"
#include "base/metrics.h"
#include "base/timeutil.h"
#include "db/migrate.h"
#include "store/keyscope.h"
#include "store/project.h"
#include "store/serverinfo.h"

static void write_count(struct jsonwrite *w, const char *name, uint64_t count)
{
    jsonwrite_name(w, name);
    jsonwrite_i64(w, (int64_t)count);
}

/* ---- queues -------------------------------------------------------------------------------- */

static const char *const queue_names[QUEUEDEPTH_COUNT] = {
    [QUEUEDEPTH_IMPORTS] = "imports",
    [QUEUEDEPTH_BULK_JOBS] = "bulkJobs",
    [QUEUEDEPTH_DELIVERIES_DUE] = "deliveriesDue",
    [QUEUEDEPTH_DELIVERIES_DEAD] = "deliveriesDead",
    [QUEUEDEPTH_FLOW_EVENTS] = "flowEvents",
    [QUEUEDEPTH_FLOW_STEPS] = "flowSteps",
    [QUEUEDEPTH_DIRTY_MARKS] = "dirtyMarks",
    [QUEUEDEPTH_OUTBOX] = "outbox",
};

static void write_queue(struct jsonwrite *w, const char *name, const struct queuedepth *queue)
{
    jsonwrite_name(w, name);
    jsonwrite_object(w);
    write_count(w, "depth", queue->depth);
    jsonwrite_name(w, "isCapped");
    jsonwrite_bool(w, queue->depth >= QUEUEDEPTH_MAX);
    jsonwrite_name(w, "oldestSeconds");
    if (queue->age_ms == QUEUEDEPTH_NO_AGE)
        jsonwrite_null(w);
    else
        jsonwrite_number(w, (double)queue->age_ms / 1000);
    jsonwrite_object_end(w);
}

/* `due`: segments whose run is due. */
static void write_queues(struct jsonwrite *w, const struct queuedepth *queues, uint64_t due)
{
    const struct queuedepth compute = {due, QUEUEDEPTH_NO_AGE};
    jsonwrite_name(w, "queues");
    jsonwrite_object(w);
    for (size_t i = 0; i < QUEUEDEPTH_COUNT; i++)
        write_queue(w, queue_names[i], &queues[i]);
    write_queue(w, "computeDue", &compute);
    jsonwrite_object_end(w);
}

/* ---- the project --------------------------------------------------------------------------- */

struct of_project {
    struct serverinfo_project info;
    struct queuedepth queues[QUEUEDEPTH_COUNT];
    uint64_t contacts;
    uint64_t events;
    size_t due;
};

static int read_project(const struct api_request *req, struct of_project *ret,
                        struct err_info *info)
{
    const struct audience_query everybody = {.project_id = req->project_id,
                                             .at_ms = AUDIENCE_AT_NOW};
    struct audience_page page = {0};
    struct facts_event *events = NULL;
    struct due_segment *due;
    size_t count = 0;
    int err = serverinfo_project(req->db, req->project_id, &ret->info, info);
    if (err == 0)
        err = queuedepth_read(req->db, req->arena, &req->project_id, 1, ret->queues, info);
    if (err == 0)
        err = due_segments(req->db, req->arena, req->project_id, false, &due, &ret->due, info);
    if (err == 0)
        err = audience_page(req->db, req->arena, &everybody, &page, info);
    if (err == 0)
        err = facts_events(req->db, req->arena, req->project_id, &events, &count, info);
    ret->contacts = page.total;
    ret->events = 0;
    for (size_t i = 0; err == 0 && i < count; i++)
        ret->events += events[i].occurrences;
    return err;
}

static void write_project(struct jsonwrite *w, const struct api_request *req,
                          const struct of_project *project)
{
    jsonwrite_name(w, "project");
    jsonwrite_object(w);
    jsonwrite_name(w, "id");
    jsonwrite_c(w, req->project_uuid);
    write_count(w, "contacts", project->contacts);
    write_count(w, "events", project->events);
    write_count(w, "eventNames", project->info.event_names);
    write_count(w, "fields", project->info.fields);
    write_count(w, "segments", project->info.segments);
    write_count(w, "trackedSegments", project->info.tracked);
    write_count(w, "webhooks", project->info.webhooks);
    jsonwrite_name(w, "foldedAt");
    if (project->info.folded_ms == 0)
        jsonwrite_null(w);
    else
        jsonwrite_time(w, project->info.folded_ms);
    write_queues(w, project->queues, project->due);
    jsonwrite_object_end(w);
}

/* ---- the whole server ---------------------------------------------------------------------- */

struct of_server {
    size_t projects;
    struct serverinfo_queues queues;
    uint64_t due;
};

static int read_server(const struct api_request *req, struct of_server *ret, struct err_info *info)
{
    struct project *all;
    uint32_t *projects;
    struct due_segment *due;
    size_t project_count = 0, count;
    int err = project_list(req->db, req->arena, &all, &ret->projects, info);
    if (err == 0)
        err = serverinfo_queues(req->db, &ret->queues, info);
    if (err == 0)
        err = due_projects(req->db, req->arena, false, &projects, &project_count, info);
    ret->due = 0;
    for (size_t i = 0; err == 0 && i < project_count; i++) {
        err = due_segments(req->db, req->arena, projects[i], false, &due, &count, info);
        ret->due += count;
    }
    return err;
}

static uint64_t counter_of(const struct metrics_series *series, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (series[i].kind == METRICS_COUNTER && strcmp(series[i].name, name) == 0)
            return series[i].codes[0];
    }
    return 0;
}

/* As the processes of this host count. */
static void write_cache(struct jsonwrite *w, const struct metrics_series *series, size_t count)
{
    jsonwrite_name(w, "chunkCache");
    jsonwrite_object(w);
    write_count(w, "hits", counter_of(series, count, "muster_chunk_cache_hits_total"));
    write_count(w, "maps", counter_of(series, count, "muster_chunk_cache_maps_total"));
    write_count(w, "loads", counter_of(series, count, "muster_chunk_cache_loads_total"));
    jsonwrite_object_end(w);
}

static void write_jobs(struct jsonwrite *w, const struct metrics_series *series, size_t count)
{
    jsonwrite_name(w, "jobs");
    jsonwrite_list(w);
    for (size_t i = 0; i < count; i++) {
        uint64_t runs = series[i].codes[0] + series[i].codes[1];
        if (series[i].kind != METRICS_JOB)
            continue;
        jsonwrite_object(w);
        jsonwrite_name(w, "name");
        jsonwrite_c(w, series[i].name);
        write_count(w, "runs", runs);
        write_count(w, "failed", series[i].codes[1]);
        jsonwrite_name(w, "lastRunAt");
        jsonwrite_time(w, series[i].last_ms);
        jsonwrite_name(w, "meanMs");
        jsonwrite_number(w, runs == 0 ? 0 : (double)(series[i].sum_us / runs) / 1000);
        jsonwrite_object_end(w);
    }
    jsonwrite_list_end(w);
}

static void write_server(struct jsonwrite *w, const struct api_request *req,
                         const struct of_server *server)
{
    struct metrics_series *series = NULL;
    size_t count = metrics_list(req->arena, &series);
    jsonwrite_name(w, "server");
    jsonwrite_object(w);
    write_count(w, "projects", server->projects);
    write_queues(w, server->queues.queues, server->due);
    write_count(w, "webhooksDisabled", server->queues.webhooks_disabled);
    write_cache(w, series, count);
    write_jobs(w, series, count);
    jsonwrite_object_end(w);
}

/* ---- versions and limits ------------------------------------------------------------------- */

static int write_versions(struct jsonwrite *w, const struct api_request *req, struct err_info *info)
{
    struct serverinfo database;
    struct migrate_state migration;
    int err = serverinfo_read(req->db, req->arena, &database, info);
    if (err == 0)
        err = migrate_status(req->db, req->context->sql_dir, &migration, info);
    if (err < 0)
        return err;
    jsonwrite_name(w, "version");
    jsonwrite_object(w);
    jsonwrite_name(w, "muster");
    jsonwrite_c(w, MUSTER_VERSION);
    jsonparts_text(w, "database", database.version);
    jsonwrite_name(w, "migration");
    jsonwrite_object(w);
    jsonwrite_name(w, "last");
    jsonwrite_c(w, migration.last);
    write_count(w, "applied", migration.applied);
    write_count(w, "available", migration.available);
    jsonwrite_object_end(w);
    jsonwrite_object_end(w);
    jsonwrite_name(w, "uptimeSeconds");
    jsonwrite_number(w, (double)(timeutil_wall_ms() - req->context->started_ms) / 1000);
    return 0;
}

static void write_rate(struct jsonwrite *w, const struct config_rates *rates)
{
    bool is_limited = rates->plan != NULL && strcmp(rates->plan, "off") != 0;
    jsonwrite_name(w, "ratePlan");
    if (is_limited)
        jsonwrite_c(w, rates->plan);
    else
        jsonwrite_null(w);
    jsonwrite_name(w, "rateRequestsPerMinute");
    if (is_limited)
        jsonwrite_i64(w, rates->general);
    else
        jsonwrite_null(w);
}

static void write_limits(struct jsonwrite *w, const struct config_rates *rates)
{
    static const struct {
        const char *name;
        int64_t value;
    } limits[] = {
        {"bodyBytes", LIMIT_BODY_BYTES},
        {"importBytes", LIMIT_IMPORT_BYTES},
        {"importRowBytes", LIMIT_IMPORT_ROW_BYTES},
        {"importColumns", LIMIT_IMPORT_COLUMNS},
        {"importJobs", LIMIT_IMPORT_JOBS},
        {"bulkJobs", LIMIT_BULK_JOBS},
        {"batchItems", LIMIT_BATCH_ITEMS},
        {"dataBytes", LIMIT_DATA_BYTES},
        {"filterBytes", LIMIT_FILTER_BYTES},
        {"filterLeaves", LIMIT_FILTER_LEAVES},
        {"filterDepth", LIMIT_FILTER_DEPTH},
        {"segments", LIMIT_SEGMENTS},
        {"fieldPaths", LIMIT_FIELD_PATHS},
        {"eventNames", LIMIT_EVENT_NAMES},
        {"webhooks", LIMIT_WEBHOOKS},
        {"pageSize", LIMIT_PAGE_SIZE},
    };
    jsonwrite_name(w, "limits");
    jsonwrite_object(w);
    for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
        jsonwrite_name(w, limits[i].name);
        jsonwrite_i64(w, limits[i].value);
    }
    write_rate(w, rates);
    jsonwrite_object_end(w);
}

int systeminfo_get(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct of_project project;
    struct of_server server;
    struct jsonwrite *w = &res->json;
    bool is_admin = keyscope_allows(req->key_scopes, KEYSCOPE_ADMIN);
    int64_t now_ms;
    int err = db_now_ms(req->db, &now_ms, info);
    if (err == 0)
        err = read_project(req, &project, info);
    if (err == 0 && is_admin)
        err = read_server(req, &server, info);
    if (err < 0)
        return err;
    api_begin(res, 200);
    jsonwrite_object(w);
    jsonwrite_name(w, "at");
    jsonwrite_time(w, now_ms);
    err = write_versions(w, req, info);
    write_project(w, req, &project);
    if (is_admin)
        write_server(w, req, &server);
    write_limits(w, &req->context->rates);
    jsonwrite_object_end(w);
    return err;
}

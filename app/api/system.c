#include "api/system.h"

#include "api/prometheus.h"
#include "base/procmem.h"
#include "base/timeutil.h"
#include "db/migrate.h"
#include "store/serverinfo.h"

int system_root(struct api_request *req, struct api_response *res, struct err_info *info)
{
    (void)req;
    (void)info;
    api_no_content(res);
    res->status = 302;
    api_header(res, "Location", "/app/");
    return 0;
}

static void write_health(struct api_response *res, const struct api_context *context,
                         bool reachable, const struct migrate_state *state, bool complete)
{
    struct jsonwrite *w = &res->json;
    int64_t now_ms = timeutil_wall_ms();
    api_begin(res, reachable && complete ? 200 : 503);
    jsonwrite_object(w);
    jsonwrite_name(w, "status");
    jsonwrite_c(w, reachable && complete ? "ok" : "unavailable");
    jsonwrite_name(w, "database");
    jsonwrite_c(w, reachable ? "ok" : "unavailable");
    jsonwrite_name(w, "migration");
    if (state->last[0])
        jsonwrite_c(w, state->last);
    else
        jsonwrite_null(w);
    jsonwrite_name(w, "time");
    jsonwrite_time(w, now_ms);
    jsonwrite_name(w, "version");
    jsonwrite_c(w, MUSTER_VERSION);
    jsonwrite_name(w, "environment");
    jsonwrite_c(w, context->environment);
    jsonwrite_name(w, "uptime");
    jsonwrite_number(w, (double)(now_ms - context->started_ms) / 1000.0);
    jsonwrite_name(w, "memoryUsage");
    jsonwrite_object(w);
    jsonwrite_name(w, "rss");
    jsonwrite_i64(w, (int64_t)procmem_now().resident_bytes);
    jsonwrite_object_end(w);
    jsonwrite_object_end(w);
}

int system_health(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct migrate_state state = {0};
    bool reachable = db_ping(req->db);
    bool complete = reachable &&
                    migrate_status(req->db, req->context->sql_dir, &state, info) == 0 &&
                    state.applied >= state.available;
    write_health(res, req->context, reachable, &state, complete);
    if (!reachable || !complete)
        api_header(res, "Retry-After", "2");
    return 0;
}

int system_config(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct jsonwrite *w = &res->json;
    (void)req;
    (void)info;
    api_begin(res, 200);
    jsonwrite_object(w);
    jsonwrite_name(w, "name");
    jsonwrite_c(w, "Muster");
    jsonwrite_name(w, "version");
    jsonwrite_c(w, MUSTER_VERSION);
    jsonwrite_name(w, "dialects");
    jsonwrite_list(w);
    jsonwrite_c(w, "plunk");
    jsonwrite_c(w, "pushmail");
    jsonwrite_c(w, "mailpanda");
    jsonwrite_list_end(w);
    jsonwrite_object_end(w);
    return 0;
}

static void write_queue(struct buf *out, const struct queuedepth *queue, const char *depth,
                        const char *depth_help, const char *age, const char *age_help)
{
    prometheus_gauge(out, depth, depth_help, (double)queue->depth);
    if (age)
        prometheus_gauge(out, age, age_help, queue->age_ms > 0 ? (double)queue->age_ms / 1000 : 0);
}

static void write_queues(struct buf *out, const struct queuedepth *queues)
{
    write_queue(out, &queues[QUEUEDEPTH_IMPORTS], "muster_imports_open",
                "Imports that are not over.", "muster_imports_oldest_seconds",
                "Since the import that waits longest was worked on.");
    write_queue(out, &queues[QUEUEDEPTH_BULK_JOBS], "muster_bulk_jobs_open",
                "Bulk actions that are not over.", "muster_bulk_jobs_oldest_seconds",
                "Since the bulk action that waits longest was worked on.");
    write_queue(out, &queues[QUEUEDEPTH_DELIVERIES_DUE], "muster_deliveries_due",
                "Webhook messages that should have gone out by now.",
                "muster_deliveries_oldest_seconds", "Since the oldest of them was due.");
    write_queue(out, &queues[QUEUEDEPTH_DELIVERIES_DEAD], "muster_deliveries_dead",
                "Webhook messages that were given up.", NULL, NULL);
    write_queue(out, &queues[QUEUEDEPTH_FLOW_EVENTS], "muster_flow_events_queued",
                "Events that workflows and sequences have not heard of yet.",
                "muster_flow_events_oldest_seconds", "Since the oldest of them happened.");
    write_queue(out, &queues[QUEUEDEPTH_FLOW_STEPS], "muster_flow_steps_due",
                "Steps of workflows and sequences that should have been done by now.",
                "muster_flow_steps_oldest_seconds",
                "Since the first due step of a workflow or sequence should have been done.");
    write_queue(out, &queues[QUEUEDEPTH_OUTBOX], "muster_outbox_due",
                "Messages to contacts that a sender may claim now.", "muster_outbox_oldest_seconds",
                "Since the oldest of them was due.");
}

int system_metrics(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct serverinfo_counts counts = {0};
    struct serverinfo_queues queues = {0};
    struct metrics_series *series = NULL;
    if (!req->is_internal)
        return err_set(info, ERR_NOT_FOUND, NULL, "Unknown route");
    bool reachable = serverinfo_count(req->db, &counts, info) == 0 &&
                     serverinfo_queues(req->db, &queues, info) == 0;
    api_no_content(res);
    res->status = 200;
    res->content_type = "text/plain; version=0.0.4; charset=utf-8";
    prometheus_gauge(&res->body, "muster_database_up", "Whether the database answers.", reachable);
    if (reachable) {
        prometheus_gauge(&res->body, "muster_projects", "Projects there are.",
                         (double)counts.projects);
        prometheus_gauge(&res->body, "muster_dirty_marks", "Changes that no fold has taken in yet.",
                         (double)counts.dirty);
        prometheus_gauge(&res->body, "muster_webhooks_disabled", "Webhooks that are switched off.",
                         (double)queues.webhooks_disabled);
        write_queues(&res->body, queues.queues);
    }
    size_t count = metrics_list(req->arena, &series);
    prometheus_series(&res->body, series, count);
    return 0;
}

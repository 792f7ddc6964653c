#include "api/bulk.h"

#include "api/audittrail.h"
#include "api/bodytext.h"
#include "api/condition.h"
#include "api/jsonparts.h"
#include "audience/roster.h"
#include "base/limits.h"
#include "column/key.h"
#include "store/bulkjob.h"
#include "store/contact.h"

/* ---- whom it is about ---------------------------------------------------------------------- */

/*
 * The contacts of a list of ids; what is no id of a contact here stands for nobody. Returns 0, or
 * ERR_UNPROCESSABLE when the member is there and no list of at most `max` texts.
 */
static int read_ids(const struct api_request *req, const char *name, size_t max, uint32_t **ret,
                    size_t *ret_count, struct err_info *info)
{
    const struct jsonval *list;
    *ret = NULL;
    *ret_count = 0;
    int err = api_body_list(req->json, name, &list, info);
    if (err < 0 || list == NULL) {
        return err;
    }
    if (list->count > max) {
        return bodytext_refuse(info, name, "too_big", "%s can hold at most %zu ids", name, max);
    }
    err = bodytext_check_strings(list, name, info);
    if (err < 0) {
        return err;
    }
    struct uuid *uuids = arena_array(req->arena, list->count, sizeof *uuids);
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++) {
        count += uuid_parse(list->items[i].string, &uuids[count]) ? 1 : 0;
    }
    *ret = arena_array(req->arena, count, sizeof **ret);
    return contact_ordinals(req->db, req->arena, req->project_id, uuids, count, *ret, ret_count,
                            info);
}

/* Sets or clears the bits of contacts; chunks that the roster does not have are made when set. */
static void mark(struct arena *arena, struct roster *roster, const uint32_t *ordinals, size_t count,
                 bool on)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t chunk = ordinals[i] / KEY_CHUNK_ROWS;
        if (roster->chunks[chunk] == NULL && on) {
            roster->chunks[chunk] = arena_alloc(arena, sizeof(struct bits));
        }
        if (roster->chunks[chunk] != NULL) {
            bits_put(roster->chunks[chunk], ordinals[i] % KEY_CHUNK_ROWS, on);
        }
    }
}

static int by_ids(const struct api_request *req, struct roster *ret, struct err_info *info)
{
    const struct jsonval *given = jsonval_get(req->json, "contactIds");
    uint32_t *ordinals;
    size_t count;
    int err = read_ids(req, "contactIds", LIMIT_BULK_IDS, &ordinals, &count, info);
    if (err < 0) {
        return err;
    }
    if (given == NULL || given->type != JSONVAL_LIST || given->count == 0) {
        return bodytext_refuse(info, "contactIds", given == NULL ? "required" : "too_small",
                               "contactIds must be a non-empty array of contact ids");
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t chunk = ordinals[i] / KEY_CHUNK_ROWS;
        ret->chunk_count = chunk >= ret->chunk_count ? chunk + 1 : ret->chunk_count;
    }
    ret->chunks = arena_array(req->arena, ret->chunk_count, sizeof(*ret->chunks));
    mark(req->arena, ret, ordinals, count, true);
    return 0;
}

static void leave_out(struct roster *roster, const uint32_t *ordinals, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (ordinals[i] / KEY_CHUNK_ROWS < roster->chunk_count) {
            mark(NULL, roster, &ordinals[i], 1, false);
        }
    }
}

static int by_query(const struct api_request *req, struct roster *ret, struct err_info *info)
{
    struct condition condition;
    uint32_t *excluded;
    size_t count;
    struct audience_query query = {.project_id = req->project_id, .at_ms = AUDIENCE_AT_NOW};
    int err = condition_read(req->arena, SEGMENT_PLUNK, jsonval_get(req->json, "filter"), "filter",
                             &condition, info);
    if (err == 0) {
        err = read_ids(req, "excludeIds", LIMIT_BULK_EXCLUDED, &excluded, &count, info);
    }
    if (err < 0) {
        return err;
    }
    query.filter = condition.filter;
    err = roster_take(req->db, req->arena, &query, ret, info);
    if (err == 0) {
        leave_out(ret, excluded, count);
    }
    return err;
}

/* ---- asking for it ------------------------------------------------------------------------- */

static int create(const struct api_request *req, const struct roster *roster, struct bulkjob *job,
                  struct err_info *info)
{
    struct bulkjob_part *parts = arena_array(req->arena, roster->chunk_count, sizeof *parts);
    size_t count = 0;
    for (uint32_t chunk = 0; chunk < roster->chunk_count; chunk++) {
        const struct bits *rows = roster->chunks[chunk];
        uint32_t members = rows == NULL ? 0 : bits_count(rows);
        if (members > 0) {
            parts[count++] = (struct bulkjob_part){chunk, roster_pack(req->arena, rows)};
            job->total += members;
        }
    }
    return bulkjob_create(req->db, job, parts, count, info);
}

static int ask(struct api_request *req, struct api_response *res, enum bulkjob_kind kind,
               struct err_info *info)
{
    static const char *const modes[] = {"ids", "query", NULL};
    struct roster roster = {0};
    int mode;
    int err = bodytext_word(req->json, "mode", modes, 0, &mode, info);
    if (err == 0) {
        err = mode == 0 ? by_ids(req, &roster, info) : by_query(req, &roster, info);
    }
    struct bulkjob job = {.project_id = req->project_id, .kind = kind, .by_query = mode != 0};
    if (err == 0) {
        err = create(req, &roster, &job, info);
    }
    if (err < 0) {
        return err;
    }
    if (kind == BULKJOB_DELETE) {
        audittrail_add(req, res, "contact.erased", "bulk_job", &job.job_id, (struct str){NULL, 0});
    }
    api_begin(res, 202);
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "message");
    jsonwrite_c(&res->json,
                arena_printf(req->arena, "Bulk %s queued successfully", bulkjob_kind_word(kind)));
    jsonparts_id(&res->json, "jobId", &job.job_id);
    jsonwrite_object_end(&res->json);
    return 0;
}

int bulk_subscribe(struct api_request *req, struct api_response *res, struct err_info *info)
{
    return ask(req, res, BULKJOB_SUBSCRIBE, info);
}

int bulk_unsubscribe(struct api_request *req, struct api_response *res, struct err_info *info)
{
    return ask(req, res, BULKJOB_UNSUBSCRIBE, info);
}

int bulk_delete(struct api_request *req, struct api_response *res, struct err_info *info)
{
    return ask(req, res, BULKJOB_DELETE, info);
}

/* ---- looking ------------------------------------------------------------------------------- */

static void write_count(struct jsonwrite *w, const char *name, uint64_t count)
{
    jsonwrite_name(w, name);
    jsonwrite_i64(w, (int64_t)count);
}

static void write_time(struct jsonwrite *w, const char *name, int64_t ms)
{
    jsonwrite_name(w, name);
    if (ms == BULKJOB_NO_TIME) {
        jsonwrite_null(w);
    } else {
        jsonwrite_time(w, ms);
    }
}

/* {updated, unchanged} or {deleted}; null until the job is over. */
static void write_result(struct jsonwrite *w, const struct bulkjob *job)
{
    jsonwrite_name(w, "result");
    if (job->state < BULKJOB_COMPLETED) {
        jsonwrite_null(w);
        return;
    }
    jsonwrite_object(w);
    if (job->kind == BULKJOB_DELETE) {
        write_count(w, "deleted", job->counts.changed);
    } else {
        write_count(w, "updated", job->counts.changed);
        write_count(w, "unchanged", job->counts.unchanged);
    }
    jsonwrite_object_end(w);
}

/* Percent; 100 only when it is over. */
static uint64_t progress(const struct bulkjob *job)
{
    if (job->state == BULKJOB_COMPLETED) {
        return 100;
    }
    uint64_t percent = job->total == 0 ? 0 : job->done * 100 / job->total;
    return percent < 99 ? percent : 99;
}

static void write_job(struct jsonwrite *w, const struct bulkjob *job)
{
    jsonwrite_object(w);
    jsonparts_id(w, "id", &job->job_id);
    jsonparts_id(w, "jobId", &job->job_id);
    jsonwrite_name(w, "state");
    jsonwrite_c(w, bulkjob_state_word(job->state));
    jsonwrite_name(w, "status");
    jsonwrite_c(w, job->state == BULKJOB_COMPLETED ? "completed"
                   : job->state == BULKJOB_FAILED  ? "failed"
                                                   : "queued");
    write_count(w, "progress", progress(job));
    write_result(w, job);
    jsonwrite_name(w, "data");
    jsonwrite_object(w);
    jsonwrite_name(w, "operation");
    jsonwrite_c(w, bulkjob_kind_word(job->kind));
    jsonwrite_name(w, "mode");
    jsonwrite_c(w, job->by_query ? "query" : "ids");
    jsonwrite_object_end(w);
    jsonparts_text(w, "failedReason", job->failed_reason);
    write_count(w, "total", job->total);
    write_count(w, "done", job->done);
    write_time(w, "createdAt", job->created_ms);
    write_time(w, "startedAt", job->started_ms);
    write_time(w, "finishedAt", job->finished_ms);
    jsonwrite_object_end(w);
}

int bulk_get(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct uuid id;
    struct bulkjob job;
    if (!uuid_parse(req->path_args[0], &id)) {
        return err_set(info, ERR_NOT_FOUND, "RESOURCE_NOT_FOUND", "Bulk action job not found");
    }
    int err = bulkjob_get(req->db, req->arena, req->project_id, &id, &job, info);
    if (err < 0) {
        return err;
    }
    api_begin(res, 200);
    write_job(&res->json, &job);
    return 0;
}

#include "store/importjson.h"

static bool is_over(const struct importjob *job)
{
    return job->state > IMPORTJOB_ACTIVE;
}

static void write_count(struct jsonwrite *w, const char *name, uint64_t count)
{
    jsonwrite_name(w, name);
    jsonwrite_i64(w, (int64_t)count);
}

static void write_time(struct jsonwrite *w, const char *name, int64_t ms)
{
    jsonwrite_name(w, name);
    if (ms == IMPORTJOB_NO_TIME) {
        jsonwrite_null(w);
    } else {
        jsonwrite_time(w, ms);
    }
}

static void write_id(struct jsonwrite *w, const char *name, const struct uuid *uuid)
{
    char text[37];
    uuid_format(uuid, text);
    jsonwrite_name(w, name);
    jsonwrite_c(w, text);
}

static void write_counts(struct jsonwrite *w, const struct importlane_counts *counts)
{
    write_count(w, "created", counts->created);
    write_count(w, "updated", counts->updated);
    write_count(w, "unchanged", counts->unchanged);
    write_count(w, "skipped", counts->skipped);
    write_count(w, "rejected", counts->rejected);
}

/* JSON text of our own; null where there is none. */
static void write_json(struct jsonwrite *w, const char *name, struct str json)
{
    jsonwrite_name(w, name);
    if (json.at == NULL) {
        jsonwrite_null(w);
    } else {
        jsonwrite_raw(w, json);
    }
}

/* What was asked for. */
static void write_data(struct jsonwrite *w, const struct importjob_input *input,
                       const struct importtarget *target)
{
    jsonwrite_name(w, "data");
    jsonwrite_object(w);
    jsonwrite_name(w, "kind");
    jsonwrite_c(w, importjob_kind_word(input->kind));
    jsonwrite_name(w, "format");
    jsonwrite_c(w, input->format == IMPORTJOB_NDJSON ? "ndjson" : "csv");
    jsonwrite_name(w, "mode");
    jsonwrite_c(w, importjob_mode_word(input->mode));
    jsonwrite_name(w, "dryRun");
    jsonwrite_bool(w, input->dry_run);
    jsonwrite_name(w, "keepCreatedAt");
    jsonwrite_bool(w, input->keep_created);
    write_json(w, "columns", input->mapping);
    if (target->has_segment) {
        write_id(w, "segmentId", &target->segment);
    }
    if (target->tag.at != NULL) {
        jsonwrite_name(w, "tag");
        jsonwrite_str(w, target->tag);
    }
    jsonwrite_object_end(w);
}

static void write_result(struct jsonwrite *w, const struct importjob *job)
{
    jsonwrite_name(w, "result");
    if (!is_over(job)) {
        jsonwrite_null(w);
        return;
    }
    jsonwrite_object(w);
    write_count(w, "rows", importlane_rows(&job->counts));
    write_counts(w, &job->counts);
    jsonwrite_object_end(w);
}

/* Percent; 100 only when it is over. */
static uint64_t progress(const struct importjob *job)
{
    if (is_over(job) && job->state == IMPORTJOB_COMPLETED) {
        return 100;
    }
    uint64_t percent = job->bytes == 0 ? 0 : job->bytes_done * 100 / job->bytes;
    return percent < 99 ? percent : 99;
}

static void write_errors(struct jsonwrite *w, const struct importerror *errors, size_t count)
{
    jsonwrite_name(w, "errors");
    jsonwrite_list(w);
    for (size_t i = 0; i < count; i++) {
        jsonwrite_object(w);
        write_count(w, "row", errors[i].row);
        write_count(w, "line", errors[i].line);
        jsonwrite_name(w, "email");
        jsonwrite_str(w, errors[i].email);
        jsonwrite_name(w, "reason");
        jsonwrite_str(w, errors[i].reason);
        jsonwrite_object_end(w);
    }
    jsonwrite_list_end(w);
}

/* The three words of the flatter form (http-api §1.5). */
static const char *status_word(enum importjob_state state)
{
    return state == IMPORTJOB_COMPLETED ? "completed"
           : state > IMPORTJOB_ACTIVE   ? "failed"
                                        : "queued";
}

static void write_reason(struct jsonwrite *w, struct str reason)
{
    jsonwrite_name(w, "failedReason");
    if (reason.at == NULL) {
        jsonwrite_null(w);
    } else {
        jsonwrite_str(w, reason);
    }
}

void importjson_write(struct jsonwrite *w, const struct importjob *job,
                      const struct importtarget *target, const struct importerror *errors,
                      size_t error_count)
{
    uint64_t done = importlane_rows(&job->counts);
    uint64_t rows = job->row_count > done ? job->row_count : done;
    jsonwrite_object(w);
    write_id(w, "id", &job->job_id);
    write_id(w, "jobId", &job->job_id);
    jsonwrite_name(w, "state");
    jsonwrite_c(w, importjob_state_word(job->state));
    jsonwrite_name(w, "status");
    jsonwrite_c(w, status_word(job->state));
    write_count(w, "progress", progress(job));
    write_result(w, job);
    write_data(w, &job->input, target);
    write_reason(w, job->failed_reason);
    write_count(w, "bytes", job->bytes);
    write_count(w, "bytesDone", job->bytes_done);
    write_count(w, "rows", rows);
    write_count(w, "rowsDone", done);
    write_count(w, "totalRows", rows);
    write_count(w, "imported", job->counts.created);
    write_counts(w, &job->counts);
    write_json(w, "columns", job->found);
    write_errors(w, errors, error_count);
    write_time(w, "createdAt", job->created_ms);
    write_time(w, "startedAt", job->started_ms);
    write_time(w, "finishedAt", job->finished_ms);
    jsonwrite_object_end(w);
}

#include "api/pmimports.h"

#include "api/audittrail.h"
#include "api/imports.h"
#include "api/jsonparts.h"
#include "api/pushmail.h"
#include "api/site.h"
#include "base/limits.h"
#include "store/importerror.h"
#include "store/list.h"

static int read_list(const struct api_request *req, struct importjob_input *input,
                     struct err_info *info)
{
    struct list list;
    struct jsonval given = jsonval_of_str(api_query(req, "listId"));
    if (given.string.len == 0)
        return 0;
    if (!pushmail_number(req, &given, &input->list_id))
        return err_set(info, ERR_NOT_FOUND, NULL, "List not found");
    return list_get(req->db, req->arena, req->project_id, input->list_id, &list, info);
}

static const char *status_word(enum importjob_state state)
{
    switch (state) {
    case IMPORTJOB_UPLOADING:
    case IMPORTJOB_WAITING:
        return "pending";
    case IMPORTJOB_ACTIVE:
        return "processing";
    case IMPORTJOB_COMPLETED:
        return "completed";
    case IMPORTJOB_FAILED:
        return "failed";
    case IMPORTJOB_CANCELLED:
        break;
    }
    return "cancelled";
}

static void write_count(struct jsonwrite *w, const char *name, uint64_t count)
{
    jsonwrite_name(w, name);
    jsonwrite_i64(w, (int64_t)count);
}

static void write_time(struct jsonwrite *w, const char *name, int64_t ms)
{
    jsonwrite_name(w, name);
    if (ms == IMPORTJOB_NO_TIME)
        jsonwrite_null(w);
    else
        jsonwrite_time(w, ms);
}

static void write_errors(struct jsonwrite *w, const struct importerror *errors, size_t count)
{
    jsonwrite_name(w, "errors");
    jsonwrite_list(w);
    for (size_t i = 0; i < count; i++) {
        jsonwrite_object(w);
        write_count(w, "row", errors[i].row);
        jsonwrite_name(w, "email");
        jsonwrite_str(w, errors[i].email);
        jsonwrite_name(w, "error");
        jsonwrite_str(w, errors[i].reason);
        jsonwrite_object_end(w);
    }
    jsonwrite_list_end(w);
}

static void write_job(struct jsonwrite *w, const struct api_request *req,
                      const struct importjob *job, const struct importerror *errors, size_t count)
{
    uint64_t done = importlane_rows(&job->counts);
    jsonwrite_object(w);
    write_count(w, "id", pushmail_id(req, job->number));
    write_count(w, "siteId", (uint64_t)req->site_index + 1);
    jsonwrite_name(w, "status");
    jsonwrite_c(w, status_word(job->state));
    write_count(w, "totalRows", job->row_count > done ? job->row_count : done);
    write_count(w, "processedRows", done);
    write_count(w, "created", job->counts.created);
    write_count(w, "updated", job->counts.updated);
    write_count(w, "skipped", job->counts.unchanged + job->counts.skipped);
    write_count(w, "failed", job->counts.rejected);
    write_errors(w, errors, count);
    jsonparts_text(w, "error", job->failed_reason);
    write_time(w, "createdAt", job->created_ms);
    write_time(w, "startedAt", job->started_ms);
    write_time(w, "completedAt", job->finished_ms);
    jsonwrite_object_end(w);
}

/* Reads the job as it is stored now, and answers it. */
static int answer(struct api_request *req, struct api_response *res, int status, uint32_t number,
                  struct err_info *info)
{
    struct importjob job;
    struct importerror *errors = NULL;
    size_t count = 0;
    int err = importjob_by_number(req->db, req->arena, req->project_id, number, &job, info);
    if (err == 0)
        err = importerror_list(req->db, req->arena, req->project_id, &job.job_id, 0,
                               LIMIT_IMPORT_ERRORS_SHOWN, &errors, &count, info);
    if (err == ERR_NOT_FOUND)
        return err_set(info, ERR_NOT_FOUND, NULL, "Import not found");
    if (err < 0)
        return err;
    pushmail_begin(res, status);
    write_job(&res->json, req, &job, errors, count);
    pushmail_end(res);
    return 0;
}

static const char *const form_fields[] = {"siteId", "tag", "listId"};

static int read_options(const struct api_request *req, struct importjob_input *input,
                        struct err_info *info)
{
    int err = read_list(req, input, info);
    return err < 0 ? err : imports_read_tag(req, input, info);
}

int pmimports_create(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct importupload upload;
    struct imports_file file = {
        .req = req, .field_names = form_fields, .field_name_count = ARRAY_LEN(form_fields)};
    struct importjob_input input = {.kind = IMPORTJOB_CONTACTS,
                                    .format = IMPORTJOB_CSV,
                                    .mode = IMPORTJOB_UPSERT,
                                    .spreadsheet = true};
    int err = imports_check_body(req, res, info);
    if (err != 0)
        return err < 0 ? err : 0;
    err = imports_open(req, &file, &input, info);
    if (err == 0)
        err = imports_take_fields(&file, info);
    if (err == 0)
        err = site_choose(req, info);
    if (err == 0)
        err = read_options(req, &input, info);
    if (err == 0)
        err = imports_store(&file, &input, &upload, info);
    if (err == 0)
        audittrail_add(req, res, "import.started", "import", &upload.job.job_id,
                       (struct str){NULL, 0});
    return err < 0 ? err : answer(req, res, 202, upload.job.number, info);
}

int pmimports_get(struct api_request *req, struct api_response *res, struct err_info *info)
{
    uint32_t number = 0;
    int err = pushmail_path_id(req, 0, "Import not found", &number, info);
    return err < 0 ? err : answer(req, res, 200, number, info);
}

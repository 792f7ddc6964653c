#include "api/imports.h"

#include <stdio.h>
#include <strings.h>

#include "api/audittrail.h"
#include "api/csvtext.h"
#include "api/errors.h"
#include "api/jsonparts.h"
#include "base/limits.h"
#include "store/importerror.h"
#include "store/importjson.h"
#include "store/importmapping.h"
#include "store/segment.h"
#include "store/tag.h"

#define PIECE_BYTES (64 * 1024)
#define ERRORS_AT_ONCE 2000

static enum importjob_kind kind_of(const struct api_request *req)
{
    return str_eq_c(req->parts[0], "events") ? IMPORTJOB_EVENTS : IMPORTJOB_CONTACTS;
}

/* ---- options ------------------------------------------------------------------------------- */

/* 1, true, 0 or false. */
static int read_flag(const struct api_request *req, const char *name, bool fallback, bool *ret,
                     struct err_info *info)
{
    struct str text = api_query(req, name);
    bool yes = str_eq_c(text, "1") || str_eq_c(text, "true");
    *ret = text.at != NULL ? yes : fallback;
    if (text.at != NULL && !yes && !str_eq_c(text, "0") && !str_eq_c(text, "false")) {
        return err_set_at(info, ERR_INVAL, NULL, name, "%s must be true or false", name);
    }
    return 0;
}

static int read_mode(const struct api_request *req, struct importjob_input *input,
                     struct err_info *info)
{
    struct str text = api_query(req, "mode");
    input->mode = IMPORTJOB_UPSERT;
    if (text.at == NULL || str_eq_c(text, "upsert")) {
        return 0;
    }
    if (str_eq_c(text, "update")) {
        input->mode = IMPORTJOB_UPDATE;
        return 0;
    }
    if (str_eq_c(text, "create") && input->kind == IMPORTJOB_CONTACTS) {
        input->mode = IMPORTJOB_CREATE;
        return 0;
    }
    return err_set_at(info, ERR_INVAL, NULL, "mode",
                      input->kind == IMPORTJOB_CONTACTS ? "mode must be upsert, create or update"
                                                        : "mode must be upsert or update");
}

/* The static segment that they become members of. */
static int read_segment(const struct api_request *req, struct importjob_input *input,
                        struct err_info *info)
{
    struct str text = api_query(req, "segmentId");
    struct segment segment;
    struct uuid uuid;
    if (text.at == NULL) {
        return 0;
    }
    if (!uuid_parse(text, &uuid)) {
        return err_set_at(info, ERR_NOT_FOUND, NULL, "segmentId", "Segment not found");
    }
    int err = segment_get(req->db, req->arena, req->project_id, &uuid, &segment, info);
    if (err == ERR_NOT_FOUND) {
        return err_set_at(info, ERR_NOT_FOUND, NULL, "segmentId", "Segment not found");
    }
    if (err == 0 && segment.kind != SEGMENT_STATIC) {
        err = err_set_at(info, ERR_INVAL, NULL, "segmentId",
                         "Can only add contacts to STATIC segments");
    }
    if (err == 0) {
        input->segment_id = segment.segment_id;
    }
    return err;
}

int imports_read_tag(const struct api_request *req, struct importjob_input *input,
                     struct err_info *info)
{
    struct str text = api_query(req, "tag");
    if (text.at != NULL && !tag_name(text, &input->tag_name)) {
        return err_set_at(info, ERR_INVAL, NULL, "tag",
                          "tag must be the name of a tag: 1 to %d characters, none of them a"
                          " control character",
                          LIMIT_RESOURCE_NAME_CHARS);
    }
    return 0;
}

static int read_options(const struct api_request *req, struct importjob_input *ret,
                        struct err_info *info)
{
    *ret = (struct importjob_input){.kind = kind_of(req), .format = IMPORTJOB_CSV};
    int err = read_mode(req, ret, info);
    if (err == 0) {
        err = read_flag(req, "dryRun", false, &ret->dry_run, info);
    }
    if (err == 0) {
        err = read_flag(req, "keepCreatedAt", false, &ret->keep_created, info);
    }
    if (err == 0) {
        err = read_flag(req, "spreadsheet", true, &ret->spreadsheet, info);
    }
    if (err == 0) {
        err = imports_read_tag(req, ret, info);
    }
    return err == 0 ? read_segment(req, ret, info) : err;
}

/* ---- the file ------------------------------------------------------------------------------ */

static int body_source(void *ctx, char *out, size_t size, size_t *ret_len, struct err_info *info)
{
    return api_read_body(ctx, out, size, ret_len, info);
}

static bool is_type(struct str content_type, const char *const *types, size_t count)
{
    struct str rest;
    struct str type = str_trim(str_split(content_type, ';', &rest));
    for (size_t i = 0; i < count; i++) {
        if (type.len == strlen(types[i]) && strncasecmp(type.at, types[i], type.len) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_ndjson(struct str content_type)
{
    static const char *const types[] = {"application/x-ndjson", "application/ndjson",
                                        "application/jsonl", "application/x-jsonlines"};
    return is_type(content_type, types, ARRAY_LEN(types));
}

static bool is_csv(struct str content_type)
{
    static const char *const types[] = {"text/csv", "application/csv"};
    return is_type(content_type, types, ARRAY_LEN(types));
}

static int missing_file(enum importjob_kind kind, struct err_info *info)
{
    return err_set(info, ERR_INVAL, NULL,
                   kind == IMPORTJOB_EVENTS ? "CSV or NDJSON file is required"
                                            : "CSV file is required");
}

static bool is_ndjson_name(struct str name)
{
    return str_ends(name, STR(".ndjson")) || str_ends(name, STR(".jsonl"));
}

int imports_open(struct api_request *req, struct imports_file *file, struct importjob_input *input,
                 struct err_info *info)
{
    struct multipart *m = &file->multipart;
    bool found = req->content_length > 0;
    bool ndjson = is_ndjson(req->content_type);
    file->req = req;
    file->is_multipart = multipart_is(req->content_type);
    if (file->is_multipart) {
        int err = multipart_open(m, req->arena, req->content_type, "file", body_source, req, &found,
                                 info);
        if (err < 0) {
            return err;
        }
        ndjson = is_ndjson(m->content_type) || is_ndjson_name(m->file_name);
    } else if (!ndjson && !is_csv(req->content_type)) {
        found = false;
    }
    if (!found || (ndjson && input->kind == IMPORTJOB_CONTACTS)) {
        return missing_file(input->kind, info);
    }
    input->format = ndjson ? IMPORTJOB_NDJSON : IMPORTJOB_CSV;
    return 0;
}

static int next_piece(struct imports_file *file, char *piece, size_t *ret_len,
                      struct err_info *info)
{
    return file->is_multipart ? multipart_read(&file->multipart, piece, PIECE_BYTES, ret_len, info)
                              : api_read_body(file->req, piece, PIECE_BYTES, ret_len, info);
}

static int take_field(struct api_request *req, const char *name,
                      const struct multipart_field *field, struct err_info *info)
{
    if (field->is_long) {
        return err_set_at(info, ERR_INVAL, NULL, name, "%s is longer than %d bytes", name,
                          MULTIPART_FIELD_BYTES);
    }
    if (!str_is_utf8(field->value)) {
        return err_set_at(info, ERR_INVAL, NULL, name, "%s is not valid UTF-8", name);
    }
    if (req->query_count == API_MAX_QUERY) {
        return err_set_at(info, ERR_INVAL, NULL, name,
                          "At most %d query parameters are allowed, and %s counts as one",
                          API_MAX_QUERY, name);
    }
    req->query[req->query_count++] = (struct api_param){field->name, str_trim(field->value)};
    return 0;
}

int imports_take_fields(struct imports_file *file, struct err_info *info)
{
    const struct multipart *m = &file->multipart;
    struct api_request *req = file->req;
    int err = 0;
    for (unsigned i = 0; file->is_multipart && i < m->field_count; i++) {
        for (size_t k = 0; err == 0 && k < file->field_name_count; k++) {
            if (str_eq_c(m->fields[i].name, file->field_names[k])) {
                err = take_field(req, file->field_names[k], &m->fields[i], info);
            }
        }
    }
    return err;
}

/* A field that means something, and came too late for that. */
static int check_fields(const struct imports_file *file, struct err_info *info)
{
    const struct multipart *m = &file->multipart;
    for (unsigned i = 0; i < m->field_count; i++) {
        for (size_t k = 0; m->fields[i].is_behind && k < file->field_name_count; k++) {
            if (str_eq_c(m->fields[i].name, file->field_names[k])) {
                return err_set_at(info, ERR_INVAL, NULL, file->field_names[k],
                                  "%s must stand before the file, or in the query",
                                  file->field_names[k]);
            }
        }
    }
    return 0;
}

static int store_file(struct imports_file *file, struct importupload *upload, struct err_info *info)
{
    char *piece = arena_raw(file->req->arena, PIECE_BYTES, 1);
    for (;;) {
        size_t len;
        int err = next_piece(file, piece, &len, info);
        if (err == 0 && len == 0) {
            break;
        }
        if (err == 0) {
            err = importupload_add(upload, (struct str){piece, len}, info);
        }
        if (err < 0) {
            return err;
        }
    }
    int err = 0;
    if (file->is_multipart) {
        err = multipart_finish(&file->multipart, file->req->arena, "file", info);
    }
    if (err == 0 && file->is_multipart) {
        err = check_fields(file, info);
    }
    return err < 0 ? err : importupload_end(upload, 0, info);
}

int imports_store(struct imports_file *file, const struct importjob_input *input,
                  struct importupload *upload, struct err_info *info)
{
    const struct api_request *req = file->req;
    int err = importupload_begin(upload, req->db, req->arena, req->project_id, input, info);
    if (err < 0) {
        return err;
    }
    err = store_file(file, upload, info);
    if (err < 0) {
        importupload_abandon(upload);
    }
    return err;
}

static bool is_encoded(struct str encoding)
{
    return encoding.at != NULL && encoding.len > 0 && !str_eq_c(encoding, "identity");
}

int imports_check_body(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct str none = {NULL, 0};
    if (is_encoded(req->content_encoding)) {
        errors_answer_with(req, res, 415, "UNSUPPORTED_MEDIA_TYPE",
                           "Content-Encoding is not supported here; send the file as it is", none);
        return 1;
    }
    /* A multipart body is a little larger than its file. */
    if (req->content_length > LIMIT_IMPORT_BYTES + LIMIT_BODY_BYTES) {
        return err_set(info, ERR_TOO_LARGE, NULL, "The file is larger than %lld bytes",
                       (long long)LIMIT_IMPORT_BYTES);
    }
    int err = importupload_check_disk(req->db, req->content_length,
                                      req->context->import_reserve_bytes, info);
    if (err == ERR_TOO_LARGE) {
        errors_answer_with(req, res, 507, "INSUFFICIENT_STORAGE", info->message, none);
        return 1;
    }
    return err;
}

/* What the client says its columns are, as it is to be stored. */
static int read_mapping(const struct api_request *req, struct importjob_input *input,
                        struct err_info *info)
{
    struct importmapping mapping;
    int err = importmapping_read(req->arena, api_query(req, "columns"), input, &mapping, info);
    input->mapping = mapping.text;
    return err;
}

int imports_create(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct importjob_input input;
    struct importupload upload;
    static const char *const form_fields[] = {"columns"};
    struct imports_file file = {
        .req = req, .field_names = form_fields, .field_name_count = ARRAY_LEN(form_fields)};
    int err = imports_check_body(req, res, info);
    if (err != 0) {
        return err < 0 ? err : 0;
    }
    err = read_options(req, &input, info);
    if (err == 0) {
        err = imports_open(req, &file, &input, info);
    }
    if (err == 0) {
        err = imports_take_fields(&file, info);
    }
    if (err == 0) {
        err = read_mapping(req, &input, info);
    }
    if (err == 0) {
        err = imports_store(&file, &input, &upload, info);
    }
    if (err < 0) {
        return err;
    }
    audittrail_add(req, res, "import.started", "import", &upload.job.job_id, (struct str){NULL, 0});
    api_begin(res, 202);
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "message");
    jsonwrite_c(&res->json, "Import queued successfully");
    jsonparts_id(&res->json, "jobId", &upload.job.job_id);
    jsonwrite_object_end(&res->json);
    return 0;
}

/* ---- looking ------------------------------------------------------------------------------- */

static int read_id(const struct api_request *req, struct uuid *ret, struct err_info *info)
{
    if (!uuid_parse(req->path_args[0], ret)) {
        return err_set(info, ERR_NOT_FOUND, NULL, "Import job not found");
    }
    return 0;
}

static int find(const struct api_request *req, struct importjob *ret, struct err_info *info)
{
    struct uuid id;
    int err = read_id(req, &id, info);
    return err < 0
               ? err
               : importjob_get(req->db, req->arena, req->project_id, kind_of(req), &id, ret, info);
}

int imports_get(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct importjob job;
    struct importtarget target;
    struct importerror *errors;
    size_t count;
    int err = find(req, &job, info);
    if (err == 0) {
        err = importtarget_read(req->db, req->arena, &job, &target, info);
    }
    if (err == 0) {
        err = importerror_list(req->db, req->arena, req->project_id, &job.job_id, 0,
                               LIMIT_IMPORT_ERRORS_SHOWN, &errors, &count, info);
    }
    if (err < 0) {
        return err;
    }
    api_begin(res, 200);
    importjson_write(&res->json, &job, &target, errors, count);
    return 0;
}

int imports_cancel(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct uuid id;
    int err = read_id(req, &id, info);
    if (err == 0) {
        err = importjob_cancel(req->db, req->arena, req->project_id, kind_of(req), &id, info);
    }
    if (err == 0) {
        audittrail_add(req, res, "import.cancelled", "import", &id, (struct str){NULL, 0});
    }
    return err < 0 ? err : imports_get(req, res, info);
}

/* ---- errors.csv ---------------------------------------------------------------------------- */

struct errors_list {
    struct db *db;
    uint32_t project_id;
    struct uuid job_id;
    uint64_t after; /* row that was written last */
    bool spreadsheet;
};

static void write_error(struct buf *out, const struct importerror *error, bool spreadsheet)
{
    char row[24];
    char line[24];
    (void)snprintf(row, sizeof row, "%llu", (unsigned long long)error->row);
    (void)snprintf(line, sizeof line, "%llu", (unsigned long long)error->line);
    const struct str fields[] = {str_from(row), str_from(line), error->email, error->reason};
    csvtext_row(out, fields, ARRAY_LEN(fields), spreadsheet);
}

/* api_more */
static int more_errors(struct api_response *res, void *ctx, struct err_info *info)
{
    struct errors_list *list = ctx;
    AUTO(arena) arena = arena_new();
    struct importerror *errors;
    size_t count;
    int err = importerror_list(list->db, arena, list->project_id, &list->job_id, list->after,
                               ERRORS_AT_ONCE, &errors, &count, info);
    if (err < 0) {
        return err;
    }
    for (size_t i = 0; i < count; i++) {
        write_error(&res->body, &errors[i], list->spreadsheet);
        list->after = errors[i].row;
    }
    return count == ERRORS_AT_ONCE;
}

int imports_errors(struct api_request *req, struct api_response *res, struct err_info *info)
{
    static const struct str header[] = {{"row", 3}, {"line", 4}, {"email", 5}, {"reason", 6}};
    struct importjob job;
    struct errors_list *list = arena_alloc(req->arena, sizeof *list);
    int err = read_flag(req, "spreadsheet", false, &list->spreadsheet, info);
    if (err == 0) {
        err = find(req, &job, info);
    }
    if (err < 0) {
        return err;
    }
    list->db = req->db;
    list->project_id = req->project_id;
    list->job_id = job.job_id;
    api_no_content(res);
    res->status = 200;
    res->content_type = "text/csv; charset=utf-8";
    api_header(res, "Content-Disposition", "attachment; filename=\"errors.csv\"");
    csvtext_row(&res->body, header, ARRAY_LEN(header), list->spreadsheet);
    res->more = more_errors;
    res->more_ctx = list;
    return 0;
}

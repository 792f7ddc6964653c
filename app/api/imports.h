/* Handlers of /contacts/import and /events/import (http-api §1.5, §4.1, §4.6, §4.7). */
#ifndef MUSTER_API_IMPORTS_H
#define MUSTER_API_IMPORTS_H

#include "api/multipart.h"
#include "store/importupload.h"

api_handler imports_create; /* POST /contacts/import, /events/import: the file */
api_handler imports_get;    /* GET …/import/:jobId */
api_handler imports_errors; /* GET …/import/:jobId/errors.csv */
api_handler imports_cancel; /* POST …/import/:jobId/cancel */

/* The steps of imports_create, for another dialect's upload. */

/*
 * Judges the request before its body is read. Returns 0; 1 when the refusal is already answered;
 * ERR_TOO_LARGE; or an err of the database.
 */
int imports_check_body(struct api_request *req, struct api_response *res,
                       struct err_info *info) MUST_CHECK;

/* The query's `tag`, a name. Returns 0 or ERR_INVAL for what cannot be one. */
int imports_read_tag(const struct api_request *req, struct importjob_input *input,
                     struct err_info *info) MUST_CHECK;

/* Where the bytes of the file come from. */
struct imports_file {
    struct api_request *req;
    bool is_multipart;
    struct multipart multipart;
    /* Fields of the form that mean something, and so must stand before the file; NULL: none. */
    const char *const *field_names;
    size_t field_name_count;
};

/*
 * Finds the file in the body; input->format is filled in. Returns 0, ERR_INVAL (no file, a broken
 * body), or the source's err.
 */
int imports_open(struct api_request *req, struct imports_file *file, struct importjob_input *input,
                 struct err_info *info) MUST_CHECK;

/*
 * What the form says before the file (field_names) counts as the query does, which wins. Returns 0,
 * or ERR_INVAL for a field that is too long or no UTF-8, or one too many.
 */
int imports_take_fields(struct imports_file *file, struct err_info *info) MUST_CHECK;

/*
 * Stores the file and submits the job. Returns 0; ERR_INVAL (it is empty, a broken body, a field
 * too late); ERR_CONFLICT (too many open jobs); ERR_TOO_LARGE; or an err of the database. On an err
 * nothing of it stays.
 */
int imports_store(struct imports_file *file, const struct importjob_input *input,
                  struct importupload *upload, struct err_info *info) MUST_CHECK;

#endif

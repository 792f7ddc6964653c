/* What the handlers of PushMail share (http-api §2): integer ids, the envelope, pages. */
#ifndef MUSTER_API_PUSHMAIL_H
#define MUSTER_API_PUSHMAIL_H

#include "api/api.h"

/* The public integer of the thing that is number `n` (from 1) of its kind in the project. */
uint64_t pushmail_id(const struct api_request *req, uint32_t n);

/*
 * The path's argument number `arg` as the number of a thing within the project. Returns 0, or
 * ERR_NOT_FOUND with the text `missing` for what is no id of this site.
 */
int pushmail_path_id(const struct api_request *req, unsigned arg, const char *missing,
                     uint32_t *ret_n, struct err_info *info) MUST_CHECK;

/* Public ids are printed as JSON numbers, which are doubles. */
#define PUSHMAIL_ID_MAX (UINT64_C(1) << 53)

/* A whole JSON number of at most PUSHMAIL_ID_MAX, or digits in a string; else false. */
bool pushmail_integer(const struct jsonval *value, uint64_t *ret);

/* A JSON number, or digits in a string, that is the id of a thing of this site; else false. */
bool pushmail_number(const struct api_request *req, const struct jsonval *value, uint32_t *ret_n);

/* Which page of a list. */
struct pushmail_page {
    uint64_t page; /* from 1 */
    uint64_t limit;
};

/* page (1) and limit (50, at most 100) of the query. Returns 0, or ERR_INVAL for what is no
 * positive whole number. */
int pushmail_page_read(const struct api_request *req, struct pushmail_page *ret,
                       struct err_info *info) MUST_CHECK;

/* Starts {"data": … ; what belongs to it is written next, then pushmail_end. */
void pushmail_begin(struct api_response *res, int status);
void pushmail_end(struct api_response *res);

/* The answer to a DELETE: 200 {"data":{"success":true}}. */
void pushmail_deleted(struct api_response *res);

/* "pagination":{"page","limit","total","totalPages"} in the open object. */
void pushmail_pagination(struct jsonwrite *w, const struct pushmail_page *page, uint64_t total);

#endif

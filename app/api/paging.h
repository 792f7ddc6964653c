/* The two ways of paging a list of contacts or objects, in and out (http-api §1.3, §4.7). */
#ifndef MUSTER_API_PAGING_H
#define MUSTER_API_PAGING_H

#include "api/api.h"
#include "base/uuid.h"

/* page and pageSize. */
struct paging {
    uint64_t page;
    uint64_t page_size;
    uint64_t offset; /* items before the page */
};

/* Reads page (1) and pageSize (20, at most LIMIT_PAGE_SIZE; 0: default). Returns 0 or ERR_INVAL. */
int paging_read(const struct api_request *req, struct paging *ret,
                struct err_info *info) MUST_CHECK;

/* Writes total, page, pageSize and totalPages into the open object. */
void paging_write(struct jsonwrite *w, const struct paging *paging, uint64_t total);

/*
 * Reads `limit` of a body, of contacts that are shown as a sample: 10 when it is not given, cut to
 * LIMIT_PAGE_SIZE above that. Returns 0 or ERR_INVAL.
 */
int paging_body_limit(const struct jsonval *body, size_t *ret, struct err_info *info) MUST_CHECK;

/* limit and cursor: the id of the last row that was seen. */
struct paging_cursor {
    uint64_t limit;
    bool has_after;
    struct uuid after;
};

/* Whether the request pages by cursor: limit or cursor is there. */
bool paging_has_cursor(const struct api_request *req);

/* Reads limit (20, at most LIMIT_PAGE_SIZE) and cursor. Returns 0 or ERR_INVAL. */
int paging_read_cursor(const struct api_request *req, struct paging_cursor *ret,
                       struct err_info *info) MUST_CHECK;

/*
 * Writes cursor (while there is more), hasMore and total into the open object; `last` is the id of
 * the last row of the page, NULL when it is empty.
 */
void paging_write_cursor(struct jsonwrite *w, const struct paging_cursor *cursor,
                         const struct uuid *last, bool has_more, uint64_t total);

#endif

#include "api/paging.h"

#include "base/limits.h"

#define PAGING_DEFAULT 20
#define PAGING_SAMPLE_DEFAULT 10
/* Keeps page × pageSize far from overflow. */
#define PAGING_MAX_PAGE UINT32_MAX

int paging_read(const struct api_request *req, struct paging *ret, struct err_info *info)
{
    int err = api_query_count(req, "page", 1, PAGING_MAX_PAGE, false, &ret->page, info);
    if (err == 0) {
        err = api_query_count(req, "pageSize", PAGING_DEFAULT, LIMIT_PAGE_SIZE, true,
                              &ret->page_size, info);
    }
    if (err == 0) {
        ret->offset = (ret->page - 1) * ret->page_size;
    }
    return err;
}

void paging_write(struct jsonwrite *w, const struct paging *paging, uint64_t total)
{
    jsonwrite_name(w, "total");
    jsonwrite_i64(w, (int64_t)total);
    jsonwrite_name(w, "page");
    jsonwrite_i64(w, (int64_t)paging->page);
    jsonwrite_name(w, "pageSize");
    jsonwrite_i64(w, (int64_t)paging->page_size);
    jsonwrite_name(w, "totalPages");
    jsonwrite_i64(w, (int64_t)((total + paging->page_size - 1) / paging->page_size));
}

bool paging_has_cursor(const struct api_request *req)
{
    return api_query(req, "limit").at != NULL || api_query(req, "cursor").at != NULL;
}

int paging_read_cursor(const struct api_request *req, struct paging_cursor *ret,
                       struct err_info *info)
{
    struct str cursor = api_query(req, "cursor");
    int err =
        api_query_count(req, "limit", PAGING_DEFAULT, LIMIT_PAGE_SIZE, false, &ret->limit, info);
    if (err < 0) {
        return err;
    }
    ret->has_after = cursor.len > 0;
    if (ret->has_after && !uuid_parse(cursor, &ret->after)) {
        return err_set_at(info, ERR_INVAL, "BAD_REQUEST", "cursor",
                          "cursor must be the id that the page before ended with");
    }
    return 0;
}

void paging_write_cursor(struct jsonwrite *w, const struct paging_cursor *cursor,
                         const struct uuid *last, bool has_more, uint64_t total)
{
    if (has_more && last != NULL) {
        char id[37];
        uuid_format(last, id);
        jsonwrite_name(w, "cursor");
        jsonwrite_c(w, id);
    }
    jsonwrite_name(w, "hasMore");
    jsonwrite_bool(w, has_more);
    jsonwrite_name(w, "total");
    jsonwrite_i64(w, cursor->has_after ? 0 : (int64_t)total);
}

int paging_body_limit(const struct jsonval *body, size_t *ret, struct err_info *info)
{
    const struct jsonval *value = jsonval_get(body, "limit");
    if (value == NULL || value->type == JSONVAL_NULL) {
        *ret = PAGING_SAMPLE_DEFAULT;
        return 0;
    }
    if (value->type != JSONVAL_NUMBER || value->number < 1 ||
        (value->number < LIMIT_PAGE_SIZE && value->number != (double)(int)value->number)) {
        return err_set_at(info, ERR_INVAL, "BAD_REQUEST", "limit",
                          "limit must be a positive whole number");
    }
    *ret = value->number < LIMIT_PAGE_SIZE ? (size_t)value->number : LIMIT_PAGE_SIZE;
    return 0;
}

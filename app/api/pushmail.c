#include "api/pushmail.h"

#include "base/limits.h"
#include "base/num.h"

#define DEFAULT_LIMIT 50
/* Keeps page × limit far from overflow. */
#define MAX_PAGE UINT32_MAX

uint64_t pushmail_id(const struct api_request *req, uint32_t n)
{
    return ((uint64_t)req->site_index << 32) + n;
}

static bool is_of_site(const struct api_request *req, uint64_t id, uint32_t *ret_n)
{
    *ret_n = (uint32_t)id;
    return id >> 32 == req->site_index && *ret_n > 0;
}

int pushmail_path_id(const struct api_request *req, unsigned arg, const char *missing,
                     uint32_t *ret_n, struct err_info *info)
{
    uint64_t id;
    if (!num_parse_u64(req->path_args[arg], PUSHMAIL_ID_MAX, &id) || !is_of_site(req, id, ret_n))
        return err_set(info, ERR_NOT_FOUND, NULL, "%s", missing);
    return 0;
}

bool pushmail_integer(const struct jsonval *value, uint64_t *ret)
{
    if (value->type == JSONVAL_STRING)
        return num_parse_u64(value->string, PUSHMAIL_ID_MAX, ret);
    if (value->type != JSONVAL_NUMBER || value->number < 0 ||
        value->number > (double)PUSHMAIL_ID_MAX)
        return false;
    *ret = (uint64_t)value->number;
    return (double)*ret == value->number;
}

bool pushmail_number(const struct api_request *req, const struct jsonval *value, uint32_t *ret_n)
{
    uint64_t id;
    return pushmail_integer(value, &id) && is_of_site(req, id, ret_n);
}

int pushmail_page_read(const struct api_request *req, struct pushmail_page *ret,
                       struct err_info *info)
{
    int err = api_query_count(req, "page", 1, MAX_PAGE, false, &ret->page, info);
    if (err == 0)
        err =
            api_query_count(req, "limit", DEFAULT_LIMIT, LIMIT_PAGE_SIZE, false, &ret->limit, info);
    return err;
}

void pushmail_begin(struct api_response *res, int status)
{
    api_begin(res, status);
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "data");
}

void pushmail_end(struct api_response *res)
{
    jsonwrite_object_end(&res->json);
}

void pushmail_deleted(struct api_response *res)
{
    pushmail_begin(res, 200);
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "success");
    jsonwrite_bool(&res->json, true);
    jsonwrite_object_end(&res->json);
    pushmail_end(res);
}

void pushmail_pagination(struct jsonwrite *w, const struct pushmail_page *page, uint64_t total)
{
    jsonwrite_name(w, "pagination");
    jsonwrite_object(w);
    jsonwrite_name(w, "page");
    jsonwrite_i64(w, (int64_t)page->page);
    jsonwrite_name(w, "limit");
    jsonwrite_i64(w, (int64_t)page->limit);
    jsonwrite_name(w, "total");
    jsonwrite_i64(w, (int64_t)total);
    jsonwrite_name(w, "totalPages");
    jsonwrite_i64(w, (int64_t)((total + page->limit - 1) / page->limit));
    jsonwrite_object_end(w);
}

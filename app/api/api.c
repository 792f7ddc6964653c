#include "api/api.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/num.h"

struct str api_query(const struct api_request *req, const char *name)
{
    for (unsigned i = 0; i < req->query_count; i++)
        if (str_eq_c(req->query[i].name, name))
            return req->query[i].value;
    return (struct str){NULL, 0};
}

int api_query_count(const struct api_request *req, const char *name, uint64_t fallback,
                    uint64_t max, bool zero_is_default, uint64_t *ret, struct err_info *info)
{
    struct str text = api_query(req, name);
    uint64_t value = fallback;
    if (text.at) {
        if (!num_parse_u64(text, INT64_MAX, &value) || (value == 0 && !zero_is_default))
            return err_set_at(info, ERR_INVAL, NULL, name, "%s must be a positive whole number",
                              name);
        if (value == 0)
            value = fallback;
    }
    *ret = value < max ? value : max;
    return 0;
}

int api_read_body(struct api_request *req, char *out, size_t size, size_t *ret_len,
                  struct err_info *info)
{
    if (req->body_too_large)
        return req->source(req->source_ctx, out, size, ret_len, info);
    size_t left = req->body.len - req->body_at;
    *ret_len = left < size ? left : size;
    if (*ret_len > 0)
        memcpy(out, req->body.at + req->body_at, *ret_len);
    req->body_at += *ret_len;
    return 0;
}

/* The member when it has the type; NULL in *ret when it is absent or null. */
static int typed_member(const struct jsonval *object, const char *name, enum jsonval_type type,
                        const struct jsonval **ret, struct err_info *info)
{
    const struct jsonval *value = jsonval_get(object, name);
    if (value && value->type == JSONVAL_NULL)
        value = NULL;
    if (value && value->type != type) {
        const char *want = jsonval_type_name(type), *got = jsonval_type_name(value->type);
        int err = err_set_at(info, ERR_UNPROCESSABLE, "VALIDATION_ERROR", name,
                             "Expected %s, received %s", want, got);
        if (info) {
            snprintf(info->message, sizeof(info->message), "Request validation failed");
            snprintf(info->item.code, sizeof(info->item.code), "invalid_type");
            snprintf(info->item.received, sizeof(info->item.received), "%s", got);
        }
        return err;
    }
    *ret = value;
    return 0;
}

int api_body_str(const struct jsonval *object, const char *name, struct str *ret, bool *ret_given,
                 struct err_info *info)
{
    const struct jsonval *value = NULL;
    int err = typed_member(object, name, JSONVAL_STRING, &value, info);
    if (err < 0)
        return err;
    *ret = value ? value->string : (struct str){NULL, 0};
    *ret_given = value != NULL;
    return 0;
}

int api_body_bool(const struct jsonval *object, const char *name, bool *ret, bool *ret_given,
                  struct err_info *info)
{
    const struct jsonval *value = NULL;
    int err = typed_member(object, name, JSONVAL_BOOL, &value, info);
    if (err < 0)
        return err;
    *ret = value && value->boolean;
    *ret_given = value != NULL;
    return 0;
}

int api_body_list(const struct jsonval *object, const char *name, const struct jsonval **ret,
                  struct err_info *info)
{
    return typed_member(object, name, JSONVAL_LIST, ret, info);
}

void api_begin(struct api_response *res, int status)
{
    res->status = status;
    res->content_type = "application/json";
    buf_clear(&res->body);
    jsonwrite_init(&res->json, &res->body);
}

void api_no_content(struct api_response *res)
{
    res->status = 204;
    res->content_type = NULL;
    buf_clear(&res->body);
}

void api_header(struct api_response *res, const char *name, const char *fmt, ...)
{
    char value[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(value, sizeof(value), fmt, args);
    va_end(args);
    buf_printf(&res->headers, "%s: %s\r\n", name, value);
}

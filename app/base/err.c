#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void fill(struct err_info *info, const char *code, const char *fmt, va_list args)
{
    memset(info, 0, sizeof *info);
    snprintf(info->code, sizeof info->code, "%s", code ? code : "");
    vsnprintf(info->message, sizeof info->message, fmt, args);
}

int err_set(struct err_info *info, enum err err, const char *code, const char *fmt, ...)
{
    va_list args;
    if (!info)
        return err;
    va_start(args, fmt);
    fill(info, code, fmt, args);
    va_end(args);
    return err;
}

int err_set_at(struct err_info *info, enum err err, const char *code, const char *field,
               const char *fmt, ...)
{
    va_list args;
    if (!info)
        return err;
    va_start(args, fmt);
    fill(info, code, fmt, args);
    va_end(args);
    info->has_item = 1;
    snprintf(info->item.field, sizeof info->item.field, "%s", field ? field : "");
    snprintf(info->item.message, sizeof info->item.message, "%.*s",
             (int)sizeof info->item.message - 1, info->message);
    return err;
}

const char *err_name(int err)
{
    switch ((enum err)err) {
    case ERR_INVAL:
        return "invalid";
    case ERR_UNPROCESSABLE:
        return "unprocessable";
    case ERR_NOT_FOUND:
        return "not_found";
    case ERR_CONFLICT:
        return "conflict";
    case ERR_DENIED:
        return "denied";
    case ERR_LIMIT:
        return "limit";
    case ERR_TOO_LARGE:
        return "too_large";
    case ERR_UNAVAILABLE:
        return "unavailable";
    case ERR_RETRY:
        return "retry";
    case ERR_CORRUPT:
        return "corrupt";
    case ERR_INTERNAL:
        return "internal";
    }
    return err == 0 ? "ok" : "unknown";
}

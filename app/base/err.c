#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

/*
 * Copies the whole characters that fit. Half a character, which the end of the buffer makes and a
 * "%.*s" in the middle of a message too, makes an answer unprintable and a row unstorable.
 */
static void copy_text(char *out, size_t size, const char *text)
{
    size_t len = 0, bytes;
    for (; *text; text += bytes) {
        bytes = 1;
        while ((unsigned char)*text >= 0xc0 && bytes < 4 &&
               ((unsigned char)text[bytes] & 0xc0) == 0x80)
            bytes++;
        if (len + bytes >= size)
            break;
        if (!str_is_utf8((struct str){text, bytes}))
            continue;
        memcpy(out + len, text, bytes);
        len += bytes;
    }
    out[len] = '\0';
}

/* The arguments may point into `info` itself: a message is often made of an earlier one. */
PRINTF_LIKE(4, 0)
static void fill(struct err_info *info, const char *code, const char *field, const char *fmt,
                 va_list args)
{
    struct err_info fresh = {0};
    char text[2 * sizeof fresh.message];
    vsnprintf(text, sizeof text, fmt, args);
    copy_text(fresh.message, sizeof fresh.message, text);
    copy_text(fresh.code, sizeof fresh.code, code ? code : "");
    if (field) {
        fresh.has_item = 1;
        copy_text(fresh.item.field, sizeof fresh.item.field, field);
        copy_text(fresh.item.message, sizeof fresh.item.message, text);
    }
    *info = fresh;
}

int err_set(struct err_info *info, enum err err, const char *code, const char *fmt, ...)
{
    va_list args;
    if (!info)
        return err;
    va_start(args, fmt);
    fill(info, code, NULL, fmt, args);
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
    fill(info, code, field ? field : "", fmt, args);
    va_end(args);
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
    case ERR_SLOW:
        return "slow";
    case ERR_FORBIDDEN:
        return "forbidden";
    case ERR_INTERNAL:
        return "internal";
    }
    return err == 0 ? "ok" : "unknown";
}

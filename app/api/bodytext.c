#include "api/bodytext.h"

#include <stdarg.h>
#include <stdio.h>

int bodytext_refuse(struct err_info *info, const char *field, const char *code, const char *fmt,
                    ...)
{
    char message[256];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(message, sizeof(message), fmt, args);
    va_end(args);
    int err = err_set_at(info, ERR_UNPROCESSABLE, "VALIDATION_ERROR", field, "%s", message);
    if (info != NULL) {
        (void)snprintf(info->item.code, sizeof(info->item.code), "%s", code);
    }
    return err;
}

bool bodytext_is_blank(struct str text)
{
    return str_trim(text).len == 0;
}

/* Code points of valid UTF-8: every byte that continues none. */
static size_t bodytext_chars(struct str text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++) {
        count += ((unsigned char)text.at[i] & 0xC0) != 0x80;
    }
    return count;
}

int bodytext_read(const struct jsonval *object, const struct bodytext *field, struct str *ret,
                  struct err_info *info)
{
    struct str text = {NULL, 0};
    bool given = false;
    int err = api_body_str(object, field->name, &text, &given, info);
    if (err < 0) {
        return err;
    }
    if (!given) {
        text = (struct str){NULL, 0};
    }
    if (field->required && bodytext_is_blank(text)) {
        return bodytext_refuse(info, field->name, given ? "too_small" : "required",
                               "%s is required", field->name);
    }
    if (bodytext_chars(text) > field->max_chars) {
        return bodytext_refuse(info, field->name, "too_big", "%s must be at most %zu characters",
                               field->name, field->max_chars);
    }
    *ret = text;
    return 0;
}

int bodytext_word(const struct jsonval *object, const char *name, const char *const *words,
                  int fallback, int *ret, struct err_info *info)
{
    struct str text;
    bool given;
    int err = api_body_str(object, name, &text, &given, info);
    if (err < 0) {
        return err;
    }
    if (!given && fallback >= 0) {
        *ret = fallback;
        return 0;
    }
    char list[200] = "";
    size_t used = 0;
    for (int i = 0; words[i] != NULL; i++) {
        if (given && str_eq_c(text, words[i])) {
            *ret = i;
            return 0;
        }
        int len = snprintf(list + used, sizeof(list) - used, "%s%s", i == 0 ? "" : ", ", words[i]);
        used += len < 0 ? 0 : (size_t)len;
        used = used < sizeof(list) ? used : sizeof(list) - 1;
    }
    return bodytext_refuse(info, name, given ? "invalid_value" : "required",
                           given ? "%s must be one of %s" : "%s is required: one of %s", name,
                           list);
}

int bodytext_check_strings(const struct jsonval *list, const char *name, struct err_info *info)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].type == JSONVAL_STRING) {
            continue;
        }
        char field[80];
        const char *type = jsonval_type_name(list->items[i].type);
        (void)snprintf(field, sizeof(field), "%s.%zu", name, i);
        int err =
            bodytext_refuse(info, field, "invalid_type", "Expected string, received %s", type);
        if (info != NULL) {
            (void)snprintf(info->item.received, sizeof(info->item.received), "%s", type);
        }
        return err;
    }
    return 0;
}

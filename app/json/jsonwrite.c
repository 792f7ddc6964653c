#include "json/jsonwrite.h"

#include <math.h>
#include <string.h>

#include "base/num.h"
#include "base/timeutil.h"

void jsonwrite_init(struct jsonwrite *w, struct buf *out)
{
    w->out = out;
    w->depth = 0;
    w->need_comma = w->after_name = w->failed = false;
}

/* What stands before a value: a comma, or nothing behind a name. */
static void before_value(struct jsonwrite *w)
{
    bool in_object = w->depth && w->scope[w->depth - 1] == '{';
    bool second_root = !w->depth && w->need_comma;
    if ((in_object && !w->after_name) || second_root)
        w->failed = true;
    if (w->need_comma && !w->after_name)
        buf_add_char(w->out, ',');
    w->need_comma = true;
    w->after_name = false;
}

static void open_scope(struct jsonwrite *w, char scope)
{
    before_value(w);
    if (w->depth == JSONWRITE_DEPTH) {
        w->failed = true;
        return;
    }
    w->scope[w->depth++] = scope;
    buf_add_char(w->out, scope);
    w->need_comma = false;
}

static void close_scope(struct jsonwrite *w, char scope, char end)
{
    if (!w->depth || w->scope[w->depth - 1] != scope || w->after_name) {
        w->failed = true;
        return;
    }
    w->depth--;
    buf_add_char(w->out, end);
    w->need_comma = true;
}

void jsonwrite_object(struct jsonwrite *w)
{
    open_scope(w, '{');
}

void jsonwrite_object_end(struct jsonwrite *w)
{
    close_scope(w, '{', '}');
}

void jsonwrite_list(struct jsonwrite *w)
{
    open_scope(w, '[');
}

void jsonwrite_list_end(struct jsonwrite *w)
{
    close_scope(w, '[', ']');
}

/* ---- strings ------------------------------------------------------------------------------- */

static void add_escape(struct buf *out, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    static const char named[] = "b\bf\fn\nr\rt\t\"\"\\\\";
    for (size_t i = 0; i + 1 < sizeof named; i += 2) {
        if ((unsigned char)named[i + 1] == c) {
            buf_add_char(out, '\\');
            buf_add_char(out, named[i]);
            return;
        }
    }
    char escape[] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
    buf_add(out, escape, sizeof escape);
}

static void add_quoted(struct jsonwrite *w, struct str s)
{
    size_t start = 0;
    if (!str_is_utf8(s))
        w->failed = true;
    buf_add_char(w->out, '"');
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.at[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        buf_add(w->out, s.at + start, i - start);
        add_escape(w->out, c);
        start = i + 1;
    }
    if (s.len)
        buf_add(w->out, s.at + start, s.len - start);
    buf_add_char(w->out, '"');
}

void jsonwrite_name_str(struct jsonwrite *w, struct str name)
{
    if (!w->depth || w->scope[w->depth - 1] != '{' || w->after_name) {
        w->failed = true;
        return;
    }
    if (w->need_comma)
        buf_add_char(w->out, ',');
    add_quoted(w, name);
    buf_add_char(w->out, ':');
    w->after_name = true;
}

void jsonwrite_name(struct jsonwrite *w, const char *name)
{
    jsonwrite_name_str(w, str_from(name));
}

/* ---- values -------------------------------------------------------------------------------- */

void jsonwrite_raw(struct jsonwrite *w, struct str json)
{
    before_value(w);
    buf_add_str(w->out, json);
}

void jsonwrite_null(struct jsonwrite *w)
{
    jsonwrite_raw(w, STR("null"));
}

void jsonwrite_bool(struct jsonwrite *w, bool value)
{
    jsonwrite_raw(w, value ? STR("true") : STR("false"));
}

void jsonwrite_i64(struct jsonwrite *w, int64_t value)
{
    before_value(w);
    buf_printf(w->out, "%lld", (long long)value);
}

void jsonwrite_number(struct jsonwrite *w, double value)
{
    char text[32];
    if (!isfinite(value)) {
        w->failed = true;
        return;
    }
    size_t len = num_format(value, text);
    jsonwrite_raw(w, (struct str){text, len});
}

void jsonwrite_str(struct jsonwrite *w, struct str value)
{
    before_value(w);
    add_quoted(w, value);
}

void jsonwrite_c(struct jsonwrite *w, const char *value)
{
    jsonwrite_str(w, str_from(value));
}

void jsonwrite_time(struct jsonwrite *w, int64_t ms)
{
    char text[25];
    timeutil_format(ms, text);
    jsonwrite_c(w, text);
}

void jsonwrite_value(struct jsonwrite *w, const struct jsonval *value)
{
    switch (value->type) {
    case JSONVAL_NULL:
        jsonwrite_null(w);
        break;
    case JSONVAL_BOOL:
        jsonwrite_bool(w, value->boolean);
        break;
    case JSONVAL_NUMBER:
        jsonwrite_number(w, value->number);
        break;
    case JSONVAL_STRING:
        jsonwrite_str(w, value->string);
        break;
    case JSONVAL_LIST:
        jsonwrite_list(w);
        for (size_t i = 0; i < value->count; i++)
            jsonwrite_value(w, &value->items[i]);
        jsonwrite_list_end(w);
        break;
    case JSONVAL_OBJECT:
        jsonwrite_object(w);
        for (size_t i = 0; i < value->count; i++) {
            jsonwrite_name_str(w, value->names[i]);
            jsonwrite_value(w, &value->items[i]);
        }
        jsonwrite_object_end(w);
        break;
    }
}

bool jsonwrite_ok(const struct jsonwrite *w)
{
    return !w->failed && !w->out->failed && w->depth == 0 && !w->after_name && w->need_comma;
}

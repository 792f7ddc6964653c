#include "flow/render.h"

#include "base/buf.h"
#include "base/num.h"
#include "json/jsonread.h"
#include "json/jsonwrite.h"

/* ---- what a variable is -------------------------------------------------------------------- */

/* One variable as it stands in a text. */
struct render_variable {
    size_t bytes; /* from its first brace to behind its last */
    bool is_raw;  /* {{{key}}} */
    struct str key;
    struct str fallback; /* at == NULL: none */
};

/* Blocks and comments of other template languages are no names. */
static bool render_is_name(struct str key)
{
    return key.len > 0 && strchr("#/^!>&\"'", key.at[0]) == NULL && !str_has_control(key);
}

static struct str render_unquote(struct str text)
{
    bool is_quoted = text.len >= 2 && (text.at[0] == '"' || text.at[0] == '\'') &&
                     text.at[text.len - 1] == text.at[0];
    return is_quoted ? (struct str){text.at + 1, text.len - 2} : text;
}

/* Reads what stands between the braces. */
static bool render_read_inside(struct str inside, struct render_variable *ret)
{
    ret->fallback = (struct str){NULL, 0};
    for (size_t i = 0; i + 1 < inside.len; i++) {
        if (inside.at[i] == '?' && inside.at[i + 1] == '?') {
            struct str rest = {inside.at + i + 2, inside.len - i - 2};
            ret->fallback = render_unquote(str_trim(rest));
            inside.len = i;
            break;
        }
    }
    ret->key = str_trim(inside);
    return render_is_name(ret->key);
}

/* The variable at the beginning of `text`. Each byte is looked at once: the search for the end
 * stops at the next brace that opens. */
static bool render_read(struct str text, struct render_variable *ret)
{
    size_t open = 0;
    while (open < text.len && open < 3 && text.at[open] == '{') {
        open++;
    }
    size_t end = open;
    while (end < text.len && text.at[end] != '{' && text.at[end] != '}') {
        end++;
    }
    size_t close = 0;
    while (close < open && end + close < text.len && text.at[end + close] == '}') {
        close++;
    }
    if (open < 2 || close != open) {
        return false; /* of "{{{key}}" the second brace begins a variable */
    }
    ret->is_raw = open == 3;
    ret->bytes = end + close;
    return render_read_inside((struct str){text.at + open, end - open}, ret);
}

bool render_has_variable(struct str text)
{
    struct render_variable variable;
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '{' && render_read((struct str){text.at + i, text.len - i}, &variable)) {
            return true;
        }
    }
    return false;
}

/* ---- what it stands for -------------------------------------------------------------------- */

/* The value at a dotted path; a member whose name has dots goes first. NULL: none. */
static const struct jsonval *render_walk(const struct jsonval *object, struct str path)
{
    while (object != NULL) {
        struct str rest;
        const struct jsonval *whole = jsonval_get_str(object, path);
        if (whole != NULL) {
            return whole;
        }
        struct str first = str_split(path, '.', &rest);
        if (rest.at == NULL) {
            return NULL;
        }
        object = jsonval_get_str(object, first);
        path = rest;
    }
    return NULL;
}

static bool render_strip(struct str *key, struct str prefix)
{
    if (!str_starts(*key, prefix)) {
        return false;
    }
    *key = (struct str){key->at + prefix.len, key->len - prefix.len};
    return true;
}

/* What has a value of its own, besides data; false: nothing of that name. */
static bool render_find_fixed(const struct render_vars *vars, struct str key, struct jsonval *ret)
{
    const struct {
        const char *name;
        struct str text;
    } texts[] = {
        {"id", vars->id},
        {"email", vars->email},
        {"status", vars->status},
        {"unsubscribeUrl", vars->unsubscribe_url},
        {"subscribeUrl", vars->subscribe_url},
        {"manageUrl", vars->manage_url},
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        if (str_eq_c(key, texts[i].name)) {
            *ret = jsonval_of_str(texts[i].text);
            return true;
        }
    }
    *ret = jsonval_of_bool(vars->subscribed);
    return str_eq_c(key, "subscribed");
}

/* The value of a variable; type JSONVAL_NULL: none. */
static struct jsonval render_find(const struct render_vars *vars, struct str key)
{
    struct jsonval fixed;
    const struct jsonval *found = NULL;
    if (render_find_fixed(vars, key, &fixed)) {
        return fixed;
    }
    if (render_strip(&key, STR("event."))) {
        found = render_walk(vars->event, key);
    } else {
        (void)render_strip(&key, STR("data."));
        found = render_walk(vars->own, key);
        if (found == NULL) {
            found = render_walk(vars->data, key);
        }
    }
    return found != NULL ? *found : (struct jsonval){.type = JSONVAL_NULL};
}

static bool render_is_empty(const struct jsonval *value)
{
    return value->type == JSONVAL_NULL || (value->type == JSONVAL_STRING && value->string.len == 0);
}

/* ---- how it is put in ---------------------------------------------------------------------- */

/* A line end in a value must not begin a header of its own. */
static void render_header(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];
        buf_add_char(out, c < 0x20 || c == 0x7f ? ' ' : text.at[i]);
    }
}

static void render_url(struct buf *out, struct str text)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] != '\0' && strchr(plain, text.at[i]) != NULL) {
            buf_add_char(out, text.at[i]);
        } else {
            buf_printf(out, "%%%02X", (unsigned char)text.at[i]);
        }
    }
}

static void render_put(struct buf *out, struct str text, enum render_mode mode, bool is_raw)
{
    if (mode == RENDER_HEADER) {
        render_header(out, text);
    } else if (is_raw || mode == RENDER_PLAIN) {
        buf_add_str(out, text);
    } else if (mode == RENDER_HTML) {
        buf_add_html(out, text);
    } else {
        render_url(out, text);
    }
}

static void render_put_json(struct buf *out, const struct jsonval *value, enum render_mode mode,
                            bool is_raw)
{
    struct buf text;
    struct jsonwrite w;
    buf_init(&text, RENDER_BYTES_MAX);
    jsonwrite_init(&w, &text);
    jsonwrite_value(&w, value);
    render_put(out, buf_str(&text), mode, is_raw);
    buf_done(&text);
}

static void render_put_value(struct buf *out, const struct jsonval *value, enum render_mode mode,
                             bool is_raw)
{
    char number[32];
    switch (value->type) {
    case JSONVAL_NULL:
        break;
    case JSONVAL_BOOL:
        buf_add_c(out, value->boolean ? "true" : "false");
        break;
    case JSONVAL_NUMBER:
        buf_add(out, number, num_format(value->number, number));
        break;
    case JSONVAL_STRING:
        render_put(out, value->string, mode, is_raw);
        break;
    case JSONVAL_LIST:
    case JSONVAL_OBJECT:
        render_put_json(out, value, mode, is_raw);
        break;
    }
}

static void render_put_variable(struct buf *out, const struct render_variable *variable,
                                const struct render_vars *vars, enum render_mode mode)
{
    struct jsonval value = render_find(vars, variable->key);
    if (render_is_empty(&value) && variable->fallback.at != NULL) {
        render_put(out, variable->fallback, mode, variable->is_raw);
    } else {
        render_put_value(out, &value, mode, variable->is_raw);
    }
}

/* What stands between variables. */
static void render_plain(struct buf *out, const char *at, size_t len, enum render_mode mode)
{
    if (len > 0 && mode == RENDER_HEADER) {
        render_header(out, (struct str){at, len});
    } else if (len > 0) {
        buf_add(out, at, len);
    }
}

int render_text(struct arena *arena, struct str text, const struct render_vars *vars,
                enum render_mode mode, struct str *ret, struct err_info *info)
{
    struct buf out;
    size_t plain = 0; /* where what was not put in yet begins */
    size_t max = mode == RENDER_HEADER ? RENDER_HEADER_BYTES_MAX : RENDER_BYTES_MAX;
    buf_init(&out, max);
    for (size_t i = 0; i < text.len && !out.failed;) {
        struct render_variable variable;
        if (text.at[i] != '{' || !render_read((struct str){text.at + i, text.len - i}, &variable)) {
            i++;
            continue;
        }
        render_plain(&out, text.at + plain, i - plain, mode);
        render_put_variable(&out, &variable, vars, mode);
        i += variable.bytes;
        plain = i;
    }
    if (text.at != NULL) {
        render_plain(&out, text.at + plain, text.len - plain, mode);
    }
    bool is_too_long = out.failed;
    if (!is_too_long) {
        *ret = str_copy(arena, buf_str(&out));
    }
    buf_done(&out);
    return is_too_long
               ? err_set(info, ERR_UNPROCESSABLE, "VALIDATION_ERROR",
                         "The text is longer than %zu bytes with its variables filled in", max)
               : 0;
}

int render_contact(struct arena *arena, const struct contact *contact, struct render_vars *vars,
                   struct err_info *info)
{
    char id[37];
    uuid_format(&contact->uuid, id);
    vars->id = str_copy(arena, str_from(id));
    vars->email = contact->email;
    vars->status = str_from(contact_status_name(contact->status));
    vars->subscribed = contact->status == CONTACT_SUBSCRIBED;
    vars->data = NULL;
    if (contact->data.at == NULL) {
        return 0;
    }
    return jsonread_parse(arena, contact->data, &vars->data, info) < 0
               ? err_set(info, ERR_INTERNAL, NULL, "data of contact %u is no JSON",
                         contact->ordinal)
               : 0;
}

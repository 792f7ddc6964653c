#include "json/jsonread.h"

#include <stdio.h>
#include <stdlib.h>
#include <yajl/yajl_parse.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/num.h"

#define INVALID_JSON "Invalid JSON in request body" /* http-api §1.2 */

/* A list or object that is being read; its items wait on the reader's stack. */
struct scope {
    enum jsonval_type type;
    size_t first_item, first_name; /* of this scope on the two stacks */
};

/* Values and names that wait for the end of their scope. Kept by the process, up to KEEP_VALUES: a
 * parse of a small text must not cost a malloc, and one large text must not stay for ever. */
#define KEEP_VALUES 4096
struct stacks {
    struct jsonval *items;
    struct str *names;
    size_t item_room, name_room;
};

struct reader {
    struct arena *arena;
    struct err_info *info;
    struct stacks *stacks;
    struct scope scopes[LIMIT_JSON_DEPTH];
    size_t depth, item_count, name_count, value_count;
    int err; /* set when a callback refused */
};

/* ---- places -------------------------------------------------------------------------------- */

static void place(const struct reader *r, struct buf *out)
{
    for (size_t d = 0; d < r->depth; d++) {
        const struct scope *scope = &r->scopes[d];
        size_t end_item = d + 1 < r->depth ? r->scopes[d + 1].first_item : r->item_count;
        size_t end_name = d + 1 < r->depth ? r->scopes[d + 1].first_name : r->name_count;
        if (out->len)
            buf_add_char(out, '.');
        if (scope->type == JSONVAL_LIST)
            buf_printf(out, "%zu", end_item - scope->first_item);
        else if (end_name > scope->first_name)
            buf_add_str(out, r->stacks->names[end_name - 1]);
    }
}

static int refuse(struct reader *r, const char *text)
{
    struct buf path;
    buf_init(&path, sizeof r->info->item.field - 1);
    place(r, &path);
    r->err = err_set_at(r->info, ERR_INVAL, "VALIDATION_ERROR", path.at, "%s", text);
    buf_done(&path);
    return 0;
}

static int refuse_count(struct reader *r)
{
    char text[80];
    snprintf(text, sizeof text, "JSON has more than %d values", LIMIT_JSON_VALUES);
    return refuse(r, text);
}

/* ---- building ------------------------------------------------------------------------------ */

static struct jsonval *push(struct reader *r)
{
    struct stacks *s = r->stacks;
    if (r->item_count == s->item_room) {
        s->item_room = s->item_room ? s->item_room * 2 : 64;
        s->items = arena_xrealloc(s->items, s->item_room * sizeof *s->items);
    }
    struct jsonval *value = &s->items[r->item_count++];
    *value = (struct jsonval){0};
    return value;
}

static int take_value(struct reader *r, struct jsonval value)
{
    if (++r->value_count > LIMIT_JSON_VALUES)
        return refuse_count(r);
    *push(r) = value;
    return 1;
}

static int on_null(void *ctx)
{
    return take_value(ctx, (struct jsonval){.type = JSONVAL_NULL});
}

static int on_bool(void *ctx, int value)
{
    return take_value(ctx, jsonval_of_bool(value != 0));
}

static int on_number(void *ctx, const char *text, size_t len)
{
    double number;
    if (!num_parse((struct str){text, len}, &number))
        return refuse(ctx, "Number is not finite or has too many digits");
    return take_value(ctx, jsonval_of_number(number));
}

static int on_string(void *ctx, const unsigned char *text, size_t len)
{
    struct reader *r = ctx;
    if (len && memchr(text, '\0', len))
        return refuse(r, "String must not contain a NUL character");
    return take_value(r, jsonval_of_str((struct str){arena_copy(r->arena, text, len), len}));
}

static int open_scope(struct reader *r, enum jsonval_type type)
{
    if (r->depth == LIMIT_JSON_DEPTH) {
        char text[80];
        snprintf(text, sizeof text, "JSON is nested deeper than %d levels", LIMIT_JSON_DEPTH);
        return refuse(r, text);
    }
    if (++r->value_count > LIMIT_JSON_VALUES)
        return refuse_count(r);
    r->scopes[r->depth++] = (struct scope){type, r->item_count, r->name_count};
    return 1;
}

/* Takes the scope's items off the stack into the arena, and puts the whole on it instead. */
static struct jsonval *close_scope(struct reader *r)
{
    struct scope scope = r->scopes[--r->depth];
    size_t count = r->item_count - scope.first_item;
    struct jsonval whole = {.type = scope.type, .count = count};
    whole.items = arena_array(r->arena, count, sizeof *whole.items);
    if (count)
        memcpy(whole.items, r->stacks->items + scope.first_item, count * sizeof *whole.items);
    if (scope.type == JSONVAL_OBJECT) {
        whole.names = arena_array(r->arena, count, sizeof *whole.names);
        if (count)
            memcpy(whole.names, r->stacks->names + scope.first_name, count * sizeof *whole.names);
    }
    r->item_count = scope.first_item;
    r->name_count = scope.first_name;
    struct jsonval *value = push(r);
    *value = whole;
    return value;
}

static int on_list(void *ctx)
{
    return open_scope(ctx, JSONVAL_LIST);
}

static int on_object(void *ctx)
{
    return open_scope(ctx, JSONVAL_OBJECT);
}

static int on_list_end(void *ctx)
{
    (void)close_scope(ctx);
    return 1;
}

static int on_name(void *ctx, const unsigned char *text, size_t len)
{
    struct reader *r = ctx;
    struct stacks *s = r->stacks;
    if (r->name_count == s->name_room) {
        s->name_room = s->name_room ? s->name_room * 2 : 64;
        s->names = arena_xrealloc(s->names, s->name_room * sizeof *s->names);
    }
    s->names[r->name_count++] = (struct str){arena_copy(r->arena, text, len), len};
    if (len && memchr(text, '\0', len))
        return refuse(r, "Member name must not contain a NUL character");
    return 1;
}

static int compare_names(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* A repeated name, or NULL. Few names are compared pairwise, many are sorted. */
static const struct str *repeated_name(struct arena *arena, const struct jsonval *object)
{
    size_t count = object->count;
    if (count <= 16) {
        for (size_t i = 1; i < count; i++) {
            for (size_t j = 0; j < i; j++) {
                if (str_eq(object->names[i], object->names[j]))
                    return &object->names[i];
            }
        }
        return NULL;
    }
    struct str *sorted = arena_array(arena, count, sizeof *sorted);
    memcpy(sorted, object->names, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_names);
    for (size_t i = 1; i < count; i++) {
        if (str_eq(sorted[i - 1], sorted[i]))
            return &sorted[i];
    }
    return NULL;
}

static int on_object_end(void *ctx)
{
    struct reader *r = ctx;
    struct jsonval object = *close_scope(r);
    const struct str *name = repeated_name(r->arena, &object);
    if (!name)
        return 1;
    r->item_count--; /* the place is the object's, not the one behind it */
    struct buf path;
    buf_init(&path, sizeof r->info->item.field - 1);
    place(r, &path);
    if (path.len)
        buf_add_char(&path, '.');
    buf_add_str(&path, *name);
    r->err = err_set_at(r->info, ERR_INVAL, "VALIDATION_ERROR", path.at,
                        "Given twice in one object: \"%s\"", name->at);
    buf_done(&path);
    return 0;
}

/* ---- the whole text ------------------------------------------------------------------------ */

/* The code unit of the escape "\uXXXX" at `at`; -1 when none stands there. */
static long code_unit(const char *at, const char *end)
{
    long unit = 0;
    if (end - at < 6 || at[0] != '\\' || at[1] != 'u')
        return -1;
    for (size_t i = 2; i < 6; i++) {
        char c = at[i], lower = (char)(c | 0x20);
        if (c >= '0' && c <= '9')
            unit = unit * 16 + (c - '0');
        else if (lower >= 'a' && lower <= 'f')
            unit = unit * 16 + (lower - 'a' + 10);
        else
            return -1;
    }
    return unit;
}

/* True when an escape names half a surrogate pair; yajl would make "?" or no UTF-8 of it. */
static bool has_lone_surrogate(struct str text)
{
    const char *end = text.at + text.len;
    const char *at = text.at;
    while (at < end && (at = memchr(at, '\\', (size_t)(end - at)))) {
        long unit = code_unit(at, end);
        if (unit >= 0xdc00 && unit <= 0xdfff)
            return true;
        if (unit < 0xd800 || unit > 0xdfff) {
            at += 2; /* "\\\\u" is a backslash and a letter */
            continue;
        }
        long second = code_unit(at + 6, end);
        if (second < 0xdc00 || second > 0xdfff)
            return true;
        at += 12;
    }
    return false;
}

/* What yajl lets pass. Before it, so that every place that is named can be printed. */
static int check_text(struct str text, struct err_info *info)
{
    static const char no_space[] = "\v\f"; /* yajl takes them for white space */
    for (size_t i = 0; i < 2; i++) {
        if (text.len && memchr(text.at, no_space[i], text.len))
            return err_set(info, ERR_INVAL, "VALIDATION_ERROR", INVALID_JSON);
    }
    if (!str_is_utf8(text))
        return err_set(info, ERR_INVAL, "VALIDATION_ERROR", "JSON is not valid UTF-8");
    if (has_lone_surrogate(text))
        return err_set(info, ERR_INVAL, "VALIDATION_ERROR",
                       "JSON has a \\u escape that is half of a surrogate pair");
    return 0;
}

/* yajl looks at no result of these. */
static void *yajl_take(void *ctx, size_t size)
{
    (void)ctx;
    return arena_xmalloc(size);
}

static void *yajl_retake(void *ctx, void *old, size_t size)
{
    (void)ctx;
    return arena_xrealloc(old, size);
}

static void yajl_release(void *ctx, void *old)
{
    (void)ctx;
    free(old);
}

static void trim_stacks(struct stacks *s)
{
    if (s->item_room <= KEEP_VALUES && s->name_room <= KEEP_VALUES)
        return;
    free(s->items);
    free(s->names);
    *s = (struct stacks){0};
}

static const yajl_callbacks callbacks = {on_null,       on_bool,   NULL,       NULL,
                                         on_number,     on_string, on_object,  on_name,
                                         on_object_end, on_list,   on_list_end};

int jsonread_parse(struct arena *arena, struct str text, const struct jsonval **ret,
                   struct err_info *info)
{
    static struct stacks stacks;
    struct reader r = {.arena = arena, .info = info, .stacks = &stacks};
    yajl_alloc_funcs memory = {yajl_take, yajl_retake, yajl_release, NULL};
    int err = check_text(text, info);
    if (err < 0)
        return err;
    yajl_handle handle = yajl_alloc(&callbacks, &memory, &r);
    yajl_status status = yajl_parse(handle, (const unsigned char *)text.at, text.len);
    if (status == yajl_status_ok)
        status = yajl_complete_parse(handle);
    yajl_free(handle);
    if (r.err)
        err = r.err;
    else if (status != yajl_status_ok || r.item_count != 1)
        err = err_set(info, ERR_INVAL, "VALIDATION_ERROR", INVALID_JSON);
    else {
        struct jsonval *root = arena_alloc(arena, sizeof *root);
        *root = stacks.items[0];
        *ret = root;
    }
    trim_stacks(&stacks);
    return err;
}

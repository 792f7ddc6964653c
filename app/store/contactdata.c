#include "store/contactdata.h"

#include "base/buf.h"
#include "base/limits.h"
#include "json/jsonwrite.h"

/* http-api §1.5: set by the system, or links that only messages carry. */
static const char *const reserved_keys[] = {
    "id",        "plunk_id",   "plunk_email",    "email",        "createdAt",
    "updatedAt", "subscribed", "unsubscribeUrl", "subscribeUrl", "manageUrl",
};

bool contactdata_is_reserved(struct str key)
{
    for (size_t i = 0; i < ARRAY_LEN(reserved_keys); i++) {
        if (str_eq_c(key, reserved_keys[i])) {
            return true;
        }
    }
    return false;
}

/* The C1 controls, U+0080 to U+009F, are two bytes in UTF-8. */
static bool has_control(struct str text)
{
    for (size_t i = 0; i + 1 < text.len; i++) {
        if ((unsigned char)text.at[i] == 0xc2 && (unsigned char)text.at[i + 1] < 0xa0) {
            return true;
        }
    }
    return str_has_control(text);
}

static int check_key(struct str key, const char *place, size_t path_bytes, struct err_info *info)
{
    const char *wrong = NULL;
    if (key.len == 0) {
        wrong = "Data keys must not be empty";
    } else if (memchr(key.at, '.', key.len) != NULL) {
        wrong = "Data keys must not contain a dot; nest objects instead";
    } else if (has_control(key)) {
        wrong = "Data keys must not contain control characters";
    }
    if (wrong != NULL) {
        return err_set_at(info, ERR_INVAL, "BAD_REQUEST", place, "%s", wrong);
    }
    if (path_bytes > LIMIT_FILTER_PATH_BYTES) {
        return err_set_at(info, ERR_INVAL, "BAD_REQUEST", place,
                          "A path of data keys must be at most %d bytes long",
                          LIMIT_FILTER_PATH_BYTES);
    }
    return 0;
}

/* path_bytes: length of the path down to `value`, its dot included, 0 at the top. */
static int check_keys(const struct jsonval *value, const char *place, size_t path_bytes,
                      struct err_info *info)
{
    for (size_t i = 0; i < value->count; i++) {
        size_t below = path_bytes;
        if (value->type == JSONVAL_OBJECT) {
            below += value->names[i].len;
            int err = check_key(value->names[i], place, below, info);
            if (err != 0) {
                return err;
            }
            below += 1;
        }
        int err = check_keys(&value->items[i], place, below, info);
        if (err != 0) {
            return err;
        }
    }
    return 0;
}

/* {value, persistent} stands for its value; anything else for itself. */
static const struct jsonval *unwrap(const struct jsonval *value, bool *ret_persistent)
{
    const struct jsonval *inner = jsonval_get(value, "value");
    const struct jsonval *persistent = jsonval_get(value, "persistent");
    *ret_persistent = true;
    if (value->count != 2 || inner == NULL || persistent == NULL ||
        persistent->type != JSONVAL_BOOL) {
        return value;
    }
    *ret_persistent = persistent->boolean;
    return inner;
}

static struct jsonval *new_object(struct arena *arena, size_t room)
{
    struct jsonval *object = arena_alloc(arena, sizeof *object);
    object->type = JSONVAL_OBJECT;
    object->items = arena_array(arena, room, sizeof *object->items);
    object->names = arena_array(arena, room, sizeof *object->names);
    return object;
}

static void add_member(struct jsonval *object, struct str name, const struct jsonval *value)
{
    object->names[object->count] = name;
    object->items[object->count] = *value;
    object->count++;
}

static const struct jsonval *or_null(const struct jsonval *object)
{
    return object->count == 0 ? NULL : object;
}

static bool is_empty_string(const struct jsonval *value)
{
    return value->type == JSONVAL_STRING && value->string.len == 0;
}

int contactdata_read(struct arena *arena, const struct jsonval *data, const char *place,
                     struct contactdata_input *ret, struct err_info *info)
{
    *ret = (struct contactdata_input){0};
    if (data == NULL || data->type == JSONVAL_NULL) {
        return 0;
    }
    if (data->type != JSONVAL_OBJECT) {
        return err_set_at(info, ERR_INVAL, "BAD_REQUEST", place, "data must be an object");
    }
    int err = check_keys(data, place, 0, info);
    if (err != 0) {
        return err;
    }
    struct jsonval *patch = new_object(arena, data->count);
    struct jsonval *all = new_object(arena, data->count);
    for (size_t i = 0; i < data->count; i++) {
        struct str key = data->names[i];
        bool persistent;
        const struct jsonval *value = unwrap(&data->items[i], &persistent);
        if (str_eq_c(key, "locale") && value->type != JSONVAL_STRING &&
            value->type != JSONVAL_NULL) {
            return err_set_at(info, ERR_INVAL, "BAD_REQUEST", place, "Locale must be a string");
        }
        add_member(all, key, value);
        if (persistent && !contactdata_is_reserved(key) && !is_empty_string(value)) {
            add_member(patch, key, value);
        }
    }
    struct str text;
    err = contactdata_print(arena, all, &text, info);
    if (err != 0) {
        return err;
    }
    ret->patch = or_null(patch);
    ret->all = or_null(all);
    return 0;
}

/* The patch's value for a stored key. Clients mostly send keys in one order: look there first. */
static const struct jsonval *patch_value(const struct jsonval *patch, struct str key, size_t *hint)
{
    for (size_t tried = 0; tried < patch->count; tried++) {
        size_t i = (*hint + tried) % patch->count;
        if (str_eq(patch->names[i], key)) {
            *hint = i + 1;
            return &patch->items[i];
        }
    }
    return NULL;
}

static bool patch_changes(const struct jsonval *stored, const struct jsonval *patch)
{
    for (size_t i = 0; i < patch->count; i++) {
        const struct jsonval *old =
            stored == NULL ? NULL : jsonval_get_str(stored, patch->names[i]);
        bool deletes = patch->items[i].type == JSONVAL_NULL;
        if (deletes ? old != NULL : old == NULL || !jsonval_equal(old, &patch->items[i])) {
            return true;
        }
    }
    return false;
}

const struct jsonval *contactdata_merge(struct arena *arena, const struct jsonval *stored,
                                        const struct jsonval *patch)
{
    if (patch == NULL || !patch_changes(stored, patch)) {
        return stored;
    }
    size_t stored_count = stored == NULL ? 0 : stored->count;
    struct jsonval *merged = new_object(arena, stored_count + patch->count);
    size_t hint = 0;
    for (size_t i = 0; i < stored_count; i++) {
        const struct jsonval *value = patch_value(patch, stored->names[i], &hint);
        if (value == NULL) {
            value = &stored->items[i];
        }
        if (value->type != JSONVAL_NULL) {
            add_member(merged, stored->names[i], value);
        }
    }
    for (size_t i = 0; i < patch->count; i++) {
        if (patch->items[i].type != JSONVAL_NULL &&
            (stored == NULL || jsonval_get_str(stored, patch->names[i]) == NULL)) {
            add_member(merged, patch->names[i], &patch->items[i]);
        }
    }
    return or_null(merged);
}

const struct jsonval *contactdata_without(struct arena *arena, const struct jsonval *patch,
                                          bool (*drop)(struct str key, void *ctx), void *ctx)
{
    if (patch == NULL) {
        return NULL;
    }
    struct jsonval *kept = new_object(arena, patch->count);
    for (size_t i = 0; i < patch->count; i++) {
        if (!drop(patch->names[i], ctx)) {
            add_member(kept, patch->names[i], &patch->items[i]);
        }
    }
    return or_null(kept);
}

int contactdata_print(struct arena *arena, const struct jsonval *data, struct str *ret,
                      struct err_info *info)
{
    *ret = (struct str){0};
    if (data == NULL) {
        return 0;
    }
    struct buf text;
    struct jsonwrite writer;
    buf_init(&text, LIMIT_DATA_BYTES);
    jsonwrite_init(&writer, &text);
    jsonwrite_value(&writer, data);
    bool ok = jsonwrite_ok(&writer) && !text.failed;
    if (ok) {
        *ret = str_copy(arena, buf_str(&text));
    }
    buf_done(&text);
    if (!ok) {
        return err_set_at(info, ERR_UNPROCESSABLE, "VALIDATION_ERROR", "data",
                          "data must be at most %d bytes of JSON", LIMIT_DATA_BYTES);
    }
    return 0;
}

struct field_list {
    struct arena *arena;
    struct contactdata_field *at; /* NULL: only count */
    size_t count;
};

static enum key_type type_of(const struct jsonval *value)
{
    switch (value->type) {
    case JSONVAL_BOOL:
        return KEY_TYPE_BOOL;
    case JSONVAL_NUMBER:
        return KEY_TYPE_NUMBER;
    case JSONVAL_LIST:
        return KEY_TYPE_LIST;
    case JSONVAL_OBJECT:
        return KEY_TYPE_OBJECT;
    case JSONVAL_NULL:
    case JSONVAL_STRING:
        break;
    }
    return KEY_TYPE_STRING;
}

static void collect_fields(struct field_list *list, const struct jsonval *object, struct str prefix)
{
    for (size_t i = 0; i < object->count; i++) {
        const struct jsonval *value = &object->items[i];
        struct str path = object->names[i];
        if (value->type == JSONVAL_NULL) {
            continue;
        }
        if (list->at != NULL) {
            if (prefix.len > 0) {
                path = str_from(
                    arena_printf(list->arena, STR_FMT "." STR_FMT, STR_ARG(prefix), STR_ARG(path)));
            }
            list->at[list->count] = (struct contactdata_field){path, type_of(value), value};
        }
        list->count++;
        if (value->type == JSONVAL_OBJECT) {
            collect_fields(list, value, path);
        }
    }
}

size_t contactdata_fields(struct arena *arena, const struct jsonval *data,
                          struct contactdata_field **ret)
{
    struct field_list list = {.arena = arena};
    *ret = NULL;
    if (data == NULL) {
        return 0;
    }
    collect_fields(&list, data, (struct str){0});
    list.at = arena_array(arena, list.count, sizeof *list.at);
    list.count = 0;
    collect_fields(&list, data, (struct str){0});
    *ret = list.at;
    return list.count;
}

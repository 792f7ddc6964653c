#include "json/jsonval.h"

const struct jsonval *jsonval_get_str(const struct jsonval *object, struct str name)
{
    if (!object || object->type != JSONVAL_OBJECT)
        return NULL;
    for (size_t i = 0; i < object->count; i++) {
        if (str_eq(object->names[i], name))
            return &object->items[i];
    }
    return NULL;
}

const struct jsonval *jsonval_get(const struct jsonval *object, const char *name)
{
    return jsonval_get_str(object, str_from(name));
}

const char *jsonval_type_name(enum jsonval_type type)
{
    switch (type) {
    case JSONVAL_NULL:
        return "null";
    case JSONVAL_BOOL:
        return "boolean";
    case JSONVAL_NUMBER:
        return "number";
    case JSONVAL_STRING:
        return "string";
    case JSONVAL_LIST:
        return "array";
    case JSONVAL_OBJECT:
        return "object";
    }
    return "null";
}

static bool lists_equal(const struct jsonval *a, const struct jsonval *b)
{
    for (size_t i = 0; i < a->count; i++) {
        if (!jsonval_equal(&a->items[i], &b->items[i]))
            return false;
    }
    return true;
}

static bool objects_equal(const struct jsonval *a, const struct jsonval *b)
{
    for (size_t i = 0; i < a->count; i++) {
        /* Most often the order is the same; a search for each would be quadratic. */
        const struct jsonval *other =
            str_eq(a->names[i], b->names[i]) ? &b->items[i] : jsonval_get_str(b, a->names[i]);
        if (!other || !jsonval_equal(&a->items[i], other))
            return false;
    }
    return true;
}

bool jsonval_equal(const struct jsonval *a, const struct jsonval *b)
{
    if (a->type != b->type)
        return false;
    switch (a->type) {
    case JSONVAL_NULL:
        return true;
    case JSONVAL_BOOL:
        return a->boolean == b->boolean;
    case JSONVAL_NUMBER:
        return a->number == b->number;
    case JSONVAL_STRING:
        return str_eq(a->string, b->string);
    case JSONVAL_LIST:
        return a->count == b->count && lists_equal(a, b);
    case JSONVAL_OBJECT:
        return a->count == b->count && objects_equal(a, b);
    }
    return false;
}

struct jsonval jsonval_of_str(struct str s)
{
    return (struct jsonval){.type = JSONVAL_STRING, .string = s};
}

struct jsonval jsonval_of_number(double n)
{
    return (struct jsonval){.type = JSONVAL_NUMBER, .number = n};
}

struct jsonval jsonval_of_bool(bool b)
{
    return (struct jsonval){.type = JSONVAL_BOOL, .boolean = b};
}

void jsonval_object(struct arena *arena, size_t capacity, struct jsonval *ret)
{
    *ret = (struct jsonval){.type = JSONVAL_OBJECT};
    ret->items = arena_array(arena, capacity, sizeof(struct jsonval));
    ret->names = arena_array(arena, capacity, sizeof(struct str));
}

struct jsonval *jsonval_add(struct jsonval *object, const char *name)
{
    object->names[object->count] = str_from(name);
    return &object->items[object->count++];
}

void jsonval_list(struct arena *arena, size_t count, struct jsonval *ret)
{
    *ret = (struct jsonval){.type = JSONVAL_LIST, .count = count};
    ret->items = arena_array(arena, count, sizeof(struct jsonval));
}

#include "store/fielddelete.h"

#include "store/contactmany.h"
#include "json/jsonread.h"

/*
 * A copy of `object` without what stands at `path`; NULL when nothing stands there. What is not on
 * the way is shared with the original.
 */
static const struct jsonval *without(struct arena *arena, const struct jsonval *object,
                                     struct str path)
{
    struct str rest;
    struct str key = str_split(path, '.', &rest);
    const struct jsonval *child = jsonval_get_str(object, key);
    const struct jsonval *smaller = NULL;
    if (child != NULL && rest.at != NULL) {
        smaller = without(arena, child, rest);
    }
    if (child == NULL || (rest.at != NULL && smaller == NULL)) {
        return NULL;
    }
    struct jsonval *copy = arena_alloc(arena, sizeof *copy);
    *copy = *object;
    copy->items = arena_array(arena, object->count, sizeof *copy->items);
    copy->names = arena_array(arena, object->count, sizeof *copy->names);
    copy->count = 0;
    for (size_t i = 0; i < object->count; i++) {
        const struct jsonval *kept = str_eq(object->names[i], key) ? smaller : &object->items[i];
        if (kept != NULL) {
            copy->names[copy->count] = object->names[i];
            copy->items[copy->count++] = *kept;
        }
    }
    return copy;
}

/* The patch {key: what is left of it}, or {key: null} for a field that is not nested. */
static const struct jsonval *patch_of(struct arena *arena, const struct jsonval *data,
                                      struct str path)
{
    struct str rest;
    struct jsonval *patch = arena_alloc(arena, sizeof *patch);
    struct str *name = arena_alloc(arena, sizeof *name);
    const struct jsonval *left = without(arena, data, path);
    if (left == NULL) {
        return NULL;
    }
    *name = str_split(path, '.', &rest);
    struct jsonval *item = arena_alloc(arena, sizeof *item); /* zeroed: JSON null */
    const struct jsonval *kept = jsonval_get_str(left, *name);
    if (kept != NULL) {
        *item = *kept;
    }
    *patch = (struct jsonval){.type = JSONVAL_OBJECT, .count = 1, .items = item, .names = name};
    return patch;
}

static int fill_change(struct arena *arena, const struct contact *contact,
                       struct contactchange *ret, void *ctx, struct err_info *info)
{
    const struct str *path = ctx;
    const struct jsonval *data;
    if (contact->data.at == NULL) {
        return 0;
    }
    if (jsonread_parse(arena, contact->data, &data, NULL) < 0) {
        return err_set(info, ERR_INTERNAL, NULL, "the data of contact %u does not parse",
                       contact->ordinal);
    }
    ret->patch = patch_of(arena, data, *path);
    return 0;
}

int fielddelete_many(struct db *db, struct arena *arena, uint32_t project_id, struct str path,
                     const uint32_t *ordinals, size_t count, uint64_t *ret_changed,
                     struct err_info *info)
{
    struct contactmany_counts counts;
    struct contactmany batch = {.project_id = project_id,
                                .ordinals = ordinals,
                                .count = count,
                                .change = fill_change,
                                .ctx = &path};
    int err = contactmany_change(db, arena, &batch, &counts, info);
    if (err == 0) {
        *ret_changed = counts.changed;
    }
    return err;
}

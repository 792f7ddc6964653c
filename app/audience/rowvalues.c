#include "audience/rowvalues.h"

#include <string.h>

#include "base/hash.h"
#include "base/limits.h"
#include "json/jsonread.h"
#include "json/jsonwrite.h"

struct rowvalues_paths {
    const struct catalog_name **table; /* by hash of the path */
    size_t size;                       /* a power of two */
    size_t count;
};

struct rowvalues_paths *rowvalues_paths_new(struct arena *arena, const struct catalog_name *names,
                                            size_t count)
{
    struct rowvalues_paths *paths = arena_alloc(arena, sizeof *paths);
    paths->count = count;
    for (paths->size = 16; paths->size < count * 3;)
        paths->size *= 2;
    paths->table = arena_array(arena, paths->size, sizeof *paths->table);
    for (size_t i = 0; i < count; i++) {
        size_t at = hash_fast(names[i].name.at, names[i].name.len) & (paths->size - 1);
        while (paths->table[at])
            at = (at + 1) & (paths->size - 1);
        paths->table[at] = &names[i];
    }
    return paths;
}

static const struct catalog_name *find_path(const struct rowvalues_paths *paths, struct str path)
{
    size_t at = hash_fast(path.at, path.len) & (paths->size - 1);
    for (; paths->table[at]; at = (at + 1) & (paths->size - 1)) {
        if (str_eq(paths->table[at]->name, path))
            return paths->table[at];
    }
    return NULL;
}

/* One walk through a contact's data. */
struct walk {
    struct draft *draft;
    uint32_t index;
    const struct rowvalues_paths *paths;
    struct arena *scratch;
    char path[1024]; /* longer ones have no number: store/field.h */
    size_t path_len;
};

static void put_list(struct walk *w, uint64_t key, const struct jsonval *list)
{
    struct buf text;
    struct jsonwrite json;
    buf_init(&text, 8 * LIMIT_DATA_BYTES);
    jsonwrite_init(&json, &text);
    jsonwrite_value(&json, list);
    draft_put_text(w->draft, w->index, key, CHUNK_LIST, buf_str(&text));
    buf_done(&text);
}

static void put_value(struct walk *w, uint32_t field_id, const struct jsonval *value)
{
    struct chunk_cell cell = {0};
    switch (value->type) {
    case JSONVAL_NULL:
        break;
    case JSONVAL_BOOL:
        cell = (struct chunk_cell){.kind = CHUNK_BOOL, .boolean = value->boolean};
        draft_put(w->draft, w->index, KEY_DATA(KEY_TYPE_BOOL, field_id), &cell);
        break;
    case JSONVAL_NUMBER:
        cell = (struct chunk_cell){.kind = CHUNK_NUMBER, .number = value->number};
        draft_put(w->draft, w->index, KEY_DATA(KEY_TYPE_NUMBER, field_id), &cell);
        break;
    case JSONVAL_STRING:
        draft_put_text(w->draft, w->index, KEY_DATA(KEY_TYPE_STRING, field_id), CHUNK_STRING,
                       value->string);
        break;
    case JSONVAL_LIST:
        put_list(w, KEY_DATA(KEY_TYPE_LIST, field_id), value);
        break;
    case JSONVAL_OBJECT:
        cell = (struct chunk_cell){.kind = CHUNK_BITS, .boolean = true};
        draft_put(w->draft, w->index, KEY_DATA(KEY_TYPE_OBJECT, field_id), &cell);
        break;
    }
}

static void walk_object(struct walk *w, const struct jsonval *object)
{
    size_t start = w->path_len;
    for (size_t i = 0; i < object->count; i++) {
        struct str name = object->names[i];
        if (start + name.len + 1 > sizeof w->path)
            continue;
        memcpy(w->path + start, name.at, name.len);
        w->path_len = start + name.len;
        const struct catalog_name *known = find_path(w->paths, (struct str){w->path, w->path_len});
        if (known)
            put_value(w, known->id, &object->items[i]);
        if (object->items[i].type == JSONVAL_OBJECT) {
            w->path[w->path_len++] = '.';
            walk_object(w, &object->items[i]);
        }
        w->path_len = start;
    }
}

static void put_contact(struct draft *draft, uint32_t index, const struct contact *contact,
                        const struct rowvalues_paths *paths, struct arena *scratch)
{
    struct chunk_cell exists = {.kind = CHUNK_BITS, .boolean = true};
    draft_put(draft, index, KEY_EXISTS, &exists);
    draft_put_text(draft, index, KEY_EMAIL, CHUNK_TEXT, contact->email);
    draft_put_code(draft, index, KEY_STATUS, CHUNK_CODE, contact->status);
    draft_put_ms(draft, index, KEY_CREATED, contact->created_ms);
    draft_put_ms(draft, index, KEY_UPDATED, contact->updated_ms);
    if (contact->subscribed_ms != INT64_MIN)
        draft_put_ms(draft, index, KEY_SUBSCRIBED_AT, contact->subscribed_ms);
    if (!contact->data.len || !paths->count)
        return;
    const struct jsonval *data;
    arena_reset(scratch);
    if (jsonread_parse(scratch, contact->data, &data, NULL) != 0 || data->type != JSONVAL_OBJECT)
        return;
    struct walk w; /* not zeroed as a whole: this runs for every contact of a rebuild */
    w.draft = draft;
    w.index = index;
    w.paths = paths;
    w.scratch = scratch;
    w.path_len = 0;
    walk_object(&w, data);
}

void rowvalues_put(struct draft *draft, uint32_t index, uint64_t part,
                   const struct rowscan_row *row, const struct rowvalues_paths *paths,
                   struct arena *scratch)
{
    if (!row->present)
        return;
    uint64_t id = KEY_ID_OF(part);
    switch (KEY_KIND_OF(part)) {
    case 1:
        put_contact(draft, index, &row->contact, paths, scratch);
        break;
    case 2:
        draft_put_code(draft, index, KEY_EVENT_COUNT(id), CHUNK_COUNT, row->count);
        draft_put_ms(draft, index, KEY_EVENT_FIRST(id), row->first_ms);
        draft_put_ms(draft, index, KEY_EVENT_LAST(id), row->last_ms);
        break;
    default:
        draft_put_ms(draft, index, KEY_SET_ENTERED(id), row->entered_ms);
        break;
    }
}

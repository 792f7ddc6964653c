#include "audience/names.h"

#include "base/buf.h"
#include "base/limits.h"
#include "base/uuid.h"
#include "filter/plunk.h"
#include "store/eventname.h"
#include "store/field.h"
#include "store/segment.h"
#include "store/setname.h"
#include "json/jsonread.h"

/* Distinct texts in order of first mention, with a hash table. */
struct text_set {
    struct str *items;
    uint32_t *ids; /* what the database calls them; 0 unknown */
    size_t count, room;
};

struct known_segment {
    struct str uuid;
    bool found;
    struct str text; /* of its filter; at == NULL for a static one */
    struct program_segment segment;
};

struct names {
    struct arena *arena;
    struct text_set fields, events;
    struct known_segment *segments;
    size_t segment_count, segment_room, segments_asked, segments_max;
    struct catalog_name *field_names; /* fields with an id */
    size_t field_count;
    struct setname *sets; /* tags, lists, campaigns, sequences */
    size_t set_count, set_room;
    const struct filter_leaf **looks; /* leaves that look at occurrences one by one */
    size_t look_count, look_room;
    struct eventcolumns occurrences; /* what these need */
};

static size_t text_find(const struct text_set *set, struct str text)
{
    size_t i = 0;
    while (i < set->count && !str_eq(set->items[i], text))
        i++;
    return i;
}

static void text_add(struct names *names, struct text_set *set, struct str text)
{
    if (text_find(set, text) < set->count)
        return;
    set->items = arena_grow(names->arena, set->items, set->count, &set->room, sizeof *set->items);
    set->items[set->count++] = text;
}

static struct known_segment *segment_find(struct names *names, struct str uuid)
{
    for (size_t i = 0; i < names->segment_count; i++) {
        if (str_eq(names->segments[i].uuid, uuid))
            return &names->segments[i];
    }
    return NULL;
}

static void segment_add(struct names *names, struct str uuid)
{
    if (segment_find(names, uuid))
        return;
    names->segments = arena_grow(names->arena, names->segments, names->segment_count,
                                 &names->segment_room, sizeof *names->segments);
    names->segments[names->segment_count++].uuid = uuid;
}

static enum setname_kind set_kind(enum filter_column column)
{
    if (column == FILTER_TAG)
        return SETNAME_TAG;
    if (column == FILTER_LIST)
        return SETNAME_LIST;
    return column == FILTER_CAMPAIGN ? SETNAME_CAMPAIGN : SETNAME_SEQUENCE;
}

static const struct setname *set_find(const struct names *names, const struct filter_leaf *leaf)
{
    for (size_t i = 0; i < names->set_count; i++) {
        if (names->sets[i].kind == set_kind(leaf->column) && str_eq(names->sets[i].id, leaf->name))
            return &names->sets[i];
    }
    return NULL;
}

static void set_add(struct names *names, const struct filter_leaf *leaf)
{
    if (set_find(names, leaf))
        return;
    names->sets = arena_grow(names->arena, names->sets, names->set_count, &names->set_room,
                             sizeof *names->sets);
    names->sets[names->set_count++] =
        (struct setname){.kind = set_kind(leaf->column), .id = leaf->name};
}

static void event_add(struct names *names, const struct filter_leaf *leaf)
{
    text_add(names, &names->events, leaf->name);
    if (!occurrence_is_needed(leaf))
        return;
    names->looks = arena_grow(names->arena, names->looks, names->look_count, &names->look_room,
                              sizeof *names->looks);
    names->looks[names->look_count++] = leaf;
}

static void note_leaf(const struct filter *node, void *ctx)
{
    struct names *names = ctx;
    switch (node->leaf.column) {
    case FILTER_DATA:
        text_add(names, &names->fields, node->leaf.name);
        break;
    case FILTER_EVENT:
        event_add(names, &node->leaf);
        break;
    case FILTER_SEGMENT:
        segment_add(names, node->leaf.name);
        break;
    case FILTER_TAG:
    case FILTER_LIST:
    case FILTER_CAMPAIGN:
    case FILTER_SEQUENCE:
        set_add(names, &node->leaf);
        break;
    case FILTER_EMAIL:
    case FILTER_SUBSCRIBED:
    case FILTER_STATUS:
    case FILTER_CREATED_AT:
    case FILTER_UPDATED_AT:
    case FILTER_SUBSCRIBED_AT:
        break;
    }
}

/* ---- segments ------------------------------------------------------------------------------ */

int names_load(struct arena *arena, struct str text, const struct filter **ret,
               struct err_info *info)
{
    const struct jsonval *json;
    int err = jsonread_parse(arena, text, &json, NULL);
    if (!err)
        err = plunk_parse(arena, json, "condition", ret, NULL);
    return err ? err_set(info, ERR_INTERNAL, NULL, "a stored filter does not parse") : 0;
}

static int take_segment(struct names *names, const struct segment_target *target,
                        struct err_info *info)
{
    char uuid[37];
    uuid_format(&target->uuid, uuid);
    struct known_segment *known = segment_find(names, str_from(uuid));
    const struct filter *filter;
    if (!known)
        return 0;
    known->found = true;
    known->segment.segment_id = target->segment_id;
    known->text = target->filter;
    if (target->kind == SEGMENT_STATIC) {
        known->segment.set_id = KEY_SET_SEGMENT(target->segment_id);
        return 0;
    }
    int err = names_load(names->arena, target->filter, &filter, info);
    if (err)
        return err;
    known->segment.filter = filter;
    filter_each_leaf(filter, note_leaf, names); /* may add segments: known is stale from here on */
    return 0;
}

/* Reads the segments that were named since the last round. */
static int resolve_round(struct names *names, struct db *db, uint32_t project_id,
                         struct err_info *info)
{
    size_t from = names->segments_asked, count = 0, found = 0;
    size_t asked = names->segment_count - from;
    struct uuid *uuids = arena_array(names->arena, asked, sizeof *uuids);
    struct segment_target *targets = arena_array(names->arena, asked, sizeof *targets);
    names->segments_asked = names->segment_count;
    for (size_t i = from; i < from + asked; i++) {
        if (uuid_parse(names->segments[i].uuid, &uuids[count]))
            count++;
    }
    int err = segment_resolve(db, names->arena, project_id, uuids, count, targets, &found, info);
    for (size_t i = 0; !err && i < found; i++)
        err = take_segment(names, &targets[i], info);
    return err;
}

static int resolve_segments(struct names *names, struct db *db, uint32_t project_id,
                            struct err_info *info)
{
    /* More than the limit are refused by program_compile; there is no need to read them all. */
    while (names->segments_asked < names->segment_count &&
           names->segments_asked <= names->segments_max) {
        int err = resolve_round(names, db, project_id, info);
        if (err)
            return err;
    }
    return 0;
}

/* ---- fields and events --------------------------------------------------------------------- */

static void keep_known_fields(struct names *names)
{
    names->field_names = arena_array(names->arena, names->fields.count, sizeof *names->field_names);
    for (size_t i = 0; i < names->fields.count; i++) {
        if (names->fields.ids[i])
            names->field_names[names->field_count++] =
                (struct catalog_name){names->fields.ids[i], names->fields.items[i]};
    }
}

static bool text_id(const struct text_set *set, struct str text, uint32_t *ret_id)
{
    size_t i = text_find(set, text);
    if (i == set->count || !set->ids[i])
        return false;
    *ret_id = set->ids[i];
    return true;
}

/* The events and properties that leaves look at one by one; an event that nobody had needs none. */
static int resolve_occurrences(struct names *names, struct db *db, uint32_t project_id,
                               struct err_info *info)
{
    struct eventcolumns *columns = &names->occurrences;
    columns->arena = names->arena;
    for (size_t i = 0; i < names->look_count; i++) {
        const struct filter_leaf *leaf = names->looks[i];
        uint32_t name_id;
        if (!text_id(&names->events, leaf->name, &name_id))
            continue;
        struct eventcolumns_event *event =
            eventcolumns_add(columns, name_id, occurrencecolumn_is_move(leaf->name));
        event->name = leaf->name;
        for (size_t w = 0; w < leaf->where_count; w++)
            eventcolumns_add_property(columns, event, leaf->where[w].name);
    }
    return columns->count ? eventcolumns_resolve(db, project_id, columns, info) : 0;
}

int names_resolve(struct db *db, struct arena *arena, uint32_t project_id,
                  const struct filter *const *filters, size_t count, struct names **ret,
                  struct err_info *info)
{
    struct names *names = arena_alloc(arena, sizeof *names);
    names->arena = arena;
    names->segments_max = count * LIMIT_NESTED_SEGMENTS;
    for (size_t i = 0; i < count; i++) {
        if (filters[i])
            filter_each_leaf(filters[i], note_leaf, names);
    }
    int err = resolve_segments(names, db, project_id, info);
    struct text_set *fields = &names->fields, *events = &names->events;
    fields->ids = arena_array(arena, fields->count, sizeof *fields->ids);
    events->ids = arena_array(arena, events->count, sizeof *events->ids);
    if (!err && fields->count)
        err = field_find(db, arena, project_id, fields->items, fields->count, fields->ids, info);
    if (!err && events->count)
        err =
            eventname_find(db, arena, project_id, events->items, events->count, events->ids, info);
    if (!err)
        err = resolve_occurrences(names, db, project_id, info);
    if (!err && names->set_count)
        err = setname_resolve(db, arena, project_id, names->sets, names->set_count, info);
    if (err)
        return err;
    keep_known_fields(names);
    *ret = names;
    return 0;
}

/* ---- answers ------------------------------------------------------------------------------- */

static bool field_id(void *ctx, struct str path, uint32_t *ret_id)
{
    return text_id(&((struct names *)ctx)->fields, path, ret_id);
}

static bool event_id(void *ctx, struct str name, uint32_t *ret_id)
{
    return text_id(&((struct names *)ctx)->events, name, ret_id);
}

static const struct program_segment *segment_of(void *ctx, struct str uuid)
{
    const struct known_segment *known = segment_find(ctx, uuid);
    return known && known->found ? &known->segment : NULL;
}

static bool set_of(void *ctx, const struct filter_leaf *leaf, uint64_t *ret_set_id)
{
    const struct setname *set = set_find(ctx, leaf);
    *ret_set_id = set ? set->set_id : 0;
    return *ret_set_id != 0;
}

static uint32_t property_id(void *ctx, uint32_t name_id, struct str path)
{
    const struct names *names = ctx;
    const struct eventcolumns_event *event =
        eventcolumns_of_part(&names->occurrences, KEY_PART_EVENT(name_id));
    for (size_t i = 0; event && i < event->property_count; i++) {
        if (str_eq(event->properties[i].path, path))
            return event->properties[i].id;
    }
    return 0; /* not reached: every leaf was noted */
}

struct program_names names_for_program(struct names *names)
{
    return (struct program_names){names, field_id, event_id, segment_of, set_of, property_id};
}

const struct eventcolumns *names_occurrences(const struct names *names)
{
    return &names->occurrences;
}

const struct catalog_name *names_fields(const struct names *names, size_t *ret_count)
{
    *ret_count = names->field_count;
    return names->field_names;
}

static bool has_unknown(const struct text_set *set)
{
    size_t i = 0;
    while (i < set->count && set->ids[i])
        i++;
    return i < set->count;
}

bool names_incomplete(const struct names *names)
{
    return has_unknown(&names->fields) || has_unknown(&names->events);
}

struct hash128 names_definition(const struct names *names, struct str text)
{
    struct buf all;
    buf_init(&all, SIZE_MAX / 2);
    buf_add_str(&all, text);
    for (size_t i = 0; i < names->segment_count; i++) {
        buf_add_char(&all, '\n');
        buf_add_str(&all, names->segments[i].uuid);
        buf_add_str(&all, names->segments[i].text);
    }
    struct hash128 hash = hash_content(all.at, all.len);
    buf_done(&all);
    return hash;
}

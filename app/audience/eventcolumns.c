#include "audience/eventcolumns.h"

#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "column/entries.h"
#include "column/key.h"
#include "store/occurrencelog.h"
#include "json/jsonread.h"
#include "json/jsonwrite.h"

/* ---- which columns ------------------------------------------------------------------------- */

static struct eventcolumns_event *find_event(const struct eventcolumns *columns, uint32_t name_id)
{
    for (size_t i = 0; i < columns->count; i++) {
        if (columns->events[i].name_id == name_id)
            return &columns->events[i];
    }
    return NULL;
}

struct eventcolumns_event *eventcolumns_add(struct eventcolumns *columns, uint32_t name_id,
                                            bool moves)
{
    struct eventcolumns_event *event = find_event(columns, name_id);
    if (event)
        return event;
    columns->events = arena_grow(columns->arena, columns->events, columns->count, &columns->room,
                                 sizeof *columns->events);
    event = &columns->events[columns->count++];
    *event = (struct eventcolumns_event){.name_id = name_id, .moves = moves};
    return event;
}

static struct eventcolumns_property *add_property(struct eventcolumns *columns,
                                                  struct eventcolumns_event *event, struct str path)
{
    for (size_t i = 0; i < event->property_count; i++) {
        if (str_eq(event->properties[i].path, path))
            return &event->properties[i];
    }
    event->properties = arena_grow(columns->arena, event->properties, event->property_count,
                                   &event->room, sizeof *event->properties);
    struct eventcolumns_property *property = &event->properties[event->property_count++];
    *property = (struct eventcolumns_property){.path = path};
    return property;
}

void eventcolumns_add_property(struct eventcolumns *columns, struct eventcolumns_event *event,
                               struct str path)
{
    (void)add_property(columns, event, path);
}

int eventcolumns_stored(struct db *db, struct arena *arena, uint32_t project_id,
                        struct eventcolumns *ret, struct err_info *info)
{
    struct occurrencecolumn *list = NULL;
    size_t count = 0;
    *ret = (struct eventcolumns){.arena = arena};
    int err = occurrencecolumn_list(db, arena, project_id, &list, &count, info);
    for (size_t i = 0; !err && i < count; i++) {
        if (list[i].state != OCCURRENCECOLUMN_BUILDING && list[i].state != OCCURRENCECOLUMN_BUILT)
            continue;
        bool known = find_event(ret, list[i].name_id) != NULL;
        struct eventcolumns_event *event = eventcolumns_add(ret, list[i].name_id, list[i].moves);
        event->built = (event->built || !known) && list[i].state == OCCURRENCECOLUMN_BUILT;
        event->asked = true;
        if (list[i].property_id)
            add_property(ret, event, list[i].path)->id = list[i].property_id;
    }
    return err;
}

static const struct occurrencecolumn *find_column(const struct occurrencecolumn *list, size_t count,
                                                  uint32_t name_id, struct str path)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i].name_id == name_id && str_eq(list[i].path, path))
            return &list[i];
    }
    return NULL;
}

/* What a column's row (NULL: there is none) says of its event. `full`: no more can be made. */
static void see_column(struct eventcolumns_event *event, const struct occurrencecolumn *column,
                       bool full)
{
    event->asked = event->asked && (column || full); /* it would be in vain */
    event->built = event->built && column && column->state == OCCURRENCECOLUMN_BUILT;
    event->refused |= column ? column->state == OCCURRENCECOLUMN_REFUSED : full;
}

int eventcolumns_resolve(struct db *db, uint32_t project_id, struct eventcolumns *columns,
                         struct err_info *info)
{
    struct occurrencecolumn *list = NULL;
    size_t count = 0;
    uint32_t unused = KEY_PROPERTY_MAX;
    int err = occurrencecolumn_list(db, columns->arena, project_id, &list, &count, info);
    bool full = !err && count >= OCCURRENCECOLUMN_MAX;
    for (size_t e = 0; !err && e < columns->count; e++) {
        struct eventcolumns_event *event = &columns->events[e];
        event->built = event->asked = true;
        see_column(event, find_column(list, count, event->name_id, STR("")), full);
        for (size_t i = 0; i < event->property_count; i++) {
            struct eventcolumns_property *property = &event->properties[i];
            const struct occurrencecolumn *column =
                find_column(list, count, event->name_id, property->path);
            see_column(event, column, full);
            property->id = column ? column->property_id : unused--;
        }
    }
    return err;
}

const struct eventcolumns_event *eventcolumns_of_part(const struct eventcolumns *columns,
                                                      uint64_t part)
{
    if (!columns || KEY_KIND_OF(part) != 2)
        return NULL;
    return find_event(columns, (uint32_t)part);
}

/* ---- reading the log ------------------------------------------------------------------------ */

/* What occurrences hold under one property. */
struct held {
    struct entries texts;
    uint32_t *codes; /* entry + 1 by occurrence; 0: nothing */
};

struct eventcolumns_rows {
    const struct eventcolumns_event *event;
    struct arena *scratch;
    uint32_t *ordinals; /* ascending */
    int64_t *times;     /* ascending within an ordinal */
    struct held *held;  /* by property */
    size_t count, room, next;
    struct str *texts; /* of one contact */
    size_t text_room;
};

struct eventcolumns_rows *eventcolumns_rows_new(const struct eventcolumns_event *event)
{
    struct eventcolumns_rows *rows = arena_xmalloc(sizeof *rows);
    *rows = (struct eventcolumns_rows){.event = event, .scratch = arena_new()};
    rows->held = arena_xmalloc((event->property_count + 1) * sizeof *rows->held);
    for (size_t i = 0; i < event->property_count; i++) {
        entries_init(&rows->held[i].texts);
        rows->held[i].codes = NULL;
    }
    return rows;
}

void eventcolumns_rows_free(struct eventcolumns_rows *rows)
{
    if (!rows)
        return;
    for (size_t i = 0; i < rows->event->property_count; i++) {
        entries_done(&rows->held[i].texts);
        free(rows->held[i].codes);
    }
    free(rows->held);
    free(rows->ordinals);
    free(rows->times);
    free(rows->texts);
    arena_free(rows->scratch);
    free(rows);
}

static void make_room(struct eventcolumns_rows *rows)
{
    if (rows->count < rows->room)
        return;
    rows->room = rows->room ? rows->room * 2 : 256;
    rows->ordinals = arena_xrealloc(rows->ordinals, rows->room * sizeof *rows->ordinals);
    rows->times = arena_xrealloc(rows->times, rows->room * sizeof *rows->times);
    for (size_t i = 0; i < rows->event->property_count; i++)
        rows->held[i].codes =
            arena_xrealloc(rows->held[i].codes, rows->room * sizeof *rows->held[i].codes);
}

/* A value as an entry of the column: its type and its text. */
static void tagged(struct buf *text, const struct jsonval *value)
{
    struct jsonwrite json;
    char number[32];
    switch (value->type) {
    case JSONVAL_NULL:
        break;
    case JSONVAL_STRING:
        buf_add_char(text, CHUNK_TAG_STRING);
        buf_add_str(text, value->string);
        break;
    case JSONVAL_NUMBER:
        num_format(value->number, number);
        buf_add_char(text, CHUNK_TAG_NUMBER);
        buf_add_c(text, number);
        break;
    case JSONVAL_BOOL:
        buf_add_char(text, value->boolean ? CHUNK_TAG_TRUE : CHUNK_TAG_FALSE);
        break;
    case JSONVAL_LIST:
        buf_add_char(text, CHUNK_TAG_LIST);
        jsonwrite_init(&json, text);
        jsonwrite_value(&json, value);
        break;
    case JSONVAL_OBJECT:
        buf_add_char(text, CHUNK_TAG_OBJECT);
        break;
    }
}

/* What stands under a dotted path; NULL: nothing. */
static const struct jsonval *value_at(const struct jsonval *data, struct str path)
{
    while (data && path.at) {
        struct str rest;
        data = jsonval_get_str(data, str_split(path, '.', &rest));
        path = rest;
    }
    return data;
}

static void hold_values(struct eventcolumns_rows *rows, struct str json)
{
    const struct jsonval *data = NULL;
    struct buf text;
    arena_reset(rows->scratch);
    if (!json.at || jsonread_parse(rows->scratch, json, &data, NULL) != 0)
        data = NULL;
    buf_init(&text, ENTRIES_BYTES_LIMIT);
    for (size_t i = 0; i < rows->event->property_count; i++) {
        struct held *held = &rows->held[i];
        const struct jsonval *value = value_at(data, rows->event->properties[i].path);
        buf_clear(&text);
        if (value)
            tagged(&text, value);
        held->codes[rows->count] = text.len ? entries_intern(&held->texts, buf_str(&text)) + 1 : 0;
    }
    buf_done(&text);
}

static int take_row(const struct occurrencelog_row *row, void *ctx, struct err_info *info)
{
    struct eventcolumns_rows *rows = ctx;
    (void)info;
    make_room(rows);
    rows->ordinals[rows->count] = row->ordinal;
    rows->times[rows->count] = row->at_ms;
    if (rows->event->property_count)
        hold_values(rows, row->data);
    rows->count++;
    return 0;
}

static struct occurrencelog_query query_of(const struct eventcolumns_rows *rows,
                                           uint32_t project_id)
{
    const struct eventcolumns_event *event = rows->event;
    return (struct occurrencelog_query){project_id, event->name_id, event->moves,
                                        event->property_count > 0};
}

int eventcolumns_read(struct eventcolumns_rows *rows, struct db *db, uint32_t project_id,
                      uint32_t first, uint32_t last, struct err_info *info)
{
    struct occurrencelog_query query = query_of(rows, project_id);
    return occurrencelog_range(db, &query, first, last, take_row, rows, info);
}

int eventcolumns_read_dirty(struct eventcolumns_rows *rows, struct db *db, uint32_t project_id,
                            uint64_t limit, struct err_info *info)
{
    struct occurrencelog_query query = query_of(rows, project_id);
    return occurrencelog_dirty(db, &query, limit, take_row, rows, info);
}

/* ---- into a draft --------------------------------------------------------------------------- */

static void put_held(struct eventcolumns_rows *rows, struct draft *draft, uint32_t index,
                     size_t property, size_t from, uint32_t count)
{
    const struct held *held = &rows->held[property];
    if (count > rows->text_room) {
        rows->text_room = count * (size_t)2;
        rows->texts = arena_xrealloc(rows->texts, rows->text_room * sizeof *rows->texts);
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t code = held->codes[from + i];
        rows->texts[i] = code ? entries_at(&held->texts, code - 1) : (struct str){0};
    }
    uint64_t key = KEY_EVENT_VALUES(rows->event->name_id, rows->event->properties[property].id);
    draft_put_values(draft, index, key, rows->texts, count);
}

void eventcolumns_put(struct eventcolumns_rows *rows, struct draft *draft, uint32_t index,
                      uint32_t ordinal)
{
    while (rows->next < rows->count && rows->ordinals[rows->next] < ordinal)
        rows->next++;
    size_t from = rows->next;
    while (rows->next < rows->count && rows->ordinals[rows->next] == ordinal)
        rows->next++;
    uint32_t count = (uint32_t)(rows->next - from);
    if (!count)
        return;
    draft_put_times(draft, index, KEY_EVENT_TIMES(rows->event->name_id), rows->times + from, count);
    for (size_t i = 0; i < rows->event->property_count; i++)
        put_held(rows, draft, index, i, from, count);
}

bool eventcolumns_next(const struct eventcolumns_rows *rows, uint32_t *ret_ordinal)
{
    if (rows->next == rows->count)
        return false;
    *ret_ordinal = rows->ordinals[rows->next];
    return true;
}

#include "audience/facts.h"

#include <stdlib.h>
#include <string.h>

#include "audience/snapshot.h"
#include "base/num.h"
#include "column/entries.h"
#include "column/key.h"
#include "store/catalog.h"

/* One question of this file on its way through its transaction. */
struct facts {
    struct arena *arena;
    uint32_t project_id;
    struct snapshot snapshot;
    struct catalog_name *names;
    size_t name_count;

    struct facts_field *fields; /* answers, by kind of question */
    uint64_t contacts;
    struct facts_event *events;
    struct str path;
    size_t limit;
    struct facts_value *values;
    size_t count; /* of fields, events or values */
};

static uint64_t presence_count(const struct eval_column *column)
{
    struct bits present;
    eval_presence(column, &present);
    return bits_count(&present);
}

/* Opens the snapshot and brings the dirty rows of `columns`, contact rows with the named paths. */
static int open_facts(struct db *db, struct facts *f, const uint64_t *columns, size_t count,
                      const struct catalog_name *paths, size_t path_count, struct err_info *info)
{
    int err = snapshot_open(db, f->arena, f->project_id, &f->snapshot, info);
    if (err)
        return err;
    return snapshot_bring(&f->snapshot, columns, count,
                          rowvalues_paths_new(f->arena, paths, path_count), info);
}

/* ---- fields -------------------------------------------------------------------------------- */

/* True when some slot of a column holds a text that is no date, in a row that `newer` does not
 * override. */
static bool holds_other_text(const struct chunk *chunk, const struct chunk_column *column,
                             const struct bits *newer)
{
    struct chunk_strings strings;
    bool other = false;
    if (!column)
        return false;
    chunk_strings(chunk, column, &strings);
    for (uint32_t i = 0; !other && i < strings.count; i++)
        other = !strings.dates || strings.dates[i] == CHUNK_NO_INSTANT;
    for (uint32_t slot = 0; other && slot < chunk->rows; slot++) {
        uint32_t row = chunk->ordinals ? chunk->ordinals[slot] : slot;
        uint32_t code = chunk_code_at(&strings, slot);
        if (code && (!strings.dates || strings.dates[code - 1] == CHUNK_NO_INSTANT) &&
            !bits_test(newer, row))
            return true;
    }
    return false;
}

/* True when every text that is held now is a date. */
static bool all_dates(const struct eval_column *column)
{
    struct bits newer;
    bits_clear(&newer);
    for (unsigned level = column->level_count; level-- > 0;) {
        const struct chunk *chunk = column->levels[level];
        if (holds_other_text(chunk, column->level_columns[level], &newer))
            return false;
        for (uint32_t i = 0; i < chunk->rows; i++)
            bits_set(&newer, chunk->ordinals[i]);
    }
    return !holds_other_text(column->base, column->base_column, &newer);
}

static int count_field(struct facts *f, const struct catalog_name *name, struct facts_field *ret,
                       struct err_info *info)
{
    uint64_t keys[KEY_TYPES];
    struct eval_column columns[KEY_TYPES];
    bool dates = true;
    *ret = (struct facts_field){.path = name->name};
    for (unsigned t = 0; t < KEY_TYPES; t++)
        keys[t] = KEY_DATA(t, name->id);
    for (uint32_t chunk = 0; chunk < f->snapshot.chunk_count; chunk++) {
        int err = snapshot_columns(&f->snapshot, keys, KEY_TYPES, chunk, columns, info);
        if (err)
            return err;
        for (unsigned t = 0; t < KEY_TYPES; t++)
            ret->count[t] += presence_count(&columns[t]);
        dates = dates && all_dates(&columns[KEY_TYPE_STRING]);
    }
    ret->strings_are_dates = dates && ret->count[KEY_TYPE_STRING] > 0;
    return 0;
}

static int fields_body(struct db *db, void *ctx, struct err_info *info)
{
    struct facts *f = ctx;
    uint64_t exists = KEY_EXISTS;
    struct eval_column column;
    f->count = 0;
    f->contacts = 0;
    int err = catalog_fields(db, f->arena, f->project_id, &f->names, &f->name_count, info);
    if (!err)
        err = open_facts(db, f, NULL, 0, f->names, f->name_count, info);
    if (err)
        return err;
    f->fields = arena_array(f->arena, f->name_count, sizeof *f->fields);
    for (size_t i = 0; i < f->name_count; i++) {
        struct facts_field *field = &f->fields[f->count];
        err = count_field(f, &f->names[i], field, info);
        if (err)
            return err;
        uint64_t held = 0;
        for (unsigned t = 0; t < KEY_TYPES; t++)
            held += field->count[t];
        f->count += held > 0;
    }
    for (uint32_t chunk = 0; chunk < f->snapshot.chunk_count; chunk++) {
        err = snapshot_columns(&f->snapshot, &exists, 1, chunk, &column, info);
        if (err)
            return err;
        f->contacts += presence_count(&column);
    }
    return 0;
}

int facts_fields(struct db *db, struct arena *arena, uint32_t project_id, struct facts_field **ret,
                 size_t *ret_count, uint64_t *ret_contacts, struct err_info *info)
{
    struct facts f = {.arena = arena, .project_id = project_id};
    int err = db_tx(db, DB_READ, fields_body, &f, info);
    snapshot_report_damage(&f.snapshot);
    if (err)
        return err;
    *ret = f.fields;
    *ret_count = f.count;
    *ret_contacts = f.contacts;
    return 0;
}

/* ---- values of a field --------------------------------------------------------------------- */

/* Distinct values with how often each occurs; the first byte of an entry is its type. */
struct tally {
    struct entries entries;
    uint64_t *counts;
    uint32_t room;
    struct buf text;
};

static void tally_cell(void *ctx, uint32_t row, const struct chunk_cell *cell)
{
    struct tally *tally = ctx;
    char number[32];
    (void)row;
    buf_clear(&tally->text);
    if (cell->kind == CHUNK_STRING) {
        buf_add_char(&tally->text, 's');
        buf_add_str(&tally->text, cell->text);
    } else if (cell->kind == CHUNK_NUMBER) {
        num_format(cell->number, number);
        buf_printf(&tally->text, "n%s", number);
    } else
        buf_add_c(&tally->text, cell->boolean ? "t" : "f");
    uint32_t entry = entries_intern(&tally->entries, buf_str(&tally->text));
    if (entry >= tally->room) {
        uint32_t room = tally->room ? tally->room * 2 : 256;
        tally->counts = arena_xrealloc(tally->counts, room * sizeof *tally->counts);
        memset(tally->counts + tally->room, 0, (room - tally->room) * sizeof *tally->counts);
        tally->room = room;
    }
    tally->counts[entry]++;
}

static int tally_field(struct facts *f, uint32_t field_id, struct tally *tally,
                       struct err_info *info)
{
    const uint64_t keys[] = {KEY_DATA(KEY_TYPE_STRING, field_id),
                             KEY_DATA(KEY_TYPE_NUMBER, field_id),
                             KEY_DATA(KEY_TYPE_BOOL, field_id)};
    struct eval_column columns[ARRAY_LEN(keys)];
    for (uint32_t chunk = 0; chunk < f->snapshot.chunk_count; chunk++) {
        int err = snapshot_columns(&f->snapshot, keys, ARRAY_LEN(keys), chunk, columns, info);
        if (err)
            return err;
        for (size_t i = 0; i < ARRAY_LEN(keys); i++)
            eval_visit(&columns[i], tally_cell, tally);
    }
    return 0;
}

static int compare_values(const void *a, const void *b)
{
    const struct facts_value *x = a, *y = b;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    if (x->value->type != y->value->type)
        return x->value->type < y->value->type ? -1 : 1;
    if (x->value->type == JSONVAL_NUMBER)
        return x->value->number < y->value->number ? -1 : x->value->number > y->value->number;
    if (x->value->type == JSONVAL_STRING)
        return str_cmp(x->value->string, y->value->string);
    return (int)x->value->boolean - (int)y->value->boolean;
}

/* Keeps the `limit` most frequent; equal ones by value, which needs all of them sorted. */
static void rank_values(struct facts *f, const struct tally *tally)
{
    uint32_t count = tally->entries.count;
    struct jsonval *json = arena_array(f->arena, count, sizeof *json);
    f->values = arena_array(f->arena, count, sizeof *f->values);
    for (uint32_t i = 0; i < count; i++) {
        struct str text = entries_at(&tally->entries, i);
        struct str rest = {text.at + 1, text.len - 1};
        if (text.at[0] == 's')
            json[i] = jsonval_of_str(rest);
        else if (text.at[0] == 'n') {
            json[i] = jsonval_of_number(0);
            (void)num_parse(rest, &json[i].number);
        } else
            json[i] = jsonval_of_bool(text.at[0] == 't');
        f->values[i] = (struct facts_value){&json[i], tally->counts[i]};
    }
    if (count)
        qsort(f->values, count, sizeof *f->values, compare_values);
    f->count = count < f->limit ? count : f->limit;
    for (size_t i = 0; i < f->count; i++) { /* the tally goes; these stay */
        struct jsonval *kept = arena_alloc(f->arena, sizeof *kept);
        *kept = *f->values[i].value;
        kept->string = str_copy(f->arena, kept->string);
        f->values[i].value = kept;
    }
}

static int values_body(struct db *db, void *ctx, struct err_info *info)
{
    struct facts *f = ctx;
    const struct catalog_name *name = NULL;
    f->count = 0;
    int err = catalog_fields(db, f->arena, f->project_id, &f->names, &f->name_count, info);
    for (size_t i = 0; !err && i < f->name_count; i++) {
        if (str_eq(f->names[i].name, f->path))
            name = &f->names[i];
    }
    if (err || !name)
        return err;
    struct tally tally = {0};
    err = open_facts(db, f, NULL, 0, name, 1, info);
    entries_init(&tally.entries);
    buf_init(&tally.text, ENTRIES_BYTES_LIMIT);
    if (!err)
        err = tally_field(f, name->id, &tally, info);
    if (!err)
        rank_values(f, &tally);
    entries_done(&tally.entries);
    buf_done(&tally.text);
    free(tally.counts);
    return err;
}

int facts_values(struct db *db, struct arena *arena, uint32_t project_id, struct str path,
                 size_t limit, struct facts_value **ret, size_t *ret_count, struct err_info *info)
{
    struct facts f = {.arena = arena, .project_id = project_id, .path = path, .limit = limit};
    int err = db_tx(db, DB_READ, values_body, &f, info);
    snapshot_report_damage(&f.snapshot);
    if (err)
        return err;
    *ret = f.values;
    *ret_count = f.count;
    return 0;
}

/* ---- events -------------------------------------------------------------------------------- */

static void add_occurrences(void *ctx, uint32_t row, const struct chunk_cell *cell)
{
    struct facts_event *event = ctx;
    (void)row;
    event->contacts++;
    event->occurrences += cell->code;
}

static int compare_events(const void *a, const void *b)
{
    const struct facts_event *x = a, *y = b;
    if (x->occurrences != y->occurrences)
        return x->occurrences > y->occurrences ? -1 : 1;
    return str_cmp(x->name, y->name);
}

static int count_event(struct facts *f, const struct catalog_name *name, struct facts_event *ret,
                       struct err_info *info)
{
    uint64_t key = KEY_EVENT_COUNT(name->id);
    struct eval_column column;
    *ret = (struct facts_event){.name = name->name, .name_id = name->id};
    for (uint32_t chunk = 0; chunk < f->snapshot.chunk_count; chunk++) {
        int err = snapshot_columns(&f->snapshot, &key, 1, chunk, &column, info);
        if (err)
            return err;
        eval_visit(&column, add_occurrences, ret);
    }
    return 0;
}

static int events_body(struct db *db, void *ctx, struct err_info *info)
{
    struct facts *f = ctx;
    f->count = 0;
    int err = catalog_events(db, f->arena, f->project_id, &f->names, &f->name_count, info);
    if (err)
        return err;
    uint64_t *keys = arena_array(f->arena, f->name_count, sizeof *keys);
    for (size_t i = 0; i < f->name_count; i++)
        keys[i] = KEY_EVENT_COUNT(f->names[i].id);
    err = open_facts(db, f, keys, f->name_count, NULL, 0, info);
    f->events = arena_array(f->arena, f->name_count, sizeof *f->events);
    for (size_t i = 0; !err && i < f->name_count; i++) {
        err = count_event(f, &f->names[i], &f->events[f->count], info);
        f->count += f->events[f->count].occurrences > 0;
    }
    if (f->count)
        qsort(f->events, f->count, sizeof *f->events, compare_events);
    return err;
}

int facts_events(struct db *db, struct arena *arena, uint32_t project_id, struct facts_event **ret,
                 size_t *ret_count, struct err_info *info)
{
    struct facts f = {.arena = arena, .project_id = project_id};
    int err = db_tx(db, DB_READ, events_body, &f, info);
    snapshot_report_damage(&f.snapshot);
    if (err)
        return err;
    *ret = f.events;
    *ret_count = f.count;
    return 0;
}

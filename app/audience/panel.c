#include "audience/panel.h"

#include <string.h>

/* ---- the mixed rule: which types a key has now ---------------------------------------------- */

struct settling {
    struct panel *panel;
    const size_t *places; /* of the program's columns */
    int err;
    struct err_info *info;
};

static bool holds_now(struct settling *settling, uint64_t key)
{
    struct snapshot *snapshot = settling->panel->snapshot;
    struct eval_column found;
    struct bits present;
    for (uint32_t chunk = 0; !settling->err && chunk < snapshot->chunk_count; chunk++) {
        settling->err = snapshot_columns(snapshot, &key, 1, chunk, &found, settling->info);
        bool anywhere = found.base_column != NULL;
        for (unsigned level = 0; level < found.level_count; level++)
            anywhere |= found.level_columns[level] != NULL;
        if (settling->err || !anywhere)
            continue;
        eval_presence(&found, &present);
        if (!bits_none(&present))
            return true;
    }
    return false;
}

/* True when some contact has a value in the program's column now. Leaves and filters share. */
static bool holds(void *ctx, int column)
{
    struct settling *settling = ctx;
    struct panel *panel = settling->panel;
    size_t place = settling->places[column];
    if (panel->held[place] == PANEL_UNKNOWN)
        panel->held[place] =
            holds_now(settling, panel->keys[place]) ? PANEL_SOMEWHERE : PANEL_NOWHERE;
    return panel->held[place] == PANEL_SOMEWHERE;
}

/* ---- occurrences that must be read from the log --------------------------------------------- */

/* As many take two seconds to read; what they hold under a property takes rows behind the index. */
#define LOGGED_MAX 5000000
#define LOGGED_WITH_DATA 8
/* More than these take some 15 ms: they are read only under a budget of this length, so that no
 * process of the pool for short requests is bound by them. */
#define LOGGED_AT_ONCE 50000
#define LOGGED_BUDGET_MS 60000

static void add_count(void *ctx, uint32_t row, const struct chunk_cell *cell)
{
    (void)row;
    *(uint64_t *)ctx += cell->code;
}

/* Refuses what would take too long, as long as the worker builds the columns. */
static int check_log(struct panel *panel, const struct eventcolumns_event *event, uint64_t *total,
                     struct err_info *info)
{
    uint64_t key = KEY_EVENT_COUNT(event->name_id), count = 0;
    struct eval_column column;
    for (uint32_t chunk = 0; chunk < panel->snapshot->chunk_count; chunk++) {
        int err = snapshot_columns(panel->snapshot, &key, 1, chunk, &column, info);
        if (err)
            return err;
        eval_visit(&column, add_count, &count);
    }
    *total += event->property_count ? count * LOGGED_WITH_DATA : count;
    if (event->refused && *total > LOGGED_MAX)
        return err_set(info, ERR_UNPROCESSABLE, "TOO_MANY_OCCURRENCES",
                       "\"" STR_FMT "\" has too many occurrences for filters that look at each of"
                       " them; those without a window on a count and without where are answered",
                       STR_ARG(event->name));
    if (*total > LOGGED_AT_ONCE && *total <= LOGGED_MAX)
        return db_has_ms(panel->snapshot->db, LOGGED_BUDGET_MS) ? 0 : ERR_SLOW;
    return *total <= LOGGED_MAX
               ? 0
               : err_set(info, ERR_UNAVAILABLE, "COLUMN_NOT_READY",
                         "The occurrences of \"" STR_FMT "\" are being made ready for filters that"
                         " look at each of them; please try again in a moment",
                         STR_ARG(event->name));
}

static int check_logs(struct panel *panel, struct err_info *info)
{
    const struct eventcolumns *occurrences = panel->snapshot->occurrences;
    uint64_t total = 0;
    int err = 0;
    for (size_t i = 0; !err && i < occurrences->count; i++) {
        if (!occurrences->events[i].built)
            err = check_log(panel, &occurrences->events[i], &total, info);
    }
    return err;
}

/* ---- preparing ----------------------------------------------------------------------------- */

static int compile(const struct panel *panel, const struct filter *filter, int64_t at_ms,
                   struct program **ret, struct err_info *info)
{
    struct predicate_clock clock = {.now_ms = at_ms};
    struct program_names lookup = names_for_program(panel->names);
    return program_compile(panel->snapshot->arena, filter, &clock, &lookup, ret, info);
}

static int compile_all(struct panel *panel, const struct filter *const *filters, int64_t at_ms,
                       struct err_info *info)
{
    int err = 0;
    for (size_t i = 0; !err && i < panel->count; i++)
        err = compile(panel, filters[i], at_ms, &panel->ones[i].program, info);
    return err;
}

/* The place of a key, which is given one when it is new; `keys` has room. */
static size_t place_of(struct panel *panel, uint64_t key)
{
    size_t i = 0;
    while (i < panel->key_count && panel->keys[i] != key)
        i++;
    if (i == panel->key_count)
        panel->keys[panel->key_count++] = key;
    return i;
}

static size_t *places_of(struct panel *panel, const uint64_t *keys, size_t count)
{
    size_t *places = arena_array(panel->snapshot->arena, count, sizeof *places);
    for (size_t i = 0; i < count; i++)
        places[i] = place_of(panel, keys[i]);
    return places;
}

static void place_columns(struct panel *panel, const uint64_t *extra, size_t extra_count)
{
    struct arena *arena = panel->snapshot->arena;
    size_t room = extra_count;
    for (size_t i = 0; i < panel->count; i++)
        room += panel->ones[i].program->column_count;
    panel->keys = arena_array(arena, room, sizeof *panel->keys);
    for (size_t i = 0; i < panel->count; i++) {
        struct panel_one *one = &panel->ones[i];
        size_t count = one->program->column_count;
        one->places = places_of(panel, one->program->columns, count);
        one->columns = i ? arena_array(arena, count, sizeof *one->columns) : NULL;
    }
    panel->extras = places_of(panel, extra, extra_count);
    panel->columns = arena_array(arena, panel->key_count, sizeof *panel->columns);
    panel->ones[0].columns = panel->columns; /* its keys came first */
    panel->held = arena_array(arena, panel->key_count, sizeof *panel->held);
}

/* All columns, with the dirty rows of their parts. */
static int bring_rows(struct panel *panel, struct err_info *info)
{
    struct snapshot *s = panel->snapshot;
    size_t field_count;
    const struct catalog_name *fields = names_fields(panel->names, &field_count);
    s->occurrences = names_occurrences(panel->names);
    return snapshot_bring(s, panel->keys, panel->key_count,
                          rowvalues_paths_new(s->arena, fields, field_count), info);
}

static int settle(struct panel *panel, const struct panel_one *one, struct program *program,
                  struct err_info *info)
{
    struct settling settling = {.panel = panel, .places = one->places, .info = info};
    program_settle(program, holds, &settling);
    return settling.err;
}

static int settle_all(struct panel *panel, struct err_info *info)
{
    int err = 0;
    for (size_t i = 0; !err && i < panel->count; i++)
        err = settle(panel, &panel->ones[i], panel->ones[i].program, info);
    return err;
}

int panel_open(struct snapshot *snapshot, const struct filter *const *filters, size_t count,
               int64_t at_ms, const uint64_t *extra, size_t extra_count, struct panel **ret,
               struct err_info *info)
{
    struct panel *panel = arena_alloc(snapshot->arena, sizeof *panel);
    *panel = (struct panel){.snapshot = snapshot, .count = count};
    panel->ones = arena_array(snapshot->arena, count, sizeof *panel->ones);
    *ret = panel;
    int err = names_resolve(snapshot->db, snapshot->arena, snapshot->project_id, filters, count,
                            &panel->names, info);
    if (!err)
        err = compile_all(panel, filters, at_ms, info);
    if (err)
        return err;
    place_columns(panel, extra, extra_count);
    err = bring_rows(panel, info);
    if (!err)
        err = check_logs(panel, info);
    if (!err)
        err = settle_all(panel, info);
    for (size_t i = 0; !err && i < count; i++)
        panel->ones[i].eval = eval_new(panel->ones[i].program);
    return err;
}

int panel_other_time(struct panel *panel, const struct filter *filter, int64_t at_ms,
                     struct eval **ret, struct err_info *info)
{
    struct program *program;
    int err = compile(panel, filter, at_ms, &program, info);
    if (!err)
        err = settle(panel, &panel->ones[0], program, info); /* the same columns and places */
    if (!err)
        *ret = eval_new(program);
    return err;
}

void panel_done(struct panel *panel)
{
    if (!panel)
        return;
    for (size_t i = 0; i < panel->count; i++) {
        eval_free(panel->ones[i].eval);
        panel->ones[i].eval = NULL;
    }
    snapshot_let_go(panel->snapshot);
}

/* ---- answering ----------------------------------------------------------------------------- */

int panel_bring(struct panel *panel, uint32_t chunk, struct err_info *info)
{
    int err = db_check_deadline(panel->snapshot->db, info);
    return err ? err
               : snapshot_columns(panel->snapshot, panel->keys, panel->key_count, chunk,
                                  panel->columns, info);
}

int panel_chunk(struct panel *panel, uint32_t chunk, struct bits *ret, struct err_info *info)
{
    int err = panel_bring(panel, chunk, info);
    for (size_t i = 0; !err && i < panel->count; i++) {
        struct panel_one *one = &panel->ones[i];
        for (size_t c = 0; i && c < one->program->column_count; c++)
            one->columns[c] = panel->columns[one->places[c]];
        eval_run(one->eval, one->columns, &ret[i]);
    }
    return err;
}

const struct eval_column *panel_extra(const struct panel *panel, size_t i)
{
    return &panel->columns[panel->extras[i]];
}

const struct filter *panel_segment(struct arena *arena, const struct uuid *uuid)
{
    struct filter *leaf = filter_node(arena, FILTER_LEAF, 0, "");
    char *text = arena_array(arena, 37, 1);
    uuid_format(uuid, text);
    leaf->leaf =
        (struct filter_leaf){.column = FILTER_SEGMENT, .name = str_from(text), .op = FILTER_MEMBER};
    return leaf;
}

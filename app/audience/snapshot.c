#include "audience/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "audience/chunkcache.h"
#include "column/draftwrite.h"

/* ---- directories that the process keeps ---------------------------------------------------- */

#define DIRECTORIES 64

/* Chunk lists by project; one is good as long as the project's version is the same. */
static struct directory {
    uint32_t project_id;
    uint64_t version;
    uint64_t used;
    struct chunkstore_entry *entries;
    size_t count;
} directories[DIRECTORIES];

static struct directory *directory_slot(uint32_t project_id)
{
    struct directory *oldest = &directories[0];
    for (size_t i = 0; i < DIRECTORIES; i++) {
        if (directories[i].entries && directories[i].project_id == project_id)
            return &directories[i];
        if (!directories[i].entries || directories[i].used < oldest->used)
            oldest = &directories[i];
    }
    return oldest;
}

static int directory_get(struct snapshot *s, struct err_info *info)
{
    static uint64_t tick;
    struct directory *d = directory_slot(s->project_id);
    if (!d->entries || d->project_id != s->project_id || d->version != s->state.version) {
        struct chunkstore_entry *entries;
        size_t count;
        int err = chunkstore_directory(s->db, s->project_id, &entries, &count, info);
        if (err)
            return err;
        free(d->entries);
        if (!entries) /* keeps "known to be empty" apart from "not known" */
            entries = arena_xmalloc(sizeof *entries);
        *d = (struct directory){s->project_id, s->state.version, 0, entries, count};
    }
    d->used = ++tick;
    s->entries = d->entries;
    s->entry_count = d->count;
    return 0;
}

/* ---- opening ------------------------------------------------------------------------------- */

static void see_chunk(struct snapshot *s, uint32_t chunk)
{
    if (chunk >= s->chunk_count)
        s->chunk_count = chunk + 1;
}

int snapshot_open(struct db *db, struct arena *arena, uint32_t project_id, struct snapshot *ret,
                  struct err_info *info)
{
    *ret = (struct snapshot){.db = db, .arena = arena, .project_id = project_id};
    chunkcache_trim();
    int err = chunkstore_state(db, project_id, &ret->state, &ret->now_ms, info);
    if (!err)
        err = directory_get(ret, info);
    if (err)
        return err;
    for (size_t i = 0; i < ret->entry_count; i++)
        see_chunk(ret, ret->entries[i].chunk);
    return 0;
}

const struct chunkstore_entry *snapshot_entry(const struct snapshot *s, uint64_t key,
                                              uint32_t chunk, enum chunkstore_run run)
{
    size_t low = 0, high = s->entry_count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        const struct chunkstore_entry *e = &s->entries[mid];
        if (e->key < key ||
            (e->key == key && (e->chunk < chunk || (e->chunk == chunk && e->run < run))))
            low = mid + 1;
        else
            high = mid;
    }
    if (low == s->entry_count)
        return NULL;
    const struct chunkstore_entry *e = &s->entries[low];
    return e->key == key && e->chunk == chunk && e->run == run ? e : NULL;
}

/* ---- rows into sparse chunks --------------------------------------------------------------- */

int snapshot_keep_draft(struct arena *arena, struct draft *draft, struct chunk *ret,
                        struct err_info *info)
{
    struct buf bytes;
    buf_init(&bytes, SIZE_MAX / 2);
    draftwrite_small(draft, &bytes);
    const char *kept = bytes.failed ? NULL : arena_copy(arena, bytes.at, bytes.len);
    size_t len = bytes.len;
    buf_done(&bytes);
    if (!kept || chunk_open(kept, len, ret) != 0)
        return err_set(info, ERR_INTERNAL, NULL, "a chunk made from rows does not open");
    return 0;
}

static struct chunk *level_add(struct snapshot *s, struct snapshot_level **levels, size_t *count,
                               size_t *room, uint64_t part, uint32_t chunk)
{
    *levels = arena_grow(s->arena, *levels, *count, room, sizeof **levels);
    struct snapshot_level *level = &(*levels)[(*count)++];
    level->part = part;
    level->chunk = chunk;
    return &level->rows;
}

/* Collects a stream of rows; a new chunk number finishes the one before. */
struct collector {
    struct snapshot *snapshot;
    uint64_t part;
    struct draft *draft;
    struct arena *scratch;
    const struct rowvalues_paths *paths;
    uint32_t chunk;
    struct eventcolumns_rows *occurrences; /* of the same contacts; NULL: none are needed */
};

static void put_row(struct collector *c, const struct rowscan_row *row)
{
    uint32_t index = draft_row(c->draft, row->ordinal % KEY_CHUNK_ROWS);
    rowvalues_put(c->draft, index, c->part, row, c->paths, c->scratch);
    if (c->occurrences && row->present)
        eventcolumns_put(c->occurrences, c->draft, index, row->ordinal);
}

static int finish_dirty(struct collector *c, struct err_info *info)
{
    struct snapshot *s = c->snapshot;
    if (!draft_row_count(c->draft))
        return 0;
    struct chunk *to = level_add(s, &s->dirty, &s->dirty_count, &s->dirty_room, c->part, c->chunk);
    see_chunk(s, c->chunk);
    int err = snapshot_keep_draft(s->arena, c->draft, to, info);
    draft_clear(c->draft);
    return err;
}

static int collect_dirty(const struct rowscan_row *row, void *ctx, struct err_info *info)
{
    struct collector *c = ctx;
    uint32_t chunk = row->ordinal / KEY_CHUNK_ROWS;
    if (chunk != c->chunk) {
        int err = finish_dirty(c, info);
        if (err)
            return err;
        c->chunk = chunk;
    }
    put_row(c, row);
    return 0;
}

static int bring_part(struct snapshot *s, uint64_t part, struct err_info *info)
{
    AUTO(draft) draft = draft_new();
    AUTO(arena) scratch = arena_new();
    const struct eventcolumns_event *event = eventcolumns_of_part(s->occurrences, part);
    bool built = event && event->built; /* others are read from the log for all contacts */
    AUTO(eventcolumns_rows) rows = built ? eventcolumns_rows_new(event) : NULL;
    struct collector c = {s, part, draft, scratch, s->paths, 0, rows};
    int err = rows ? eventcolumns_read_dirty(rows, s->db, s->project_id, 0, info) : 0;
    if (err)
        return err;
    err = rowscan_dirty(s->db, s->project_id, part, 0, 0, collect_dirty, &c, info);
    return err ? err : finish_dirty(&c, info);
}

static bool part_named_before(const uint64_t *columns, size_t index)
{
    uint64_t part = key_part(columns[index]);
    for (size_t i = 0; i < index; i++) {
        if (key_part(columns[i]) == part)
            return true;
    }
    return part == KEY_PART_CONTACT;
}

int snapshot_bring(struct snapshot *s, const uint64_t *columns, size_t count,
                   const struct rowvalues_paths *paths, struct err_info *info)
{
    s->paths = paths;
    int err = bring_part(s, KEY_PART_CONTACT, info);
    for (size_t i = 0; !err && i < count; i++) {
        if (!part_named_before(columns, i))
            err = bring_part(s, key_part(columns[i]), info);
    }
    return err;
}

static const struct chunk *level_find(const struct snapshot_level *levels, size_t count,
                                      uint64_t part, uint32_t chunk)
{
    for (size_t i = 0; i < count; i++) {
        if (levels[i].part == part && levels[i].chunk == chunk)
            return &levels[i].rows;
    }
    return NULL;
}

const struct chunk *snapshot_dirty(const struct snapshot *s, uint64_t part, uint32_t chunk)
{
    return level_find(s->dirty, s->dirty_count, part, chunk);
}

static int collect_all(const struct rowscan_row *row, void *ctx, struct err_info *info)
{
    struct collector *c = ctx;
    (void)info;
    put_row(c, row);
    return 0;
}

int snapshot_from_rows(struct snapshot *s, uint64_t part, uint32_t chunk, struct chunk *ret,
                       struct err_info *info)
{
    AUTO(draft) draft = draft_new();
    AUTO(arena) scratch = arena_new();
    const struct eventcolumns_event *event = eventcolumns_of_part(s->occurrences, part);
    AUTO(eventcolumns_rows) rows = event ? eventcolumns_rows_new(event) : NULL;
    struct collector c = {s, part, draft, scratch, s->paths, chunk, rows};
    uint32_t first = chunk * KEY_CHUNK_ROWS, last = first + (KEY_CHUNK_ROWS - 1);
    int err = rows ? eventcolumns_read(rows, s->db, s->project_id, first, last, info) : 0;
    if (!err)
        err = rowscan_range(s->db, s->project_id, part, first, last, collect_all, &c, info);
    return err ? err : snapshot_keep_draft(s->arena, draft, ret, info);
}

/* ---- levels -------------------------------------------------------------------------------- */

static void add_level(struct eval_column *column, const struct chunk *rows, uint64_t key)
{
    column->levels[column->level_count] = rows;
    column->level_columns[column->level_count++] = chunk_find(rows, key);
}

static int stored(struct snapshot *s, uint64_t key, uint32_t chunk, enum chunkstore_run run,
                  const struct chunk **ret, struct err_info *info)
{
    const struct chunkstore_entry *entry = snapshot_entry(s, key, chunk, run);
    *ret = NULL;
    if (!entry)
        return 0;
    struct chunk *opened = arena_alloc(s->arena, sizeof *opened);
    int err = chunkcache_get(s->db, s->arena, s->project_id, entry, opened, info);
    if (!err)
        *ret = opened;
    return err;
}

/* What is stored is damaged: the part's rows stand in for all its levels in this chunk. */
static int from_rows(struct snapshot *s, uint64_t key, uint32_t chunk, struct eval_column *ret,
                     struct err_info *info)
{
    uint64_t part = key_part(key);
    const struct chunk *rows = level_find(s->rebuilt, s->rebuilt_count, part, chunk);
    if (!rows) {
        struct chunk made;
        int err = snapshot_from_rows(s, part, chunk, &made, info);
        if (err)
            return err;
        *level_add(s, &s->rebuilt, &s->rebuilt_count, &s->rebuilt_room, part, chunk) = made;
        struct chunk *kept = arena_alloc(s->arena, sizeof *kept);
        *kept = made;
        rows = kept;
    }
    *ret = (struct eval_column){0};
    add_level(ret, rows, key);
    return 0;
}

/* ---- occurrences that are not built -------------------------------------------------------- */

static int read_log(struct snapshot *s, const struct eventcolumns_event *event, uint32_t chunk,
                    struct chunk *ret, struct err_info *info)
{
    AUTO(draft) draft = draft_new();
    AUTO(eventcolumns_rows) rows = eventcolumns_rows_new(event);
    uint32_t first = chunk * KEY_CHUNK_ROWS, ordinal;
    int err =
        eventcolumns_read(rows, s->db, s->project_id, first, first + (KEY_CHUNK_ROWS - 1), info);
    while (!err && eventcolumns_next(rows, &ordinal)) {
        uint32_t index = draft_row(draft, ordinal % KEY_CHUNK_ROWS);
        eventcolumns_put(rows, draft, index, ordinal);
    }
    return err ? err : snapshot_keep_draft(s->log_arena, draft, ret, info);
}

/* Of one chunk at a time: a project's whole log would not fit. */
static int logged_column(struct snapshot *s, const struct eventcolumns_event *event, uint64_t key,
                         uint32_t chunk, struct eval_column *ret, struct err_info *info)
{
    uint64_t part = key_part(key);
    if (!s->log_arena)
        s->log_arena = arena_new();
    if (s->logged_count && s->logged[0].chunk != chunk) {
        s->logged_count = 0;
        arena_reset(s->log_arena);
    }
    const struct chunk *rows = level_find(s->logged, s->logged_count, part, chunk);
    struct chunk made;
    if (!rows) {
        int err = read_log(s, event, chunk, &made, info);
        if (err)
            return err;
        *level_add(s, &s->logged, &s->logged_count, &s->logged_room, part, chunk) = made;
        rows = &made;
    }
    /* A copy: the list moves when it grows. */
    struct chunk *kept = arena_alloc(s->log_arena, sizeof *kept);
    *kept = *rows;
    *ret = (struct eval_column){0};
    add_level(ret, kept, key);
    return 0;
}

void snapshot_let_go(struct snapshot *s)
{
    arena_free(s->log_arena);
    s->log_arena = NULL;
    s->logged_count = 0;
}

/* ---- one column with its levels ------------------------------------------------------------ */

static int one_column(struct snapshot *s, uint64_t key, uint32_t chunk, struct eval_column *ret,
                      struct err_info *info)
{
    uint64_t part = key_part(key);
    const struct chunk *base, *large, *small;
    const struct eventcolumns_event *event = eventcolumns_of_part(s->occurrences, part);
    if (event && !event->built && key_is_occurrences(key))
        return logged_column(s, event, key, chunk, ret, info);
    *ret = (struct eval_column){0};
    if (level_find(s->rebuilt, s->rebuilt_count, part, chunk))
        return from_rows(s, key, chunk, ret, info);
    int err = stored(s, key_group(key), chunk, CHUNKSTORE_BASE, &base, info);
    if (!err)
        err = stored(s, part, chunk, CHUNKSTORE_LARGE, &large, info);
    if (!err)
        err = stored(s, part, chunk, CHUNKSTORE_SMALL, &small, info);
    if (err == ERR_CORRUPT)
        return from_rows(s, key, chunk, ret, info);
    if (err)
        return err;
    const struct chunk *dirty = snapshot_dirty(s, part, chunk);
    ret->base = base;
    ret->base_column = base ? chunk_find(base, key) : NULL;
    if (large)
        add_level(ret, large, key);
    if (small)
        add_level(ret, small, key);
    if (dirty)
        add_level(ret, dirty, key);
    return 0;
}

int snapshot_columns(struct snapshot *s, const uint64_t *keys, size_t count, uint32_t chunk,
                     struct eval_column *ret, struct err_info *info)
{
    size_t rebuilt;
    do { /* damage that shows late changes the levels of the columns before it */
        rebuilt = s->rebuilt_count;
        for (size_t i = 0; i < count; i++) {
            int err = one_column(s, keys[i], chunk, &ret[i], info);
            if (err)
                return err;
        }
    } while (rebuilt != s->rebuilt_count);
    return 0;
}

static void ask_for_columns(const struct snapshot *s, const struct eventcolumns_event *event)
{
    struct str *paths = arena_array(s->arena, event->property_count, sizeof *paths);
    for (size_t i = 0; i < event->property_count; i++)
        paths[i] = event->properties[i].path;
    IGNORE_RESULT(occurrencecolumn_want(s->db, s->project_id, event->name_id, paths,
                                        event->property_count, NULL));
}

void snapshot_report_damage(const struct snapshot *s)
{
    if (s->rebuilt_count)
        IGNORE_RESULT(chunkstore_request_rebuild(s->db, s->project_id, NULL));
    for (size_t i = 0; s->occurrences && i < s->occurrences->count; i++) {
        if (!s->occurrences->events[i].asked)
            ask_for_columns(s, &s->occurrences->events[i]);
    }
}

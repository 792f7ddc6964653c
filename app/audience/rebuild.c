#include "audience/rebuild.h"

#include <string.h>

#include "audience/chunkcache.h"
#include "audience/levels.h"
#include "column/draftwrite.h"
#include "column/patch.h"
#include "store/partversion.h"
#include "store/rowscan.h"

/* The parts of a project: the contact row, and every event name, and every set that has rows or is
 * stored. */
struct parts {
    uint64_t *at;
    size_t count;
};

static void part_add(struct parts *parts, uint64_t part)
{
    for (size_t i = 0; i < parts->count; i++) {
        if (parts->at[i] == part)
            return;
    }
    parts->at[parts->count++] = part;
}

static int find_parts(struct snapshot *s, struct parts *ret, struct err_info *info)
{
    struct catalog_name *events;
    uint64_t *sets;
    size_t event_count, set_count;
    int err = catalog_events(s->db, s->arena, s->project_id, &events, &event_count, info);
    if (!err)
        err = rowscan_sets(s->db, s->arena, s->project_id, &sets, &set_count, info);
    if (err)
        return err;
    ret->count = 0;
    ret->at = arena_array(s->arena, event_count + set_count + s->entry_count + 1, sizeof *ret->at);
    part_add(ret, KEY_PART_CONTACT);
    for (size_t i = 0; i < event_count; i++)
        part_add(ret, KEY_PART_EVENT(events[i].id));
    for (size_t i = 0; i < set_count; i++)
        part_add(ret, KEY_PART_SET(sets[i]));
    for (size_t i = 0; i < s->entry_count; i++)
        part_add(ret, key_part(s->entries[i].key));
    return 0;
}

/* Chunks that rows or stored columns reach. */
static int chunk_end(struct snapshot *s, uint32_t *ret, struct err_info *info)
{
    uint64_t rows;
    int err = rowscan_end(s->db, s->project_id, &rows, info);
    *ret = (uint32_t)((rows + KEY_CHUNK_ROWS - 1) / KEY_CHUNK_ROWS);
    if (s->chunk_count > *ret)
        *ret = s->chunk_count;
    return err;
}

/* ---- rebuild ------------------------------------------------------------------------------- */

struct rebuilding {
    uint32_t project_id;
    struct arena *arena;
    struct levels levels;
    uint32_t chunk, chunk_count;
};

static int rebuild_body(struct db *db, void *ctx, struct err_info *info)
{
    struct rebuilding *r = ctx;
    struct parts parts;
    arena_reset(r->arena);
    int err = chunkstore_lock(db, r->project_id, info);
    if (!err)
        err = levels_open(db, r->arena, r->project_id, &r->levels, info);
    if (!err)
        err = find_parts(&r->levels.snapshot, &parts, info);
    if (!err)
        err = chunk_end(&r->levels.snapshot, &r->chunk_count, info);
    for (size_t i = 0; !err && r->chunk < r->chunk_count && i < parts.count; i++)
        err = levels_rebuild(&r->levels, parts.at[i], r->chunk, info);
    if (err)
        return err;
    bool last = r->chunk + 1 >= r->chunk_count;
    const uint64_t all = PARTVERSION_ALL; /* rows may have come without marks */
    if (last)
        err = partversion_set(db, r->arena, r->project_id, &all, 1,
                              r->levels.snapshot.state.version + 1, info);
    return err ? err : levels_commit(&r->levels, r->levels.snapshot.state.folded_ms, last, info);
}

int rebuild_run(struct db *db, uint32_t project_id, void (*progress)(unsigned percent),
                struct upkeep_report *report, struct err_info *info)
{
    AUTO(arena) arena = arena_new();
    struct rebuilding r = {.project_id = project_id, .arena = arena};
    do {
        int err = db_tx(db, DB_SNAPSHOT_WRITE, rebuild_body, &r, info);
        if (err)
            return err;
        r.chunk++;
        report->merged_chunks += r.levels.merged;
        report->bytes_written += r.levels.bytes_written;
        if (progress)
            progress(r.chunk >= r.chunk_count ? 100 : r.chunk * 100 / r.chunk_count);
    } while (r.chunk < r.chunk_count);
    return 0;
}

/* ---- verify -------------------------------------------------------------------------------- */

struct verifying {
    uint32_t project_id;
    struct arena *arena;
    struct levels levels;
    void (*differs)(uint64_t column_key, uint32_t chunk);
    uint64_t different;
};

/* The base chunk of a group out of a base and levels; nothing appended when it has no value. */
static void base_bytes(const struct chunk *base, uint64_t group, const struct chunk *levels,
                       size_t count, struct buf *ret)
{
    AUTO(draft) draft = draft_new();
    patch_base(base, group, levels, count, draft);
    (void)draftwrite_base(draft, group, ret);
}

static void tell(struct verifying *v, uint64_t key, uint32_t chunk)
{
    v->different++;
    if (v->differs)
        v->differs(key, chunk);
}

static int compare_group(struct verifying *v, uint64_t group, uint32_t chunk,
                         const struct chunk *rows, struct err_info *info)
{
    struct eval_column column;
    struct chunk levels[EVAL_MAX_LEVELS];
    struct buf stored, fresh;
    int err = snapshot_columns(&v->levels.snapshot, &group, 1, chunk, &column, info);
    if (err)
        return err;
    for (unsigned i = 0; i < column.level_count; i++)
        levels[i] = *column.levels[i];
    buf_init(&stored, SIZE_MAX / 2);
    buf_init(&fresh, SIZE_MAX / 2);
    base_bytes(column.base, group, levels, column.level_count, &stored);
    base_bytes(NULL, group, rows, 1, &fresh);
    if (!str_eq(buf_str(&stored), buf_str(&fresh)))
        tell(v, group, chunk);
    buf_done(&stored);
    buf_done(&fresh);
    return 0;
}

static int verify_part(struct verifying *v, uint64_t part, uint32_t chunk, struct err_info *info)
{
    struct chunk all[EVAL_MAX_LEVELS + 1];
    struct eval_column column;
    size_t count, all_count = 1;
    int err = snapshot_from_rows(&v->levels.snapshot, part, chunk, &all[0], info);
    if (!err)
        err = snapshot_columns(&v->levels.snapshot, &part, 1, chunk, &column, info);
    if (err)
        return err;
    for (unsigned i = 0; i < column.level_count; i++)
        all[all_count++] = *column.levels[i];
    uint64_t *groups = levels_groups(&v->levels, part, chunk, all, all_count, &count);
    const struct eventcolumns_event *event = eventcolumns_of_part(&v->levels.occurrences, part);
    for (size_t i = 0; !err && i < count; i++) {
        if (key_is_occurrences(groups[i]) && (!event || !event->built))
            continue; /* not all chunks have it yet, and nobody reads it */
        err = compare_group(v, groups[i], chunk, &all[0], info);
    }
    return err;
}

static int verify_body(struct db *db, void *ctx, struct err_info *info)
{
    struct verifying *v = ctx;
    struct snapshot *s = &v->levels.snapshot;
    struct parts parts;
    uint32_t chunks;
    arena_reset(v->arena);
    v->different = 0;
    int err = levels_open(db, v->arena, v->project_id, &v->levels, info);
    if (!err)
        err = find_parts(s, &parts, info);
    if (!err)
        err = snapshot_bring(s, parts.at, parts.count, s->paths, info);
    if (!err)
        err = chunk_end(s, &chunks, info);
    for (uint32_t chunk = 0; !err && chunk < chunks; chunk++) {
        for (size_t i = 0; !err && i < parts.count; i++)
            err = verify_part(v, parts.at[i], chunk, info);
    }
    for (size_t i = 0; !err && i < s->rebuilt_count; i++) /* damaged: rows stood in for it */
        tell(v, s->rebuilt[i].part, s->rebuilt[i].chunk);
    return err;
}

int rebuild_verify(struct db *db, uint32_t project_id,
                   void (*differs)(uint64_t column_key, uint32_t chunk), uint64_t *ret_different,
                   struct err_info *info)
{
    AUTO(arena) arena = arena_new();
    struct verifying v = {.project_id = project_id, .arena = arena, .differs = differs};
    int err = db_tx(db, DB_READ, verify_body, &v, info);
    if (!err)
        *ret_different = v.different;
    return err;
}

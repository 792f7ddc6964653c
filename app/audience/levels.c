#include "audience/levels.h"

#include <string.h>

#include "audience/chunkcache.h"
#include "column/draftwrite.h"
#include "column/patch.h"
#include "store/catalog.h"

/* Rows of the small run, of the large run, and the share of a chunk that the large run may be. */
#define SMALL_ROWS 256
#define LARGE_SHARE 20

int levels_open(struct db *db, struct arena *arena, uint32_t project_id, struct levels *ret,
                struct err_info *info)
{
    struct catalog_name *names;
    size_t count;
    *ret = (struct levels){0};
    int err = snapshot_open(db, arena, project_id, &ret->snapshot, info);
    if (!err)
        err = catalog_fields(db, arena, project_id, &names, &count, info);
    if (!err)
        err = eventcolumns_stored(db, arena, project_id, &ret->occurrences, info);
    if (err)
        return err;
    ret->snapshot.paths = rowvalues_paths_new(arena, names, count);
    ret->snapshot.occurrences = &ret->occurrences;
    return 0;
}

/* ---- reading and writing one chunk ---------------------------------------------------------- */

/* Returns 1 when it is there, 0 when not, or an err; ERR_CORRUPT when it does not verify. */
static int read_level(struct levels *l, uint64_t key, uint32_t chunk, enum chunkstore_run run,
                      struct chunk *ret, struct err_info *info)
{
    struct snapshot *s = &l->snapshot;
    const struct chunkstore_entry *entry = snapshot_entry(s, key, chunk, run);
    if (!entry)
        return 0;
    int err = chunkcache_get(s->db, s->arena, s->project_id, entry, ret, info);
    return err ? err : 1;
}

static int write_level(struct levels *l, uint64_t key, uint32_t chunk, enum chunkstore_run run,
                       const struct buf *bytes, struct err_info *info)
{
    struct snapshot *s = &l->snapshot;
    struct chunkstore_entry entry = {.key = key,
                                     .chunk = chunk,
                                     .run = run,
                                     .hash = hash_content(bytes->at, bytes->len),
                                     .changed_ms = s->now_ms};
    if (bytes->failed)
        return err_set(info, ERR_INTERNAL, NULL, "a chunk grew past its limit");
    l->changed = true;
    l->bytes_written += bytes->len;
    return chunkstore_write(s->db, s->project_id, &entry, s->state.version + 1, bytes->at,
                            bytes->len, info);
}

static int drop_level(struct levels *l, uint64_t key, uint32_t chunk, enum chunkstore_run run,
                      struct err_info *info)
{
    if (!snapshot_entry(&l->snapshot, key, chunk, run))
        return 0;
    l->changed = true;
    return chunkstore_delete(l->snapshot.db, l->snapshot.project_id, key, chunk, run, info);
}

static int drop_runs(struct levels *l, uint64_t part, uint32_t chunk, struct err_info *info)
{
    int err = drop_level(l, part, chunk, CHUNKSTORE_SMALL, info);
    return err ? err : drop_level(l, part, chunk, CHUNKSTORE_LARGE, info);
}

/* ---- runs ---------------------------------------------------------------------------------- */

/* What a part has in a chunk above its base, oldest first, with room for the newest rows. */
struct runs {
    struct chunk at[3];
    size_t count;
    uint32_t large_rows, small_rows;
};

static int read_runs(struct levels *l, uint64_t part, uint32_t chunk, struct runs *ret,
                     struct err_info *info)
{
    *ret = (struct runs){0};
    int got = read_level(l, part, chunk, CHUNKSTORE_LARGE, &ret->at[0], info);
    if (got < 0)
        return got;
    if (got)
        ret->large_rows = ret->at[ret->count++].rows;
    got = read_level(l, part, chunk, CHUNKSTORE_SMALL, &ret->at[ret->count], info);
    if (got < 0)
        return got;
    if (got)
        ret->small_rows = ret->at[ret->count++].rows;
    return 0;
}

/* Rows that the base of a part has in a chunk: what a merge of it costs. */
static int base_rows(struct levels *l, uint64_t part, uint32_t chunk, uint32_t *ret,
                     struct err_info *info)
{
    struct chunk base;
    uint64_t key = part == KEY_PART_CONTACT ? KEY_EXISTS : part;
    int got = read_level(l, key, chunk, CHUNKSTORE_BASE, &base, info);
    *ret = got == 1 ? base.rows : 0;
    return got < 0 ? got : 0;
}

/* A statement has a size that the server takes. Only columns of occurrences, which grow with time,
 * come near it: the event then goes without. */
static bool is_too_large(const struct levels *l, const struct buf *bytes)
{
    return bytes->failed || bytes->len > db_max_packet(l->snapshot.db) / 2;
}

static int refuse_occurrences(struct levels *l, uint64_t part, struct err_info *info)
{
    struct snapshot *s = &l->snapshot;
    uint32_t name_id = (uint32_t)KEY_ID_OF(part);
    int err = occurrencecolumn_refuse(s->db, s->project_id, name_id, info);
    for (size_t i = 0; !err && i < s->entry_count; i++) {
        if (s->entries[i].key == KEY_EVENT_TIMES(name_id))
            err = drop_level(l, s->entries[i].key, s->entries[i].chunk, CHUNKSTORE_BASE, info);
    }
    return err;
}

static int write_run(struct levels *l, uint64_t part, uint32_t chunk, enum chunkstore_run run,
                     const struct chunk *from, size_t count, struct err_info *info)
{
    AUTO(draft) draft = draft_new();
    struct buf bytes;
    buf_init(&bytes, SIZE_MAX / 2);
    patch_small(from, count, draft);
    draftwrite_small(draft, &bytes);
    int err = 0;
    if (eventcolumns_of_part(l->snapshot.occurrences, part) && is_too_large(l, &bytes)) {
        err = refuse_occurrences(l, part, info);
        draft_drop_occurrences(draft);
        buf_clear(&bytes);
        draftwrite_small(draft, &bytes);
    }
    if (!err)
        err = write_level(l, part, chunk, run, &bytes, info);
    buf_done(&bytes);
    return err;
}

int levels_push(struct levels *l, uint64_t part, uint32_t chunk, const struct chunk *rows,
                struct err_info *info)
{
    struct runs runs;
    uint32_t in_base;
    int err = read_runs(l, part, chunk, &runs, info);
    if (!err)
        err = base_rows(l, part, chunk, &in_base, info);
    if (err == ERR_CORRUPT)
        return levels_rebuild(l, part, chunk, info);
    if (err)
        return err;
    uint32_t small = runs.small_rows + rows->rows, large = runs.large_rows + small;
    uint32_t large_limit = in_base / LARGE_SHARE;
    if (small <= SMALL_ROWS) {
        size_t old = runs.large_rows ? 1 : 0; /* the large run stays as it is */
        runs.at[runs.count++] = *rows;
        return write_run(l, part, chunk, CHUNKSTORE_SMALL, runs.at + old, runs.count - old, info);
    }
    if (large <= large_limit) {
        runs.at[runs.count++] = *rows;
        err = write_run(l, part, chunk, CHUNKSTORE_LARGE, runs.at, runs.count, info);
        return err ? err : drop_level(l, part, chunk, CHUNKSTORE_SMALL, info);
    }
    return levels_merge(l, part, chunk, rows, info);
}

/* ---- base ---------------------------------------------------------------------------------- */

static bool add_group(uint64_t *groups, size_t *count, uint64_t group)
{
    for (size_t i = 0; i < *count; i++) {
        if (groups[i] == group)
            return false;
    }
    groups[(*count)++] = group;
    return true;
}

uint64_t *levels_groups(struct levels *l, uint64_t part, uint32_t chunk, const struct chunk *runs,
                        size_t run_count, size_t *ret_count)
{
    struct snapshot *s = &l->snapshot;
    size_t room = 0;
    for (size_t i = 0; i < s->entry_count; i++)
        room += s->entries[i].run == CHUNKSTORE_BASE && s->entries[i].chunk == chunk;
    for (size_t r = 0; r < run_count; r++)
        room += runs[r].column_count;
    uint64_t *groups = arena_array(s->arena, room, sizeof *groups);
    size_t count = 0;
    for (size_t i = 0; i < s->entry_count; i++) {
        const struct chunkstore_entry *e = &s->entries[i];
        /* A group's key is a part's or a column's; both tell the part. */
        if (e->run == CHUNKSTORE_BASE && e->chunk == chunk && key_part(e->key) == part)
            (void)add_group(groups, &count, e->key);
    }
    for (size_t r = 0; r < run_count; r++) {
        for (uint32_t i = 0; i < runs[r].column_count; i++)
            (void)add_group(groups, &count, key_group(runs[r].columns[i].key));
    }
    *ret_count = count;
    return groups;
}

/* By its hash, that is: the bytes in the database may be damaged. */
static bool is_stored(struct levels *l, uint64_t group, uint32_t chunk, const struct buf *bytes)
{
    const struct chunkstore_entry *old =
        snapshot_entry(&l->snapshot, group, chunk, CHUNKSTORE_BASE);
    struct hash128 hash = hash_content(bytes->at, bytes->len);
    return old && memcmp(&old->hash, &hash, sizeof hash) == 0;
}

/* `anew`: also where the same is stored already. */
static int write_base(struct levels *l, uint64_t group, uint32_t chunk, struct draft *draft,
                      bool anew, struct err_info *info)
{
    struct buf bytes;
    int err = 0;
    buf_init(&bytes, SIZE_MAX / 2);
    if (!draftwrite_base(draft, group, &bytes))
        err = drop_level(l, group, chunk, CHUNKSTORE_BASE, info);
    else if (key_is_occurrences(group) && is_too_large(l, &bytes))
        err = refuse_occurrences(l, key_part(group), info);
    else if (anew || !is_stored(l, group, chunk, &bytes))
        err = write_level(l, group, chunk, CHUNKSTORE_BASE, &bytes, info);
    buf_done(&bytes);
    return err;
}

static int merge_group(struct levels *l, uint64_t group, uint32_t chunk, const struct runs *runs,
                       struct err_info *info)
{
    struct chunk base;
    AUTO(draft) draft = draft_new();
    int got = read_level(l, group, chunk, CHUNKSTORE_BASE, &base, info);
    if (got < 0)
        return got;
    patch_base(got ? &base : NULL, group, runs->at, runs->count, draft);
    return write_base(l, group, chunk, draft, false, info); /* writes only what changed */
}

int levels_merge(struct levels *l, uint64_t part, uint32_t chunk, const struct chunk *rows,
                 struct err_info *info)
{
    struct runs runs;
    size_t count;
    int err = read_runs(l, part, chunk, &runs, info);
    if (!err) {
        if (rows)
            runs.at[runs.count++] = *rows;
        uint64_t *groups = levels_groups(l, part, chunk, runs.at, runs.count, &count);
        for (size_t i = 0; !err && i < count; i++)
            err = merge_group(l, groups[i], chunk, &runs, info);
    }
    if (err == ERR_CORRUPT)
        return levels_rebuild(l, part, chunk, info);
    l->merged++;
    return err ? err : drop_runs(l, part, chunk, info);
}

int levels_rebuild(struct levels *l, uint64_t part, uint32_t chunk, struct err_info *info)
{
    struct chunk rows;
    AUTO(draft) draft = draft_new();
    size_t count;
    int err = snapshot_from_rows(&l->snapshot, part, chunk, &rows, info);
    if (err)
        return err;
    uint64_t *groups = levels_groups(l, part, chunk, &rows, 1, &count);
    for (size_t i = 0; !err && i < count; i++) {
        draft_clear(draft);
        patch_base(NULL, groups[i], &rows, 1, draft);
        err = write_base(l, groups[i], chunk, draft, true, info);
    }
    l->merged++;
    return err ? err : drop_runs(l, part, chunk, info);
}

int levels_commit(struct levels *l, int64_t folded_ms, bool rebuilt, struct err_info *info)
{
    if (!l->changed && !rebuilt && folded_ms == l->snapshot.state.folded_ms)
        return 0;
    return chunkstore_advance(l->snapshot.db, l->snapshot.project_id, folded_ms, rebuilt, info);
}

#include "audience/upkeep.h"

#include <stdlib.h>
#include <string.h>

#include "audience/chunkcache.h"
#include "audience/levels.h"
#include "audience/rebuild.h"
#include "store/catalog.h"
#include "store/partversion.h"
#include "store/rowscan.h"

/* Marks that one transaction of a fold takes on: bounds its memory and its locks. */
#define FOLD_MARKS 50000
#define FOLD_PARTS 256
#define FOLD_NOW 500 /* marks that are folded at once */
#define FOLD_SOON 50 /* marks that are folded when the last fold is FOLD_SOON_MS old */
#define FOLD_SOON_MS 2000
#define MERGE_IDLE_MS 600000 /* a delta that nobody touched for so long goes into the base */
#define MERGE_CHUNKS 64      /* chunks that one transaction of a merge takes on */

/* Rows of the part at hand in one chunk, ready to be pushed. */
struct pending {
    uint32_t chunk;
    struct chunk rows;
};

/* One transaction of a fold. */
struct folding {
    uint32_t project_id;
    bool force;
    struct upkeep_report mine; /* of this try */
    struct levels levels;
    bool more;

    /* The part and chunk at hand. */
    uint64_t part;
    uint32_t chunk;
    struct draft *draft;
    struct arena *scratch;
    uint32_t *ordinals; /* marks of the part that were read, */
    int64_t *seqs;      /* and their seqs */
    size_t marks;
    struct eventcolumns_rows *occurrences; /* of the same contacts; NULL: none are stored */
    struct pending *pending; /* finished chunks of the part, until its stream of rows has ended */
    size_t pending_count, pending_room;
};

/* ---- fold ---------------------------------------------------------------------------------- */

static int finish_chunk(struct folding *f, struct err_info *info)
{
    struct arena *arena = f->levels.snapshot.arena;
    if (!draft_row_count(f->draft))
        return 0;
    f->pending =
        arena_grow(arena, f->pending, f->pending_count, &f->pending_room, sizeof *f->pending);
    struct pending *pending = &f->pending[f->pending_count++];
    pending->chunk = f->chunk;
    int err = snapshot_keep_draft(arena, f->draft, &pending->rows, info);
    draft_clear(f->draft);
    return err;
}

static int take_row(const struct rowscan_row *row, void *ctx, struct err_info *info)
{
    struct folding *f = ctx;
    uint32_t chunk = row->ordinal / KEY_CHUNK_ROWS;
    if (chunk != f->chunk) {
        int err = finish_chunk(f, info);
        if (err)
            return err;
        f->chunk = chunk;
    }
    f->ordinals[f->marks] = row->ordinal;
    f->seqs[f->marks++] = row->seq;
    uint32_t index = draft_row(f->draft, row->ordinal % KEY_CHUNK_ROWS);
    rowvalues_put(f->draft, index, f->part, row, f->levels.snapshot.paths, f->scratch);
    if (f->occurrences && row->present)
        eventcolumns_put(f->occurrences, f->draft, index, row->ordinal);
    return 0;
}

static int fold_part(struct folding *f, uint64_t part, uint64_t limit, struct err_info *info)
{
    struct snapshot *s = &f->levels.snapshot;
    f->part = part;
    f->chunk = 0;
    f->marks = f->pending_count = 0;
    f->ordinals = arena_array(s->arena, limit, sizeof *f->ordinals);
    f->seqs = arena_array(s->arena, limit, sizeof *f->seqs);
    const struct eventcolumns_event *event = eventcolumns_of_part(s->occurrences, part);
    AUTO(eventcolumns_rows) rows = event ? eventcolumns_rows_new(event) : NULL;
    f->occurrences = rows;
    int err = rows ? eventcolumns_read_dirty(rows, s->db, s->project_id, limit, info) : 0;
    if (!err)
        err = rowscan_dirty(s->db, s->project_id, part, 0, limit, take_row, f, info);
    if (!err)
        err = finish_chunk(f, info);
    for (size_t i = 0; !err && i < f->pending_count; i++)
        err = levels_push(&f->levels, part, f->pending[i].chunk, &f->pending[i].rows, info);
    if (!err && f->marks)
        err =
            rowscan_delete_marks(s->db, s->project_id, part, f->ordinals, f->seqs, f->marks, info);
    f->mine.folded_marks += f->marks;
    return err;
}

static bool fold_is_due(const struct folding *f, uint64_t marks)
{
    int64_t age_ms = f->levels.snapshot.now_ms - f->levels.snapshot.state.folded_ms;
    if (f->force)
        return marks > 0;
    return marks >= FOLD_NOW || (marks >= FOLD_SOON && age_ms >= FOLD_SOON_MS);
}

static int fold_parts(struct folding *f, struct err_info *info)
{
    struct snapshot *s = &f->levels.snapshot;
    struct rowscan_part parts[FOLD_PARTS];
    size_t count;
    uint64_t total = 0, room = FOLD_MARKS;
    int err = rowscan_dirty_parts(s->db, s->project_id, parts, FOLD_PARTS, &count, info);
    for (size_t i = 0; !err && i < count; i++)
        total += parts[i].marks;
    if (err || !fold_is_due(f, total))
        return err;
    uint64_t folded[FOLD_PARTS];
    size_t folded_count = 0;
    for (size_t i = 0; !err && i < count && room; i++) {
        uint64_t take = parts[i].marks < room ? parts[i].marks : room;
        err = fold_part(f, parts[i].part, take, info);
        folded[folded_count++] = parts[i].part;
        room -= take;
    }
    f->more = total > FOLD_MARKS || count == FOLD_PARTS;
    if (!err)
        err = partversion_set(s->db, s->arena, s->project_id, folded, folded_count,
                              s->state.version + 1, info);
    return err ? err : levels_commit(&f->levels, s->now_ms, false, info);
}

/* Locks the project's columns, then opens the snapshot with every data path known. */
static int open_locked(struct db *db, struct arena *arena, uint32_t project_id,
                       struct levels *levels, struct err_info *info)
{
    arena_reset(arena);
    int err = chunkstore_lock(db, project_id, info);
    return err ? err : levels_open(db, arena, project_id, levels, info);
}

static int fold_body(struct db *db, void *ctx, struct err_info *info)
{
    struct folding *f = ctx;
    struct arena *arena = f->levels.snapshot.arena;
    f->mine = (struct upkeep_report){0};
    f->pending = NULL;
    f->pending_room = f->pending_count = 0;
    f->more = false;
    draft_clear(f->draft);
    int err = open_locked(db, arena, f->project_id, &f->levels, info);
    return err ? err : fold_parts(f, info);
}

static void add_report(struct upkeep_report *to, const struct upkeep_report *mine,
                       const struct levels *levels)
{
    to->folded_marks += mine->folded_marks;
    to->merged_chunks += levels->merged;
    to->bytes_written += levels->bytes_written;
}

int upkeep_fold(struct db *db, uint32_t project_id, bool force, struct upkeep_report *report,
                struct err_info *info)
{
    AUTO(arena) arena = arena_new();
    AUTO(arena) scratch = arena_new();
    AUTO(draft) draft = draft_new();
    struct folding f = {
        .project_id = project_id, .force = force, .draft = draft, .scratch = scratch};
    do {
        f.levels.snapshot.arena = arena;
        int err = db_tx(db, DB_SNAPSHOT_WRITE, fold_body, &f, info);
        if (err)
            return err;
        add_report(report, &f.mine, &f.levels);
    } while (f.more);
    if (f.levels.snapshot.state.rebuild_requested)
        return rebuild_run(db, project_id, NULL, report, info);
    return 0;
}

/* ---- merge --------------------------------------------------------------------------------- */

struct merging {
    uint32_t project_id;
    bool force;
    struct arena *arena;
    struct levels levels;
    bool more;
};

/* The first entries of deltas that are due, at most MERGE_CHUNKS; each (part, chunk) once. */
static int merge_due(struct merging *m, struct err_info *info)
{
    struct snapshot *s = &m->levels.snapshot;
    size_t merged = 0;
    uint64_t last_part = 0;
    uint32_t last_chunk = 0;
    for (size_t i = 0; i < s->entry_count; i++) {
        const struct chunkstore_entry *e = &s->entries[i];
        bool again = merged && e->key == last_part && e->chunk == last_chunk;
        if (e->run == CHUNKSTORE_BASE || again)
            continue;
        if (!m->force && s->now_ms - e->changed_ms < MERGE_IDLE_MS)
            continue;
        if (merged == MERGE_CHUNKS) {
            m->more = true;
            break;
        }
        int err = levels_merge(&m->levels, e->key, e->chunk, NULL, info);
        if (err)
            return err;
        last_part = e->key;
        last_chunk = e->chunk;
        merged++;
    }
    return merged ? levels_commit(&m->levels, s->state.folded_ms, false, info) : 0;
}

static int merge_body(struct db *db, void *ctx, struct err_info *info)
{
    struct merging *m = ctx;
    m->more = false;
    int err = open_locked(db, m->arena, m->project_id, &m->levels, info);
    return err ? err : merge_due(m, info);
}

int upkeep_merge(struct db *db, uint32_t project_id, bool force, struct upkeep_report *report,
                 struct err_info *info)
{
    AUTO(arena) arena = arena_new();
    struct merging m = {.project_id = project_id, .force = force, .arena = arena};
    do {
        int err = db_tx(db, DB_SNAPSHOT_WRITE, merge_body, &m, info);
        if (err)
            return err;
        add_report(report, &(struct upkeep_report){0}, &m.levels);
    } while (m.more);
    return 0;
}

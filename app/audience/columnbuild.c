#include "audience/columnbuild.h"

#include "audience/levels.h"
#include "column/key.h"
#include "store/rowscan.h"

/* One run: first the columns are declared, from when on folds write them; then each chunk is made
 * from rows, which brings what was folded before; then questions may use them. How far it came is
 * stored: a run that ends between two chunks is continued by the next. */
struct building {
    uint32_t project_id;
    struct arena *kept;  /* of the run */
    struct arena *arena; /* of one transaction */
    struct occurrencecolumn *columns;
    size_t count;
    struct levels levels;
    uint32_t chunk, chunk_count;
};

static int begin_body(struct db *db, void *ctx, struct err_info *info)
{
    struct building *b = ctx;
    struct occurrencecolumn *all = NULL;
    size_t count = 0;
    uint64_t rows = 0;
    arena_reset(b->kept);
    b->count = 0;
    int err = chunkstore_lock(db, b->project_id, info);
    if (!err)
        err = occurrencecolumn_begin(db, b->project_id, info);
    if (!err)
        err = occurrencecolumn_list(db, b->kept, b->project_id, &all, &count, info);
    if (!err)
        err = rowscan_end(db, b->project_id, &rows, info);
    if (err)
        return err;
    b->columns = arena_array(b->kept, count, sizeof *b->columns);
    b->chunk = UINT32_MAX;
    for (size_t i = 0; i < count; i++) {
        if (all[i].state != OCCURRENCECOLUMN_BUILDING)
            continue;
        b->columns[b->count++] = all[i];
        b->chunk = all[i].chunks < b->chunk ? all[i].chunks : b->chunk;
    }
    b->chunk_count = (uint32_t)((rows + KEY_CHUNK_ROWS - 1) / KEY_CHUNK_ROWS);
    return 0;
}

/* Makes the chunk of each event that lacks it, once for all columns of the event, which stand next
 * to one another. */
static int make_chunk(struct building *b, struct err_info *info)
{
    uint32_t made = 0;
    for (size_t i = 0; i < b->count; i++) {
        const struct occurrencecolumn *column = &b->columns[i];
        if (column->chunks > b->chunk || column->name_id == made)
            continue;
        made = column->name_id;
        int err = levels_rebuild(&b->levels, KEY_PART_EVENT(made), b->chunk, info);
        if (err)
            return err;
    }
    return 0;
}

/* What is made is stored with it; behind the last chunk the column is there. */
static int store_progress(struct building *b, struct db *db, struct err_info *info)
{
    bool last = b->chunk + 1 >= b->chunk_count;
    for (size_t i = 0; i < b->count; i++) {
        struct occurrencecolumn column = b->columns[i];
        if (column.chunks <= b->chunk)
            column.chunks = b->chunk + 1;
        column.state = last ? OCCURRENCECOLUMN_BUILT : OCCURRENCECOLUMN_BUILDING;
        int err = occurrencecolumn_progress(db, b->project_id, &column, info);
        if (err)
            return err;
    }
    return 0;
}

static int chunk_body(struct db *db, void *ctx, struct err_info *info)
{
    struct building *b = ctx;
    arena_reset(b->arena);
    int err = chunkstore_lock(db, b->project_id, info);
    if (!err)
        err = levels_open(db, b->arena, b->project_id, &b->levels, info);
    if (!err && b->chunk < b->chunk_count)
        err = make_chunk(b, info);
    if (!err)
        err = store_progress(b, db, info);
    return err ? err : levels_commit(&b->levels, b->levels.snapshot.state.folded_ms, false, info);
}

static int build(struct building *b, struct db *db, bool (*stop)(void),
                 struct upkeep_report *report, struct err_info *info)
{
    int err = db_tx(db, DB_SNAPSHOT_WRITE, begin_body, b, info);
    if (err || !b->count)
        return err;
    do {
        if (stop && stop())
            return 0;
        err = db_tx(db, DB_SNAPSHOT_WRITE, chunk_body, b, info);
        if (err)
            return err;
        report->merged_chunks += b->levels.merged;
        report->bytes_written += b->levels.bytes_written;
    } while (++b->chunk < b->chunk_count);
    return 0;
}

int columnbuild_run(struct db *db, uint32_t project_id, bool (*stop)(void),
                    struct upkeep_report *report, struct err_info *info)
{
    AUTO(arena) kept = arena_new();
    AUTO(arena) arena = arena_new();
    struct building b = {.project_id = project_id, .kept = kept, .arena = arena};
    return build(&b, db, stop, report, info);
}

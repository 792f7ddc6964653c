#include "audience/intersect.h"

#include "audience/panel.h"
#include "store/segment.h"

struct taking {
    struct arena *arena;
    uint32_t project_id;
    const struct uuid *uuids;
    size_t count;
    struct snapshot snapshot;
    struct panel *panel;
    uint64_t *counts;
};

/* A panel would refuse an unknown one as a leaf of a filter, which is not what the caller wrote. */
static int check_known(struct db *db, const struct taking *t, struct err_info *info)
{
    struct segment_target *targets = arena_array(t->arena, t->count, sizeof *targets);
    size_t found = 0;
    int err =
        segment_resolve(db, t->arena, t->project_id, t->uuids, t->count, targets, &found, info);
    if (!err && found < t->count)
        return err_set(info, ERR_NOT_FOUND, "RESOURCE_NOT_FOUND", "Segment not found");
    return err;
}

static int count_chunks(struct taking *t, struct err_info *info)
{
    struct bits *sets = arena_raw(t->arena, t->count, sizeof *sets);
    for (uint32_t chunk = 0; chunk < t->snapshot.chunk_count; chunk++) {
        int err = panel_chunk(t->panel, chunk, sets, info);
        if (err)
            return err;
        regions_add(sets, t->count, t->counts);
    }
    return 0;
}

static int take_body(struct db *db, void *ctx, struct err_info *info)
{
    struct taking *t = ctx;
    const struct filter **filters = arena_array(t->arena, t->count, sizeof *filters);
    panel_done(t->panel);
    t->panel = NULL;
    t->counts = arena_array(t->arena, (size_t)1 << t->count, sizeof *t->counts);
    for (size_t i = 0; i < t->count; i++)
        filters[i] = panel_segment(t->arena, &t->uuids[i]);
    int err = snapshot_open(db, t->arena, t->project_id, &t->snapshot, info);
    if (!err)
        err = check_known(db, t, info);
    if (!err)
        err = panel_open(&t->snapshot, filters, t->count, t->snapshot.now_ms, NULL, 0, &t->panel,
                         info);
    return err ? err : count_chunks(t, info);
}

int intersect_take(struct db *db, struct arena *arena, uint32_t project_id,
                   const struct uuid *uuids, size_t count, uint64_t **ret_counts,
                   struct err_info *info)
{
    struct taking t = {.arena = arena, .project_id = project_id, .uuids = uuids, .count = count};
    int err = db_tx(db, DB_READ, take_body, &t, info);
    panel_done(t.panel);
    snapshot_report_damage(&t.snapshot);
    *ret_counts = t.counts;
    return err;
}

#include "audience/tally.h"

#include <string.h>

#include "audience/panel.h"
#include "store/segment.h"

struct taking {
    struct arena *arena;
    uint32_t project_id;
    struct tally *tallies;
    size_t count;
    struct snapshot snapshot;
    struct panel *panel;
    struct tally **known; /* those that are there, in the panel's order */
    size_t known_count;
};

static int find_known(struct db *db, struct taking *t, struct err_info *info)
{
    struct uuid *uuids = arena_array(t->arena, t->count, sizeof *uuids);
    struct segment_target *targets = arena_array(t->arena, t->count, sizeof *targets);
    size_t found = 0;
    for (size_t i = 0; i < t->count; i++)
        uuids[i] = t->tallies[i].segment;
    int err = segment_resolve(db, t->arena, t->project_id, uuids, t->count, targets, &found, info);
    t->known = arena_array(t->arena, t->count, sizeof(struct tally *));
    t->known_count = 0;
    for (size_t i = 0; !err && i < t->count; i++) {
        struct tally *tally = &t->tallies[i];
        tally->is_there = tally->is_counted = false;
        tally->count = 0;
        for (size_t k = 0; !tally->is_there && k < found; k++)
            tally->is_there = uuid_eq(&targets[k].uuid, &tally->segment);
        if (tally->is_there)
            t->known[t->known_count++] = tally;
    }
    return err;
}

static int count_chunks(struct taking *t, struct err_info *info)
{
    struct bits *sets = arena_raw(t->arena, t->known_count, sizeof *sets);
    for (uint32_t chunk = 0; chunk < t->snapshot.chunk_count; chunk++) {
        int err = panel_chunk(t->panel, chunk, sets, info);
        if (err)
            return err;
        for (size_t i = 0; i < t->known_count; i++)
            t->known[i]->count += bits_count(&sets[i]);
    }
    for (size_t i = 0; i < t->known_count; i++)
        t->known[i]->is_counted = true;
    return 0;
}

static int take_body(struct db *db, void *ctx, struct err_info *info)
{
    struct taking *t = ctx;
    panel_done(t->panel);
    t->panel = NULL;
    int err = snapshot_open(db, t->arena, t->project_id, &t->snapshot, info);
    if (!err)
        err = find_known(db, t, info);
    if (err || !t->known_count)
        return err;
    const struct filter **filters = arena_array(t->arena, t->known_count, sizeof *filters);
    for (size_t i = 0; i < t->known_count; i++)
        filters[i] = panel_segment(t->arena, &t->known[i]->segment);
    err = panel_open(&t->snapshot, filters, t->known_count, t->snapshot.now_ms, NULL, 0, &t->panel,
                     info);
    return err ? err : count_chunks(t, info);
}

static int take(struct db *db, struct taking *t, struct err_info *info)
{
    int err = db_tx(db, DB_READ, take_body, t, info);
    panel_done(t->panel);
    t->panel = NULL;
    snapshot_report_damage(&t->snapshot);
    return err;
}

/* A failure of what one of them asks, which the others need not have. */
static bool is_of_one(int err, const struct err_info *info)
{
    return (err == ERR_UNAVAILABLE && strcmp(info->code, "COLUMN_NOT_READY") == 0) ||
           (err == ERR_UNPROCESSABLE && strcmp(info->code, "TOO_MANY_OCCURRENCES") == 0);
}

int tally_take(struct db *db, struct arena *arena, uint32_t project_id, struct tally *tallies,
               size_t count, int64_t *ret_at_ms, struct err_info *info)
{
    struct taking all = {
        .arena = arena, .project_id = project_id, .tallies = tallies, .count = count};
    struct err_info problem = {0};
    int err = take(db, &all, &problem);
    bool one_by_one = is_of_one(err, &problem);
    for (size_t i = 0; one_by_one && i < count; i++) {
        struct taking one = {
            .arena = arena, .project_id = project_id, .tallies = &tallies[i], .count = 1};
        err = take(db, &one, &problem);
        if (is_of_one(err, &problem))
            err = 0;
        one_by_one = err == 0;
    }
    *ret_at_ms = all.snapshot.now_ms;
    if (err)
        *info = problem;
    return err;
}

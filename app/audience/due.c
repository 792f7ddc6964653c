#include "audience/due.h"

#include <string.h>

#include "store/segstate.h"

#define COUNT_EVERY_MS 300000 /* stored counts of segments that are not tracked */

/* ---- projects ------------------------------------------------------------------------------ */

#define REMEMBERED 4096

/* How projects were just before they were looked at last, by a hash of their number. */
static struct {
    struct segstate_project was;
    bool quiet; /* nothing was due or put off then */
} remembered[REMEMBERED];

static bool as_remembered(const struct segstate_project *p, int64_t now_ms)
{
    const struct segstate_project *old = &remembered[p->project_id % REMEMBERED].was;
    bool same = remembered[p->project_id % REMEMBERED].quiet && old->project_id == p->project_id &&
                old->version == p->version && old->marks == p->marks && old->seqs == p->seqs &&
                !p->asked && p->next_flip_ms > now_ms;
    if (!same) {
        remembered[p->project_id % REMEMBERED].was = *p;
        remembered[p->project_id % REMEMBERED].quiet = false;
    }
    return same;
}

int due_projects(struct db *db, struct arena *arena, bool now, uint32_t **ret, size_t *ret_count,
                 struct err_info *info)
{
    struct segstate_project *projects = NULL;
    size_t count = 0, left = 0;
    int64_t now_ms;
    int err = segstate_projects(db, arena, COUNT_EVERY_MS, &projects, &count, &now_ms, info);
    if (err)
        return err;
    uint32_t *ids = arena_array(arena, count, sizeof *ids);
    for (size_t i = 0; i < count; i++) {
        if (!as_remembered(&projects[i], now_ms) || now)
            ids[left++] = projects[i].project_id;
    }
    *ret = ids;
    *ret_count = left;
    return 0;
}

/* ---- segments ------------------------------------------------------------------------------ */

struct due_check {
    struct arena *arena;
    uint32_t project_id;
    bool now;
    struct due_segment *targets;
    size_t count;
    bool put_off; /* a count is due, but young */
};

struct hash128 due_fingerprint(struct arena *arena, const struct partversion *versions,
                               struct str parts)
{
    size_t count = parts.len / sizeof(uint64_t);
    uint64_t *words = arena_array(arena, count + 1, sizeof *words);
    if (count)
        memcpy(words, parts.at, count * sizeof *words);
    return partversion_fingerprint(versions, words + 1, count ? count - 1 : 0, words[0] != 0);
}

static bool is_due(struct due_check *check, const struct partversion *parts, int64_t now_ms,
                   const struct segstate_segment *segment)
{
    const struct segstate *state = &segment->state;
    bool changed = state->due || !state->computed || state->next_flip_ms <= now_ms ||
                   (segment->track &&
                    (state->version != segment->version || state->run.chunk != SEGSTATE_NO_RUN));
    if (!changed) {
        struct hash128 found = due_fingerprint(check->arena, parts, state->parts);
        changed = memcmp(&found, &state->fingerprint, sizeof found) != 0;
    }
    if (!changed || segment->track)
        return changed;
    bool due = check->now || now_ms - segment->counted_ms >= COUNT_EVERY_MS;
    check->put_off |= !due;
    return due;
}

static int due_body(struct db *db, void *ctx, struct err_info *info)
{
    struct due_check *check = ctx;
    struct segstate_segment *segments = NULL;
    struct partversion *parts = NULL;
    size_t count = 0;
    int64_t now_ms;
    check->count = 0;
    check->put_off = false;
    int err = db_now_ms(db, &now_ms, info);
    if (!err)
        err = partversion_read(db, check->arena, check->project_id, &parts, info);
    if (!err)
        err = segstate_list(db, check->arena, check->project_id, &segments, &count, info);
    if (err)
        return err;
    check->targets = arena_array(check->arena, count, sizeof *check->targets);
    for (size_t i = 0; i < count; i++) {
        if (is_due(check, parts, now_ms, &segments[i]))
            check->targets[check->count++] =
                (struct due_segment){segments[i].state.segment_id, segments[i].uuid};
    }
    return 0;
}

int due_segments(struct db *db, struct arena *arena, uint32_t project_id, bool now,
                 struct due_segment **ret, size_t *ret_count, struct err_info *info)
{
    struct due_check check = {.arena = arena, .project_id = project_id, .now = now};
    int err = db_tx(db, DB_READ, due_body, &check, info);
    if (err)
        return err;
    if (!check.count && !check.put_off &&
        remembered[project_id % REMEMBERED].was.project_id == project_id)
        remembered[project_id % REMEMBERED].quiet = true;
    *ret = check.targets;
    *ret_count = check.count;
    return 0;
}

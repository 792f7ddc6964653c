#include "flow/executor.h"

#include <stdlib.h>

#include "audience/pick.h"
#include "flow/effects.h"
#include "store/contactdata.h"
#include "store/contactmany.h"
#include "store/field.h"
#include "store/messageopened.h"

#define PAUSE_MS                                                                                   \
    INT64_C(60000) /* before a step that failed is tried again, and twice as long …              \
                    */
#define PAUSE_MAX_MS INT64_C(3600000)
#define SUSPECT_DEATHS 3

/* What was claimed, and what is known of it. */
struct batch {
    const struct executor *executor;
    struct db *db;
    struct arena *arena;
    uint32_t project_id;
    int64_t now_ms;
    struct effects_walk *walks;
    size_t count;
    struct effects_flow **flows;
    size_t flow_count, flow_room;
    struct executor_report report;
};

/* Some walks of a batch that are done in one transaction. */
struct group {
    struct batch *batch;
    struct effects_walk **walks;
    size_t count;
    const struct definition_step *update; /* UPDATE_CONTACT that all are at; NULL: none is */
    struct contactdata_input data;        /* of it */
};

/* ---- what they run by ---------------------------------------------------------------------- */

static bool is_same_flow(const struct flowversion *a, const struct flowversion *b)
{
    return a->owner_kind == b->owner_kind && a->owner_id == b->owner_id && a->version == b->version;
}

static int load_flow(struct batch *batch, const struct flowversion *flow, struct effects_flow **ret,
                     struct err_info *info)
{
    struct str text;
    struct effects_flow *loaded = arena_alloc(batch->arena, sizeof *loaded);
    *loaded = (struct effects_flow){.flow = *flow};
    int found = flowversion_get(batch->db, batch->arena, flow, &text, info);
    if (found < 0)
        return found;
    loaded->is_broken =
        found == 0 || definition_read(batch->arena, text, &loaded->definition, info) < 0;
    if (!loaded->is_broken)
        loaded->facts =
            arena_array(batch->arena, loaded->definition.step_count, sizeof(*loaded->facts));
    batch->flows = arena_grow(batch->arena, batch->flows, batch->flow_count, &batch->flow_room,
                              sizeof(struct effects_flow *));
    batch->flows[batch->flow_count++] = loaded;
    *ret = loaded;
    return 0;
}

static int find_flow(struct batch *batch, const struct flowversion *flow, struct effects_flow **ret,
                     struct err_info *info)
{
    for (size_t i = 0; i < batch->flow_count; i++) {
        *ret = batch->flows[i];
        if (is_same_flow(&batch->flows[i]->flow, flow))
            return 0;
    }
    return load_flow(batch, flow, ret, info);
}

/* Claims that ended without a word: the process died with the step at hand. */
static uint32_t deaths(const struct execution *execution)
{
    return execution->attempts > execution->told + 1 ? execution->attempts - execution->told - 1
                                                     : 0;
}

static int begin_walk(struct batch *batch, const struct execution *execution,
                      struct effects_walk *walk, struct err_info *info)
{
    *walk = (struct effects_walk){.execution = execution};
    int err = find_flow(batch, &execution->flow, &walk->flow, info);
    if (err)
        return err;
    if (!walk->flow->is_broken)
        walk->step = definition_find(&walk->flow->definition, execution->step);
    if (deaths(execution) >= EXECUTOR_TRIES)
        walk->failure = STR("Given up: the worker died several times at this step");
    return 0;
}

/*
 * Where a process died several times with the same executions, one of them may be why: each is then
 * tried alone, and the others are given back uncounted.
 */
static int isolate(struct batch *batch, struct execution *executions, struct err_info *info)
{
    for (size_t i = 0; i < batch->count; i++) {
        if (deaths(&executions[i]) < SUSPECT_DEATHS)
            continue;
        struct execution suspect = executions[i];
        executions[i] = executions[0];
        executions[0] = suspect;
        size_t others = batch->count - 1;
        batch->count = 1;
        return execution_release(batch->db, executions + 1, others, batch->now_ms, info);
    }
    return 0;
}

static int begin_batch(struct batch *batch, struct err_info *info)
{
    struct execution *executions = NULL;
    int err = db_now_ms(batch->db, &batch->now_ms, info);
    if (err)
        return err;
    batch->now_ms += batch->executor->ahead_ms;
    err = execution_claim(batch->db, batch->arena, batch->project_id, EXECUTION_FLOWS,
                          batch->now_ms, EXECUTION_BATCH, batch->executor->lease_ms, &executions,
                          &batch->count, info);
    if (!err)
        err = isolate(batch, executions, info);
    batch->report.claimed = batch->count;
    batch->walks = arena_array(batch->arena, batch->count, sizeof(*batch->walks));
    for (size_t i = 0; !err && i < batch->count; i++)
        err = begin_walk(batch, &executions[i], &batch->walks[i], info);
    return err;
}

/* ---- conditions ---------------------------------------------------------------------------- */

static int64_t pause_ms(const struct execution *execution)
{
    unsigned doublings = execution->told < 8 ? execution->told : 8;
    int64_t pause = PAUSE_MS << doublings;
    return pause < PAUSE_MAX_MS ? pause : PAUSE_MAX_MS;
}

/* Tries a step again later; one that is not ours any more is nobody's loss. */
static int retry(struct batch *batch, const struct effects_walk *walk, struct err_info *info)
{
    int err = execution_retry(batch->db, walk->execution, batch->now_ms + pause_ms(walk->execution),
                              info);
    batch->report.retried += err == 0 ? 1 : 0;
    return err == ERR_CONFLICT ? 0 : err;
}

/* A column is being built: that is no failure, and not counted as a try. */
static bool is_for_later(int err, const struct err_info *info)
{
    return err == ERR_SLOW ||
           (err == ERR_UNAVAILABLE && strcmp(info->code, "COLUMN_NOT_READY") == 0);
}

/* Nothing can be done for anybody now. */
static bool is_away(int err, const struct err_info *info)
{
    return err == ERR_UNAVAILABLE && !is_for_later(err, info);
}

/*
 * What all of a group need cannot be had. Who can try again does so later; the others get the
 * failure, and stay in the group.
 */
static int put_back(struct group *group, int why, struct err_info *info)
{
    struct batch *batch = group->batch;
    bool is_later = is_for_later(why, info);
    bool is_never = why == ERR_INVAL || why == ERR_UNPROCESSABLE;
    struct str problem = str_copy(batch->arena, str_from(info->message));
    size_t kept = 0;
    int err = 0;
    for (size_t i = 0; !err && i < group->count; i++) {
        struct effects_walk *walk = group->walks[i];
        if (is_later) {
            batch->report.retried++;
            err = execution_release(batch->db, walk->execution, 1, batch->now_ms + PAUSE_MS, info);
        } else if (!is_never && walk->execution->told + 1 < EXECUTOR_TRIES) {
            err = retry(batch, walk, info);
        } else {
            walk->failure = problem;
            group->walks[kept++] = walk;
        }
    }
    group->count = kept;
    return err;
}

static int ask_filter(struct batch *batch, const struct group *group, bool *ret,
                      struct err_info *info)
{
    uint32_t *ordinals = arena_array(batch->arena, group->count, sizeof(*ordinals));
    for (size_t i = 0; i < group->count; i++)
        ordinals[i] = group->walks[i]->execution->ordinal;
    struct pick_query query = {.project_id = batch->project_id,
                               .filter = group->walks[0]->step->filter,
                               .ahead_ms = batch->executor->ahead_ms,
                               .ordinals = ordinals,
                               .count = group->count};
    return pick_take(batch->db, &query, ret, info);
}

static int ask_opened(struct batch *batch, const struct group *group, bool *ret,
                      struct err_info *info)
{
    const struct execution **executions =
        arena_array(batch->arena, group->count, sizeof(struct execution *));
    for (size_t i = 0; i < group->count; i++)
        executions[i] = group->walks[i]->execution;
    return messageopened_find(batch->db, batch->arena, executions, group->count,
                              group->walks[0]->step->opened, ret, info);
}

/* Asks one condition for all who stand at it. One that cannot be answered fails nobody else's step.
 */
static int answer(struct batch *batch, struct group *group, struct err_info *info)
{
    bool *answers = arena_array(batch->arena, group->count, sizeof(*answers));
    int err = group->walks[0]->step->filter ? ask_filter(batch, group, answers, info)
                                            : ask_opened(batch, group, answers, info);
    for (size_t i = 0; i < group->count; i++) {
        group->walks[i]->is_answered = !err;
        group->walks[i]->answer = answers[i];
    }
    return err && !is_away(err, info) ? put_back(group, err, info) : err;
}

/* ---- moving -------------------------------------------------------------------------------- */

static int plan(const struct group *group, struct err_info *info)
{
    int err = 0;
    for (size_t i = 0; !err && i < group->count; i++) {
        group->walks[i]->is_updated = group->update != NULL;
        err = effects_plan(group->batch->db, group->batch->arena, group->walks[i],
                           group->batch->now_ms, info);
    }
    return err;
}

static int move_body(struct db *db, void *ctx, struct err_info *info)
{
    const struct group *group = ctx;
    struct arena *arena = group->batch->arena;
    int err = effects_hold(db, arena, group->walks, group->count, info);
    return err ? err
               : effects_apply(db, arena, group->walks, group->count, group->batch->now_ms, info);
}

static int fill_change(struct arena *arena, const struct contact *contact,
                       struct contactchange *ret, void *ctx, struct err_info *info)
{
    const struct group *group = ctx;
    (void)arena;
    (void)contact;
    (void)info;
    ret->patch = group->data.patch;
    return 0;
}

/* The contacts are changed already: who was lost meanwhile undoes that for all. */
static int moved_by_change(struct db *db, const struct contactmany_counts *counts, void *ctx,
                           struct err_info *info)
{
    const struct group *group = ctx;
    struct arena *arena = group->batch->arena;
    (void)counts;
    int err = effects_hold(db, arena, group->walks, group->count, info);
    for (size_t i = 0; !err && i < group->count; i++)
        if (!group->walks[i]->is_held)
            return err_set(info, ERR_CONFLICT, NULL, "an execution is not ours any more");
    return err ? err
               : effects_apply(db, arena, group->walks, group->count, group->batch->now_ms, info);
}

static int compare_ordinal(const void *a, const void *b)
{
    const struct effects_walk *left = *(struct effects_walk *const *)a;
    const struct effects_walk *right = *(struct effects_walk *const *)b;
    return (left->execution->ordinal > right->execution->ordinal) -
           (left->execution->ordinal < right->execution->ordinal);
}

static int change_contacts(struct group *group, struct err_info *info)
{
    uint32_t *ordinals = arena_array(group->batch->arena, group->count, sizeof(*ordinals));
    struct contactmany_counts counts;
    qsort(group->walks, group->count, sizeof(struct effects_walk *), compare_ordinal);
    for (size_t i = 0; i < group->count; i++)
        ordinals[i] = group->walks[i]->execution->ordinal;
    struct contactmany many = {.project_id = group->batch->project_id,
                               .ordinals = ordinals,
                               .count = group->count,
                               .change = fill_change,
                               .also = moved_by_change,
                               .ctx = group};
    return contactmany_change(group->batch->db, group->batch->arena, &many, &counts, info);
}

static int do_together(struct group *group, struct err_info *info)
{
    int err = plan(group, info);
    if (err)
        return err;
    return group->update ? change_contacts(group, info)
                         : db_tx(group->batch->db, DB_WRITE, move_body, group, info);
}

static void report(const struct group *group)
{
    struct executor_report *total = &group->batch->report;
    for (size_t i = 0; i < group->count; i++) {
        const struct effects_walk *walk = group->walks[i];
        if (!walk->is_held)
            continue;
        total->retried += walk->is_deferred ? 1 : 0;
        total->ended += walk->is_stopped ? 1 : 0;
        if (walk->is_deferred || walk->is_stopped)
            continue;
        total->messages += walk->mail_count;
        total->moved += walk->move.status <= EXECUTION_WAITING ? 1 : 0;
        total->failed += walk->move.status == EXECUTION_FAILED ? 1 : 0;
        total->ended +=
            walk->move.status == EXECUTION_COMPLETED || walk->move.status == EXECUTION_EXITED ? 1
                                                                                              : 0;
    }
}

/* One execution whose step failed: what cannot be any better next time ends it. */
static int stumble(struct group *group, int err, struct err_info *info)
{
    struct effects_walk *walk = group->walks[0];
    if (err == ERR_CONFLICT && group->update && !walk->is_held)
        return 0;
    if (err != ERR_UNPROCESSABLE && walk->execution->told + 1 < EXECUTOR_TRIES)
        return retry(group->batch, walk, info);
    walk->failure = str_copy(group->batch->arena, str_from(info->message));
    group->update = NULL;
    err = do_together(group, info);
    if (!err)
        report(group);
    return err && err != ERR_UNAVAILABLE ? retry(group->batch, walk, info) : err;
}

/* Does a group in one transaction; where that fails by a defect or a limit, each of it alone. */
static int do_group(struct group *group, struct err_info *info)
{
    int err = do_together(group, info);
    if (!err)
        report(group);
    if (!err || err == ERR_UNAVAILABLE)
        return err;
    if (group->count == 1)
        return stumble(group, err, info);
    err = 0;
    for (size_t i = 0; !err && i < group->count; i++) {
        struct group one = *group;
        one.walks = &group->walks[i];
        one.count = 1;
        err = do_together(&one, info);
        if (!err)
            report(&one);
        else if (err != ERR_UNAVAILABLE)
            err = stumble(&one, err, info);
    }
    return err;
}

/* ---- a batch ------------------------------------------------------------------------------- */

static bool stands_at(const struct effects_walk *walk, enum definition_type type)
{
    return walk->step && !walk->failure.at && walk->step->type == type;
}

/* The walks that stand at the same step of this type, of those that are not taken yet; takes them.
 * A contact is in a flow at most once at a time, and so in the group. */
static bool next_group(struct batch *batch, enum definition_type type, bool *taken,
                       struct group *ret)
{
    const struct definition_step *step = NULL;
    *ret = (struct group){.batch = batch};
    ret->walks = arena_array(batch->arena, batch->count, sizeof(struct effects_walk *));
    for (size_t i = 0; i < batch->count; i++) {
        struct effects_walk *walk = &batch->walks[i];
        if (taken[i] || !stands_at(walk, type) || (step && walk->step != step))
            continue;
        step = walk->step;
        taken[i] = true;
        ret->walks[ret->count++] = walk;
    }
    return ret->count > 0;
}

static int ask_conditions(struct batch *batch, bool *taken, struct err_info *info)
{
    struct group group;
    int err = 0;
    while (!err && next_group(batch, DEFINITION_CONDITION, taken, &group))
        err = answer(batch, &group, info);
    /* Who has neither an answer nor a failure was put back. */
    for (size_t i = 0; i < batch->count; i++) {
        const struct effects_walk *walk = &batch->walks[i];
        taken[i] = stands_at(walk, DEFINITION_CONDITION) && !walk->is_answered;
    }
    return err;
}

/* Reads what the step writes, and gives its fields their numbers: before rows have them. */
static int read_data(struct batch *batch, struct group *group, struct err_info *info)
{
    struct contactdata_field *fields = NULL;
    int err = contactdata_read(batch->arena, group->update->data, "data", &group->data, info);
    if (err)
        return err;
    size_t count = contactdata_fields(batch->arena, group->data.patch, &fields);
    struct str *paths = arena_array(batch->arena, count, sizeof(*paths));
    uint32_t *ids = arena_array(batch->arena, count, sizeof(*ids));
    for (size_t i = 0; i < count; i++)
        paths[i] = fields[i].path;
    err = field_register(batch->db, batch->arena, batch->project_id, paths, count,
                         DICTIONARY_BY_SECRET, ids, info);
    for (size_t i = 0; !err && i < count; i++)
        if (ids[i] == 0)
            err = field_too_many(paths[i], info);
    return err;
}

static int update_contacts(struct batch *batch, bool *taken, struct err_info *info)
{
    struct group group;
    int err = 0;
    while (!err && next_group(batch, DEFINITION_UPDATE_CONTACT, taken, &group)) {
        group.update = group.walks[0]->step;
        err = read_data(batch, &group, info);
        if (err && !is_away(err, info)) {
            group.update = NULL;
            err = put_back(&group, err, info);
        }
        if (!err && group.count > 0)
            err = do_group(&group, info);
    }
    return err;
}

static int do_batch(struct batch *batch, struct err_info *info)
{
    bool *taken = arena_array(batch->arena, batch->count, sizeof(*taken));
    struct group rest = {.batch = batch};
    int err = ask_conditions(batch, taken, info);
    if (!err)
        err = update_contacts(batch, taken, info);
    rest.walks = arena_array(batch->arena, batch->count, sizeof(struct effects_walk *));
    for (size_t i = 0; i < batch->count; i++)
        if (!taken[i])
            rest.walks[rest.count++] = &batch->walks[i];
    return err || rest.count == 0 ? err : do_group(&rest, info);
}

/* What was not come to is due at once for whoever asks next; who cannot be told waits for the end
 * of the lease. */
static void give_back(struct batch *batch)
{
    struct err_info ignored = {0};
    struct execution *executions = arena_array(batch->arena, batch->count, sizeof(*executions));
    for (size_t i = 0; i < batch->count; i++)
        executions[i] = *batch->walks[i].execution;
    IGNORE_RESULT(execution_release(batch->db, executions, batch->count, batch->now_ms, &ignored));
}

int executor_batch(const struct executor *executor, uint32_t project_id,
                   struct executor_report *ret, struct err_info *info)
{
    AUTO(arena) arena = arena_new();
    struct batch batch = {
        .executor = executor, .db = executor->db, .arena = arena, .project_id = project_id};
    int err = begin_batch(&batch, info);
    if (!err && batch.count > 0) {
        err = do_batch(&batch, info);
        if (err)
            give_back(&batch);
    }
    *ret = batch.report;
    return err;
}

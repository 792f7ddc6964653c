#include "audience/tracking.h"

#include <stdlib.h>
#include <string.h>

#include "audience/due.h"
#include "audience/moves.h"
#include "audience/question.h"
#include "column/flip.h"
#include "store/eventname.h"
#include "store/partversion.h"
#include "store/seghistory.h"

/* ---- one transaction of a run -------------------------------------------------------------- */

/* A chunk whose membership changes. */
struct touched {
    uint32_t chunk;
    bool complete; /* nobody else of it differs */
    struct bits members;
};

struct run {
    const struct tracking_request *request;
    struct arena *arena;
    struct str slug; /* of the numbers below; at == NULL: not asked for yet */
    uint32_t names[2];
    bool renamed; /* the slug is another: nothing was done */
    bool done;
    uint64_t entries_before, exits_before;
    bool began;

    struct segstate state;
    struct segment segment;
    struct snapshot snapshot;
    int64_t at_ms; /* of the evaluation and its moves */
    struct question question;
    const struct filter *filter;
    struct eval *then; /* the filter at the time of the last run; NULL: not needed so far */
    struct moves_one moves[MOVES_MAX];
    size_t move_count;
    struct touched *touched;
    size_t touched_count, touched_room;
};

/* The parts that the program's columns belong to, behind a mark for unknown names. */
static struct str named_parts(const struct run *r)
{
    const struct program *program = r->question.program;
    uint64_t *parts = arena_array(r->arena, program->column_count + 1, sizeof *parts);
    size_t count = 1;
    parts[0] = names_incomplete(r->question.names);
    for (size_t i = 0; i < program->column_count; i++) {
        uint64_t part = key_part(program->columns[i]);
        size_t k = 1;
        while (k < count && parts[k] != part)
            k++;
        if (k == count)
            parts[count++] = part;
    }
    return (struct str){(const char *)parts, count * sizeof *parts};
}

static int begin(struct run *r, struct hash128 definition, struct err_info *info)
{
    struct segstate *state = &r->state;
    struct partversion *versions;
    bool broken_off = state->run.chunk != SEGSTATE_NO_RUN, known = state->version != 0;
    bool other = state->version != r->segment.version ||
                 memcmp(&state->definition, &definition, sizeof definition) != 0;
    int err = partversion_read(r->snapshot.db, r->arena, r->request->project_id, &versions, info);
    if (err)
        return err;
    state->due = false;
    state->parts = named_parts(r);
    state->run =
        (struct segstate_run){.version = r->segment.version,
                              .definition = definition,
                              .fingerprint = due_fingerprint(r->arena, versions, state->parts),
                              .started_ms = r->at_ms,
                              .next_flip_ms = SEGSTATE_NEVER,
                              .cause = broken_off || (known && other) ? OUTBOXBODY_FILTER
                                       : known                        ? 0
                                                                      : OUTBOXBODY_FIRST};
    return 0;
}

static int begin_or_go_on(struct run *r, struct err_info *info)
{
    const struct segstate_run *run = &r->state.run;
    struct hash128 definition = names_definition(r->question.names, r->segment.filter);
    if (!r->began) {
        r->entries_before = r->state.entries;
        r->exits_before = r->state.exits;
    }
    if (run->chunk != SEGSTATE_NO_RUN && run->version == r->segment.version &&
        memcmp(&run->definition, &definition, sizeof definition) == 0)
        return 0;
    return begin(r, definition, info);
}

/* Who would be in if only the clock stood at the last run. */
static int at_last_run(struct run *r, struct bits *ret, struct err_info *info)
{
    int err = r->then ? 0
                      : question_other_time(&r->question, r->filter, r->state.computed_ms, &r->then,
                                            info);
    if (!err)
        eval_run(r->then, r->question.columns, ret);
    return err;
}

/* Takes as many of the rows that differ as the transaction has room for. */
static int take_moves(struct run *r, uint32_t chunk, const struct bits *now, struct bits *members,
                      const struct bits *differ, struct err_info *info)
{
    uint16_t rows[MOVES_MAX];
    struct bits then, exists;
    bool by_clock = !r->state.run.cause && r->question.program->time_count > 0;
    int err = by_clock ? at_last_run(r, &then, info) : 0;
    if (err)
        return err;
    eval_presence(&r->question.columns[0], &exists);
    uint32_t count = bits_rows(differ, false, 0, (uint32_t)(MOVES_MAX - r->move_count), rows);
    for (uint32_t i = 0; i < count; i++) {
        bool was = bits_test(members, rows[i]);
        r->moves[r->move_count++] = (struct moves_one){
            .ordinal = chunk * KEY_CHUNK_ROWS + rows[i],
            .entry = bits_test(now, rows[i]),
            .exists = bits_test(&exists, rows[i]),
            .by_clock = by_clock && bits_test(&then, rows[i]) == was,
        };
        bits_put(members, rows[i], !was);
    }
    r->touched =
        arena_grow(r->arena, r->touched, r->touched_count, &r->touched_room, sizeof *r->touched);
    struct touched *touched = &r->touched[r->touched_count++];
    touched->chunk = chunk;
    touched->complete = count == bits_count(differ);
    bits_copy(&touched->members, members);
    return 0;
}

static int compare_chunk(struct run *r, uint32_t chunk, const struct bits *now,
                         struct err_info *info)
{
    struct bits members, differ;
    int err = segstate_members(r->snapshot.db, r->request->project_id, r->state.segment_id, chunk,
                               &members, sizeof members, info);
    if (err)
        return err;
    for (size_t w = 0; w < BITS_WORDS; w++)
        differ.words[w] = now->words[w] ^ members.words[w];
    if (bits_none(&differ)) {
        r->state.run.count += bits_count(now);
        return 0;
    }
    return take_moves(r, chunk, now, &members, &differ, info);
}

/* From the chunk where the run stands to the end, or to where the transaction is full. */
static int look_at_chunks(struct run *r, struct err_info *info)
{
    struct segstate_run *run = &r->state.run;
    uint32_t end = r->snapshot.chunk_count, stored = 0;
    int err = segstate_member_chunks(r->snapshot.db, r->request->project_id, r->state.segment_id,
                                     &stored, info);
    end = stored > end ? stored : end;
    for (; !err && run->chunk < end && r->move_count < MOVES_MAX; run->chunk++) {
        struct bits now;
        err = question_chunk(&r->question, run->chunk, info);
        if (err)
            break;
        question_answer(&r->question, &now);
        int64_t flip_ms = flip_next(r->question.program, r->question.columns, r->at_ms);
        if (flip_ms < run->next_flip_ms)
            run->next_flip_ms = flip_ms;
        if (!r->segment.track) {
            run->count += bits_count(&now);
            continue;
        }
        err = compare_chunk(r, run->chunk, &now, info);
        if (r->touched_count && !r->touched[r->touched_count - 1].complete)
            return err; /* the next transaction looks at it again */
    }
    r->done = run->chunk >= end;
    return err;
}

/* ---- writing ------------------------------------------------------------------------------- */

static int write_moves(struct run *r, struct err_info *info)
{
    const struct program *program = r->question.program;
    uint32_t *events = arena_array(r->arena, program->column_count, sizeof *events);
    struct moves_run run = {.db = r->snapshot.db,
                            .arena = r->arena,
                            .project_id = r->request->project_id,
                            .segment = &r->segment,
                            .at_ms = r->at_ms,
                            .entry_name = r->names[0],
                            .exit_name = r->names[1],
                            .event_names = events};
    for (size_t i = 0; i < program->column_count; i++) {
        uint64_t part = key_part(program->columns[i]);
        if (KEY_KIND_OF(part) == 2)
            events[run.event_name_count++] = (uint32_t)KEY_ID_OF(part);
        run.looks_at_row |= part == KEY_PART_CONTACT && program->columns[i] != KEY_EXISTS;
    }
    return moves_write(&run, &r->state, r->moves, r->move_count, info);
}

static int write_members(struct run *r, struct err_info *info)
{
    for (size_t i = 0; i < r->touched_count; i++) {
        struct touched *t = &r->touched[i];
        for (size_t m = 0; m < r->move_count; m++) {
            const struct moves_one *move = &r->moves[m];
            if (move->refused && move->ordinal / KEY_CHUNK_ROWS == t->chunk)
                bits_put(&t->members, move->ordinal % KEY_CHUNK_ROWS, false);
        }
        int err = segstate_set_members(r->snapshot.db, r->request->project_id, r->state.segment_id,
                                       t->chunk, &t->members, sizeof t->members, info);
        if (err)
            return err;
        if (t->complete)
            r->state.run.count += bits_count(&t->members);
    }
    return 0;
}

/* The run is complete: what it knew is what the segment knows. */
static void finish(struct run *r)
{
    struct segstate *state = &r->state;
    const struct segstate_run *run = &state->run;
    state->computed = true;
    state->fingerprint = run->fingerprint;
    state->next_flip_ms = run->next_flip_ms;
    if (r->segment.track) {
        state->version = run->version;
        state->definition = run->definition;
        state->computed_ms = run->started_ms;
    }
    state->run.chunk = SEGSTATE_NO_RUN;
}

static int write_all(struct run *r, struct err_info *info)
{
    int err = r->move_count ? write_moves(r, info) : 0;
    if (!err)
        err = write_members(r, info);
    if (!err && r->done)
        finish(r);
    return err ? err : segstate_write(r->snapshot.db, r->request->project_id, &r->state, info);
}

/* ---- the run ------------------------------------------------------------------------------- */

static void let_go(struct run *r)
{
    question_done(&r->question);
    eval_free(r->then);
    r->then = NULL;
}

static int open_run(struct db *db, struct run *r, struct err_info *info)
{
    const struct tracking_request *request = r->request;
    int err =
        segstate_lock(db, r->arena, request->project_id, request->segment_id, &r->state, info);
    if (!err)
        err = snapshot_open(db, r->arena, request->project_id, &r->snapshot, info);
    if (!err)
        err = segment_get(db, r->arena, request->project_id, &request->uuid, &r->segment, info);
    if (!err)
        err = names_load(r->arena, r->segment.filter, &r->filter, info);
    return err;
}

/* A clock that was set back must not turn windows back (filter reference, "The clock"). */
static int64_t latest(const struct run *r)
{
    const struct segstate *state = &r->state;
    int64_t at_ms = r->snapshot.now_ms;
    if (state->computed_ms > at_ms)
        at_ms = state->computed_ms;
    if (state->run.chunk != SEGSTATE_NO_RUN && state->run.started_ms > at_ms)
        at_ms = state->run.started_ms;
    return at_ms;
}

static int run_body(struct db *db, void *ctx, struct err_info *info)
{
    struct run *r = ctx;
    let_go(r);
    arena_reset(r->arena);
    r->touched = NULL;
    r->move_count = r->touched_count = r->touched_room = 0;
    r->renamed = r->done = false;
    int err = open_run(db, r, info);
    if (err)
        return err;
    r->renamed = r->segment.track && (!r->slug.at || !str_eq(r->slug, r->segment.slug));
    if (r->renamed)
        return 0;
    r->at_ms = latest(r);
    err = question_init(&r->question, &r->snapshot, r->filter, r->at_ms, NULL, 0, info);
    if (!err)
        err = begin_or_go_on(r, info);
    if (!err)
        err = look_at_chunks(r, info);
    return err ? err : write_all(r, info);
}

/* Numbers for the event names of the slug, in a small transaction of its own. */
static int learn_names(struct db *db, struct run *r, struct arena *names, struct err_info *info)
{
    r->slug = str_copy(names, r->segment.slug);
    const struct str events[] = {
        str_from(arena_printf(names, "segment." STR_FMT ".entry", STR_ARG(r->slug))),
        str_from(arena_printf(names, "segment." STR_FMT ".exit", STR_ARG(r->slug)))};
    return eventname_register(db, names, r->request->project_id, events, 2, DICTIONARY_BY_SYSTEM,
                              r->names, info);
}

static int run_to_end(struct db *db, struct run *r, struct arena *names, struct err_info *info)
{
    int64_t called_ms;
    int err = db_now_ms(db, &called_ms, info);
    while (!err) {
        if (r->request->stop && r->request->stop())
            break;
        err = db_tx(db, DB_SNAPSHOT_WRITE, run_body, r, info);
        if (!err && r->renamed)
            err = learn_names(db, r, names, info);
        else if (!err)
            r->began = true;
        if (!err && r->done && (!r->request->anew || r->state.run.started_ms >= called_ms))
            break;
    }
    let_go(r);
    snapshot_report_damage(&r->snapshot);
    return err;
}

int tracking_run(struct db *db, const struct tracking_request *request, struct tracking_report *ret,
                 struct err_info *info)
{
    AUTO(arena) arena = arena_new();
    AUTO(arena) names = arena_new();
    struct run *r = arena_alloc(names, sizeof *r);
    r->request = request;
    r->arena = arena;
    int err = run_to_end(db, r, names, info);
    if (!err && r->done) {
        const struct seghistory_count count = {.segment_id = request->segment_id,
                                               .version = r->state.run.version,
                                               .count = r->state.run.count,
                                               .counted_ms = r->state.run.started_ms};
        err = seghistory_set_count(db, request->project_id, &count, info);
    }
    if (err)
        return err;
    *ret = (struct tracking_report){.entries = r->state.entries - r->entries_before,
                                    .exits = r->state.exits - r->exits_before,
                                    .total = r->state.run.count,
                                    .complete = r->done};
    return 0;
}

#include "audience/moves.h"

#include <stdlib.h>

#include "column/key.h"
#include "store/contactrows.h"
#include "store/flowevent.h"
#include "store/outbox.h"
#include "store/seghistory.h"

/* Events that were told shortly before the last run's snapshot may have committed after it. */
#define TOLD_BEFORE_MS 10000

struct writing {
    const struct moves_run *run;
    struct segstate *state;
    struct moves_one *moves;
    size_t count;
    const struct contact **contacts; /* by move; NULL: gone */
    struct uuid *gone;               /* by move: the id of one that is gone */
    struct uuid *events;             /* by move: what caused it */
    struct transition *transitions;
    size_t transition_count;
    const struct outbox *outbox;
    const struct flowevent_wants *flows;
    int64_t now_ms;
    struct outbox_event *messages;
    size_t message_count;
};

/* ---- who they are -------------------------------------------------------------------------- */

static int compare_contacts(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = ((const struct contact *)b)->ordinal;
    return (x > y) - (x < y);
}

/* Locks and reads those that exist. */
static int find_contacts(struct writing *w, struct err_info *info)
{
    const struct moves_run *run = w->run;
    uint32_t *ordinals = arena_array(run->arena, w->count, sizeof *ordinals);
    struct contact *found = arena_array(run->arena, w->count, sizeof *found);
    size_t asked = 0, count = 0;
    for (size_t i = 0; i < w->count; i++)
        if (w->moves[i].exists)
            ordinals[asked++] = w->moves[i].ordinal;
    int err = asked ? contact_lock_ordinals(run->db, run->arena, run->project_id, ordinals, asked,
                                            found, &count, info)
                    : 0;
    w->contacts = arena_array(run->arena, w->count, sizeof *w->contacts);
    for (size_t i = 0; !err && count && i < w->count; i++)
        w->contacts[i] =
            bsearch(&w->moves[i].ordinal, found, count, sizeof *found, compare_contacts);
    return err;
}

/* The ids of members that are gone, which only their transitions know. */
static int find_gone(struct writing *w, struct err_info *info)
{
    const struct moves_run *run = w->run;
    uint32_t *ordinals = arena_array(run->arena, w->count, sizeof *ordinals);
    struct uuid *ids = arena_array(run->arena, w->count, sizeof *ids);
    size_t asked = 0, next = 0;
    for (size_t i = 0; i < w->count; i++)
        if (!w->contacts[i] && !w->moves[i].entry)
            ordinals[asked++] = w->moves[i].ordinal;
    int err = transition_contacts(run->db, run->arena, run->project_id, w->state->segment_id,
                                  ordinals, asked, ids, info);
    w->gone = arena_array(run->arena, w->count, sizeof *w->gone);
    for (size_t i = 0; !err && next < asked && i < w->count; i++)
        if (w->moves[i].ordinal == ordinals[next])
            w->gone[i] = ids[next++];
    return err;
}

/* ---- why ----------------------------------------------------------------------------------- */

static enum outboxbody_cause cause_of(const struct writing *w, size_t i)
{
    const struct contact *contact = w->contacts[i];
    if (!contact)
        return OUTBOXBODY_DELETED;
    if (w->state->run.cause)
        return (enum outboxbody_cause)w->state->run.cause;
    /* A value that was written since then may lie behind the window of then. */
    bool written = w->run->looks_at_row && contact->updated_ms >= w->state->computed_ms;
    return w->moves[i].by_clock && !written ? OUTBOXBODY_CLOCK : OUTBOXBODY_DATA;
}

/* The events behind the moves that new data caused. */
static int find_events(struct writing *w, struct err_info *info)
{
    const struct moves_run *run = w->run;
    uint32_t *ordinals = arena_array(run->arena, w->count, sizeof *ordinals);
    struct uuid *ids = arena_array(run->arena, w->count, sizeof *ids);
    size_t asked = 0, next = 0;
    for (size_t i = 0; run->event_name_count && i < w->count; i++)
        if (cause_of(w, i) == OUTBOXBODY_DATA)
            ordinals[asked++] = w->moves[i].ordinal;
    int err = transition_events(run->db, run->arena, run->project_id, run->event_names,
                                run->event_name_count, ordinals, asked,
                                w->state->computed_ms - TOLD_BEFORE_MS, ids, info);
    w->events = arena_array(run->arena, w->count, sizeof *w->events);
    for (size_t i = 0; !err && next < asked && i < w->count; i++)
        if (w->moves[i].ordinal == ordinals[next])
            w->events[i] = ids[next++];
    return err;
}

/* ---- what is told -------------------------------------------------------------------------- */

static struct str type_of(const struct moves_run *run, bool entry)
{
    return str_from(arena_printf(run->arena, "segment." STR_FMT ".%s", STR_ARG(run->segment->slug),
                                 entry ? "entry" : "exit"));
}

static void add_message(struct writing *w, const struct transition *t, struct str type,
                        const struct contact *contact)
{
    const struct moves_run *run = w->run;
    struct outboxbody_transition body = {
        .type = type,
        .at_ms = t->at_ms,
        .sequence = t->sequence,
        .segment = run->segment->uuid,
        .segment_name = run->segment->name,
        .segment_slug = run->segment->slug,
        .cause = t->cause,
        .has_event = t->has_event,
        .event = t->event,
        .contact_id = t->contact,
        .contact = contact,
    };
    w->messages[w->message_count++] =
        (struct outbox_event){.type = type,
                              .event_id = t->uuid,
                              .has_contact = contact != NULL,
                              .is_erased = contact == NULL,
                              .ordinal = t->ordinal,
                              .segment_id = w->state->segment_id,
                              .sequence = t->sequence,
                              .body = outboxbody_transition(run->arena, &body)};
}

static void add_transition(struct writing *w, size_t i)
{
    static const struct uuid none = {{0}};
    const struct moves_run *run = w->run;
    const struct contact *contact = w->contacts[i];
    bool entry = w->moves[i].entry;
    w->transitions[w->transition_count++] = (struct transition){
        .sequence = ++w->state->last_sequence,
        .kind = entry ? TRANSITION_ENTRY : TRANSITION_EXIT,
        .cause = cause_of(w, i),
        .ordinal = w->moves[i].ordinal,
        .contact = contact ? contact->uuid : w->gone[i],
        .uuid = uuid_new(),
        .name_id = entry ? run->entry_name : run->exit_name,
        .has_contact = contact != NULL,
        .at_ms = run->at_ms,
        .version = run->segment->version,
        .has_event = !uuid_eq(&w->events[i], &none),
        .event = w->events[i],
    };
    w->state->entries += entry;
    w->state->exits += !entry;
}

static void make_transitions(struct writing *w)
{
    const struct moves_run *run = w->run;
    struct str types[2] = {type_of(run, false), type_of(run, true)};
    bool wanted[2] = {outbox_wants(w->outbox, types[0], false),
                      outbox_wants(w->outbox, types[1], false)};
    w->transitions = arena_array(run->arena, w->count, sizeof *w->transitions);
    w->messages = arena_array(run->arena, w->count, sizeof *w->messages);
    for (size_t i = 0; i < w->count; i++) {
        bool entry = w->moves[i].entry;
        w->moves[i].refused = entry && !w->contacts[i];
        if (w->moves[i].refused)
            continue;
        add_transition(w, i);
        if (wanted[entry])
            add_message(w, &w->transitions[w->transition_count - 1], types[entry], w->contacts[i]);
    }
}

/* What they make of the segment's history; everybody who is in was told to have entered. */
static int write_history(const struct writing *w, const struct segstate *before,
                         struct err_info *info)
{
    const struct segstate *after = w->state;
    const struct seghistory_moves moves = {.segment_id = after->segment_id,
                                           .at_ms = w->run->at_ms,
                                           .entries = after->entries - before->entries,
                                           .exits = after->exits - before->exits,
                                           .count = after->entries - after->exits};
    return seghistory_add(w->run->db, w->run->project_id, &moves, info);
}

/* Webhooks and flows that may want to know. */
static int find_listeners(struct writing *w, struct err_info *info)
{
    const struct moves_run *run = w->run;
    struct contactrows_moment moment;
    int err = contactrows_moment(run->db, run->project_id, &moment, info);
    if (!err)
        err = outbox_open(run->db, run->project_id, moment.webhook_version, &w->outbox, info);
    w->now_ms = moment.now_ms;
    return err ? err
               : flowevent_open(run->db, run->project_id, moment.flows_version, &w->flows, info);
}

/* Entries and exits as the occurrences that they are, and entries as what starts a sequence. */
static int queue_flows(const struct writing *w, struct err_info *info)
{
    const struct moves_run *run = w->run;
    uint64_t set = KEY_SET_SEGMENT(w->state->segment_id);
    bool by_set = flowevent_is_wanted(w->flows, FLOWEVENT_SET, set);
    if (!by_set && !flowevent_is_wanted(w->flows, FLOWEVENT_EVENT, run->entry_name) &&
        !flowevent_is_wanted(w->flows, FLOWEVENT_EVENT, run->exit_name))
        return 0;
    struct flowevent_new *events = arena_array(run->arena, 2 * w->transition_count, sizeof *events);
    struct str data = transition_data(run->arena, &run->segment->uuid, run->segment->name);
    size_t count = 0;
    for (size_t i = 0; i < w->transition_count; i++) {
        const struct transition *t = &w->transitions[i];
        struct flowevent_new event = {FLOWEVENT_EVENT, t->name_id, t->ordinal,
                                      t->uuid,         w->now_ms,  data};
        if (!t->has_contact)
            continue;
        events[count++] = event;
        event.kind = FLOWEVENT_SET;
        event.number = set;
        if (by_set && t->kind == TRANSITION_ENTRY)
            events[count++] = event;
    }
    return flowevent_write(run->db, run->arena, run->project_id, w->flows, events, count, w->now_ms,
                           info);
}

int moves_write(const struct moves_run *run, struct segstate *state, struct moves_one *moves,
                size_t count, struct err_info *info)
{
    struct writing w = {.run = run, .state = state, .moves = moves, .count = count};
    const struct segstate before = *state;
    int err = find_contacts(&w, info);
    if (!err)
        err = find_gone(&w, info);
    if (!err)
        err = find_events(&w, info);
    if (!err)
        err = find_listeners(&w, info);
    if (err)
        return err;
    make_transitions(&w);
    if (w.transition_count)
        err = transition_insert(run->db, run->arena, run->project_id, state->segment_id,
                                w.transitions, w.transition_count, info);
    if (!err && w.transition_count)
        err = write_history(&w, &before, info);
    if (!err && w.message_count)
        err = outbox_write(run->db, run->arena, run->project_id, w.outbox, w.messages,
                           w.message_count, run->at_ms, info);
    return err ? err : queue_flows(&w, info);
}

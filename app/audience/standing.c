#include "audience/standing.h"

#include <stdlib.h>

#include "audience/onecontact.h"
#include "column/forecast.h"
#include "store/segentry.h"

/* A segment, and what was found out about it. */
struct subject {
    struct standing_segment *place; /* in the answer */
    const struct filter *filter;    /* of a dynamic one */
    enum { SUBJECT_OPEN, SUBJECT_AT_WORK, SUBJECT_DONE } state;
};

/* One standing_find on its way through its transaction. */
struct finding {
    struct arena *arena;
    uint32_t project_id;
    const struct uuid *uuid;
    struct standing *ret;
    struct contact contact;
    struct snapshot snapshot;
    struct subject *subjects;   /* by the segment's uuid */
    const struct filter *asked; /* any of the leaves on anything but segments */
    struct names *names;
    struct program *program; /* of `asked` */
    struct onecontact one;
    struct arena *step; /* of one leaf */
};

/* ---- the segments -------------------------------------------------------------------------- */

static int compare_subjects(const void *a, const void *b)
{
    const struct subject *left = a, *right = b;
    return memcmp(&left->place->segment.uuid, &right->place->segment.uuid, sizeof(struct uuid));
}

static struct subject *subject_of(const struct finding *f, struct str name)
{
    struct standing_segment place;
    struct subject key = {.place = &place};
    if (!f->ret->count || !uuid_parse(name, &place.segment.uuid))
        return NULL;
    return bsearch(&key, f->subjects, f->ret->count, sizeof key, compare_subjects);
}

/*
 * Notes since when it is in: `entries` ascend by segment, the answer descends. Entries of a segment
 * that is tracked no more may be older than exits that nobody told.
 */
static void take_entries(struct finding *f, const struct segentry *entries, size_t count,
                         bool is_static)
{
    size_t left = count;
    for (size_t i = 0; i < f->ret->count; i++) {
        struct standing_segment *place = &f->ret->segments[i];
        while (left > 0 && entries[left - 1].segment_id > place->segment.segment_id)
            left--;
        bool is_there = left > 0 && entries[left - 1].segment_id == place->segment.segment_id;
        if (!is_there ||
            (is_static ? place->segment.kind != SEGMENT_STATIC : !place->segment.track))
            continue;
        place->entered_ms = entries[left - 1].entered_ms;
        place->member = is_static;
    }
}

static int read_entries(struct db *db, struct finding *f, struct err_info *info)
{
    struct segentry *entries;
    size_t count;
    uint32_t ordinal = f->contact.ordinal;
    int err = segentry_static(db, f->arena, f->project_id, ordinal, &entries, &count, info);
    if (err)
        return err;
    take_entries(f, entries, count, true);
    err = segentry_tracked(db, f->arena, f->project_id, ordinal, &entries, &count, info);
    if (!err)
        take_entries(f, entries, count, false);
    return err;
}

static int read_segments(struct db *db, struct finding *f, struct err_info *info)
{
    struct segment *list;
    struct standing *ret = f->ret;
    int err = segment_list(db, f->arena, f->project_id, 0, &list, &ret->count, info);
    if (err)
        return err;
    ret->segments = arena_array(f->arena, ret->count, sizeof *ret->segments);
    f->subjects = arena_array(f->arena, ret->count, sizeof *f->subjects);
    for (size_t i = 0; !err && i < ret->count; i++) {
        ret->segments[i] = (struct standing_segment){list[i], false, STANDING_NOT_KNOWN};
        f->subjects[i] = (struct subject){.place = &ret->segments[i]};
        if (list[i].kind == SEGMENT_DYNAMIC)
            err = names_load(f->arena, list[i].filter, &f->subjects[i].filter, info);
        else
            f->subjects[i].state = SUBJECT_DONE;
    }
    qsort(f->subjects, ret->count, sizeof *f->subjects, compare_subjects);
    return err ? err : read_entries(db, f, info);
}

/* ---- what is looked at --------------------------------------------------------------------- */

struct gathering {
    struct filter *any;
    size_t room;
    struct arena *arena;
};

static void gather_leaf(const struct filter *leaf, void *ctx)
{
    struct gathering *g = ctx;
    if (leaf->leaf.column == FILTER_SEGMENT)
        return;
    struct filter *copy = filter_node(g->arena, FILTER_LEAF, 0, leaf->path.at);
    copy->leaf = leaf->leaf;
    g->any->children = arena_grow(g->arena, g->any->children, g->any->child_count, &g->room,
                                  sizeof(struct filter *));
    g->any->children[g->any->child_count++] = copy;
}

/*
 * The leaves of all filters, whichever segment's they are: each segment's own answer is put
 * together from them, so that one that others name is judged once.
 */
static void gather_leaves(struct finding *f)
{
    struct gathering g = {.any = filter_node(f->arena, FILTER_ANY, 0, ""), .arena = f->arena};
    for (size_t i = 0; i < f->ret->count; i++) {
        if (f->subjects[i].filter)
            filter_each_leaf(f->subjects[i].filter, gather_leaf, &g);
    }
    f->asked = g.any;
}

static int compile(struct finding *f, struct arena *arena, const struct filter *filter,
                   struct program **ret, struct err_info *info)
{
    struct predicate_clock clock = {.now_ms = f->ret->at_ms};
    struct program_names lookup = names_for_program(f->names);
    return program_compile(arena, filter, &clock, &lookup, ret, info);
}

static int read_contact(struct db *db, struct finding *f, struct err_info *info)
{
    gather_leaves(f);
    int err = names_resolve(db, f->arena, f->project_id, &f->asked, 1, &f->names, info);
    if (!err)
        err = compile(f, f->arena, f->asked, &f->program, info);
    f->one = (struct onecontact){.snapshot = &f->snapshot,
                                 .contact = &f->contact,
                                 .names = f->names,
                                 .program = f->program,
                                 .at_ms = f->ret->at_ms};
    return err ? err : onecontact_read(&f->one, info);
}

/* ---- answers ------------------------------------------------------------------------------- */

static int judge(struct finding *f, const struct filter *filter, bool *ret, struct err_info *info);

static int judge_subject(struct finding *f, struct subject *subject, struct err_info *info)
{
    struct standing_segment *place = subject->place;
    if (subject->state == SUBJECT_DONE)
        return 0;
    if (subject->state == SUBJECT_AT_WORK)
        return err_set(info, ERR_INTERNAL, NULL, "stored segments name each other in a circle");
    subject->state = SUBJECT_AT_WORK;
    int err = db_check_deadline(f->snapshot.db, info);
    if (!err)
        err = judge(f, subject->filter, &place->member, info);
    if (!place->member)
        place->entered_ms = STANDING_NOT_KNOWN; /* the next run will tell of the exit */
    subject->state = SUBJECT_DONE;
    return err;
}

static int judge_segment(struct finding *f, const struct filter_leaf *leaf, bool *ret,
                         struct err_info *info)
{
    struct subject *subject = subject_of(f, leaf->name);
    if (!subject)
        return err_set(info, ERR_INTERNAL, NULL, "a stored filter names a segment that is gone");
    int err = judge_subject(f, subject, info);
    *ret = subject->place->member ^ leaf->negated;
    return err;
}

static int judge_leaf(struct finding *f, const struct filter *leaf, bool *ret,
                      struct err_info *info)
{
    struct program *program;
    struct bits in;
    arena_reset(f->step);
    int err = compile(f, f->step, leaf, &program, info);
    if (err)
        return err;
    for (size_t i = 0; i < program->data_count; i++)
        program->data_nodes[i]->mixed = onecontact_is_mixed(&f->one, leaf);
    AUTO(eval) eval = eval_new(program);
    eval_run(eval, forecast_columns(f->step, program, &f->one.row), &in);
    *ret = bits_test(&in, f->one.row.ordinals[0]);
    return 0;
}

static int judge_group(struct finding *f, const struct filter *filter, bool *ret,
                       struct err_info *info)
{
    bool all = filter->kind != FILTER_ANY, answer = all;
    int err = 0;
    for (size_t i = 0; !err && answer == all && i < filter->child_count; i++)
        err = judge(f, filter->children[i], &answer, info);
    *ret = answer ^ (filter->kind == FILTER_NOT);
    return err;
}

static int judge(struct finding *f, const struct filter *filter, bool *ret, struct err_info *info)
{
    if (filter->kind != FILTER_LEAF)
        return judge_group(f, filter, ret, info);
    return filter->leaf.column == FILTER_SEGMENT ? judge_segment(f, &filter->leaf, ret, info)
                                                 : judge_leaf(f, filter, ret, info);
}

/* ---- the transaction ----------------------------------------------------------------------- */

static int find_body(struct db *db, void *ctx, struct err_info *info)
{
    struct finding *f = ctx;
    onecontact_done(&f->one);
    *f->ret = (struct standing){0};
    int err = contact_get(db, f->arena, f->project_id, f->uuid, &f->contact, info);
    if (!err)
        err = snapshot_open(db, f->arena, f->project_id, &f->snapshot, info);
    if (err)
        return err;
    f->ret->at_ms = f->snapshot.now_ms;
    err = read_segments(db, f, info);
    if (!err)
        err = read_contact(db, f, info);
    for (size_t i = 0; !err && i < f->ret->count; i++)
        err = judge_subject(f, &f->subjects[i], info);
    return err;
}

int standing_find(struct db *db, struct arena *arena, uint32_t project_id,
                  const struct uuid *contact, struct standing *ret, struct err_info *info)
{
    AUTO(arena) step = arena_new();
    struct finding f = {
        .arena = arena, .project_id = project_id, .uuid = contact, .ret = ret, .step = step};
    int err = db_tx(db, DB_READ, find_body, &f, info);
    onecontact_done(&f.one);
    snapshot_report_damage(&f.snapshot);
    return err;
}

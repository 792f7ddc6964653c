#include "column/logic.h"

#include <string.h>

#include "column/states.h"

/* One field with the leaves that are on it. */
struct field {
    struct states *states;
    const struct filter_leaf **leaves;
    bool *voids;
    size_t count, leaf_room, void_room;
};

/* Where the leaves of the filter, in order of writing, stand in their fields. */
struct place {
    size_t field, leaf;
};

/*
 * Who may be in, seen field by field: a set of states for each, and of each test whether it may be
 * false, may be true where it is open. Everybody who is in is in the box; the box may be larger.
 */
struct part {
    size_t field;
    uint64_t *bits; /* the states, then two for each test */
};
struct box {
    bool none;
    struct part *parts; /* ascending fields; a field that is not there may be anything */
    size_t count;
};

/* A node: who may match it, and who may not; of a group, its children. */
struct judged {
    struct box yes, no;
    const struct judged *children;
};

struct logic {
    struct arena *arena;
    struct warnings *list;
    const char *what; /* "contact", "occurrence" */
    const char *when; /* "" or " at present" */
    struct field *fields;
    size_t field_count, field_room;
    struct place *places;
    size_t place_count, place_room;
    size_t next_place;
    int64_t now_ms;
    bool occurrence;
};

/* ---- fields -------------------------------------------------------------------------------- */

static bool same_field(const struct filter_leaf *a, const struct filter_leaf *b)
{
    bool of_status = (a->column == FILTER_STATUS || a->column == FILTER_SUBSCRIBED) &&
                     (b->column == FILTER_STATUS || b->column == FILTER_SUBSCRIBED);
    return of_status || (a->column == b->column && str_eq(a->name, b->name));
}

static bool judge_root(struct logic *l, const struct filter *filter);

/* True when the conditions on an occurrence contradict one another; tells where. */
static bool where_is_void(struct logic *l, const struct filter *node)
{
    const struct filter_leaf *leaf = &node->leaf;
    struct logic inner = {.arena = l->arena,
                          .list = l->list,
                          .what = "occurrence",
                          .now_ms = l->now_ms,
                          .occurrence = true};
    if (!leaf->where_count)
        return false;
    struct filter *all = filter_node(l->arena, FILTER_ALL, leaf->where_count, node->path.at);
    for (size_t i = 0; i < leaf->where_count; i++) {
        const char *path =
            arena_printf(l->list->arena, STR_FMT ".where.%zu", STR_ARG(node->path), i);
        all->children[i] = filter_node(l->arena, FILTER_LEAF, 0, path);
        all->children[i]->leaf = leaf->where[i];
    }
    return judge_root(&inner, all) && inner.when[0] == '\0';
}

static void note_leaf(const struct filter *node, void *ctx)
{
    struct logic *l = ctx;
    size_t i = 0;
    while (i < l->field_count && !same_field(l->fields[i].leaves[0], &node->leaf))
        i++;
    if (i == l->field_count) {
        l->fields =
            arena_grow(l->arena, l->fields, l->field_count, &l->field_room, sizeof *l->fields);
        l->fields[l->field_count++] = (struct field){.count = 0};
    }
    struct field *f = &l->fields[i];
    f->leaves = arena_grow(l->arena, f->leaves, f->count, &f->leaf_room, sizeof(*f->leaves));
    f->voids = arena_grow(l->arena, f->voids, f->count, &f->void_room, sizeof *f->voids);
    f->leaves[f->count] = &node->leaf;
    f->voids[f->count] = where_is_void(l, node);
    l->places = arena_grow(l->arena, l->places, l->place_count, &l->place_room, sizeof *l->places);
    l->places[l->place_count++] = (struct place){i, f->count++};
}

static void find_states(struct logic *l, const struct filter *filter)
{
    filter_each_leaf(filter, note_leaf, l);
    l->when = "";
    for (size_t i = 0; i < l->field_count; i++) {
        struct field *f = &l->fields[i];
        f->states = states_new(l->arena, f->leaves, f->voids, f->count, l->now_ms, l->occurrence);
        if (states_is_clocked(f->states))
            l->when = " at present";
    }
}

/* ---- boxes --------------------------------------------------------------------------------- */

static size_t bits_of(const struct states *states)
{
    return states_count(states) + 2 * states_test_count(states);
}

static size_t words_of(const struct states *states)
{
    return (bits_of(states) + 63) / 64;
}

static bool has_bit(const uint64_t *bits, size_t i)
{
    return (bits[i / 64] >> (i % 64)) & 1;
}

static void clear_bit(uint64_t *bits, size_t i)
{
    bits[i / 64] &= ~(UINT64_C(1) << (i % 64));
}

static bool is_possible(const struct states *states, const uint64_t *bits, size_t state)
{
    size_t tests = states_count(states);
    if (!has_bit(bits, state))
        return false;
    for (size_t t = 0; t < states_test_count(states); t++) {
        bool neither = !has_bit(bits, tests + 2 * t) && !has_bit(bits, tests + 2 * t + 1);
        if (neither && states_is_open(states, t, state))
            return false;
    }
    return true;
}

static bool part_is_none(const struct logic *l, const struct part *part)
{
    const struct states *states = l->fields[part->field].states;
    for (size_t s = 0; s < states_count(states); s++) {
        if (is_possible(states, part->bits, s))
            return false;
    }
    return true;
}

static struct part combine(const struct logic *l, const struct part *a, const struct part *b,
                           bool both)
{
    size_t words = words_of(l->fields[a->field].states);
    struct part part = {a->field, arena_array(l->arena, words, sizeof(uint64_t))};
    for (size_t w = 0; w < words; w++)
        part.bits[w] = both ? a->bits[w] & b->bits[w] : a->bits[w] | b->bits[w];
    return part;
}

static struct box box_and(const struct logic *l, const struct box *a, const struct box *b)
{
    struct box box = {.none = a->none || b->none};
    size_t i = 0, j = 0;
    if (box.none)
        return box;
    box.parts = arena_array(l->arena, a->count + b->count, sizeof *box.parts);
    while (i < a->count || j < b->count) {
        if (j == b->count || (i < a->count && a->parts[i].field < b->parts[j].field))
            box.parts[box.count++] = a->parts[i++];
        else if (i == a->count || b->parts[j].field < a->parts[i].field)
            box.parts[box.count++] = b->parts[j++];
        else {
            box.parts[box.count] = combine(l, &a->parts[i++], &b->parts[j++], true);
            box.none |= part_is_none(l, &box.parts[box.count++]);
        }
    }
    return box;
}

static struct box box_or(const struct logic *l, const struct box *a, const struct box *b)
{
    struct box box = {.none = false};
    size_t i = 0, j = 0;
    if (a->none || b->none)
        return a->none ? *b : *a;
    box.parts = arena_array(l->arena, a->count, sizeof *box.parts);
    while (i < a->count && j < b->count) {
        if (a->parts[i].field < b->parts[j].field)
            i++;
        else if (b->parts[j].field < a->parts[i].field)
            j++;
        else
            box.parts[box.count++] = combine(l, &a->parts[i++], &b->parts[j++], false);
    }
    return box;
}

static struct box leaf_box(const struct logic *l, const struct place *place, bool want)
{
    const struct field *f = &l->fields[place->field];
    const struct states *states = f->states;
    const struct filter_leaf *leaf = f->leaves[place->leaf];
    size_t count = states_count(states), test = states_test(states, place->leaf);
    struct box box = {.parts = arena_array(l->arena, 1, sizeof *box.parts)};
    bool open = false;
    if (!count)
        return box;
    struct part *part = &box.parts[box.count++];
    part->field = place->field;
    part->bits = arena_array(l->arena, words_of(states), sizeof(uint64_t));
    memset(part->bits, 0xff, words_of(states) * sizeof(uint64_t));
    for (size_t s = 0; s < count; s++) {
        enum states_truth truth = states_leaf(states, place->leaf, s);
        open |= truth == STATES_OPEN;
        if (truth == (want ? STATES_NO : STATES_YES))
            clear_bit(part->bits, s);
    }
    if (open) /* where it is, the test must say what is wanted, or the contrary */
        clear_bit(part->bits, count + 2 * test + (want == leaf->negated));
    box.none = part_is_none(l, part);
    return box;
}

/* ---- nodes --------------------------------------------------------------------------------- */

static struct judged judge(struct logic *l, const struct filter *node, enum filter_kind parent);

static void tell_leaf(struct logic *l, const struct filter *node, const struct judged *found)
{
    if (found->yes.none)
        warnings_add(l->list, WARNINGS_ALWAYS_FALSE, node->path, "No %s can match this%s", l->what,
                     l->when);
    else if (found->no.none)
        warnings_add(l->list, WARNINGS_ALWAYS_TRUE, node->path, "Every %s matches this%s", l->what,
                     l->when);
}

/* Child `at` cannot hold together with those before it: with which one, if there is one. */
static void tell_contradiction(struct logic *l, const struct filter *node,
                               const struct judged *children, size_t at)
{
    const struct filter *child = node->children[at];
    for (size_t i = 0; i < at; i++) {
        struct box both = box_and(l, &children[i].yes, &children[at].yes);
        if (both.none) {
            warnings_add(l->list, WARNINGS_CONTRADICTION, child->path,
                         "This cannot hold together with " STR_FMT ": no %s can match both%s",
                         STR_ARG(node->children[i]->path), l->what, l->when);
            return;
        }
    }
    warnings_add(l->list, WARNINGS_CONTRADICTION, child->path,
                 "This cannot hold together with what stands before it: no %s can match all of"
                 " it%s",
                 l->what, l->when);
}

/* One that is the negation of another: its index, or the number of children. */
static size_t find_opposite(const struct filter *node, size_t *ret_other)
{
    for (size_t i = 0; i < node->child_count; i++) {
        const struct filter *child = node->children[i];
        for (size_t j = 0; child->kind == FILTER_NOT && j < node->child_count; j++) {
            if (filter_equal(child->children[0], node->children[j])) {
                *ret_other = j;
                return i;
            }
        }
    }
    return node->child_count;
}

static void tell_opposites(struct logic *l, const struct filter *node, struct judged *found)
{
    size_t other = 0, at = find_opposite(node, &other);
    if (at == node->child_count)
        return;
    size_t later = at > other ? at : other, earlier = at > other ? other : at;
    if (node->kind == FILTER_ALL && !found->yes.none) {
        found->yes.none = true;
        warnings_add(l->list, WARNINGS_CONTRADICTION, node->children[later]->path,
                     "This is the opposite of " STR_FMT ": no %s can match both",
                     STR_ARG(node->children[earlier]->path), l->what);
    } else if (node->kind == FILTER_ANY && !found->no.none) {
        found->no.none = true;
        warnings_add(l->list, WARNINGS_ALWAYS_TRUE, node->path,
                     "One of " STR_FMT " and " STR_FMT " always holds",
                     STR_ARG(node->children[earlier]->path), STR_ARG(node->children[later]->path));
    }
}

/* Branches of the Any groups among the children that the other children leave nobody for. */
static void tell_dead_branches(struct logic *l, const struct filter *node,
                               const struct judged *children)
{
    size_t count = node->child_count;
    struct box before = {.none = false};
    struct box *after = arena_array(l->arena, count + 1, sizeof *after);
    for (size_t i = count; i-- > 0;)
        after[i] = box_and(l, &children[i].yes, &after[i + 1]);
    for (size_t i = 0; i < count; i++) {
        const struct filter *any = node->children[i];
        struct box others = box_and(l, &before, &after[i + 1]);
        for (size_t m = 0; any->kind == FILTER_ANY && m < any->child_count; m++) {
            const struct box *branch = &children[i].children[m].yes;
            if (!branch->none && box_and(l, &others, branch).none)
                warnings_add(l->list, WARNINGS_CONTRADICTION, any->children[m]->path,
                             "This cannot hold together with what stands beside its group: no %s"
                             " can match both%s",
                             l->what, l->when);
        }
        before = box_and(l, &before, &children[i].yes);
    }
}

/* All of them: who matches each; who fails one. */
static struct judged judge_all(struct logic *l, const struct filter *node,
                               const struct judged *children)
{
    struct judged found = children[0];
    bool told = children[0].yes.none;
    for (size_t i = 1; i < node->child_count; i++) {
        told |= children[i].yes.none;
        found.yes = box_and(l, &found.yes, &children[i].yes);
        found.no = box_or(l, &found.no, &children[i].no);
        if (found.yes.none && !told)
            tell_contradiction(l, node, children, i);
        told |= found.yes.none;
    }
    if (!found.yes.none)
        tell_dead_branches(l, node, children);
    return found;
}

static struct judged judge_any(struct logic *l, const struct filter *node,
                               const struct judged *children)
{
    struct judged found = children[0];
    bool told = children[0].no.none;
    for (size_t i = 1; i < node->child_count; i++) {
        told |= children[i].no.none;
        found.yes = box_or(l, &found.yes, &children[i].yes);
        found.no = box_and(l, &found.no, &children[i].no);
    }
    if (found.no.none && !told)
        warnings_add(l->list, WARNINGS_ALWAYS_TRUE, node->path,
                     "One of these always holds: every %s matches%s", l->what, l->when);
    return found;
}

/* ---- what is said twice -------------------------------------------------------------------- */

struct members {
    const struct filter **items;
    size_t count, room;
};

/* The members of a group, with those of groups of its kind inside it. */
static void gather(struct logic *l, const struct filter *node, enum filter_kind kind,
                   struct members *members)
{
    if (node->kind == kind) {
        for (size_t i = 0; i < node->child_count; i++)
            gather(l, node->children[i], kind, members);
        return;
    }
    members->items = arena_grow(l->arena, members->items, members->count, &members->room,
                                sizeof(*members->items));
    members->items[members->count++] = node;
}

static void tell_duplicates(struct logic *l, const struct filter *node)
{
    struct members members = {.count = 0};
    gather(l, node, node->kind, &members);
    for (size_t i = 1; i < members.count; i++) {
        size_t j = 0;
        while (j < i && !filter_equal(members.items[j], members.items[i]))
            j++;
        if (j < i)
            warnings_add(l->list, WARNINGS_DUPLICATE_LEAF, members.items[i]->path,
                         "This says the same as " STR_FMT, STR_ARG(members.items[j]->path));
    }
}

/* ---- the walk ------------------------------------------------------------------------------ */

static struct judged judge_leaf(struct logic *l, const struct filter *node)
{
    const struct place *place = &l->places[l->next_place++];
    struct judged found = {leaf_box(l, place, true), leaf_box(l, place, false), NULL};
    tell_leaf(l, node, &found);
    return found;
}

static struct judged judge(struct logic *l, const struct filter *node, enum filter_kind parent)
{
    if (node->kind == FILTER_LEAF)
        return judge_leaf(l, node);
    struct judged *children = arena_array(l->arena, node->child_count, sizeof *children);
    for (size_t i = 0; i < node->child_count; i++)
        children[i] = judge(l, node->children[i], node->kind);
    if (node->kind == FILTER_NOT)
        return (struct judged){children[0].no, children[0].yes, children};
    if (node->kind != parent)
        tell_duplicates(l, node);
    struct judged found =
        node->kind == FILTER_ALL ? judge_all(l, node, children) : judge_any(l, node, children);
    tell_opposites(l, node, &found);
    found.children = children;
    return found;
}

/* Returns whether nobody can match. */
static bool judge_root(struct logic *l, const struct filter *filter)
{
    find_states(l, filter);
    struct judged found = judge(l, filter, FILTER_LEAF);
    if (!l->occurrence)
        tell_leaf(l, filter, &found);
    return found.yes.none;
}

void logic_judge(struct warnings *list, const struct filter *filter, int64_t now_ms)
{
    AUTO(arena) arena = arena_new();
    struct logic l = {.arena = arena, .list = list, .what = "contact", .now_ms = now_ms};
    (void)judge_root(&l, filter);
}

#include "column/program.h"

#include <stdlib.h>

#include "base/limits.h"

/* A segment that is compiled, or is being compiled (node NULL), in this program. */
struct compiled {
    uint32_t segment_id;
    struct program_node *node;
};

struct compiler {
    struct arena *arena;
    const struct predicate_clock *clock;
    const struct program_names *names;
    struct program *program;
    size_t column_room, data_room, time_room;
    struct compiled *segments;
    size_t segment_count, segment_room;
    struct err_info *info;
};

static int compile(struct compiler *c, const struct filter *filter, size_t depth,
                   struct program_node **ret);

static struct program_node *node_new(struct compiler *c, enum program_kind kind)
{
    struct program_node *node = arena_alloc(c->arena, sizeof *node);
    node->kind = kind;
    node->shared = -1;
    node->column = -1;
    for (int t = 0; t < KEY_TYPES; t++)
        node->types[t] = -1;
    return node;
}

static int column_index(struct compiler *c, uint64_t key)
{
    struct program *p = c->program;
    for (size_t i = 0; i < p->column_count; i++) {
        if (p->columns[i] == key)
            return (int)i;
    }
    p->columns =
        arena_grow(c->arena, p->columns, p->column_count, &c->column_room, sizeof *p->columns);
    p->columns[p->column_count] = key;
    return (int)p->column_count++;
}

/* ---- leaves -------------------------------------------------------------------------------- */

static void set_negation(struct program_node *node, const struct filter_leaf *leaf)
{
    switch (leaf->op) {
    case FILTER_IS_EMPTY: /* notEmpty is a predicate of its own, which predicate.c decides */
        break;
    case FILTER_EXISTS:
    case FILTER_TRIGGERED:
    case FILTER_TRIGGERED_WITHIN:
    case FILTER_TRIGGERED_OLDER_THAN:
    case FILTER_FIRST_TRIGGERED_WITHIN:
    case FILTER_FIRST_TRIGGERED_OLDER_THAN:
    case FILTER_COUNT_AT_LEAST:
    case FILTER_COUNT_AT_MOST:
    case FILTER_COUNT_EQUALS:
    case FILTER_MEMBER:
        node->complement = leaf->negated;
        break;
    case FILTER_EQUALS:
    case FILTER_CONTAINS:
    case FILTER_STARTS_WITH:
    case FILTER_ENDS_WITH:
    case FILTER_IN:
    case FILTER_GREATER:
    case FILTER_GREATER_EQ:
    case FILTER_LESS:
    case FILTER_LESS_EQ:
    case FILTER_BETWEEN:
    case FILTER_WITHIN:
    case FILTER_OLDER_THAN:
    case FILTER_WITHIN_NEXT:
    case FILTER_MORE_THAN_AHEAD:
    case FILTER_ANNIVERSARY_WITHIN_NEXT:
        node->present_not = leaf->negated;
        break;
    }
}

static void init_status(struct program_node *node, const struct filter_leaf *leaf)
{
    static const char *const words[] = {"", "subscribed", "unsubscribed", "bounced", "complained"};
    if (leaf->column == FILTER_SUBSCRIBED) {
        for (unsigned s = 1; s < 5; s++)
            node->status_match[s] = (s == 1) == leaf->values[0].boolean;
        return;
    }
    for (size_t v = 0; v < leaf->value_count; v++) {
        for (unsigned s = 1; s < 5; s++)
            node->status_match[s] |= str_eq_c(leaf->values[v].string, words[s]);
    }
}

static void data_leaf(struct compiler *c, struct program_node *node, uint32_t field_id)
{
    struct program *p = c->program;
    for (unsigned t = 0; t < KEY_TYPES; t++)
        node->types[t] = column_index(c, KEY_DATA(t, field_id));
    p->data_nodes =
        arena_grow(c->arena, p->data_nodes, p->data_count, &c->data_room, sizeof *p->data_nodes);
    p->data_nodes[p->data_count++] = node;
}

static void time_leaf(struct compiler *c, struct program_node *node)
{
    struct program *p = c->program;
    p->time_nodes =
        arena_grow(c->arena, p->time_nodes, p->time_count, &c->time_room, sizeof *p->time_nodes);
    p->time_nodes[p->time_count++] = node;
}

/* The roll-up's column that answers a leaf on an event, or the columns of its occurrences. */
static void place_event(struct compiler *c, struct program_node *node,
                        const struct filter_leaf *leaf, uint32_t name_id)
{
    struct occurrence_test *test = &node->occurrence;
    if (occurrence_is_needed(leaf)) {
        node->kind = PROGRAM_OCCURRENCES;
        node->cost = 10;
        node->column = column_index(c, KEY_EVENT_TIMES(name_id));
        for (size_t i = 0; i < test->where_count; i++) {
            uint32_t property = c->names->property(c->names->ctx, name_id, leaf->where[i].name);
            test->wheres[i].column = column_index(c, KEY_EVENT_VALUES(name_id, property));
        }
    } else if (leaf->op == FILTER_COUNT_AT_LEAST || leaf->op == FILTER_COUNT_AT_MOST ||
               leaf->op == FILTER_COUNT_EQUALS) {
        node->kind = PROGRAM_COUNT;
        node->column = column_index(c, KEY_EVENT_COUNT(name_id));
    } else if (leaf->op == FILTER_FIRST_TRIGGERED_WITHIN ||
               leaf->op == FILTER_FIRST_TRIGGERED_OLDER_THAN)
        node->column = column_index(c, KEY_EVENT_FIRST(name_id));
    else
        node->column = column_index(c, KEY_EVENT_LAST(name_id));
}

static bool place_in_row(struct compiler *c, struct program_node *node, enum program_kind kind,
                         unsigned cost, uint64_t key)
{
    node->kind = kind;
    node->cost = cost;
    node->column = column_index(c, key);
    return true;
}

/* Gives the node its column; false when no contact ever had such a thing. */
static bool place_leaf(struct compiler *c, struct program_node *node,
                       const struct filter_leaf *leaf)
{
    uint32_t id;
    node->cost = 4;
    switch (leaf->column) {
    case FILTER_EMAIL:
        return place_in_row(c, node, PROGRAM_EMAIL, 20, KEY_EMAIL);
    case FILTER_SUBSCRIBED:
    case FILTER_STATUS:
        init_status(node, leaf);
        return place_in_row(c, node, PROGRAM_STATUS, 1, KEY_STATUS);
    case FILTER_CREATED_AT:
        return place_in_row(c, node, PROGRAM_INSTANT, 4, KEY_CREATED);
    case FILTER_UPDATED_AT:
        return place_in_row(c, node, PROGRAM_INSTANT, 4, KEY_UPDATED);
    case FILTER_SUBSCRIBED_AT:
        return place_in_row(c, node, PROGRAM_INSTANT, 4, KEY_SUBSCRIBED_AT);
    case FILTER_DATA:
        node->kind = PROGRAM_DATA;
        node->cost = 3;
        if (!c->names->field(c->names->ctx, leaf->name, &id))
            return false;
        data_leaf(c, node, id);
        return true;
    case FILTER_EVENT:
        if (!c->names->event(c->names->ctx, leaf->name, &id))
            return false;
        place_event(c, node, leaf, id);
        return true;
    case FILTER_TAG:
    case FILTER_LIST:
    case FILTER_CAMPAIGN:
    case FILTER_SEQUENCE:
    case FILTER_SEGMENT:
        return false; /* compile_set's, compile_segment's */
    }
    return false;
}

/* True when the leaf's answer can change with the clock alone. */
static bool moves(const struct program_node *node, const struct filter_leaf *leaf)
{
    bool moves = predicate_moves(leaf->op) || leaf->has_window;
    for (size_t i = 0; i < leaf->where_count; i++)
        moves |= predicate_moves(leaf->where[i].op);
    return moves && node->kind != PROGRAM_COUNT;
}

static int compile_leaf(struct compiler *c, const struct filter *filter, struct program_node **ret)
{
    const struct filter_leaf *leaf = &filter->leaf;
    struct program_node *node = node_new(c, PROGRAM_INSTANT);
    node->source = filter;
    set_negation(node, leaf);
    predicate_init(&node->predicate, c->arena, leaf, c->clock);
    if (leaf->column == FILTER_EVENT)
        occurrence_init(&node->occurrence, c->arena, leaf, c->clock, &node->complement);
    if (!place_leaf(c, node, leaf)) {
        node->kind = node->complement ? PROGRAM_TRUE : PROGRAM_FALSE;
        node->cost = 0;
    } else if (moves(node, leaf))
        time_leaf(c, node);
    *ret = node;
    return 0;
}

/* ---- segments and other sets --------------------------------------------------------------- */

static struct program_node *set_member(struct compiler *c, uint64_t set_id)
{
    /* Membership is the presence of the instant of entry. */
    static const struct filter_leaf present = {.op = FILTER_EXISTS};
    struct program_node *node = node_new(c, PROGRAM_INSTANT);
    node->cost = 4;
    node->column = column_index(c, KEY_SET_ENTERED(set_id));
    predicate_init(&node->predicate, c->arena, &present, c->clock);
    return node;
}

static struct program_node *not_node(struct compiler *c, struct program_node *inner)
{
    struct program_node *node = node_new(c, PROGRAM_NOT);
    node->children = arena_array(c->arena, 1, sizeof *node->children);
    node->children[0] = inner;
    node->child_count = 1;
    node->cost = inner->cost;
    return node;
}

static int dynamic_segment(struct compiler *c, const struct filter *leaf,
                           const struct program_segment *segment, size_t depth,
                           struct program_node **ret)
{
    for (size_t i = 0; i < c->segment_count; i++) {
        if (c->segments[i].segment_id != segment->segment_id)
            continue;
        if (!c->segments[i].node) {
            err_set_at(c->info, ERR_INVAL, "BAD_REQUEST", leaf->path.at,
                       "Circular segment reference detected");
            return ERR_INVAL;
        }
        *ret = c->segments[i].node;
        return 0;
    }
    if (c->segment_count == LIMIT_NESTED_SEGMENTS)
        return err_set_at(c->info, ERR_INVAL, "BAD_REQUEST", leaf->path.at,
                          "A filter may reach at most %d segments through one another",
                          LIMIT_NESTED_SEGMENTS);
    c->segments =
        arena_grow(c->arena, c->segments, c->segment_count, &c->segment_room, sizeof *c->segments);
    size_t mine = c->segment_count++;
    c->segments[mine] = (struct compiled){segment->segment_id, NULL};
    struct program_node *inner, *node = node_new(c, PROGRAM_ALL);
    int err = compile(c, segment->filter, depth + 1, &inner);
    if (err)
        return err;
    node->children = arena_array(c->arena, 1, sizeof *node->children);
    node->children[0] = inner;
    node->child_count = 1;
    node->cost = inner->cost;
    node->shared = c->program->shared_count++;
    c->segments[mine].node = node;
    *ret = node;
    return 0;
}

static int compile_segment(struct compiler *c, const struct filter *filter, size_t depth,
                           struct program_node **ret)
{
    struct str name = filter->leaf.name;
    const struct program_segment *segment = c->names->segment(c->names->ctx, name);
    struct program_node *member = NULL;
    if (!segment)
        return err_set_at(c->info, ERR_INVAL, "BAD_REQUEST", filter->path.at,
                          "Referenced segment not found: " STR_FMT, STR_ARG(name));
    if (segment->set_id)
        member = set_member(c, segment->set_id);
    else {
        int err = dynamic_segment(c, filter, segment, depth, &member);
        if (err)
            return err;
    }
    *ret = filter->leaf.negated ? not_node(c, member) : member;
    return 0;
}

/* A tag, a list, a campaign, a sequence. */
static struct program_node *compile_set(struct compiler *c, const struct filter *filter)
{
    uint64_t set_id;
    bool negated = filter->leaf.negated;
    if (!c->names->set(c->names->ctx, &filter->leaf, &set_id))
        return node_new(c, negated ? PROGRAM_TRUE : PROGRAM_FALSE);
    struct program_node *member = set_member(c, set_id);
    member->complement = negated;
    return member;
}

/* ---- groups -------------------------------------------------------------------------------- */

static int compare_costs(const void *a, const void *b)
{
    const struct program_node *x = *(struct program_node *const *)a;
    const struct program_node *y = *(struct program_node *const *)b;
    return x->cost < y->cost ? -1 : x->cost > y->cost;
}

static int compile_group(struct compiler *c, const struct filter *filter, size_t depth,
                         struct program_node **ret)
{
    enum program_kind kind = filter->kind == FILTER_ALL   ? PROGRAM_ALL
                             : filter->kind == FILTER_ANY ? PROGRAM_ANY
                                                          : PROGRAM_NOT;
    struct program_node *node = node_new(c, kind);
    node->child_count = filter->child_count;
    node->children = arena_array(c->arena, filter->child_count, sizeof *node->children);
    for (size_t i = 0; i < filter->child_count; i++) {
        int err = compile(c, filter->children[i], depth + 1, &node->children[i]);
        if (err)
            return err;
        node->cost += node->children[i]->cost;
    }
    /* The order changes no answer; cheap children first often decide a chunk alone. */
    qsort(node->children, node->child_count, sizeof *node->children, compare_costs);
    *ret = node;
    return 0;
}

static bool is_set(enum filter_column column)
{
    return column == FILTER_TAG || column == FILTER_LIST || column == FILTER_CAMPAIGN ||
           column == FILTER_SEQUENCE;
}

static int compile(struct compiler *c, const struct filter *filter, size_t depth,
                   struct program_node **ret)
{
    if (depth > c->program->depth)
        c->program->depth = depth;
    if (filter->kind != FILTER_LEAF)
        return compile_group(c, filter, depth, ret);
    if (filter->leaf.column == FILTER_SEGMENT)
        return compile_segment(c, filter, depth, ret);
    if (is_set(filter->leaf.column)) {
        *ret = compile_set(c, filter);
        return 0;
    }
    return compile_leaf(c, filter, ret);
}

int program_compile(struct arena *arena, const struct filter *filter,
                    const struct predicate_clock *clock, const struct program_names *names,
                    struct program **ret, struct err_info *info)
{
    struct program *program = arena_alloc(arena, sizeof *program);
    struct compiler *c = arena_alloc(arena, sizeof *c);
    c->arena = arena;
    c->clock = clock;
    c->names = names;
    c->program = program;
    c->info = info;
    (void)column_index(c, KEY_EXISTS);
    if (!filter)
        program->root = node_new(c, PROGRAM_TRUE);
    else {
        int err = compile(c, filter, 1, &program->root);
        if (err)
            return err;
    }
    *ret = program;
    return 0;
}

void program_settle(struct program *program, bool (*holds)(void *ctx, int column), void *ctx)
{
    for (size_t i = 0; i < program->data_count; i++) {
        struct program_node *node = program->data_nodes[i];
        if (!predicate_is_text_operator(node->source->leaf.op))
            continue;
        int scalars = holds(ctx, node->types[KEY_TYPE_STRING]);
        scalars += holds(ctx, node->types[KEY_TYPE_NUMBER]);
        scalars += holds(ctx, node->types[KEY_TYPE_BOOL]);
        node->mixed = scalars >= 2;
    }
}

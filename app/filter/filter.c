/* Filter trees: comparison, walk, spans of windows. */
#include "filter/filter.h"

#include <math.h>

struct filter *filter_node(struct arena *arena, enum filter_kind kind, size_t children,
                           const char *path)
{
    struct filter *node = arena_alloc(arena, sizeof(*node));

    node->kind = kind;
    node->child_count = children;
    if (children > 0)
        node->children = arena_array(arena, children, sizeof(struct filter *));
    node->path = str_from(path);
    return node;
}

struct filter *filter_unwrap(struct filter *node)
{
    return node->child_count == 1 ? node->children[0] : node;
}

static bool value_equal(const struct filter_value *a, const struct filter_value *b)
{
    if (a->type != b->type)
        return false;
    switch (a->type) {
    case FILTER_VALUE_STRING:
        return str_eq(a->string, b->string);
    case FILTER_VALUE_NUMBER:
        return a->number == b->number;
    case FILTER_VALUE_BOOL:
        return a->boolean == b->boolean;
    case FILTER_VALUE_LIST:
        return jsonval_equal(a->list, b->list);
    case FILTER_VALUE_DAY:
    case FILTER_VALUE_INSTANT:
        /* The text counts too: under the mixed rule it is what gets compared. */
        return a->ms == b->ms && str_eq(a->string, b->string);
    }
    return false;
}

static bool operands_equal(const struct filter_leaf *a, const struct filter_leaf *b)
{
    if (a->value_count != b->value_count)
        return false;
    for (size_t i = 0; i < a->value_count; i++) {
        if (!value_equal(&a->values[i], &b->values[i]))
            return false;
    }
    return true;
}

/* Everything but `where`. */
static bool leaf_bare_equal(const struct filter_leaf *a, const struct filter_leaf *b)
{
    return a->column == b->column && a->op == b->op && a->negated == b->negated &&
           a->amount == b->amount && a->unit == b->unit && a->has_window == b->has_window &&
           str_eq(a->name, b->name) && operands_equal(a, b);
}

static bool leaf_equal(const struct filter_leaf *a, const struct filter_leaf *b)
{
    if (!leaf_bare_equal(a, b) || a->where_count != b->where_count)
        return false;
    for (size_t i = 0; i < a->where_count; i++) {
        if (!leaf_bare_equal(&a->where[i], &b->where[i]))
            return false;
    }
    return true;
}

bool filter_equal(const struct filter *a, const struct filter *b)
{
    if (a->kind != b->kind)
        return false;
    if (a->kind == FILTER_LEAF)
        return leaf_equal(&a->leaf, &b->leaf);
    if (a->child_count != b->child_count)
        return false;
    for (size_t i = 0; i < a->child_count; i++) {
        if (!filter_equal(a->children[i], b->children[i]))
            return false;
    }
    return true;
}

void filter_each_leaf(const struct filter *root, void (*fn)(const struct filter *, void *ctx),
                      void *ctx)
{
    if (root->kind == FILTER_LEAF) {
        fn(root, ctx);
        return;
    }
    for (size_t i = 0; i < root->child_count; i++)
        filter_each_leaf(root->children[i], fn, ctx);
}

int64_t filter_unit_ms(enum filter_unit unit)
{
    switch (unit) {
    case FILTER_UNIT_NONE:
        return 0;
    case FILTER_MINUTES:
        return INT64_C(60000);
    case FILTER_HOURS:
        return INT64_C(3600000);
    case FILTER_DAYS:
        return INT64_C(86400000);
    case FILTER_WEEKS:
        return INT64_C(604800000);
    }
    return 0;
}

int64_t filter_span_ms(double amount, enum filter_unit unit)
{
    /* Whole and fraction apart, so that no microsecond of a long span is lost in a double. */
    int64_t unit_us = filter_unit_ms(unit) * 1000;
    double whole = floor(amount);
    int64_t span_us = (int64_t)whole * unit_us + llround((amount - whole) * (double)unit_us);

    return span_us / 1000;
}

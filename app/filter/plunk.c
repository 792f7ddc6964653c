/* The Plunk dialect. First half: JSON into the tree; second half: the tree into JSON. */
#include "filter/plunk.h"

#include "base/limits.h"
#include "filter/plunkleaf.h"

#define PLUNK_FAIL(p, path, ...) err_set_at((p)->info, ERR_INVAL, "BAD_REQUEST", path, __VA_ARGS__)

static int parse_condition(struct plunkleaf_parse *p, const struct jsonval *json, const char *path,
                           unsigned depth, struct filter **ret);

static int parse_filter(struct plunkleaf_parse *p, const struct jsonval *json, const char *path,
                        struct filter **ret)
{
    struct filter *node = filter_node(p->arena, FILTER_LEAF, 0, path);
    int err = plunkleaf_parse(p, json, path, &node->leaf);

    if (!err)
        *ret = node;
    return err;
}

/* What a group may have, apart from what stands in its parts. */
static int check_group(struct plunkleaf_parse *p, const struct jsonval *json, const char *path)
{
    const struct jsonval *inverted = jsonval_get(json, "not");
    const struct jsonval *filters = jsonval_get(json, "filters");
    const struct jsonval *nested = jsonval_get(json, "conditions");

    if (json->type != JSONVAL_OBJECT)
        return PLUNK_FAIL(p, path, "Group must be an object");
    if (inverted && inverted->type != JSONVAL_BOOL)
        return PLUNK_FAIL(p, path, "Group \"not\" must be true or false, got %s",
                          jsonval_type_name(inverted->type));
    if (filters && filters->type != JSONVAL_LIST)
        return PLUNK_FAIL(p, path, "Group filters must be an array");
    if ((!filters || filters->count == 0) && (!nested || nested->type == JSONVAL_NULL))
        return PLUNK_FAIL(p, path, "Group must have at least one filter or nested condition");
    return 0;
}

static int parse_group(struct plunkleaf_parse *p, const struct jsonval *json, const char *path,
                       unsigned depth, struct filter **ret)
{
    const struct jsonval *inverted = jsonval_get(json, "not");
    const struct jsonval *filters = jsonval_get(json, "filters");
    const struct jsonval *nested = jsonval_get(json, "conditions");
    bool has_nested = nested && nested->type != JSONVAL_NULL;
    size_t count = filters ? filters->count : 0;
    struct filter *node = NULL;
    int err = check_group(p, json, path);

    if (err)
        return err;
    node = filter_node(p->arena, FILTER_ALL, count + (has_nested ? 1 : 0), path);
    for (size_t i = 0; i < count; i++) {
        const char *place = arena_printf(p->arena, "%s.filters.%zu", path, i);

        err = parse_filter(p, &filters->items[i], place, &node->children[i]);
        if (err)
            return err;
    }
    if (has_nested) {
        const char *place = arena_printf(p->arena, "%s.conditions", path);

        err = parse_condition(p, nested, place, depth + 1, &node->children[count]);
        if (err)
            return err;
    }
    node = filter_unwrap(node);
    if (inverted && inverted->boolean) {
        *ret = filter_node(p->arena, FILTER_NOT, 1, path);
        (*ret)->children[0] = node;
        return 0;
    }
    *ret = node;
    return 0;
}

static int parse_condition(struct plunkleaf_parse *p, const struct jsonval *json, const char *path,
                           unsigned depth, struct filter **ret)
{
    const struct jsonval *logic = jsonval_get(json, "logic");
    const struct jsonval *groups = jsonval_get(json, "groups");
    bool is_and = logic && logic->type == JSONVAL_STRING && str_eq_c(logic->string, "AND");
    bool is_or = logic && logic->type == JSONVAL_STRING && str_eq_c(logic->string, "OR");
    struct filter *node = NULL;

    if (json->type != JSONVAL_OBJECT)
        return PLUNK_FAIL(p, path, "Condition must be an object");
    if (depth > LIMIT_FILTER_DEPTH)
        return PLUNK_FAIL(p, path, "A condition may have at most %d groups inside one another",
                          LIMIT_FILTER_DEPTH);
    if (!is_and && !is_or)
        return PLUNK_FAIL(p, path, "Condition logic must be either \"AND\" or \"OR\"");
    if (!groups || groups->type != JSONVAL_LIST || groups->count == 0)
        return PLUNK_FAIL(p, path, "Condition must have at least one group");
    node = filter_node(p->arena, is_and ? FILTER_ALL : FILTER_ANY, groups->count, path);
    for (size_t i = 0; i < groups->count; i++) {
        const char *place = arena_printf(p->arena, "%s.groups.%zu", path, i);
        int err = parse_group(p, &groups->items[i], place, depth, &node->children[i]);

        if (err)
            return err;
    }
    *ret = filter_unwrap(node);
    return 0;
}

int plunk_parse(struct arena *arena, const struct jsonval *condition, const char *path,
                const struct filter **ret, struct err_info *info)
{
    struct plunkleaf_parse p = {.arena = arena, .info = info};
    struct filter *root = NULL;
    int err = parse_condition(&p, condition, path, 1, &root);

    if (!err)
        *ret = root;
    return err;
}

/*
 * Printing. A tree is written with as few levels as it can be, so that what was within the limit
 * of depth when it was read is within it when it is printed and read again.
 */

static void print_condition(struct arena *arena, const struct filter *node, struct jsonval *ret);

/* How many leaves a node begins with when it fits into one group: leaves, then at most one node. */
static bool fits_group(const struct filter *node, size_t *ret_leaves)
{
    size_t leaves = 0;

    if (node->kind == FILTER_LEAF) {
        *ret_leaves = 1;
        return true;
    }
    while (leaves < node->child_count && node->children[leaves]->kind == FILTER_LEAF)
        leaves++;
    *ret_leaves = leaves;
    return node->kind == FILTER_ALL && leaves > 0 && leaves + 1 >= node->child_count;
}

static void print_filters(struct arena *arena, const struct filter *node, size_t count,
                          struct jsonval *ret)
{
    jsonval_list(arena, count, ret);
    for (size_t i = 0; i < count; i++) {
        const struct filter *leaf = node->kind == FILTER_LEAF ? node : node->children[i];

        plunkleaf_print(arena, &leaf->leaf, &ret->items[i]);
    }
}

static void print_group(struct arena *arena, const struct filter *node, struct jsonval *ret)
{
    bool negated = node->kind == FILTER_NOT;
    size_t leaves = 0;

    jsonval_object(arena, 3, ret);
    if (negated)
        node = node->children[0];
    if (!fits_group(node, &leaves)) {
        jsonval_list(arena, 0, jsonval_add(ret, "filters"));
        print_condition(arena, node, jsonval_add(ret, "conditions"));
    } else {
        print_filters(arena, node, leaves, jsonval_add(ret, "filters"));
        if (leaves < node->child_count)
            print_condition(arena, node->children[leaves], jsonval_add(ret, "conditions"));
    }
    if (negated)
        *jsonval_add(ret, "not") = jsonval_of_bool(true);
}

/* True when a condition of one group says the node, and no deeper than one with more groups. */
static bool is_one_group(const struct filter *node)
{
    size_t leaves = 0;

    if (node->kind == FILTER_NOT)
        return true;
    return fits_group(node, &leaves) &&
           (leaves >= node->child_count || node->children[leaves]->kind == FILTER_ANY);
}

static void print_condition(struct arena *arena, const struct filter *node, struct jsonval *ret)
{
    bool one = is_one_group(node);
    size_t count = one ? 1 : node->child_count;
    struct jsonval *groups = NULL;

    jsonval_object(arena, 2, ret);
    *jsonval_add(ret, "logic") = jsonval_of_str(node->kind == FILTER_ANY ? STR("OR") : STR("AND"));
    groups = jsonval_add(ret, "groups");
    jsonval_list(arena, count, groups);
    for (size_t i = 0; i < count; i++)
        print_group(arena, one ? node : node->children[i], &groups->items[i]);
}

const struct jsonval *plunk_print(struct arena *arena, const struct filter *filter)
{
    struct jsonval *condition = arena_alloc(arena, sizeof(*condition));

    print_condition(arena, filter, condition);
    return condition;
}

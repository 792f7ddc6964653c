/* The PushMail dialect: groups. First half: JSON into the tree; second half: the tree into JSON. */
#include "filter/pmrules.h"

#include "base/limits.h"
#include "filter/pmleaf.h"
#include "filter/refusal.h"

#define PMRULES_FAIL(p, path, ...)                                                                 \
    err_set_at((p)->info, ERR_INVAL, "BAD_REQUEST", path, __VA_ARGS__)

/* One parse. */
struct pmrules {
    struct arena *arena;
    struct err_info *info;
    size_t leaves; /* so far */
};

static int parse_group(struct pmrules *p, const struct jsonval *json, const char *path,
                       unsigned depth, struct filter **ret);

static int parse_leaf(struct pmrules *p, const struct jsonval *json, const char *path,
                      struct filter **ret)
{
    struct filter *node = filter_node(p->arena, FILTER_LEAF, 0, path);
    int err = 0;

    if (++p->leaves > LIMIT_FILTER_LEAVES)
        return PMRULES_FAIL(p, path, "Rules may have at most %d conditions", LIMIT_FILTER_LEAVES);
    err = pmleaf_parse(p->arena, json, path, &node->leaf, p->info);
    if (!err)
        *ret = node;
    return err;
}

static int parse_condition(struct pmrules *p, const struct jsonval *json, const char *path,
                           unsigned depth, struct filter **ret)
{
    const struct jsonval *type = jsonval_get(json, "type");

    if (json->type != JSONVAL_OBJECT)
        return PMRULES_FAIL(p, path, "Condition must be an object, got %s",
                            jsonval_type_name(json->type));
    if (type && type->type == JSONVAL_STRING && str_eq_c(type->string, "group"))
        return parse_group(p, json, path, depth + 1, ret);
    return parse_leaf(p, json, path, ret);
}

/* The rules as a whole, or a condition of type group: both have `operator` and `conditions`. */
static int parse_group(struct pmrules *p, const struct jsonval *json, const char *path,
                       unsigned depth, struct filter **ret)
{
    const struct jsonval *operator= jsonval_get(json, "operator");
    const struct jsonval *conditions = jsonval_get(json, "conditions");
    const char *what = depth == 1 ? "Rules" : "Group";
    bool is_and = operator&& operator->type == JSONVAL_STRING && str_eq_c(operator->string, "AND");
    bool is_or = operator&& operator->type == JSONVAL_STRING && str_eq_c(operator->string, "OR");
    struct filter *node = NULL;

    if (depth > LIMIT_FILTER_DEPTH)
        return PMRULES_FAIL(p, path, "Rules may have at most %d groups inside one another",
                            LIMIT_FILTER_DEPTH);
    if (!is_and && !is_or)
        return PMRULES_FAIL(p, path, "%s operator must be either \"AND\" or \"OR\"", what);
    if (!conditions || conditions->type != JSONVAL_LIST)
        return PMRULES_FAIL(p, path, "%s conditions must be an array", what);
    if (conditions->count == 0)
        return PMRULES_FAIL(p, path, "%s must have at least one condition", what);
    node = filter_node(p->arena, is_and ? FILTER_ALL : FILTER_ANY, conditions->count, path);
    for (size_t i = 0; i < conditions->count; i++) {
        const char *place = arena_printf(p->arena, "%s.conditions.%zu", path, i);
        int err = parse_condition(p, &conditions->items[i], place, depth, &node->children[i]);

        if (err)
            return err;
    }
    *ret = filter_unwrap(node);
    return 0;
}

int pmrules_parse(struct arena *arena, const struct jsonval *rules, const char *path,
                  const struct filter **ret, struct err_info *info)
{
    struct pmrules p = {.arena = arena, .info = info};
    struct filter *root = NULL;
    int err = 0;

    if (rules->type != JSONVAL_OBJECT)
        return PMRULES_FAIL(&p, path,
                            "Rules must be an object with operator and conditions, got %s",
                            jsonval_type_name(rules->type));
    err = parse_group(&p, rules, path, 1, &root);
    if (!err)
        *ret = root;
    return err;
}

/* Printing. What cannot be said is noted, and the walk goes on, so that all of it is told. */

static void print_node(struct notes *notes, const struct filter *node, unsigned depth,
                       struct jsonval *ret);

/* Puts operator and conditions into an object that has room for them. */
static void print_group(struct notes *notes, const struct filter *node, unsigned depth,
                        struct jsonval *object)
{
    bool is_group = node->kind == FILTER_ALL || node->kind == FILTER_ANY;
    size_t count = is_group ? node->child_count : 1;
    struct jsonval *conditions = NULL;

    if (depth == LIMIT_FILTER_DEPTH + 1)
        notes_add(notes, node->path, "PushMail rules have at most %d groups inside one another",
                  LIMIT_FILTER_DEPTH);
    *jsonval_add(object, "operator") =
        jsonval_of_str(node->kind == FILTER_ANY ? STR("OR") : STR("AND"));
    conditions = jsonval_add(object, "conditions");
    jsonval_list(notes->arena, count, conditions);
    for (size_t i = 0; i < count; i++)
        print_node(notes, is_group ? node->children[i] : node, depth, &conditions->items[i]);
}

static void print_node(struct notes *notes, const struct filter *node, unsigned depth,
                       struct jsonval *ret)
{
    const char *reason = NULL;

    if (node->kind == FILTER_LEAF) {
        reason = pmleaf_print(notes->arena, &node->leaf, ret);
        if (reason)
            notes_add(notes, node->path, "%s", reason);
        return;
    }
    if (node->kind == FILTER_NOT) {
        notes_add(notes, node->path, "PushMail rules cannot turn a group round (not)");
        print_node(notes, node->children[0], depth, ret);
        return;
    }
    jsonval_object(notes->arena, 3, ret);
    *jsonval_add(ret, "type") = jsonval_of_str(STR("group"));
    print_group(notes, node, depth + 1, ret);
}

const struct jsonval *pmrules_print(struct arena *arena, const struct filter *filter,
                                    struct notes *notes)
{
    struct jsonval *rules = arena_alloc(arena, sizeof(*rules));
    size_t before = notes->count;

    jsonval_object(arena, 2, rules);
    print_group(notes, filter, 1, rules);
    return notes->count == before ? rules : NULL;
}

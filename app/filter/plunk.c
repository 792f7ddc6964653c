/* The Plunk dialect. First half: JSON into the tree; second half: the tree into JSON. */
#include "filter/plunk.h"

#include <stdio.h>

#include "base/limits.h"
#include "base/uuid.h"
#include "filter/check.h"
#include "filter/fieldname.h"
#include "filter/operators.h"

/* One parse. */
struct plunk {
    struct arena *arena;
    struct err_info *info;
    size_t leaves; /* so far */
};

#define PLUNK_FAIL(p, path, ...) err_set_at((p)->info, ERR_INVAL, "BAD_REQUEST", path, __VA_ARGS__)

static int parse_condition(struct plunk *p, const struct jsonval *json, const char *path,
                           unsigned depth, struct filter **ret);

static struct filter *node_new(struct plunk *p, enum filter_kind kind, size_t children,
                               const char *path)
{
    struct filter *node = arena_alloc(p->arena, sizeof(*node));

    node->kind = kind;
    node->child_count = children;
    if (children > 0)
        node->children = arena_array(p->arena, children, sizeof(struct filter *));
    node->path = str_from(path);
    return node;
}

/* All or Any of one thing is that thing: there is one tree for both ways to write it. */
static struct filter *unwrap(struct filter *node)
{
    return node->child_count == 1 ? node->children[0] : node;
}

/* Takes `prefix` off `field`; returns false when the field does not begin with it. */
static bool has_prefix(struct str field, struct str prefix, struct str *ret_rest)
{
    if (!str_starts(field, prefix))
        return false;
    ret_rest->at = field.at + prefix.len;
    ret_rest->len = field.len - prefix.len;
    return true;
}

static int unsupported_field(struct plunk *p, const struct check_input *in)
{
    struct str shown = check_shown(p->arena, in->field);

    return PLUNK_FAIL(p, in->path, "Unsupported filter field: " STR_FMT, STR_ARG(shown));
}

static int take_activity(struct plunk *p, const struct check_input *in, struct str activity,
                         struct filter_leaf *leaf)
{
    const char *event = fieldname_activity(activity);
    struct str shown = check_shown(p->arena, activity);

    if (!event)
        return PLUNK_FAIL(p, in->path, "Unsupported email activity: " STR_FMT, STR_ARG(shown));
    leaf->column = FILTER_EVENT;
    leaf->name = str_from(event);
    return 0;
}

static int take_event(struct plunk *p, const struct check_input *in, struct str name,
                      struct filter_leaf *leaf)
{
    struct str activity;

    if (name.len == 0)
        return unsupported_field(p, in);
    /* Nothing else can be recorded under this prefix. */
    if (has_prefix(name, STR("email."), &activity))
        return take_activity(p, in, activity, leaf);
    leaf->column = FILTER_EVENT;
    leaf->name = name;
    return check_path_length(name, in->path, p->info);
}

static int take_segment(struct plunk *p, const struct check_input *in, struct str id,
                        struct filter_leaf *leaf)
{
    struct uuid uuid;
    struct str shown = check_shown(p->arena, id);

    leaf->column = FILTER_SEGMENT;
    if (leaf->op != FILTER_MEMBER)
        return 0; /* check_leaf says that the operator does not fit */
    if (!uuid_parse(id, &uuid))
        return PLUNK_FAIL(p, in->path, "Referenced segment not found: " STR_FMT, STR_ARG(shown));
    leaf->name = str_lower_ascii(p->arena, id);
    return 0;
}

/* True for the prefixes of fields that another dialect or a later version filters on. */
static bool is_reserved(struct str field)
{
    static const char *const prefixes[] = {"tag.", "list.", "campaign.", "sequence."};

    for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
        if (str_starts(field, str_from(prefixes[i])))
            return true;
    }
    return false;
}

/* Sets column and name of the leaf from its field. */
static int take_field(struct plunk *p, const struct check_input *in,
                      const struct operators_entry *entry, struct filter_leaf *leaf)
{
    struct str rest;

    if (has_prefix(in->field, STR("segment."), &rest) && rest.len > 0)
        return take_segment(p, in, rest, leaf);
    if (leaf->op == FILTER_MEMBER)
        return PLUNK_FAIL(p, in->path,
                          "memberOfSegment/notMemberOfSegment operators require a segment field "
                          "(segment.<id>)");
    if (fieldname_builtin(in->field, &leaf->column))
        return 0;
    if (has_prefix(in->field, STR("data."), &rest)) {
        leaf->column = FILTER_DATA;
        leaf->name = rest;
        return check_path(rest, in->path, p->info);
    }
    if (has_prefix(in->field, STR("event."), &rest))
        return take_event(p, in, rest, leaf);
    if (has_prefix(in->field, STR("email."), &rest))
        return take_activity(p, in, rest, leaf);
    if (operators_is_occurrence(entry) && !is_reserved(in->field) &&
        !str_starts(in->field, STR("segment.")))
        return take_event(p, in, in->field, leaf);
    return unsupported_field(p, in);
}

static bool is_text(const struct jsonval *json)
{
    return json && json->type == JSONVAL_STRING && json->string.len > 0;
}

static int parse_leaf(struct plunk *p, const struct jsonval *json, const char *path,
                      struct filter **ret)
{
    const struct jsonval *field = jsonval_get(json, "field");
    const struct jsonval *spelled = jsonval_get(json, "operator");
    const struct operators_entry *entry = NULL;
    struct check_input in = {
        .path = path, .value = jsonval_get(json, "value"), .unit = jsonval_get(json, "unit")};
    struct filter *node = node_new(p, FILTER_LEAF, 0, path);
    int err = 0;

    if (++p->leaves > LIMIT_FILTER_LEAVES)
        return PLUNK_FAIL(p, path, "A condition may have at most %d filters", LIMIT_FILTER_LEAVES);
    if (json->type != JSONVAL_OBJECT)
        return PLUNK_FAIL(p, path, "Filter must be an object, got %s",
                          jsonval_type_name(json->type));
    if (!is_text(field))
        return PLUNK_FAIL(p, path, "Filter field is required");
    if (!is_text(spelled))
        return PLUNK_FAIL(p, path, "Filter operator is required");
    in.field = field->string;
    in.operator_name = spelled->string;
    entry = operators_find(in.operator_name);
    if (!entry) {
        struct str shown = check_shown(p->arena, in.operator_name);

        return PLUNK_FAIL(p, path, "Invalid operator: " STR_FMT, STR_ARG(shown));
    }
    node->leaf.op = entry->op;
    node->leaf.negated = entry->negated;
    err = take_field(p, &in, entry, &node->leaf);
    if (!err)
        err = check_leaf(p->arena, &in, &node->leaf, p->info);
    if (!err)
        *ret = node;
    return err;
}

/* What a group may have, apart from what stands in its parts. */
static int check_group(struct plunk *p, const struct jsonval *json, const char *path)
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

static int parse_group(struct plunk *p, const struct jsonval *json, const char *path,
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
    node = node_new(p, FILTER_ALL, count + (has_nested ? 1 : 0), path);
    for (size_t i = 0; i < count; i++) {
        const char *place = arena_printf(p->arena, "%s.filters.%zu", path, i);

        err = parse_leaf(p, &filters->items[i], place, &node->children[i]);
        if (err)
            return err;
    }
    if (has_nested) {
        const char *place = arena_printf(p->arena, "%s.conditions", path);

        err = parse_condition(p, nested, place, depth + 1, &node->children[count]);
        if (err)
            return err;
    }
    node = unwrap(node);
    if (inverted && inverted->boolean) {
        *ret = node_new(p, FILTER_NOT, 1, path);
        (*ret)->children[0] = node;
        return 0;
    }
    *ret = node;
    return 0;
}

static int parse_condition(struct plunk *p, const struct jsonval *json, const char *path,
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
    node = node_new(p, is_and ? FILTER_ALL : FILTER_ANY, groups->count, path);
    for (size_t i = 0; i < groups->count; i++) {
        const char *place = arena_printf(p->arena, "%s.groups.%zu", path, i);
        int err = parse_group(p, &groups->items[i], place, depth, &node->children[i]);

        if (err)
            return err;
    }
    *ret = unwrap(node);
    return 0;
}

int plunk_parse(struct arena *arena, const struct jsonval *condition, const char *path,
                const struct filter **ret, struct err_info *info)
{
    struct plunk p = {.arena = arena, .info = info};
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

/* An object that will get at most `capacity` members. */
static void object_init(struct arena *arena, struct jsonval *object, size_t capacity)
{
    *object = (struct jsonval){.type = JSONVAL_OBJECT};
    object->items = arena_array(arena, capacity, sizeof(struct jsonval));
    object->names = arena_array(arena, capacity, sizeof(struct str));
}

static struct jsonval *object_add(struct jsonval *object, const char *name)
{
    object->names[object->count] = str_from(name);
    return &object->items[object->count++];
}

static void list_init(struct arena *arena, struct jsonval *list, size_t count)
{
    *list = (struct jsonval){.type = JSONVAL_LIST, .count = count};
    list->items = arena_array(arena, count, sizeof(struct jsonval));
}

static struct str field_of(struct arena *arena, const struct filter_leaf *leaf)
{
    const char *prefix = "";

    switch (leaf->column) {
    case FILTER_EMAIL:
    case FILTER_SUBSCRIBED:
    case FILTER_STATUS:
    case FILTER_CREATED_AT:
    case FILTER_UPDATED_AT:
    case FILTER_SUBSCRIBED_AT:
        return str_from(fieldname_of(leaf->column));
    case FILTER_DATA:
        prefix = "data.";
        break;
    case FILTER_EVENT:
        prefix = fieldname_is_activity(leaf->name) ? "" : "event.";
        break;
    case FILTER_SEGMENT:
        prefix = "segment.";
        break;
    }
    return str_from(arena_printf(arena, "%s" STR_FMT, prefix, STR_ARG(leaf->name)));
}

static struct jsonval print_value(const struct filter_value *value)
{
    switch (value->type) {
    case FILTER_VALUE_STRING:
    case FILTER_VALUE_DAY:
        return jsonval_of_str(value->string);
    case FILTER_VALUE_NUMBER:
        return jsonval_of_number(value->number);
    case FILTER_VALUE_BOOL:
        return jsonval_of_bool(value->boolean);
    case FILTER_VALUE_LIST:
        return *value->list;
    case FILTER_VALUE_INSTANT:
        if (value->string.len > 0)
            return jsonval_of_str(value->string);
        return jsonval_of_number((double)value->ms);
    }
    return (struct jsonval){.type = JSONVAL_NULL};
}

static void print_values(struct arena *arena, const struct filter_leaf *leaf, struct jsonval *ret)
{
    list_init(arena, ret, leaf->value_count);
    for (size_t i = 0; i < leaf->value_count; i++)
        ret->items[i] = print_value(&leaf->values[i]);
}

static void print_leaf(struct arena *arena, const struct filter_leaf *leaf, struct jsonval *ret)
{
    const struct operators_entry *entry = operators_get(leaf->op, leaf->negated);

    object_init(arena, ret, 4);
    *object_add(ret, "field") = jsonval_of_str(field_of(arena, leaf));
    *object_add(ret, "operator") = jsonval_of_str(str_from(entry->name));
    switch (entry->operand) {
    case OPERATORS_NONE:
        break;
    case OPERATORS_EQUAL:
    case OPERATORS_ELEMENT:
    case OPERATORS_TEXT:
    case OPERATORS_ORDERED:
        *object_add(ret, "value") = print_value(&leaf->values[0]);
        break;
    case OPERATORS_SET:
    case OPERATORS_PAIR:
        print_values(arena, leaf, object_add(ret, "value"));
        break;
    case OPERATORS_SPAN:
    case OPERATORS_DAYS:
        *object_add(ret, "value") = jsonval_of_number(leaf->amount);
        *object_add(ret, "unit") = jsonval_of_str(str_from(operators_unit_name(leaf->unit)));
        break;
    }
}

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
    list_init(arena, ret, count);
    for (size_t i = 0; i < count; i++) {
        const struct filter *leaf = node->kind == FILTER_LEAF ? node : node->children[i];

        print_leaf(arena, &leaf->leaf, &ret->items[i]);
    }
}

static void print_group(struct arena *arena, const struct filter *node, struct jsonval *ret)
{
    bool negated = node->kind == FILTER_NOT;
    size_t leaves = 0;

    object_init(arena, ret, 3);
    if (negated)
        node = node->children[0];
    if (!fits_group(node, &leaves)) {
        list_init(arena, object_add(ret, "filters"), 0);
        print_condition(arena, node, object_add(ret, "conditions"));
    } else {
        print_filters(arena, node, leaves, object_add(ret, "filters"));
        if (leaves < node->child_count)
            print_condition(arena, node->children[leaves], object_add(ret, "conditions"));
    }
    if (negated)
        *object_add(ret, "not") = jsonval_of_bool(true);
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

    object_init(arena, ret, 2);
    *object_add(ret, "logic") = jsonval_of_str(node->kind == FILTER_ANY ? STR("OR") : STR("AND"));
    groups = object_add(ret, "groups");
    list_init(arena, groups, count);
    for (size_t i = 0; i < count; i++)
        print_group(arena, one ? node : node->children[i], &groups->items[i]);
}

const struct jsonval *plunk_print(struct arena *arena, const struct filter *filter)
{
    struct jsonval *condition = arena_alloc(arena, sizeof(*condition));

    print_condition(arena, filter, condition);
    return condition;
}

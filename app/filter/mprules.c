/* The MailPanda dialect. First half: JSON into the tree; second half: the tree into JSON. */
#include "filter/mprules.h"

#include "base/limits.h"
#include "base/timeutil.h"
#include "filter/check.h"
#include "filter/fieldname.h"
#include "filter/operators.h"
#include "filter/plunkleaf.h"
#include "filter/refusal.h"

/* Spellings. `after` has two meanings, see after_day. */
static const struct mprules_op {
    const char *name;
    enum filter_op op;
    bool negated;
} ops[] = {
    {"equals", FILTER_EQUALS, false},
    {"not_equals", FILTER_EQUALS, true},
    {"contains", FILTER_CONTAINS, false},
    {"not_contains", FILTER_CONTAINS, true},
    {"starts_with", FILTER_STARTS_WITH, false},
    {"ends_with", FILTER_ENDS_WITH, false},
    {"before", FILTER_LESS, false},
    {"after", FILTER_GREATER, false},
};
/* The fields that are no data. */
static const struct {
    const char *name;
    enum filter_column column;
} own_fields[] = {
    {"email", FILTER_EMAIL},
    {"status", FILTER_STATUS},
    {"created_at", FILTER_CREATED_AT},
};

/* One rule under judgement. */
struct mprules {
    struct arena *arena;
    struct filter_leaf *leaf;
    struct check_input in;
    struct refusal refusal;
    struct err_info *info;
};

#define MPRULES_FAIL(info, path, ...) err_set_at(info, ERR_INVAL, "BAD_REQUEST", path, __VA_ARGS__)

static bool is_instant(const struct filter_value *value)
{
    return value->type == FILTER_VALUE_INSTANT;
}

/*
 * `after` a day means from the next day on: greater or equal to that, written as a day. After the
 * last day that there is nothing comes; its last millisecond says so.
 */
static void after_day(struct mprules *p)
{
    struct filter_value *value = &p->leaf->values[0];
    int64_t next = value->ms + TIMEUTIL_DAY_MS;
    bool has_next = next <= TIMEUTIL_MAX_MS;
    char text[25];

    timeutil_format(has_next ? next : TIMEUTIL_MAX_MS, text);
    value->string = str_copy(p->arena, (struct str){text, has_next ? 10 : 24});
    value->ms = has_next ? next : TIMEUTIL_MAX_MS;
    if (has_next)
        p->leaf->op = FILTER_GREATER_EQ;
    else
        value->type = FILTER_VALUE_INSTANT;
}

static int check_dates(struct mprules *p)
{
    const struct filter_value *value = p->leaf->values;

    if (p->leaf->op != FILTER_LESS && p->leaf->op != FILTER_GREATER)
        return 0;
    if (value->type != FILTER_VALUE_DAY && !is_instant(value))
        return refusal_type(&p->refusal, "a date such as \"2026-01-01\"", p->in.value);
    if (p->leaf->op == FILTER_GREATER && !is_instant(value))
        after_day(p);
    return 0;
}

static int take_field(struct mprules *p)
{
    for (size_t i = 0; i < ARRAY_LEN(own_fields); i++) {
        if (str_eq_c(p->in.field, own_fields[i].name)) {
            p->leaf->column = own_fields[i].column;
            return 0;
        }
    }
    p->leaf->column = FILTER_DATA;
    p->leaf->name = p->in.field;
    return check_path(p->in.field, p->in.path, p->info);
}

/* The operators that fit the leaf's column: "it takes equals, not_equals". */
static const char *op_words(const struct mprules *p)
{
    const char *words = "it takes";

    for (size_t i = 0; i < ARRAY_LEN(ops); i++) {
        if (operators_get(ops[i].op, ops[i].negated, p->leaf->column))
            words = arena_printf(p->arena, "%s%s %s", words, i > 0 ? "," : "", ops[i].name);
    }
    return words;
}

static int take_operator(struct mprules *p)
{
    const struct mprules_op *op = NULL;

    for (size_t i = 0; i < ARRAY_LEN(ops) && !op; i++) {
        if (str_eq_c(p->in.operator_name, ops[i].name))
            op = &ops[i];
    }
    if (!op || !operators_get(op->op, op->negated, p->leaf->column))
        return refusal_misfit(&p->refusal, op_words(p));
    p->leaf->op = op->op;
    p->leaf->negated = op->negated;
    return 0;
}

/* The vendor's own word for a subscribed contact. */
static void take_active(struct mprules *p)
{
    const struct jsonval *given = p->in.value;
    struct jsonval *word = NULL;

    if (p->leaf->column != FILTER_STATUS || !given || given->type != JSONVAL_STRING ||
        !str_eq_c(given->string, "active"))
        return;
    word = arena_alloc(p->arena, sizeof(*word));
    *word = jsonval_of_str(STR("subscribed"));
    p->in.value = word;
}

static int parse_leaf(struct mprules *p)
{
    int err = take_field(p);

    if (!err)
        err = take_operator(p);
    if (err)
        return err;
    take_active(p);
    err = check_leaf(p->arena, &p->in, p->leaf, p->info);
    return err ? err : check_dates(p);
}

static bool is_text(const struct jsonval *json)
{
    return json && json->type == JSONVAL_STRING && json->string.len > 0;
}

static int parse_rule(struct arena *arena, const struct jsonval *json, const char *path,
                      struct filter **ret, struct err_info *info)
{
    const struct jsonval *field = jsonval_get(json, "field");
    const struct jsonval *spelled = jsonval_get(json, "operator");
    struct filter *node = filter_node(arena, FILTER_LEAF, 0, path);
    struct mprules p = {.arena = arena, .leaf = &node->leaf, .info = info};
    int err = 0;

    if (json->type != JSONVAL_OBJECT)
        return MPRULES_FAIL(info, path, "Rule must be an object, got %s",
                            jsonval_type_name(json->type));
    if (!is_text(field))
        return MPRULES_FAIL(info, path, "Rule field is required");
    if (!is_text(spelled))
        return MPRULES_FAIL(info, path, "Rule operator is required");
    p.in = (struct check_input){.path = path,
                                .field = field->string,
                                .operator_name = spelled->string,
                                .value = jsonval_get(json, "value")};
    p.refusal = (struct refusal){arena, path, p.in.field, p.in.operator_name, info};
    err = parse_leaf(&p);
    if (!err)
        *ret = node;
    return err;
}

int mprules_parse(struct arena *arena, const struct jsonval *rules, const char *path,
                  const struct filter **ret, struct err_info *info)
{
    struct filter *root = NULL;

    if (rules->type != JSONVAL_LIST)
        return MPRULES_FAIL(info, path,
                            "Rules must be an array of {field, operator, value}, got %s",
                            jsonval_type_name(rules->type));
    if (rules->count == 0)
        return MPRULES_FAIL(info, path, "Rules must have at least one rule");
    if (rules->count > LIMIT_FILTER_LEAVES)
        return MPRULES_FAIL(info, path, "Rules may have at most %d rules, these are %zu",
                            LIMIT_FILTER_LEAVES, rules->count);
    root = filter_node(arena, FILTER_ALL, rules->count, path);
    for (size_t i = 0; i < rules->count; i++) {
        const char *place = arena_printf(arena, "%s.%zu", path, i);
        int err = parse_rule(arena, &rules->items[i], place, &root->children[i], info);

        if (err)
            return err;
    }
    *ret = filter_unwrap(root);
    return 0;
}

/* Printing. What cannot be said is noted, and the walk goes on, so that all of it is told. */

/* The name of the leaf's field; "" when it has none here. */
static struct str field_of(const struct filter_leaf *leaf)
{
    bool is_data = leaf->column == FILTER_DATA;

    for (size_t i = 0; i < ARRAY_LEN(own_fields); i++) {
        if (!is_data && leaf->column == own_fields[i].column)
            return str_from(own_fields[i].name);
        if (is_data && str_eq_c(leaf->name, own_fields[i].name))
            return STR(""); /* another field has that name */
    }
    return is_data ? leaf->name : STR("");
}

/* `after` the day before one: the other way round of after_day. Returns false when it is none. */
static bool day_before(struct arena *arena, const struct filter_value *value, struct jsonval *ret)
{
    int64_t before = value->ms - TIMEUTIL_DAY_MS;
    char text[25];

    if (value->type != FILTER_VALUE_DAY || before < TIMEUTIL_MIN_MS)
        return false;
    timeutil_format(before, text);
    *ret = jsonval_of_str(str_copy(arena, (struct str){text, 10}));
    return true;
}

/* Finds the spelling and the operand. Returns NULL when the operator has none here. */
static const char *say_operator(struct arena *arena, const struct filter_leaf *leaf,
                                struct jsonval *ret_value)
{
    const struct filter_value *value = leaf->values;

    if (leaf->op == FILTER_GREATER_EQ)
        return day_before(arena, value, ret_value) ? "after" : NULL;
    for (size_t i = 0; i < ARRAY_LEN(ops); i++) {
        bool is_day = value && value->type == FILTER_VALUE_DAY;

        if (ops[i].op != leaf->op || ops[i].negated != leaf->negated)
            continue;
        if ((leaf->op == FILTER_LESS && !is_day && !is_instant(value)) ||
            (leaf->op == FILTER_GREATER && !is_instant(value)))
            return NULL;
        *ret_value = plunkleaf_value(value);
        return ops[i].name;
    }
    return NULL;
}

static void print_leaf(struct notes *notes, const struct filter *node, struct jsonval *ret)
{
    const struct filter_leaf *leaf = &node->leaf;
    const struct operators_entry *entry = operators_get(leaf->op, leaf->negated, leaf->column);
    struct jsonval value = {.type = JSONVAL_NULL};
    struct str field = field_of(leaf);
    const char *spelled = NULL;

    if (field.len == 0) {
        notes_add(notes, node->path, "MailPanda rules have no field for %s" STR_FMT,
                  fieldname_of(leaf->column) ? fieldname_of(leaf->column)
                                             : fieldname_prefix(leaf->column),
                  STR_ARG(refusal_shown(notes->arena, leaf->name)));
        return;
    }
    spelled = say_operator(notes->arena, leaf, &value);
    if (!spelled) {
        notes_add(
            notes, node->path,
            "MailPanda rules cannot say the operator %s with such a value on the field " STR_FMT,
            entry->name, STR_ARG(refusal_shown(notes->arena, field)));
        return;
    }
    if (leaf->column == FILTER_STATUS && str_eq_c(value.string, "subscribed"))
        value = jsonval_of_str(STR("active"));
    jsonval_object(notes->arena, 3, ret);
    *jsonval_add(ret, "field") = jsonval_of_str(field);
    *jsonval_add(ret, "operator") = jsonval_of_str(str_from(spelled));
    *jsonval_add(ret, "value") = value;
}

/* Adds the rules of a node; an All inside an All is the same list. */
static void print_node(struct notes *notes, const struct filter *node, struct jsonval *list)
{
    switch (node->kind) {
    case FILTER_LEAF:
        print_leaf(notes, node, &list->items[list->count++]);
        return;
    case FILTER_ANY:
        notes_add(notes, node->path, "MailPanda rules must all hold, they have no OR");
        break;
    case FILTER_NOT:
        notes_add(notes, node->path, "MailPanda rules cannot turn a group round (not)");
        break;
    case FILTER_ALL:
        break;
    }
    for (size_t i = 0; i < node->child_count; i++)
        print_node(notes, node->children[i], list);
}

static void count_leaf(const struct filter *leaf, void *ctx)
{
    size_t *count = ctx;

    (void)leaf;
    (*count)++;
}

const struct jsonval *mprules_print(struct arena *arena, const struct filter *filter,
                                    struct notes *notes)
{
    struct jsonval *rules = arena_alloc(arena, sizeof(*rules));
    size_t before = notes->count;
    size_t leaves = 0;

    filter_each_leaf(filter, count_leaf, &leaves);
    jsonval_list(arena, leaves, rules);
    rules->count = 0;
    print_node(notes, filter, rules);
    return notes->count == before ? rules : NULL;
}

/* One condition of the PushMail dialect. First half: JSON into the leaf; second half: back. */
#include "filter/pmleaf.h"

#include "base/num.h"
#include "filter/check.h"
#include "filter/fieldname.h"
#include "filter/operators.h"
#include "filter/plunkleaf.h"
#include "filter/refusal.h"

#define PMLEAF_ID_MAX UINT64_C(9007199254740991) /* JSON numbers are whole up to here */
#define PMLEAF_CUSTOM STR("customFields.")

/* A spelling. Two of one meaning: the first is printed. */
struct pmleaf_op {
    const char *name;
    enum filter_op op;
    bool negated;
};

static const struct pmleaf_op attribute_ops[] = {
    {"eq", FILTER_EQUALS, false},
    {"neq", FILTER_EQUALS, true},
    {"in", FILTER_IN, false},
    {"not_in", FILTER_IN, true},
    {"contains", FILTER_CONTAINS, false},
    {"not_contains", FILTER_CONTAINS, true},
    {"starts_with", FILTER_STARTS_WITH, false},
    {"ends_with", FILTER_ENDS_WITH, false},
    {"gt", FILTER_GREATER, false},
    {"gte", FILTER_GREATER_EQ, false},
    {"lt", FILTER_LESS, false},
    {"lte", FILTER_LESS_EQ, false},
    {"between", FILTER_BETWEEN, false},
    {"exists", FILTER_EXISTS, false},
    {"not_exists", FILTER_EXISTS, true},
    {"is_empty", FILTER_IS_EMPTY, false},
};
static const struct pmleaf_op engagement_ops[] = {
    {"within_days", FILTER_TRIGGERED_WITHIN, false},
    {"not_within_days", FILTER_TRIGGERED_WITHIN, true},
    {"never", FILTER_TRIGGERED, true},
};

/* Conditions that say whether the contact is in a set. */
static const struct pmleaf_set {
    const char *type;
    const char *op;
    const char *id; /* the member that names it */
    enum filter_column column;
    bool negated;
} sets[] = {
    {"tag", "has", "tagId", FILTER_TAG, false},
    {"tag", "not_has", "tagId", FILTER_TAG, true},
    {"tag", "has_not", "tagId", FILTER_TAG, true},
    {"tag", "not_in", "tagId", FILTER_TAG, true},
    {"list", "in", "listId", FILTER_LIST, false},
    {"list", "not_in", "listId", FILTER_LIST, true},
    {"send_history", "received_campaign", "targetId", FILTER_CAMPAIGN, false},
    {"send_history", "not_received_campaign", "targetId", FILTER_CAMPAIGN, true},
    {"send_history", "completed_sequence", "targetId", FILTER_SEQUENCE, false},
    {"send_history", "not_completed_sequence", "targetId", FILTER_SEQUENCE, true},
};

/* Contact fields of the vendor's own; they are written bare, all other data as customFields.x. */
static const char *const own_fields[] = {
    "firstName",    "lastName", "phone",     "company",    "jobTitle",  "website",  "addressLine1",
    "addressLine2", "city",     "state",     "postalCode", "country",   "timezone", "birthday",
    "notes",        "source",   "signupUrl", "ipAddress",  "leadScore",
};

/* One condition under judgement. */
struct pmleaf {
    struct arena *arena;
    const struct jsonval *json;
    struct filter_leaf *leaf;
    struct check_input in;
    struct err_info *info;
};

#define PMLEAF_FAIL(p, ...)                                                                        \
    err_set_at((p)->info, ERR_INVAL, "BAD_REQUEST", (p)->in.path, __VA_ARGS__)

static const struct pmleaf_op *find_op(const struct pmleaf_op *ops, size_t count, struct str name)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq_c(name, ops[i].name))
            return &ops[i];
    }
    return NULL;
}

static int misfit(const struct pmleaf *p, const char *right)
{
    const struct refusal refusal = {p->arena, p->in.path, p->in.field, p->in.operator_name,
                                    p->info};

    return refusal_misfit(&refusal, right);
}

/* The member `name`, which must be a text that is not empty. */
static int take_text(const struct pmleaf *p, const char *type, const char *name, struct str *ret)
{
    const struct jsonval *value = jsonval_get(p->json, name);

    if (!value || value->type != JSONVAL_STRING || value->string.len == 0)
        return PMLEAF_FAIL(p, "Condition of type %s needs %s, a text", type, name);
    *ret = value->string;
    return 0;
}

static int take_attribute_field(const struct pmleaf *p)
{
    struct str path = p->in.field;

    if (fieldname_builtin(path, &p->leaf->column))
        return 0;
    if (str_starts(path, PMLEAF_CUSTOM)) {
        path.at += PMLEAF_CUSTOM.len;
        path.len -= PMLEAF_CUSTOM.len;
    }
    p->leaf->column = FILTER_DATA;
    p->leaf->name = path;
    return check_path(path, p->in.path, p->info);
}

/* The operators that fit the leaf's column: "it takes eq, neq". */
static const char *attribute_words(const struct pmleaf *p)
{
    const char *words = "it takes";

    for (size_t i = 0; i < ARRAY_LEN(attribute_ops); i++) {
        const struct pmleaf_op *op = &attribute_ops[i];

        if (operators_get(op->op, op->negated, p->leaf->column))
            words = arena_printf(p->arena, "%s%s %s", words, i > 0 ? "," : "", op->name);
    }
    return words;
}

static int parse_attribute(struct pmleaf *p)
{
    const struct pmleaf_op *op = NULL;
    int err = take_text(p, "attribute", "field", &p->in.field);

    if (!err)
        err = take_attribute_field(p);
    if (err)
        return err;
    op = find_op(attribute_ops, ARRAY_LEN(attribute_ops), p->in.operator_name);
    if (!op || !operators_get(op->op, op->negated, p->leaf->column))
        return misfit(p, attribute_words(p));
    p->leaf->op = op->op;
    p->leaf->negated = op->negated;
    p->in.value = jsonval_get(p->json, "value");
    return check_leaf(p->arena, &p->in, p->leaf, p->info);
}

static int parse_engagement(struct pmleaf *p)
{
    struct jsonval *days = arena_alloc(p->arena, sizeof(*days));
    const struct pmleaf_op *op = NULL;
    const char *event = NULL;
    struct str shown;
    int err = take_text(p, "engagement", "metric", &p->in.field);

    if (err)
        return err;
    event = fieldname_activity(p->in.field);
    shown = refusal_shown(p->arena, p->in.field);
    if (!event)
        return PMLEAF_FAIL(p,
                           "Metric must be one of sent, delivered, opened, clicked, bounced, "
                           "complained, got \"" STR_FMT "\"",
                           STR_ARG(shown));
    op = find_op(engagement_ops, ARRAY_LEN(engagement_ops), p->in.operator_name);
    if (!op)
        return misfit(p, "it takes within_days, not_within_days, never");
    *days = jsonval_of_str(STR("days"));
    p->leaf->column = FILTER_EVENT;
    p->leaf->name = str_from(event);
    p->leaf->op = op->op;
    p->leaf->negated = op->negated;
    p->in.value = jsonval_get(p->json, "days");
    p->in.unit = days;
    if (op->op == FILTER_TRIGGERED_WITHIN && !p->in.value)
        return PMLEAF_FAIL(p, "Operator \"%s\" requires days, a number", op->name);
    return check_leaf(p->arena, &p->in, p->leaf, p->info);
}

/* An id: a whole number, or its digits or a UUID as text. */
static bool take_id(const struct pmleaf *p, const struct jsonval *id, struct str *ret)
{
    char text[32];

    if (!id)
        return false;
    if (id->type == JSONVAL_STRING)
        return check_id(p->arena, id->string, ret);
    if (id->type != JSONVAL_NUMBER || id->number < 1 || id->number > (double)PMLEAF_ID_MAX)
        return false;
    (void)num_format(id->number, text);
    return check_id(p->arena, str_copy(p->arena, str_from(text)), ret);
}

/* Which operators a type of set has: "has, not_has". */
static const char *set_words(struct arena *arena, struct str type)
{
    const char *words = "";

    for (size_t i = 0; i < ARRAY_LEN(sets); i++) {
        if (str_eq_c(type, sets[i].type))
            words = arena_printf(arena, "%s%s%s", words, *words ? ", " : "", sets[i].op);
    }
    return words;
}

static int parse_set(struct pmleaf *p, struct str type)
{
    const char *words = set_words(p->arena, type);
    const struct pmleaf_set *set = NULL;
    struct str shown = refusal_shown(p->arena, type);

    for (size_t i = 0; i < ARRAY_LEN(sets) && !set; i++) {
        if (str_eq_c(type, sets[i].type) && str_eq_c(p->in.operator_name, sets[i].op))
            set = &sets[i];
    }
    if (!*words)
        return PMLEAF_FAIL(p,
                           "Condition type must be one of attribute, tag, list, engagement, "
                           "send_history, group, got \"" STR_FMT "\"",
                           STR_ARG(shown));
    p->in.field = type;
    if (!set)
        return misfit(p, arena_printf(p->arena, "it takes %s", words));
    p->leaf->column = set->column;
    p->leaf->op = FILTER_MEMBER;
    p->leaf->negated = set->negated;
    if (take_id(p, jsonval_get(p->json, set->id), &p->leaf->name))
        return 0;
    return PMLEAF_FAIL(p, "Operator \"%s\" on %s needs %s, a whole number from 1", set->op,
                       set->type, set->id);
}

int pmleaf_parse(struct arena *arena, const struct jsonval *json, const char *path,
                 struct filter_leaf *leaf, struct err_info *info)
{
    const struct jsonval *type = jsonval_get(json, "type");
    struct pmleaf p = {
        .arena = arena, .json = json, .leaf = leaf, .in = {.path = path}, .info = info};
    struct str shown;
    int err = 0;

    if (!type || type->type != JSONVAL_STRING || type->string.len == 0)
        return PMLEAF_FAIL(&p, "Condition needs a type: attribute, tag, list, engagement, "
                               "send_history or group");
    shown = refusal_shown(arena, type->string);
    err = take_text(&p, shown.at, "op", &p.in.operator_name);
    if (err)
        return err;
    if (str_eq_c(type->string, "attribute"))
        return parse_attribute(&p);
    if (str_eq_c(type->string, "engagement"))
        return parse_engagement(&p);
    return parse_set(&p, type->string);
}

/* Printing. */

static const char *unsaid(struct arena *arena, const struct filter_leaf *leaf)
{
    const struct operators_entry *entry = operators_get(leaf->op, leaf->negated, leaf->column);

    return arena_printf(arena, "PushMail rules cannot say the operator %s on a field of kind %s",
                        entry->name, fieldname_kind(leaf));
}

static struct str field_of(struct arena *arena, const struct filter_leaf *leaf)
{
    if (leaf->column != FILTER_DATA)
        return str_from(fieldname_of(leaf->column));
    for (size_t i = 0; i < ARRAY_LEN(own_fields); i++) {
        if (str_eq_c(leaf->name, own_fields[i]))
            return leaf->name;
    }
    return str_from(arena_printf(arena, "customFields." STR_FMT, STR_ARG(leaf->name)));
}

static const char *print_attribute(struct arena *arena, const struct filter_leaf *leaf,
                                   struct jsonval *ret)
{
    const struct operators_entry *entry = operators_get(leaf->op, leaf->negated, leaf->column);
    const struct pmleaf_op *op = NULL;

    for (size_t i = 0; i < ARRAY_LEN(attribute_ops) && !op; i++) {
        if (attribute_ops[i].op == leaf->op && attribute_ops[i].negated == leaf->negated)
            op = &attribute_ops[i];
    }
    if (!op)
        return unsaid(arena, leaf);
    jsonval_object(arena, 4, ret);
    *jsonval_add(ret, "type") = jsonval_of_str(STR("attribute"));
    *jsonval_add(ret, "field") = jsonval_of_str(field_of(arena, leaf));
    *jsonval_add(ret, "op") = jsonval_of_str(str_from(op->name));
    if (entry->operand == OPERATORS_SET || entry->operand == OPERATORS_PAIR)
        plunkleaf_values(arena, leaf, jsonval_add(ret, "value"));
    else if (entry->operand != OPERATORS_NONE)
        *jsonval_add(ret, "value") = plunkleaf_value(&leaf->values[0]);
    return NULL;
}

static const char *print_engagement(struct arena *arena, const struct filter_leaf *leaf,
                                    struct jsonval *ret)
{
    double days = (double)leaf->span_ms / (double)filter_unit_ms(FILTER_DAYS);
    const struct pmleaf_op *op = NULL;
    struct str metric = leaf->name;

    for (size_t i = 0; i < ARRAY_LEN(engagement_ops) && !op; i++) {
        if (engagement_ops[i].op == leaf->op && engagement_ops[i].negated == leaf->negated)
            op = &engagement_ops[i];
    }
    if (leaf->unit == FILTER_DAYS)
        days = leaf->amount;
    if (!fieldname_is_activity(leaf->name))
        return "PushMail rules cannot say anything about events, only about email activities";
    if (leaf->where_count > 0)
        return "PushMail rules cannot look at the properties of an event (where)";
    if (!op || filter_span_ms(days, FILTER_DAYS) != leaf->span_ms)
        return unsaid(arena, leaf);
    (void)str_split(leaf->name, '.', &metric);
    jsonval_object(arena, 4, ret);
    *jsonval_add(ret, "type") = jsonval_of_str(STR("engagement"));
    *jsonval_add(ret, "metric") = jsonval_of_str(metric);
    *jsonval_add(ret, "op") = jsonval_of_str(str_from(op->name));
    if (op->op == FILTER_TRIGGERED_WITHIN)
        *jsonval_add(ret, "days") = jsonval_of_number(days);
    return NULL;
}

static void print_set(struct arena *arena, const struct filter_leaf *leaf, struct jsonval *ret)
{
    const struct pmleaf_set *set = sets;
    uint64_t number = 0;

    while (set->column != leaf->column || set->negated != leaf->negated)
        set++;
    jsonval_object(arena, 3, ret);
    *jsonval_add(ret, "type") = jsonval_of_str(str_from(set->type));
    *jsonval_add(ret, "op") = jsonval_of_str(str_from(set->op));
    *jsonval_add(ret, set->id) = num_parse_u64(leaf->name, PMLEAF_ID_MAX, &number)
                                     ? jsonval_of_number((double)number)
                                     : jsonval_of_str(leaf->name);
}

const char *pmleaf_print(struct arena *arena, const struct filter_leaf *leaf, struct jsonval *ret)
{
    switch (leaf->column) {
    case FILTER_EMAIL:
    case FILTER_SUBSCRIBED:
    case FILTER_STATUS:
    case FILTER_CREATED_AT:
    case FILTER_UPDATED_AT:
    case FILTER_SUBSCRIBED_AT:
    case FILTER_DATA:
        return print_attribute(arena, leaf, ret);
    case FILTER_EVENT:
        return print_engagement(arena, leaf, ret);
    case FILTER_SEGMENT:
        return "PushMail rules cannot name another segment";
    case FILTER_TAG:
    case FILTER_LIST:
    case FILTER_CAMPAIGN:
    case FILTER_SEQUENCE:
        print_set(arena, leaf, ret);
        return NULL;
    }
    return "PushMail rules cannot say this";
}

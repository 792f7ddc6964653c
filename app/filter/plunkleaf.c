/* One filter of the Plunk dialect. First half: JSON into the leaf; second half: back. */
#include "filter/plunkleaf.h"

#include "base/limits.h"
#include "base/uuid.h"
#include "filter/check.h"
#include "filter/fieldname.h"
#include "filter/operators.h"
#include "filter/refusal.h"

#define PLUNKLEAF_FAIL(p, path, ...)                                                               \
    err_set_at((p)->info, ERR_INVAL, "BAD_REQUEST", path, __VA_ARGS__)

/* Takes `prefix` off `field`; returns false when the field does not begin with it. */
static bool has_prefix(struct str field, struct str prefix, struct str *ret_rest)
{
    if (!str_starts(field, prefix))
        return false;
    ret_rest->at = field.at + prefix.len;
    ret_rest->len = field.len - prefix.len;
    return true;
}

static int unsupported_field(struct plunkleaf_parse *p, const struct check_input *in)
{
    struct str shown = refusal_shown(p->arena, in->field);

    return PLUNKLEAF_FAIL(p, in->path, "Unsupported filter field: " STR_FMT, STR_ARG(shown));
}

static int take_activity(struct plunkleaf_parse *p, const struct check_input *in,
                         struct str activity, struct filter_leaf *leaf)
{
    const char *event = fieldname_activity(activity);
    struct str shown = refusal_shown(p->arena, activity);

    if (!event)
        return PLUNKLEAF_FAIL(p, in->path, "Unsupported email activity: " STR_FMT, STR_ARG(shown));
    leaf->column = FILTER_EVENT;
    leaf->name = str_from(event);
    return 0;
}

static int take_event(struct plunkleaf_parse *p, const struct check_input *in, struct str name,
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

static int take_segment(struct plunkleaf_parse *p, const struct check_input *in,
                        const struct operators_entry *entry, struct str id,
                        struct filter_leaf *leaf)
{
    struct uuid uuid;
    struct str shown = refusal_shown(p->arena, id);

    leaf->column = FILTER_SEGMENT;
    if (!operators_fits(entry, FILTER_SEGMENT))
        return check_misfit(p->arena, in, leaf, p->info);
    if (!uuid_parse(id, &uuid))
        return PLUNKLEAF_FAIL(p, in->path, "Referenced segment not found: " STR_FMT,
                              STR_ARG(shown));
    leaf->name = str_lower_ascii(p->arena, id);
    return 0;
}

/* A tag, list, campaign or sequence; leaf->column is set. */
static int take_set(struct plunkleaf_parse *p, const struct check_input *in,
                    const struct operators_entry *entry, struct str id, struct filter_leaf *leaf)
{
    struct str shown = refusal_shown(p->arena, id);

    if (!operators_fits(entry, leaf->column))
        return check_misfit(p->arena, in, leaf, p->info);
    if (check_id(p->arena, id, &leaf->name))
        return 0;
    return PLUNKLEAF_FAIL(p, in->path,
                          "Field %s<id> takes an id, a whole number or a UUID, got \"" STR_FMT "\"",
                          fieldname_prefix(leaf->column), STR_ARG(shown));
}

/* Sets column and name of the leaf from its field. */
static int take_field(struct plunkleaf_parse *p, const struct check_input *in,
                      const struct operators_entry *entry, struct filter_leaf *leaf)
{
    struct str rest;

    if (has_prefix(in->field, STR("segment."), &rest) && rest.len > 0)
        return take_segment(p, in, entry, rest, leaf);
    if (operators_fits(entry, FILTER_SEGMENT))
        return PLUNKLEAF_FAIL(p, in->path,
                              "memberOfSegment/notMemberOfSegment operators require a segment "
                              "field (segment.<id>)");
    if (fieldname_set(in->field, &leaf->column, &rest))
        return take_set(p, in, entry, rest, leaf);
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
    if (operators_is_occurrence(entry) && !str_starts(in->field, STR("segment.")))
        return take_event(p, in, in->field, leaf);
    return unsupported_field(p, in);
}

static bool is_text(const struct jsonval *json)
{
    return json && json->type == JSONVAL_STRING && json->string.len > 0;
}

/*
 * What a filter and a condition of `where` have in common: an object with a name under `named` and
 * a known operator. `what` is the word for it in messages.
 */
static int parse_head(struct plunkleaf_parse *p, const struct jsonval *json, const char *what,
                      const char *named, struct check_input *in, const struct operators_entry **ret)
{
    const struct jsonval *name = jsonval_get(json, named);
    const struct jsonval *spelled = jsonval_get(json, "operator");
    struct str shown;

    if (++p->leaves > LIMIT_FILTER_LEAVES)
        return PLUNKLEAF_FAIL(p, in->path, "A condition may have at most %d filters",
                              LIMIT_FILTER_LEAVES);
    if (json->type != JSONVAL_OBJECT)
        return PLUNKLEAF_FAIL(p, in->path, "%s must be an object, got %s", what,
                              jsonval_type_name(json->type));
    if (!is_text(name))
        return PLUNKLEAF_FAIL(p, in->path, "%s %s is required", what, named);
    if (!is_text(spelled))
        return PLUNKLEAF_FAIL(p, in->path, "%s operator is required", what);
    in->field = name->string;
    in->operator_name = spelled->string;
    in->value = jsonval_get(json, "value");
    in->unit = jsonval_get(json, "unit");
    in->window = jsonval_get(json, "window");
    *ret = operators_find(in->operator_name);
    shown = refusal_shown(p->arena, in->operator_name);
    if (!*ret)
        return PLUNKLEAF_FAIL(p, in->path, "Invalid operator: " STR_FMT, STR_ARG(shown));
    return 0;
}

/* One condition on a property of an occurrence. */
static int parse_where_item(struct plunkleaf_parse *p, const struct jsonval *json, const char *path,
                            struct filter_leaf *leaf)
{
    struct check_input in = {.path = path};
    const struct operators_entry *entry = NULL;
    int err = parse_head(p, json, "Where", "property", &in, &entry);

    if (err)
        return err;
    leaf->column = FILTER_DATA;
    leaf->op = entry->op;
    leaf->negated = entry->negated;
    leaf->name = in.field;
    err = check_path(leaf->name, path, p->info);
    return err ? err : check_leaf(p->arena, &in, leaf, p->info);
}

static int parse_where(struct plunkleaf_parse *p, const struct jsonval *where,
                       const struct check_input *in, struct filter_leaf *leaf)
{
    struct str shown = refusal_shown(p->arena, in->operator_name);

    if (leaf->column != FILTER_EVENT)
        return PLUNKLEAF_FAIL(p, in->path,
                              "Operator \"" STR_FMT "\" takes no where: only those on events and "
                              "email activities do",
                              STR_ARG(shown));
    if (where->type != JSONVAL_LIST)
        return PLUNKLEAF_FAIL(p, in->path,
                              "Operator \"" STR_FMT "\" takes where as a list of "
                              "{property, operator, value}, got %s",
                              STR_ARG(shown), jsonval_type_name(where->type));
    leaf->where = arena_array(p->arena, where->count, sizeof(struct filter_leaf));
    leaf->where_count = where->count;
    for (size_t i = 0; i < where->count; i++) {
        const char *path = arena_printf(p->arena, "%s.where.%zu", in->path, i);
        int err = parse_where_item(p, &where->items[i], path, &leaf->where[i]);

        if (err)
            return err;
    }
    return 0;
}

int plunkleaf_parse(struct plunkleaf_parse *p, const struct jsonval *json, const char *path,
                    struct filter_leaf *leaf)
{
    const struct jsonval *where = jsonval_get(json, "where");
    struct check_input in = {.path = path};
    const struct operators_entry *entry = NULL;
    int err = parse_head(p, json, "Filter", "field", &in, &entry);

    if (err)
        return err;
    leaf->op = entry->op;
    leaf->negated = entry->negated;
    err = take_field(p, &in, entry, leaf);
    if (!err)
        err = check_leaf(p->arena, &in, leaf, p->info);
    if (!err && where)
        err = parse_where(p, where, &in, leaf);
    return err;
}

/* Printing. */

static struct str field_of(struct arena *arena, const struct filter_leaf *leaf)
{
    const char *builtin = fieldname_of(leaf->column);
    const char *prefix = fieldname_prefix(leaf->column);

    if (builtin)
        return str_from(builtin);
    if (leaf->column == FILTER_EVENT && fieldname_is_activity(leaf->name))
        prefix = "";
    return str_from(arena_printf(arena, "%s" STR_FMT, prefix, STR_ARG(leaf->name)));
}

struct jsonval plunkleaf_value(const struct filter_value *value)
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

void plunkleaf_values(struct arena *arena, const struct filter_leaf *leaf, struct jsonval *ret)
{
    jsonval_list(arena, leaf->value_count, ret);
    for (size_t i = 0; i < leaf->value_count; i++)
        ret->items[i] = plunkleaf_value(&leaf->values[i]);
}

static void print_span(const struct filter_leaf *leaf, struct jsonval *object)
{
    *jsonval_add(object, "value") = jsonval_of_number(leaf->amount);
    *jsonval_add(object, "unit") = jsonval_of_str(str_from(operators_unit_name(leaf->unit)));
}

static void print_operand(struct arena *arena, const struct operators_entry *entry,
                          const struct filter_leaf *leaf, struct jsonval *object)
{
    switch (entry->operand) {
    case OPERATORS_NONE:
        break;
    case OPERATORS_EQUAL:
    case OPERATORS_ELEMENT:
    case OPERATORS_TEXT:
    case OPERATORS_ORDERED:
    case OPERATORS_COUNT:
        *jsonval_add(object, "value") = plunkleaf_value(&leaf->values[0]);
        break;
    case OPERATORS_SET:
    case OPERATORS_PAIR:
        plunkleaf_values(arena, leaf, jsonval_add(object, "value"));
        break;
    case OPERATORS_SPAN:
    case OPERATORS_DAYS:
        print_span(leaf, object);
        break;
    }
    if (leaf->has_window) {
        struct jsonval *window = jsonval_add(object, "window");

        jsonval_object(arena, 2, window);
        print_span(leaf, window);
    }
}

/* A leaf without its `where`; its name stands under `named`. */
static void print_bare(struct arena *arena, const struct filter_leaf *leaf, const char *named,
                       struct str name, struct jsonval *ret)
{
    const struct operators_entry *entry = operators_get(leaf->op, leaf->negated, leaf->column);

    jsonval_object(arena, 5, ret);
    *jsonval_add(ret, named) = jsonval_of_str(name);
    *jsonval_add(ret, "operator") = jsonval_of_str(str_from(entry->name));
    print_operand(arena, entry, leaf, ret);
}

void plunkleaf_print(struct arena *arena, const struct filter_leaf *leaf, struct jsonval *ret)
{
    struct jsonval *where = NULL;

    print_bare(arena, leaf, "field", field_of(arena, leaf), ret);
    if (leaf->where_count == 0)
        return;
    where = jsonval_add(ret, "where");
    jsonval_list(arena, leaf->where_count, where);
    for (size_t i = 0; i < leaf->where_count; i++)
        print_bare(arena, &leaf->where[i], "property", leaf->where[i].name, &where->items[i]);
}

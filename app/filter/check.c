/* What a leaf may say. */
#include "filter/check.h"

#include <math.h>
#include <stdio.h>

#include "base/limits.h"
#include "base/num.h"
#include "base/timeutil.h"
#include "base/uuid.h"
#include "filter/fieldname.h"
#include "filter/operators.h"
#include "filter/refusal.h"
#include "filter/window.h"

/* One leaf under judgement. */
struct check {
    struct arena *arena;
    const struct check_input *in;
    struct filter_leaf *leaf;
    const struct operators_entry *entry;
    const struct refusal *refusal;
    struct err_info *info;
};

int check_path_length(struct str path, const char *place, struct err_info *info)
{
    if (path.len <= LIMIT_FILTER_PATH_BYTES)
        return 0;
    return err_set_at(info, ERR_INVAL, "BAD_REQUEST", place,
                      "A field path may have at most %d bytes, this one has %zu",
                      LIMIT_FILTER_PATH_BYTES, path.len);
}

int check_path(struct str path, const char *place, struct err_info *info)
{
    struct str rest = path;
    int err = check_path_length(path, place, info);

    if (err)
        return err;
    if (str_has_control(path))
        return err_set_at(info, ERR_INVAL, "BAD_REQUEST", place,
                          "A field path must not have control characters");
    do {
        struct str part = str_split(rest, '.', &rest);

        if (part.len == 0)
            return err_set_at(info, ERR_INVAL, "BAD_REQUEST", place,
                              "A field path must not have an empty part, this one is \"%.*s\"",
                              (int)refusal_shown_bytes(path), path.at);
    } while (rest.at);
    return 0;
}

bool check_id(struct arena *arena, struct str id, struct str *ret)
{
    struct uuid uuid;
    uint64_t number = 0;

    if (num_parse_u64(id, UINT64_MAX, &number) && number > 0 && id.at[0] != '0') {
        *ret = id;
        return true;
    }
    if (!uuid_parse(id, &uuid))
        return false;
    *ret = str_lower_ascii(arena, id);
    return true;
}

int check_size(size_t bytes, const char *place, struct err_info *info)
{
    if (bytes <= LIMIT_FILTER_BYTES)
        return 0;
    return err_set_at(info, ERR_INVAL, "BAD_REQUEST", place,
                      "A filter may have at most %d bytes (64 KiB) of JSON, this one has %zu",
                      LIMIT_FILTER_BYTES, bytes);
}

static int check_string_length(const struct check *c, struct str string)
{
    struct str operator_name = refusal_shown(c->arena, c->in->operator_name);

    if (string.len <= LIMIT_FILTER_STRING_BYTES)
        return 0;
    return err_set_at(c->info, ERR_INVAL, "BAD_REQUEST", c->in->path,
                      "Operator \"" STR_FMT "\" takes strings of at most %d bytes (4 KiB), got "
                      "one of %zu",
                      STR_ARG(operator_name), LIMIT_FILTER_STRING_BYTES, string.len);
}

/* A string as it stands: what the text operators compare. */
static int take_text(const struct check *c, const struct jsonval *given, struct filter_value *ret)
{
    int err = 0;

    if (given->type != JSONVAL_STRING)
        return refusal_type(c->refusal, "a string", given);
    err = check_string_length(c, given->string);
    if (err)
        return err;
    *ret = (struct filter_value){.type = FILTER_VALUE_STRING, .string = given->string};
    return 0;
}

/* A string that becomes a date when it has the form of one. */
static int take_string(const struct check *c, const struct jsonval *given, struct filter_value *ret)
{
    struct filter_value value;
    int err = take_text(c, given, &value);

    if (err)
        return err;
    switch (timeutil_parse(given->string, &value.ms)) {
    case TIMEUTIL_BAD_DATE:
        return refusal_text(c->refusal,
                            "a date that exists, as YYYY-MM-DD or as "
                            "YYYY-MM-DDTHH:MM[:SS[.fff]] with Z or an offset such as +02:00",
                            given->string);
    case TIMEUTIL_DAY:
        value.type = FILTER_VALUE_DAY;
        break;
    case TIMEUTIL_INSTANT:
        value.type = FILTER_VALUE_INSTANT;
        break;
    case TIMEUTIL_NOT_DATE:
        break;
    }
    *ret = value;
    return 0;
}

/* An address is text, never a date; a text that only looks like a date is refused all the same. */
static int take_email(const struct check *c, const struct jsonval *given, struct filter_value *ret)
{
    struct filter_value value;
    int err = take_string(c, given, &value);

    if (err)
        return err;
    *ret = (struct filter_value){.type = FILTER_VALUE_STRING, .string = given->string};
    return 0;
}

static int take_bool(const struct check *c, const struct jsonval *given, struct filter_value *ret)
{
    if (given->type != JSONVAL_BOOL)
        return refusal_type(c->refusal, "true or false", given);
    *ret = (struct filter_value){.type = FILTER_VALUE_BOOL, .boolean = given->boolean};
    return 0;
}

static int take_status(const struct check *c, const struct jsonval *given, struct filter_value *ret)
{
    static const char *const words[] = {"subscribed", "unsubscribed", "bounced", "complained"};
    static const char right[] = "one of subscribed, unsubscribed, bounced, complained";

    if (given->type != JSONVAL_STRING)
        return refusal_type(c->refusal, right, given);
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (str_eq_c(given->string, words[i])) {
            *ret = (struct filter_value){.type = FILTER_VALUE_STRING, .string = given->string};
            return 0;
        }
    }
    return refusal_text(c->refusal, right, given->string);
}

static int take_instant(const struct check *c, const struct jsonval *given,
                        struct filter_value *ret)
{
    static const char right[] = "a date or a whole number of milliseconds since 1970";
    struct filter_value value;
    int err = 0;

    if (given->type == JSONVAL_NUMBER) {
        double ms = given->number;

        if (ms != floor(ms) || ms < (double)TIMEUTIL_MIN_MS || ms > (double)TIMEUTIL_MAX_MS)
            return refusal_number(c->refusal,
                                  "a whole number of milliseconds in the years 0001 to 9999", ms);
        *ret = (struct filter_value){.type = FILTER_VALUE_INSTANT, .ms = (int64_t)ms};
        return 0;
    }
    if (given->type != JSONVAL_STRING)
        return refusal_type(c->refusal, right, given);
    err = take_string(c, given, &value);
    if (err)
        return err;
    if (value.type == FILTER_VALUE_STRING)
        return refusal_text(c->refusal, right, given->string);
    *ret = value;
    return 0;
}

static int take_scalar(const struct check *c, const struct jsonval *given, struct filter_value *ret)
{
    switch (given->type) {
    case JSONVAL_STRING:
        return take_string(c, given, ret);
    case JSONVAL_NUMBER:
        *ret = (struct filter_value){.type = FILTER_VALUE_NUMBER, .number = given->number};
        return 0;
    case JSONVAL_BOOL:
        return take_bool(c, given, ret);
    case JSONVAL_NULL:
    case JSONVAL_LIST:
    case JSONVAL_OBJECT:
        break;
    }
    return refusal_type(c->refusal, "strings, numbers or booleans", given);
}

/* One operand as the leaf's column understands it. */
static int take_operand(const struct check *c, const struct jsonval *given,
                        struct filter_value *ret)
{
    switch (c->leaf->column) {
    case FILTER_EMAIL:
        return take_email(c, given, ret);
    case FILTER_SUBSCRIBED:
        return take_bool(c, given, ret);
    case FILTER_STATUS:
        return take_status(c, given, ret);
    case FILTER_CREATED_AT:
    case FILTER_UPDATED_AT:
    case FILTER_SUBSCRIBED_AT:
        return take_instant(c, given, ret);
    case FILTER_DATA:
        return take_scalar(c, given, ret);
    case FILTER_EVENT:
    case FILTER_SEGMENT:
    case FILTER_TAG:
    case FILTER_LIST:
    case FILTER_CAMPAIGN:
    case FILTER_SEQUENCE:
        break; /* no operator with an operand of this kind fits these */
    }
    return err_set(c->info, ERR_INTERNAL, NULL, "an operand for a column that has none");
}

/* The whole of a list that data is to equal, element by element. */
static int take_list(const struct check *c, const struct jsonval *given, struct filter_value *ret)
{
    for (size_t i = 0; i < given->count; i++) {
        struct filter_value element;
        int err = take_scalar(c, &given->items[i], &element);

        if (err)
            return err;
    }
    *ret = (struct filter_value){.type = FILTER_VALUE_LIST, .list = given};
    return 0;
}

static int take_equal(const struct check *c, const struct jsonval *given, struct filter_value *ret)
{
    if (c->leaf->column != FILTER_DATA)
        return take_operand(c, given, ret);
    if (given->type == JSONVAL_LIST)
        return take_list(c, given, ret);
    if (given->type == JSONVAL_OBJECT)
        return refusal_type(c->refusal, "a string, a number, a boolean or a list", given);
    return take_scalar(c, given, ret);
}

static int take_element(const struct check *c, const struct jsonval *given,
                        struct filter_value *ret)
{
    if (c->leaf->column == FILTER_EMAIL || given->type == JSONVAL_STRING)
        return take_text(c, given, ret);
    if (given->type != JSONVAL_NUMBER && given->type != JSONVAL_BOOL)
        return refusal_type(c->refusal, "a string, a number or a boolean", given);
    return take_scalar(c, given, ret);
}

static int take_ordered(const struct check *c, const struct jsonval *given,
                        struct filter_value *ret)
{
    if (c->leaf->column == FILTER_DATA && given->type != JSONVAL_STRING &&
        given->type != JSONVAL_NUMBER)
        return refusal_type(c->refusal, "a number, a date or another string", given);
    return take_operand(c, given, ret);
}

static struct filter_value *add_values(const struct check *c, size_t count)
{
    c->leaf->values = arena_array(c->arena, count, sizeof(struct filter_value));
    c->leaf->value_count = count;
    return c->leaf->values;
}

static int check_set(const struct check *c, const struct jsonval *given)
{
    struct filter_value *values = NULL;

    if (given->type != JSONVAL_LIST)
        return refusal_type(c->refusal, "a list of values", given);
    if (given->count == 0)
        return refusal_operand(c->refusal, "a list of at least one value", "an empty list");
    if (given->count > LIMIT_FILTER_IN_VALUES) {
        char right[64];

        (void)snprintf(right, sizeof(right), "a list of at most %d values", LIMIT_FILTER_IN_VALUES);
        return refusal_operand(c->refusal, right, arena_printf(c->arena, "%zu", given->count));
    }
    values = add_values(c, given->count);
    for (size_t i = 0; i < given->count; i++) {
        int err = take_operand(c, &given->items[i], &values[i]);

        if (err)
            return err;
    }
    return 0;
}

static bool is_date(const struct filter_value *value)
{
    return value->type == FILTER_VALUE_DAY || value->type == FILTER_VALUE_INSTANT;
}

static int check_pair(const struct check *c, const struct jsonval *given)
{
    static const char right[] = "a list [low, high] of two numbers, two dates or two other strings";
    struct filter_value *values = NULL;

    if (given->type != JSONVAL_LIST)
        return refusal_type(c->refusal, right, given);
    if (given->count != 2)
        return refusal_operand(c->refusal, right,
                               arena_printf(c->arena, "a list of %zu", given->count));
    values = add_values(c, 2);
    for (size_t i = 0; i < 2; i++) {
        int err = take_ordered(c, &given->items[i], &values[i]);

        if (err)
            return err;
    }
    if (values[0].type != values[1].type && !(is_date(&values[0]) && is_date(&values[1])))
        return refusal_operand(c->refusal, right, "two of different kinds");
    return 0;
}

static int check_operand(const struct check *c)
{
    const struct jsonval *given = c->in->value;

    switch (c->entry->operand) {
    case OPERATORS_NONE:
        return 0;
    case OPERATORS_EQUAL:
        return take_equal(c, given, add_values(c, 1));
    case OPERATORS_ELEMENT:
        return take_element(c, given, add_values(c, 1));
    case OPERATORS_TEXT:
        return take_text(c, given, add_values(c, 1));
    case OPERATORS_ORDERED:
        return take_ordered(c, given, add_values(c, 1));
    case OPERATORS_SET:
        return check_set(c, given);
    case OPERATORS_PAIR:
        return check_pair(c, given);
    case OPERATORS_SPAN:
        return window_span(c->refusal, given, c->in->unit, c->leaf);
    case OPERATORS_DAYS:
        return window_days(c->refusal, given, c->in->unit, c->leaf);
    case OPERATORS_COUNT:
        return window_count(c->refusal, given, c->in->window, c->leaf);
    }
    return err_set(c->info, ERR_INTERNAL, NULL, "an operator without a kind of operand");
}

int check_misfit(struct arena *arena, const struct check_input *in, const struct filter_leaf *leaf,
                 struct err_info *info)
{
    struct str shown = refusal_shown(arena, in->operator_name);

    return err_set_at(info, ERR_INVAL, "BAD_REQUEST", in->path,
                      "Unsupported operator for %s field: " STR_FMT, fieldname_kind(leaf),
                      STR_ARG(shown));
}

int check_leaf(struct arena *arena, const struct check_input *in, struct filter_leaf *leaf,
               struct err_info *info)
{
    const struct operators_entry *entry = operators_get(leaf->op, leaf->negated, leaf->column);
    const struct refusal refusal = {arena, in->path, in->field, in->operator_name, info};
    const struct check c = {arena, in, leaf, entry, &refusal, info};
    struct str shown = refusal_shown(arena, in->operator_name);

    if (!entry)
        return check_misfit(arena, in, leaf, info);
    if (entry->operand != OPERATORS_NONE && (!in->value || in->value->type == JSONVAL_NULL))
        return err_set_at(info, ERR_INVAL, "BAD_REQUEST", in->path,
                          "Operator \"" STR_FMT "\" requires a value", STR_ARG(shown));
    if (in->window && entry->operand != OPERATORS_COUNT)
        return refusal_operand(&refusal, "no window of its own (the counts do)", "one");
    return check_operand(&c);
}

/* What a leaf may say. */
#include "filter/check.h"

#include <math.h>
#include <stdio.h>

#include "base/limits.h"
#include "base/num.h"
#include "base/timeutil.h"
#include "filter/fieldname.h"
#include "filter/operators.h"
#include "json/jsonval.h"

#define CHECK_SHOWN_BYTES 80 /* a few of these fit into one err_item.message */
#define CHECK_SPAN_DAYS 3650000
#define CHECK_ANNIVERSARY_DAYS 366

/* One leaf under judgement. */
struct check {
    struct arena *arena;
    const struct check_input *in;
    struct filter_leaf *leaf;
    const struct operators_entry *entry;
    struct err_info *info;
};

/* How much of a text messages show: whole characters of valid UTF-8. */
static size_t shown_bytes(struct str text)
{
    size_t len = CHECK_SHOWN_BYTES;

    if (text.len <= CHECK_SHOWN_BYTES)
        return text.len;
    while (len > 0 && ((unsigned char)text.at[len] & 0xc0) == 0x80)
        len--;
    return len;
}

struct str check_shown(struct arena *arena, struct str text)
{
    size_t len = shown_bytes(text);

    if (len == text.len)
        return text;
    return str_from(arena_printf(arena, "%.*s...", (int)len, text.at));
}

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
                              (int)shown_bytes(path), path.at);
    } while (rest.at);
    return 0;
}

int check_size(size_t bytes, const char *place, struct err_info *info)
{
    if (bytes <= LIMIT_FILTER_BYTES)
        return 0;
    return err_set_at(info, ERR_INVAL, "BAD_REQUEST", place,
                      "A filter may have at most %d bytes (64 KiB) of JSON, this one has %zu",
                      LIMIT_FILTER_BYTES, bytes);
}

/* "a number", for "..., got a number". */
static const char *word_for(const struct jsonval *given)
{
    static const char *const words[] = {
        [JSONVAL_NULL] = "null",       [JSONVAL_BOOL] = "a boolean", [JSONVAL_NUMBER] = "a number",
        [JSONVAL_STRING] = "a string", [JSONVAL_LIST] = "a list",    [JSONVAL_OBJECT] = "an object",
    };

    return words[given->type];
}

/* The one shape of message for an operand that does not fit. */
static int refuse(const struct check *c, const char *right, const char *given)
{
    struct str operator_name = check_shown(c->arena, c->in->operator_name);
    struct str field = check_shown(c->arena, c->in->field);

    return err_set_at(c->info, ERR_INVAL, "BAD_REQUEST", c->in->path,
                      "Operator \"" STR_FMT "\" on " STR_FMT " takes %s, got %s",
                      STR_ARG(operator_name), STR_ARG(field), right, given);
}

/* As refuse, and shows a text instead of naming its type. */
static int refuse_text(const struct check *c, const char *right, struct str given)
{
    struct str shown = check_shown(c->arena, given);

    return refuse(c, right, arena_printf(c->arena, "\"" STR_FMT "\"", STR_ARG(shown)));
}

static int refuse_number(const struct check *c, const char *right, double given)
{
    char text[32];

    (void)num_format(given, text);
    return refuse(c, right, text);
}

static int check_string_length(const struct check *c, struct str string)
{
    struct str operator_name = check_shown(c->arena, c->in->operator_name);

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
        return refuse(c, "a string", word_for(given));
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
        return refuse_text(c,
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
        return refuse(c, "true or false", word_for(given));
    *ret = (struct filter_value){.type = FILTER_VALUE_BOOL, .boolean = given->boolean};
    return 0;
}

static int take_status(const struct check *c, const struct jsonval *given, struct filter_value *ret)
{
    static const char *const words[] = {"subscribed", "unsubscribed", "bounced", "complained"};
    static const char right[] = "one of subscribed, unsubscribed, bounced, complained";

    if (given->type != JSONVAL_STRING)
        return refuse(c, right, word_for(given));
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (str_eq_c(given->string, words[i])) {
            *ret = (struct filter_value){.type = FILTER_VALUE_STRING, .string = given->string};
            return 0;
        }
    }
    return refuse_text(c, right, given->string);
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
            return refuse_number(c, "a whole number of milliseconds in the years 0001 to 9999", ms);
        *ret = (struct filter_value){.type = FILTER_VALUE_INSTANT, .ms = (int64_t)ms};
        return 0;
    }
    if (given->type != JSONVAL_STRING)
        return refuse(c, right, word_for(given));
    err = take_string(c, given, &value);
    if (err)
        return err;
    if (value.type == FILTER_VALUE_STRING)
        return refuse_text(c, right, given->string);
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
    return refuse(c, "strings, numbers or booleans", word_for(given));
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
        break; /* no operator with an operand fits these */
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
        return refuse(c, "a string, a number, a boolean or a list", word_for(given));
    return take_scalar(c, given, ret);
}

static int take_element(const struct check *c, const struct jsonval *given,
                        struct filter_value *ret)
{
    if (c->leaf->column == FILTER_EMAIL || given->type == JSONVAL_STRING)
        return take_text(c, given, ret);
    if (given->type != JSONVAL_NUMBER && given->type != JSONVAL_BOOL)
        return refuse(c, "a string, a number or a boolean", word_for(given));
    return take_scalar(c, given, ret);
}

static int take_ordered(const struct check *c, const struct jsonval *given,
                        struct filter_value *ret)
{
    if (c->leaf->column == FILTER_DATA && given->type != JSONVAL_STRING &&
        given->type != JSONVAL_NUMBER)
        return refuse(c, "a number, a date or another string", word_for(given));
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
        return refuse(c, "a list of values", word_for(given));
    if (given->count == 0)
        return refuse(c, "a list of at least one value", "an empty list");
    if (given->count > LIMIT_FILTER_IN_VALUES) {
        char right[64];

        (void)snprintf(right, sizeof(right), "a list of at most %d values", LIMIT_FILTER_IN_VALUES);
        return refuse(c, right, arena_printf(c->arena, "%zu", given->count));
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
        return refuse(c, right, word_for(given));
    if (given->count != 2)
        return refuse(c, right, arena_printf(c->arena, "a list of %zu", given->count));
    values = add_values(c, 2);
    for (size_t i = 0; i < 2; i++) {
        int err = take_ordered(c, &given->items[i], &values[i]);

        if (err)
            return err;
    }
    if (values[0].type != values[1].type && !(is_date(&values[0]) && is_date(&values[1])))
        return refuse(c, right, "two of different kinds");
    return 0;
}

static bool is_given(const struct jsonval *given)
{
    return given && given->type != JSONVAL_NULL;
}

static int check_unit(const struct check *c)
{
    const struct jsonval *unit = c->in->unit;
    struct str operator_name = check_shown(c->arena, c->in->operator_name);
    int err = 0;

    if (unit && unit->type == JSONVAL_STRING)
        c->leaf->unit = operators_unit(unit->string);
    if (c->leaf->unit != FILTER_UNIT_NONE)
        return 0;
    err = err_set_at(c->info, ERR_INVAL, "BAD_REQUEST", c->in->path,
                     "\"" STR_FMT "\" operator requires a unit (days, hours, or minutes)",
                     STR_ARG(operator_name));
    if (c->info && is_given(unit)) {
        struct str given = unit->type == JSONVAL_STRING ? check_shown(c->arena, unit->string)
                                                        : str_from(jsonval_type_name(unit->type));

        /* Room for 63 bytes: a longer word is told by its type. */
        if (given.len >= sizeof(c->info->item.received))
            given = STR("string");
        (void)snprintf(c->info->item.received, sizeof(c->info->item.received), STR_FMT,
                       STR_ARG(given));
    }
    return err;
}

static int check_span(const struct check *c, const struct jsonval *given)
{
    int err = 0;

    if (given->type != JSONVAL_NUMBER)
        return refuse(c, "a number of units", word_for(given));
    if (given->number < 0)
        return refuse_number(c, "a number of units that is 0 or more", given->number);
    err = check_unit(c);
    if (err)
        return err;
    if (given->number * (double)filter_unit_ms(c->leaf->unit) >
        (double)CHECK_SPAN_DAYS * (double)TIMEUTIL_DAY_MS) {
        char right[64];

        (void)snprintf(right, sizeof(right), "a span of at most %d days", CHECK_SPAN_DAYS);
        return refuse_number(c, right, given->number);
    }
    c->leaf->amount = given->number;
    c->leaf->span_ms = filter_span_ms(c->leaf->amount, c->leaf->unit);
    return 0;
}

static int check_days(const struct check *c, const struct jsonval *given)
{
    static const char right[] = "a whole number of days from 0 to 366";
    const struct jsonval *unit = c->in->unit;

    if (given->type != JSONVAL_NUMBER)
        return refuse(c, right, word_for(given));
    if (given->number < 0 || given->number > CHECK_ANNIVERSARY_DAYS ||
        given->number != floor(given->number))
        return refuse_number(c, right, given->number);
    if (is_given(unit) && unit->type != JSONVAL_STRING)
        return refuse(c, "no unit or the unit days", word_for(unit));
    if (is_given(unit) && !str_eq_c(unit->string, "days"))
        return refuse_text(c, "no unit or the unit days", unit->string);
    c->leaf->amount = given->number;
    c->leaf->unit = FILTER_DAYS;
    c->leaf->span_ms = filter_span_ms(c->leaf->amount, c->leaf->unit);
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
        return check_span(c, given);
    case OPERATORS_DAYS:
        return check_days(c, given);
    }
    return err_set(c->info, ERR_INTERNAL, NULL, "an operator without a kind of operand");
}

int check_leaf(struct arena *arena, const struct check_input *in, struct filter_leaf *leaf,
               struct err_info *info)
{
    const struct operators_entry *entry = operators_get(leaf->op, leaf->negated);
    struct str shown = check_shown(arena, in->operator_name);
    const struct check c = {arena, in, leaf, entry, info};

    if (!entry || !operators_fits(entry, leaf->column))
        return err_set_at(info, ERR_INVAL, "BAD_REQUEST", in->path,
                          "Unsupported operator for %s field: " STR_FMT, fieldname_kind(leaf),
                          STR_ARG(shown));
    if (entry->operand != OPERATORS_NONE && !is_given(in->value))
        return err_set_at(info, ERR_INVAL, "BAD_REQUEST", in->path,
                          "Operator \"" STR_FMT "\" requires a value", STR_ARG(shown));
    return check_operand(&c);
}

/* Windows of time and counts in a leaf. */
#include "filter/window.h"

#include <math.h>
#include <stdio.h>

#include "base/timeutil.h"
#include "filter/operators.h"

#define WINDOW_SPAN_DAYS 3650000
#define WINDOW_ANNIVERSARY_DAYS 366
#define WINDOW_COUNT_MAX 9007199254740991.0 /* whole numbers are exact up to here */

static bool is_given(const struct jsonval *given)
{
    return given && given->type != JSONVAL_NULL;
}

/* What was given instead of a unit, for the item. */
static void keep_received(const struct refusal *r, const struct jsonval *unit)
{
    struct str given;

    if (!r->info || !is_given(unit))
        return;
    given = unit->type == JSONVAL_STRING ? refusal_shown(r->arena, unit->string)
                                         : str_from(jsonval_type_name(unit->type));
    /* Room for 63 bytes: a longer word is told by its type. */
    if (given.len >= sizeof(r->info->item.received))
        given = STR("string");
    (void)snprintf(r->info->item.received, sizeof(r->info->item.received), STR_FMT, STR_ARG(given));
}

static int take_unit(const struct refusal *r, const struct jsonval *unit, struct filter_leaf *leaf)
{
    struct str operator_name = refusal_shown(r->arena, r->operator_name);
    int err = 0;

    if (unit && unit->type == JSONVAL_STRING)
        leaf->unit = operators_unit(unit->string);
    if (leaf->unit != FILTER_UNIT_NONE)
        return 0;
    err = err_set_at(r->info, ERR_INVAL, "BAD_REQUEST", r->path,
                     "\"" STR_FMT "\" operator requires a unit (days, hours, or minutes)",
                     STR_ARG(operator_name));
    keep_received(r, unit);
    return err;
}

int window_span(const struct refusal *r, const struct jsonval *amount, const struct jsonval *unit,
                struct filter_leaf *leaf)
{
    int err = 0;

    if (amount->type != JSONVAL_NUMBER)
        return refusal_type(r, "a number of units", amount);
    if (amount->number < 0)
        return refusal_number(r, "a number of units that is 0 or more", amount->number);
    err = take_unit(r, unit, leaf);
    if (err)
        return err;
    if (amount->number * (double)filter_unit_ms(leaf->unit) >
        (double)WINDOW_SPAN_DAYS * (double)TIMEUTIL_DAY_MS) {
        char right[64];

        (void)snprintf(right, sizeof(right), "a span of at most %d days", WINDOW_SPAN_DAYS);
        return refusal_number(r, right, amount->number);
    }
    leaf->amount = amount->number;
    leaf->span_ms = filter_span_ms(leaf->amount, leaf->unit);
    return 0;
}

int window_days(const struct refusal *r, const struct jsonval *amount, const struct jsonval *unit,
                struct filter_leaf *leaf)
{
    static const char right[] = "a whole number of days from 0 to 366";

    if (amount->type != JSONVAL_NUMBER)
        return refusal_type(r, right, amount);
    if (amount->number < 0 || amount->number > WINDOW_ANNIVERSARY_DAYS ||
        amount->number != floor(amount->number))
        return refusal_number(r, right, amount->number);
    if (is_given(unit) && unit->type != JSONVAL_STRING)
        return refusal_type(r, "no unit or the unit days", unit);
    if (is_given(unit) && !str_eq_c(unit->string, "days"))
        return refusal_text(r, "no unit or the unit days", unit->string);
    leaf->amount = amount->number;
    leaf->unit = FILTER_DAYS;
    leaf->span_ms = filter_span_ms(leaf->amount, leaf->unit);
    return 0;
}

static int take_window(const struct refusal *r, const struct jsonval *window,
                       struct filter_leaf *leaf)
{
    static const char right[] = "a window such as {\"value\": 30, \"unit\": \"days\"}";
    const struct jsonval *amount = jsonval_get(window, "value");

    if (window->type != JSONVAL_OBJECT)
        return refusal_type(r, right, window);
    if (!is_given(amount))
        return refusal_operand(r, right, "one without a value");
    leaf->has_window = true;
    return window_span(r, amount, jsonval_get(window, "unit"), leaf);
}

int window_count(const struct refusal *r, const struct jsonval *count, const struct jsonval *window,
                 struct filter_leaf *leaf)
{
    static const char right[] = "a whole number of occurrences that is 0 or more";

    if (count->type != JSONVAL_NUMBER)
        return refusal_type(r, right, count);
    if (count->number < 0 || count->number > WINDOW_COUNT_MAX ||
        count->number != floor(count->number))
        return refusal_number(r, right, count->number);
    leaf->values = arena_array(r->arena, 1, sizeof(struct filter_value));
    leaf->value_count = 1;
    leaf->values[0] = (struct filter_value){.type = FILTER_VALUE_NUMBER, .number = count->number};
    return window ? take_window(r, window, leaf) : 0;
}

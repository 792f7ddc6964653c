#include "naive.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- operators and windows ----------------------------------------------------------------- */

struct str naive_operator(const struct jsonval *leaf, bool *ret_negative)
{
    static const char *const negatives[][2] = {
        {"notEquals", "equals"},         {"notContains", "contains"}, {"notIn", "in"},
        {"notStartsWith", "startsWith"}, {"notEndsWith", "endsWith"},
    };
    struct str operator= jsonval_get(leaf, "operator")->string;
    *ret_negative = false;
    for (size_t i = 0; i < ARRAY_LEN(negatives); i++) {
        if (str_eq_c(operator, negatives[i][0])) {
            *ret_negative = true;
            return str_from(negatives[i][1]);
        }
    }
    return operator;
}

int64_t naive_span(const struct jsonval *leaf)
{
    const struct jsonval *unit = jsonval_get(leaf, "unit");
    double ms = str_eq_c(unit->string, "minutes") ? 60e3
                : str_eq_c(unit->string, "hours") ? 3600e3
                : str_eq_c(unit->string, "days")  ? 86400e3
                                                  : 7 * 86400e3;
    return (int64_t)floor(jsonval_get(leaf, "value")->number * ms);
}

/* ---- dates --------------------------------------------------------------------------------- */

struct date {
    bool is_date;
    bool is_day;
    int64_t ms;
};

/* Reads `count` digits; false when they are none. */
static bool digits(const char *at, int count, int *ret)
{
    *ret = 0;
    for (int i = 0; i < count; i++) {
        if (at[i] < '0' || at[i] > '9')
            return false;
        *ret = *ret * 10 + at[i] - '0';
    }
    return true;
}

static bool is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Days before a year since year 1. */
static int64_t days_before(int year)
{
    int64_t y = year - 1;
    return y * 365 + y / 4 - y / 100 + y / 400;
}

static struct date date_of(struct str text)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    struct date none = {0}, date = {.is_date = true};
    int year, month, day, hour = 0, minute = 0, second = 0;
    if (text.len != 10 && text.len != 20)
        return none;
    if (!digits(text.at, 4, &year) || text.at[4] != '-' || !digits(text.at + 5, 2, &month) ||
        text.at[7] != '-' || !digits(text.at + 8, 2, &day) || month < 1 || month > 12 || day < 1 ||
        year < 1)
        return none;
    if (day > lengths[month - 1] + (month == 2 && is_leap(year)))
        return none;
    date.is_day = text.len == 10;
    if (!date.is_day && (text.at[10] != 'T' || !digits(text.at + 11, 2, &hour) ||
                         text.at[13] != ':' || !digits(text.at + 14, 2, &minute) ||
                         text.at[16] != ':' || !digits(text.at + 17, 2, &second) ||
                         text.at[19] != 'Z' || hour > 23 || minute > 59 || second > 59))
        return none;
    int64_t days = days_before(year) - days_before(1970) + day - 1;
    for (int m = 1; m < month; m++)
        days += lengths[m - 1] + (m == 2 && is_leap(year));
    date.ms = ((days * 24 + hour) * 60 + minute) * 60000 + second * 1000;
    return date;
}

/* An operand of a built-in instant may be a number too. */
static struct date instant_of(const struct jsonval *operand)
{
    if (operand->type == JSONVAL_NUMBER)
        return (struct date){.is_date = true, .ms = (int64_t)operand->number};
    return date_of(operand->string);
}

/* ---- texts --------------------------------------------------------------------------------- */

/* Lower case of ASCII and of the letters of Latin-1: the test's texts have no others. */
static struct str lower(struct arena *arena, struct str text)
{
    char *to = arena_copy(arena, text.at, text.len);
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)to[i];
        bool accented =
            i && (unsigned char)to[i - 1] == 0xc3 && c >= 0x80 && c <= 0x9e && c != 0x97;
        if ((c >= 'A' && c <= 'Z') || accented)
            to[i] = (char)(c + 0x20);
    }
    return (struct str){to, text.len};
}

static bool text_in(struct str operator, struct str text, struct str needle)
{
    if (str_eq_c(operator, "startsWith"))
        return str_starts(text, needle);
    if (str_eq_c(operator, "endsWith"))
        return str_ends(text, needle);
    return memmem(text.at, text.len, needle.at, needle.len) || !needle.len;
}

/* A scalar in string form. */
static struct str text_of(struct arena *arena, const struct jsonval *value)
{
    if (value->type == JSONVAL_STRING)
        return value->string;
    if (value->type == JSONVAL_BOOL)
        return str_from(value->boolean ? "true" : "false");
    return str_from(
        arena_printf(arena, "%.15g", value->number)); /* small ones, as the test draws */
}

static bool is_text_operator(struct str operator)
{
    return str_eq_c(operator, "contains") || str_eq_c(operator, "startsWith") ||
           str_eq_c(operator, "endsWith");
}

bool naive_email(struct str email, const struct jsonval *leaf)
{
    bool negative;
    struct str operator= naive_operator(leaf, &negative);
    const struct jsonval *value = jsonval_get(leaf, "value");
    char room[600];
    for (size_t v = 0; v < (value->type == JSONVAL_LIST ? value->count : 1); v++) {
        const struct jsonval *one = value->type == JSONVAL_LIST ? &value->items[v] : value;
        struct str needle = {room, one->string.len};
        for (size_t i = 0; i < needle.len; i++) {
            char c = one->string.at[i];
            room[i] = (char)(c >= 'A' && c <= 'Z' ? c + 0x20 : c);
        }
        if (is_text_operator(operator) ? text_in(operator, email, needle) : str_eq(email, needle))
            return true;
    }
    return false;
}

/* ---- comparisons --------------------------------------------------------------------------- */

/* `equals` between two scalars, types kept. */
static bool equals(const struct jsonval *value, const struct jsonval *operand)
{
    if (value->type != operand->type)
        return false;
    if (value->type == JSONVAL_NUMBER)
        return value->number >= operand->number && value->number <= operand->number;
    if (value->type == JSONVAL_BOOL)
        return value->boolean == operand->boolean;
    if (value->type == JSONVAL_LIST)
        return jsonval_equal(value, operand);
    if (value->type != JSONVAL_STRING)
        return false;
    struct date want = date_of(operand->string), is = date_of(value->string);
    if (!want.is_date)
        return str_eq(value->string, operand->string);
    int64_t last = want.ms + (want.is_day ? 86400000 - 1 : 0);
    return is.is_date && is.ms >= want.ms && is.ms <= last;
}

static bool ordered(struct str operator, int order)
{
    if (str_eq_c(operator, "greaterThan"))
        return order > 0;
    if (str_eq_c(operator, "greaterThanOrEqual"))
        return order >= 0;
    if (str_eq_c(operator, "lessThan"))
        return order < 0;
    return order <= 0;
}

/* -1, 0, 1, or 2: the two have no order. */
static int compare(const struct jsonval *value, const struct jsonval *operand)
{
    if (value->type != operand->type)
        return 2;
    if (value->type == JSONVAL_NUMBER)
        return value->number < operand->number ? -1 : value->number > operand->number;
    if (value->type != JSONVAL_STRING)
        return 2;
    struct date want = date_of(operand->string), is = date_of(value->string);
    if (want.is_date)
        return !is.is_date ? 2 : is.ms < want.ms ? -1 : is.ms > want.ms;
    int order = str_cmp(value->string, operand->string);
    return order < 0 ? -1 : order > 0;
}

static bool in_window(int64_t now_ms, int64_t ms, const struct jsonval *leaf)
{
    struct str operator= jsonval_get(leaf, "operator")->string;
    int64_t span = naive_span(leaf);
    if (str_eq_c(operator, "within"))
        return ms >= now_ms - span && ms <= now_ms;
    if (str_eq_c(operator, "olderThan"))
        return ms < now_ms - span;
    if (str_eq_c(operator, "withinNext"))
        return ms >= now_ms && ms <= now_ms + span;
    if (str_eq_c(operator, "moreThanAhead"))
        return ms > now_ms + span;
    abort(); /* an operator that this judge does not know */
}

static bool is_ordering(struct str operator)
{
    return str_starts(operator, STR("greaterThan")) || str_starts(operator, STR("lessThan"));
}

bool naive_instant(const struct naive *n, int64_t ms, const struct jsonval *leaf)
{
    bool negative;
    struct str operator= naive_operator(leaf, &negative);
    const struct jsonval *value = jsonval_get(leaf, "value");
    if (ms == INT64_MIN)
        return false;
    if (str_eq_c(operator, "between"))
        return ms >= instant_of(&value->items[0]).ms && ms <= instant_of(&value->items[1]).ms;
    if (!is_ordering(operator) && !str_eq_c(operator, "equals"))
        return in_window(n->now_ms, ms, leaf);
    struct date want = instant_of(value);
    if (is_ordering(operator))
        return ordered(operator, ms<want.ms ? -1 : ms> want.ms);
    int64_t last = want.ms + (want.is_day ? 86400000 - 1 : 0);
    return (ms >= want.ms && ms <= last) != negative;
}

/* ---- values of data ------------------------------------------------------------------------ */

/* equals and in, contains and its kin. The mixed rule leaves lists and objects alone. */
static bool value_equals(const struct naive *n, const struct jsonval *value, struct str operator,
                         const struct jsonval * operand, bool mixed)
{
    bool text = is_text_operator(operator), list = value->type == JSONVAL_LIST;
    if (mixed && operand->type != JSONVAL_LIST && !list) {
        if (value->type == JSONVAL_OBJECT)
            return false;
        struct str is = text_of(n->arena, value), want = text_of(n->arena, operand);
        return text ? text_in(operator, lower(n->arena, is), lower(n->arena, want))
                    : str_eq(is, want);
    }
    if (list && (str_eq_c(operator, "contains") || str_eq_c(operator, "in"))) {
        for (size_t i = 0; i < value->count; i++) {
            if (equals(&value->items[i], operand))
                return true;
        }
        return false;
    }
    if (!text)
        return equals(value, operand);
    return value->type == JSONVAL_STRING && operand->type == JSONVAL_STRING &&
           text_in(operator, lower(n->arena, value->string), lower(n->arena, operand->string));
}

bool naive_value(const struct naive *n, const struct jsonval *value, const struct jsonval *leaf,
                 bool mixed)
{
    bool negative;
    struct str operator= naive_operator(leaf, &negative);
    const struct jsonval *operand = jsonval_get(leaf, "value");
    if (str_eq_c(operator, "equals") || is_text_operator(operator))
        return value_equals(n, value, operator, operand, mixed);
    if (str_eq_c(operator, "in")) {
        for (size_t i = 0; i < operand->count; i++) {
            if (value_equals(n, value, operator, & operand->items[i], mixed))
                return true;
        }
        return false;
    }
    bool text = value->type == JSONVAL_STRING, list = value->type == JSONVAL_LIST;
    if (str_eq_c(operator, "isEmpty"))
        return (text && !value->string.len) || (list && !value->count);
    if (str_eq_c(operator, "notEmpty"))
        return (text && value->string.len) || (list && value->count);
    if (str_eq_c(operator, "between")) {
        int low = compare(value, &operand->items[0]), high = compare(value, &operand->items[1]);
        return low != 2 && high != 2 && low >= 0 && high <= 0;
    }
    if (is_ordering(operator)) {
        int order = compare(value, operand);
        return order != 2 && ordered(operator, order);
    }
    struct date is = text ? date_of(value->string) : (struct date){0};
    return is.is_date && in_window(n->now_ms, is.ms, leaf);
}

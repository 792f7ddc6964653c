#include "column/predicate.h"

#include <math.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/num.h"
#include "base/timeutil.h"
#include "filter/fold.h"
#include "json/jsonread.h"

bool predicate_is_text_operator(enum filter_op op)
{
    return op == FILTER_EQUALS || op == FILTER_IN || op == FILTER_CONTAINS ||
           op == FILTER_STARTS_WITH || op == FILTER_ENDS_WITH;
}

bool predicate_moves(enum filter_op op)
{
    return op == FILTER_WITHIN || op == FILTER_OLDER_THAN || op == FILTER_WITHIN_NEXT ||
           op == FILTER_MORE_THAN_AHEAD || op == FILTER_ANNIVERSARY_WITHIN_NEXT ||
           op == FILTER_TRIGGERED_WITHIN || op == FILTER_TRIGGERED_OLDER_THAN ||
           op == FILTER_FIRST_TRIGGERED_WITHIN || op == FILTER_FIRST_TRIGGERED_OLDER_THAN;
}

/* ---- preparing ----------------------------------------------------------------------------- */

static void add_range(struct predicate *p, int64_t low, int64_t high)
{
    p->ranges[p->range_count++] = (struct scan_range){low, high};
}

static bool is_date(const struct filter_value *value)
{
    return value->type == FILTER_VALUE_DAY || value->type == FILTER_VALUE_INSTANT;
}

/* The instants that equal a date operand: its whole day, or its millisecond. */
static void add_equal_dates(struct predicate *p, const struct filter_value *value)
{
    if (value->type == FILTER_VALUE_DAY)
        add_range(p, value->ms, value->ms + TIMEUTIL_DAY_MS - 1);
    else if (value->type == FILTER_VALUE_INSTANT)
        add_range(p, value->ms, value->ms);
}

static void init_days(struct predicate *p, const struct predicate_clock *clock)
{
    int64_t days = p->leaf->span_ms / TIMEUTIL_DAY_MS;
    p->anniversary = true;
    for (int64_t d = 0; d <= days; d++) {
        int year, month, day;
        timeutil_civil(clock->now_ms + clock->zone_ms + d * TIMEUTIL_DAY_MS, &year, &month, &day);
        p->days[month][day] = true;
        if (month == 2 && day == 28 && !timeutil_is_leap(year))
            p->days[2][29] = true; /* those born on a leap day */
    }
}

/* Ranges of instants for ordering and window operators. */
static void init_ranges(struct predicate *p, const struct predicate_clock *clock)
{
    const struct filter_leaf *leaf = p->leaf;
    int64_t now = clock->now_ms, span = leaf->span_ms;
    int64_t first = leaf->value_count && is_date(&leaf->values[0]) ? leaf->values[0].ms : 0;
    bool dated = leaf->value_count && is_date(&leaf->values[0]);
    switch (leaf->op) {
    case FILTER_GREATER:
        if (dated)
            add_range(p, first + 1, INT64_MAX);
        break;
    case FILTER_GREATER_EQ:
        if (dated)
            add_range(p, first, INT64_MAX);
        break;
    case FILTER_LESS:
        if (dated)
            add_range(p, INT64_MIN, first - 1);
        break;
    case FILTER_LESS_EQ:
        if (dated)
            add_range(p, INT64_MIN, first);
        break;
    case FILTER_BETWEEN:
        if (dated)
            add_range(p, first, leaf->values[1].ms);
        break;
    case FILTER_WITHIN:
        add_range(p, now - span, now);
        break;
    case FILTER_OLDER_THAN:
    case FILTER_TRIGGERED_OLDER_THAN:
    case FILTER_FIRST_TRIGGERED_OLDER_THAN:
        add_range(p, INT64_MIN, now - span - 1);
        break;
    case FILTER_WITHIN_NEXT:
        add_range(p, now, now + span);
        break;
    case FILTER_MORE_THAN_AHEAD:
        add_range(p, now + span + 1, INT64_MAX);
        break;
    case FILTER_TRIGGERED:
    case FILTER_EXISTS:
        add_range(p, INT64_MIN, INT64_MAX);
        break;
    case FILTER_TRIGGERED_WITHIN: /* occurrences are stored when they are past */
    case FILTER_FIRST_TRIGGERED_WITHIN:
        add_range(p, now - span, INT64_MAX);
        break;
    case FILTER_ANNIVERSARY_WITHIN_NEXT:
        init_days(p, clock);
        break;
    case FILTER_EQUALS:
    case FILTER_IN:
        for (size_t i = 0; i < leaf->value_count; i++)
            add_equal_dates(p, &leaf->values[i]);
        break;
    case FILTER_CONTAINS:
    case FILTER_STARTS_WITH:
    case FILTER_ENDS_WITH:
    case FILTER_IS_EMPTY:
    case FILTER_COUNT_AT_LEAST: /* column/occurrence.h */
    case FILTER_COUNT_AT_MOST:
    case FILTER_COUNT_EQUALS:
    case FILTER_MEMBER:
        break;
    }
}

static void init_number_range(struct predicate *p)
{
    const struct filter_leaf *leaf = p->leaf;
    if (!leaf->value_count || leaf->values[0].type != FILTER_VALUE_NUMBER)
        return;
    double first = leaf->values[0].number;
    p->number_low = -INFINITY;
    p->number_high = INFINITY;
    p->number_range = true;
    if (leaf->op == FILTER_GREATER)
        p->number_low = nextafter(first, INFINITY);
    else if (leaf->op == FILTER_GREATER_EQ)
        p->number_low = first;
    else if (leaf->op == FILTER_LESS)
        p->number_high = nextafter(first, -INFINITY);
    else if (leaf->op == FILTER_LESS_EQ)
        p->number_high = first;
    else if (leaf->op == FILTER_BETWEEN) {
        p->number_low = first;
        p->number_high = leaf->values[1].number;
    } else
        p->number_range = false;
}

/* An operand in string form: "filters.md §4, the mixed rule". A list has none. */
static bool text_form(struct arena *arena, const struct filter_value *value, struct str *ret)
{
    char number[32];
    switch (value->type) {
    case FILTER_VALUE_STRING:
    case FILTER_VALUE_DAY:
    case FILTER_VALUE_INSTANT:
        *ret = value->string;
        return true;
    case FILTER_VALUE_NUMBER:
        num_format(value->number, number);
        *ret = str_copy(arena, str_from(number));
        return true;
    case FILTER_VALUE_BOOL:
        *ret = value->boolean ? STR("true") : STR("false");
        return true;
    case FILTER_VALUE_LIST:
        return false;
    }
    return false;
}

static int compare_texts(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static void texts_add(struct predicate_texts *texts, struct str text)
{
    texts->items[texts->count++] = text;
}

static void texts_sort(struct predicate_texts *texts)
{
    qsort(texts->items, texts->count, sizeof *texts->items, compare_texts);
}

/* The operands of EQUALS and IN, by the type of stored value that each can match. */
static void init_sets(struct predicate *p)
{
    const struct filter_leaf *leaf = p->leaf;
    for (size_t i = 0; i < leaf->value_count; i++) {
        const struct filter_value *value = &leaf->values[i];
        struct str form;
        if (p->folds)
            texts_add(&p->texts, fold_text(p->arena, value->string));
        else if (value->type == FILTER_VALUE_STRING)
            texts_add(&p->texts, value->string);
        else if (value->type == FILTER_VALUE_NUMBER)
            p->numbers[p->number_count++] = value->number;
        else if (value->type == FILTER_VALUE_BOOL)
            p->matches_bool[value->boolean] = true;
        if (text_form(p->arena, value, &form))
            texts_add(&p->text_forms, form);
    }
    texts_sort(&p->texts);
    texts_sort(&p->text_forms);
}

/* "List elements compare as `equals` does": a text that is a date means that day or instant. */
static void init_element(struct predicate *p)
{
    p->element = p->leaf->values[0];
    if (p->element.type != FILTER_VALUE_STRING)
        return;
    enum timeutil_date date = timeutil_parse(p->element.string, &p->element.ms);
    if (date == TIMEUTIL_DAY)
        p->element.type = FILTER_VALUE_DAY;
    else if (date == TIMEUTIL_INSTANT)
        p->element.type = FILTER_VALUE_INSTANT;
}

static void init_needle(struct predicate *p)
{
    struct str form;
    if (!p->leaf->value_count || !text_form(p->arena, &p->leaf->values[0], &form))
        return;
    p->mixed_needle = fold_text(p->arena, form);
    init_element(p);
    enum filter_value_type type = p->leaf->values[0].type;
    if (type != FILTER_VALUE_NUMBER && type != FILTER_VALUE_BOOL)
        p->needle = p->mixed_needle;
    p->needles = (struct predicate_texts){&p->needle, 1};
}

void predicate_init(struct predicate *p, struct arena *arena, const struct filter_leaf *leaf,
                    const struct predicate_clock *clock)
{
    size_t room = leaf->value_count + 1;
    *p = (struct predicate){.leaf = leaf, .arena = arena, .zone_ms = clock->zone_ms};
    p->folds = leaf->column == FILTER_EMAIL;
    p->ranges = arena_array(arena, room, sizeof *p->ranges);
    p->numbers = arena_array(arena, room, sizeof *p->numbers);
    p->texts.items = arena_array(arena, room, sizeof *p->texts.items);
    p->text_forms.items = arena_array(arena, room, sizeof *p->text_forms.items);
    init_ranges(p, clock);
    init_number_range(p);
    if (leaf->op == FILTER_EQUALS || leaf->op == FILTER_IN)
        init_sets(p);
    else if (predicate_is_text_operator(leaf->op))
        init_needle(p);
}

/* ---- deciding ------------------------------------------------------------------------------ */

bool predicate_has_text(const struct predicate_texts *texts, struct str text)
{
    size_t low = 0, high = texts->count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int order = str_cmp(texts->items[mid], text);
        if (order == 0)
            return true;
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return false;
}

bool predicate_instant(const struct predicate *p, int64_t ms)
{
    if (ms == INT64_MIN)
        return false;
    if (p->anniversary) {
        int year, month, day;
        timeutil_civil(ms + p->zone_ms, &year, &month, &day);
        return p->days[month][day];
    }
    for (size_t i = 0; i < p->range_count; i++) {
        if (ms >= p->ranges[i].low && ms <= p->ranges[i].high)
            return true;
    }
    return false;
}

static bool text_matches(enum filter_op op, struct str folded, struct str needle)
{
    if (!needle.at)
        return false;
    if (op == FILTER_STARTS_WITH)
        return str_starts(folded, needle);
    if (op == FILTER_ENDS_WITH)
        return str_ends(folded, needle);
    return needle.len == 0 || (folded.len >= needle.len &&
                               memmem(folded.at, folded.len, needle.at, needle.len) != NULL);
}

/* Code-point order against string operands that are no dates. */
static bool string_in_order(const struct filter_leaf *leaf, struct str text)
{
    const struct filter_value *values = leaf->values;
    if (values[0].type != FILTER_VALUE_STRING)
        return false;
    int order = str_cmp(text, values[0].string);
    if (leaf->op == FILTER_GREATER)
        return order > 0;
    if (leaf->op == FILTER_GREATER_EQ)
        return order >= 0;
    if (leaf->op == FILTER_LESS)
        return order < 0;
    if (leaf->op == FILTER_LESS_EQ)
        return order <= 0;
    return order >= 0 && str_cmp(text, values[1].string) <= 0; /* between */
}

static bool is_ordering(enum filter_op op)
{
    return op == FILTER_GREATER || op == FILTER_GREATER_EQ || op == FILTER_LESS ||
           op == FILTER_LESS_EQ || op == FILTER_BETWEEN;
}

bool predicate_string(const struct predicate *p, struct str text, struct str folded,
                      int64_t date_ms, bool mixed)
{
    const struct filter_leaf *leaf = p->leaf;
    if (leaf->op == FILTER_EXISTS)
        return true;
    if (leaf->op == FILTER_IS_EMPTY)
        return (text.len == 0) != leaf->negated;
    if (leaf->op == FILTER_EQUALS || leaf->op == FILTER_IN) {
        if (p->folds)
            return predicate_has_text(&p->texts, folded);
        if (mixed)
            return predicate_has_text(&p->text_forms, text);
        return predicate_has_text(&p->texts, text) || predicate_instant(p, date_ms);
    }
    if (predicate_is_text_operator(leaf->op))
        return text_matches(leaf->op, folded, mixed ? p->mixed_needle : p->needle);
    if (is_ordering(leaf->op) && string_in_order(leaf, text))
        return true;
    return predicate_instant(p, date_ms);
}

/* A number or boolean under the mixed rule: its text form against the operands'. */
static bool text_form_matches(const struct predicate *p, struct str text)
{
    if (p->leaf->op == FILTER_EQUALS || p->leaf->op == FILTER_IN)
        return predicate_has_text(&p->text_forms, text);
    /* Text forms of numbers and booleans are ASCII; 1e+21 is lower-case: folding changes nothing.
     */
    return text_matches(p->leaf->op, text, p->mixed_needle);
}

bool predicate_number(const struct predicate *p, double value, bool mixed)
{
    if (p->leaf->op == FILTER_EXISTS)
        return true;
    if (mixed && predicate_is_text_operator(p->leaf->op)) {
        char text[32];
        num_format(value, text);
        return text_form_matches(p, str_from(text));
    }
    if (p->number_range)
        return value >= p->number_low && value <= p->number_high;
    for (size_t i = 0; i < p->number_count; i++) {
        if (p->numbers[i] == value)
            return true;
    }
    return false;
}

bool predicate_bool(const struct predicate *p, bool value, bool mixed)
{
    if (p->leaf->op == FILTER_EXISTS)
        return true;
    if (mixed && predicate_is_text_operator(p->leaf->op))
        return text_form_matches(p, value ? STR("true") : STR("false"));
    return p->matches_bool[value];
}

/* One element of a stored list against one operand: "as `equals` does". */
static bool element_equals(const struct jsonval *element, const struct filter_value *operand)
{
    int64_t ms;
    switch (operand->type) {
    case FILTER_VALUE_STRING:
        return element->type == JSONVAL_STRING && str_eq(element->string, operand->string);
    case FILTER_VALUE_NUMBER:
        return element->type == JSONVAL_NUMBER && element->number == operand->number;
    case FILTER_VALUE_BOOL:
        return element->type == JSONVAL_BOOL && element->boolean == operand->boolean;
    case FILTER_VALUE_DAY:
    case FILTER_VALUE_INSTANT:
        if (element->type != JSONVAL_STRING || timeutil_parse(element->string, &ms) < TIMEUTIL_DAY)
            return false;
        return operand->type == FILTER_VALUE_INSTANT
                   ? ms == operand->ms
                   : ms >= operand->ms && ms < operand->ms + TIMEUTIL_DAY_MS;
    case FILTER_VALUE_LIST:
        return false;
    }
    return false;
}

static bool has_element(const struct predicate *p, const struct jsonval *list)
{
    bool contains = p->leaf->op == FILTER_CONTAINS;
    for (size_t i = 0; i < list->count; i++) {
        for (size_t v = 0; v < p->leaf->value_count; v++) {
            if (element_equals(&list->items[i], contains ? &p->element : &p->leaf->values[v]))
                return true;
        }
    }
    return false;
}

bool predicate_list(const struct predicate *p, struct str json)
{
    const struct filter_leaf *leaf = p->leaf;
    if (leaf->op == FILTER_EXISTS)
        return true;
    if (leaf->op == FILTER_IS_EMPTY)
        return (json.len == 2) != leaf->negated; /* "[]" */
    if (leaf->op != FILTER_EQUALS && leaf->op != FILTER_IN && leaf->op != FILTER_CONTAINS)
        return false;
    AUTO(arena) scratch = arena_new();
    const struct jsonval *list;
    if (jsonread_parse(scratch, json, &list, NULL) != 0 || list->type != JSONVAL_LIST)
        return false;
    if (leaf->op == FILTER_EQUALS)
        return leaf->values[0].type == FILTER_VALUE_LIST &&
               jsonval_equal(list, leaf->values[0].list);
    return has_element(p, list);
}

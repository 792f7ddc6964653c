/* The table of operators. */
#include "filter/operators.h"

#define ON(column) (1u << (column))
#define ON_TIMES (ON(FILTER_CREATED_AT) | ON(FILTER_UPDATED_AT) | ON(FILTER_SUBSCRIBED_AT))
#define ON_TEXT (ON(FILTER_EMAIL) | ON(FILTER_DATA))
#define ON_SETS (ON_TEXT | ON(FILTER_STATUS))
#define ON_ORDERED (ON_TIMES | ON(FILTER_DATA))
#define ON_MEMBERS (ON(FILTER_TAG) | ON(FILTER_LIST) | ON(FILTER_CAMPAIGN) | ON(FILTER_SEQUENCE))
#define ON_VALUES (ON_SETS | ON_TIMES | ON(FILTER_SUBSCRIBED))

static const struct operators_entry operators[] = {
    {"equals", FILTER_EQUALS, false, OPERATORS_EQUAL, ON_VALUES},
    {"notEquals", FILTER_EQUALS, true, OPERATORS_EQUAL, ON_VALUES},
    {"contains", FILTER_CONTAINS, false, OPERATORS_ELEMENT, ON_TEXT},
    {"notContains", FILTER_CONTAINS, true, OPERATORS_ELEMENT, ON_TEXT},
    {"startsWith", FILTER_STARTS_WITH, false, OPERATORS_TEXT, ON_TEXT},
    {"notStartsWith", FILTER_STARTS_WITH, true, OPERATORS_TEXT, ON_TEXT},
    {"endsWith", FILTER_ENDS_WITH, false, OPERATORS_TEXT, ON_TEXT},
    {"notEndsWith", FILTER_ENDS_WITH, true, OPERATORS_TEXT, ON_TEXT},
    {"in", FILTER_IN, false, OPERATORS_SET, ON_SETS},
    {"notIn", FILTER_IN, true, OPERATORS_SET, ON_SETS},
    {"greaterThan", FILTER_GREATER, false, OPERATORS_ORDERED, ON_ORDERED},
    {"greaterThanOrEqual", FILTER_GREATER_EQ, false, OPERATORS_ORDERED, ON_ORDERED},
    {"lessThan", FILTER_LESS, false, OPERATORS_ORDERED, ON_ORDERED},
    {"lessThanOrEqual", FILTER_LESS_EQ, false, OPERATORS_ORDERED, ON_ORDERED},
    {"between", FILTER_BETWEEN, false, OPERATORS_PAIR, ON_ORDERED},
    {"exists", FILTER_EXISTS, false, OPERATORS_NONE, ON(FILTER_DATA)},
    {"notExists", FILTER_EXISTS, true, OPERATORS_NONE, ON(FILTER_DATA)},
    {"isEmpty", FILTER_IS_EMPTY, false, OPERATORS_NONE, ON(FILTER_DATA)},
    {"notEmpty", FILTER_IS_EMPTY, true, OPERATORS_NONE, ON(FILTER_DATA)},
    {"within", FILTER_WITHIN, false, OPERATORS_SPAN, ON_ORDERED},
    {"olderThan", FILTER_OLDER_THAN, false, OPERATORS_SPAN, ON_ORDERED},
    {"withinNext", FILTER_WITHIN_NEXT, false, OPERATORS_SPAN, ON_ORDERED},
    {"moreThanAhead", FILTER_MORE_THAN_AHEAD, false, OPERATORS_SPAN, ON_ORDERED},
    {"anniversaryWithinNext", FILTER_ANNIVERSARY_WITHIN_NEXT, false, OPERATORS_DAYS, ON_ORDERED},
    {"triggered", FILTER_TRIGGERED, false, OPERATORS_NONE, ON(FILTER_EVENT)},
    {"notTriggered", FILTER_TRIGGERED, true, OPERATORS_NONE, ON(FILTER_EVENT)},
    {"triggeredWithin", FILTER_TRIGGERED_WITHIN, false, OPERATORS_SPAN, ON(FILTER_EVENT)},
    {"notTriggeredWithin", FILTER_TRIGGERED_WITHIN, true, OPERATORS_SPAN, ON(FILTER_EVENT)},
    {"triggeredOlderThan", FILTER_TRIGGERED_OLDER_THAN, false, OPERATORS_SPAN, ON(FILTER_EVENT)},
    {"firstTriggeredWithin", FILTER_FIRST_TRIGGERED_WITHIN, false, OPERATORS_SPAN,
     ON(FILTER_EVENT)},
    {"firstTriggeredOlderThan", FILTER_FIRST_TRIGGERED_OLDER_THAN, false, OPERATORS_SPAN,
     ON(FILTER_EVENT)},
    {"countAtLeast", FILTER_COUNT_AT_LEAST, false, OPERATORS_COUNT, ON(FILTER_EVENT)},
    {"countAtMost", FILTER_COUNT_AT_MOST, false, OPERATORS_COUNT, ON(FILTER_EVENT)},
    {"countEquals", FILTER_COUNT_EQUALS, false, OPERATORS_COUNT, ON(FILTER_EVENT)},
    {"memberOfSegment", FILTER_MEMBER, false, OPERATORS_NONE, ON(FILTER_SEGMENT)},
    {"notMemberOfSegment", FILTER_MEMBER, true, OPERATORS_NONE, ON(FILTER_SEGMENT)},
    {"has", FILTER_MEMBER, false, OPERATORS_NONE, ON_MEMBERS},
    {"notHas", FILTER_MEMBER, true, OPERATORS_NONE, ON_MEMBERS},
};

static const char *const unit_names[] = {
    [FILTER_MINUTES] = "minutes",
    [FILTER_HOURS] = "hours",
    [FILTER_DAYS] = "days",
    [FILTER_WEEKS] = "weeks",
};

const struct operators_entry *operators_find(struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(operators); i++) {
        if (str_eq_c(name, operators[i].name))
            return &operators[i];
    }
    return NULL;
}

const struct operators_entry *operators_get(enum filter_op op, bool negated,
                                            enum filter_column column)
{
    for (size_t i = 0; i < ARRAY_LEN(operators); i++) {
        if (operators[i].op == op && operators[i].negated == negated &&
            operators_fits(&operators[i], column))
            return &operators[i];
    }
    return NULL;
}

const struct operators_entry *operators_at(size_t i)
{
    return i < ARRAY_LEN(operators) ? &operators[i] : NULL;
}

bool operators_fits(const struct operators_entry *entry, enum filter_column column)
{
    return (entry->columns & ON(column)) != 0;
}

bool operators_is_occurrence(const struct operators_entry *entry)
{
    return operators_fits(entry, FILTER_EVENT);
}

const char *operators_unit_name(enum filter_unit unit)
{
    return unit_names[unit];
}

enum filter_unit operators_unit(struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(unit_names); i++) {
        if (unit_names[i] && str_eq_c(name, unit_names[i]))
            return (enum filter_unit)i;
    }
    return FILTER_UNIT_NONE;
}

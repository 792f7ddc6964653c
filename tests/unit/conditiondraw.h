/* Random conditions of the Plunk dialect, as text. */
#ifndef MUSTER_TESTS_CONDITIONDRAW_H
#define MUSTER_TESTS_CONDITIONDRAW_H

#include "conditions.h"
#include "draw.h"

static const char *const scalars[] = {
    "\"\"",
    "\"a b\"",
    "\"\\u00e9\\\"\\\\\\n\"",
    "0",
    "-0",
    "1.5",
    "-1e-7",
    "1e21",
    "123456789012",
    "true",
    "false",
    "\"true\"",
    "\"5\"",
    "\"2026-01-02\"",
    "\"2026-01-02T03:04Z\"",
    "0.1",
    "1e308",
    "\"0001-01-01\"",
    "5e-324",
    "\"9999-12-31T23:59:59.999999999+00:00\"",
};
static const char *const strings[] = {"\"\"", "\"A@b\"", "\"2026-02-30\"", "\"2026-01-01\"",
                                      "\"%_\""};
static const char *const dates[] = {"\"2026-01-02\"", "\"2026-01-02T03:04:05.678-11:30\"",
                                    "\"0001-01-01\""};
static const char *const numbers[] = {"0", "1", "1767312000000", "-5", "253402300799999"};
static const char *const words[] = {"\"subscribed\"", "\"unsubscribed\"", "\"bounced\"",
                                    "\"complained\""};
static const char *const units[] = {"\"minutes\"", "\"hours\"", "\"days\"", "\"weeks\""};
static const char *const amounts[] = {"0", "0.1", "1", "30", "1e-300", "0.30000000000000004"};
static const char *const data[] = {"data.a", "data.a.b", "data.\\u00e9 x.0", "data.email"};
static const char *const properties[] = {"a", "a.b", "data.x", "0"};
static const char *const times[] = {"createdAt", "updatedAt", "subscribedAt"};
static const char *const events[] = {
    "event.a",    "event.segment.vip.exit", "email.open",  "email.sent", "bare",
    "order.done", "event.event.x",          "event.data.x"};
static const char *const texts[] = {"contains",      "notContains", "startsWith",
                                    "notStartsWith", "endsWith",    "notEndsWith"};
static const char *const ordering[] = {"greaterThan", "greaterThanOrEqual", "lessThan",
                                       "lessThanOrEqual"};
static const char *const windows[] = {"within", "olderThan", "withinNext", "moreThanAhead"};
static const char *const occurrences[] = {"triggeredWithin", "notTriggeredWithin",
                                          "triggeredOlderThan", "firstTriggeredWithin",
                                          "firstTriggeredOlderThan"};
static const char *const counts[] = {"countAtLeast", "countAtMost", "countEquals"};
static const char *const sets[] = {"tag.5", "list." ID, "campaign.4294967298", "sequence.1"};
static const char *const bare[] = {"exists", "notExists", "isEmpty", "notEmpty"};

static void add_leaf(struct buf *out, const char *member, const char *field,
                     const char *operator_name)
{
    buf_printf(out, "{\"%s\":\"%s\",\"operator\":\"%s\"", member, field, operator_name);
}

static void add_list(struct buf *out, const char *const *from, size_t count, uint64_t length)
{
    buf_add_c(out, ",\"value\":[");
    for (uint64_t i = 0; i < length; i++)
        buf_printf(out, "%s%s", i ? "," : "", from[random_below(count)]);
    buf_add_char(out, ']');
}

static void add_value(struct buf *out, const char *value)
{
    buf_printf(out, ",\"value\":%s", value);
}

static void add_window(struct buf *out, const char *member, const char *field,
                       const char *operator_name)
{
    add_leaf(out, member, field, operator_name);
    buf_printf(out, ",\"value\":%s,\"unit\":%s", PICK(amounts), PICK(units));
}

static void add_data_predicate(struct buf *out, const char *member, const char *field);

static void add_data_leaf(struct buf *out)
{
    add_data_predicate(out, "field", PICK(data));
}

/* Conditions on the occurrences of an event, now and then. */
static void add_where(struct buf *out)
{
    uint64_t count = random_below(4);

    if (count == 3)
        return;
    buf_add_c(out, ",\"where\":[");
    for (uint64_t i = 0; i < count; i++) {
        if (i > 0)
            buf_add_char(out, ',');
        add_data_predicate(out, "property", PICK(properties));
        buf_add_char(out, '}');
    }
    buf_add_char(out, ']');
}

static void add_count(struct buf *out)
{
    add_leaf(out, "field", PICK(events), PICK(counts));
    buf_printf(out, ",\"value\":%u", (unsigned)random_below(5));
    if (random_below(2))
        buf_printf(out, ",\"window\":{\"value\":%s,\"unit\":%s}", PICK(amounts), PICK(units));
}

static void add_data_predicate(struct buf *out, const char *member, const char *field)
{
    switch (random_below(9)) {
    case 0:
        add_leaf(out, member, field, random_below(2) ? "equals" : "notEquals");
        add_value(out, PICK(scalars));
        break;
    case 1:
        add_leaf(out, member, field, random_below(2) ? "equals" : "notEquals");
        add_list(out, scalars, ARRAY_LEN(scalars), random_below(4));
        break;
    case 2:
        add_leaf(out, member, field, random_below(2) ? "in" : "notIn");
        add_list(out, scalars, ARRAY_LEN(scalars), 1 + random_below(4));
        break;
    case 3:
        add_leaf(out, member, field, PICK(texts));
        add_value(out, PICK(strings));
        break;
    case 4:
        add_leaf(out, member, field, random_below(2) ? "contains" : "notContains");
        add_value(out, PICK(scalars));
        break;
    case 5:
        add_leaf(out, member, field, PICK(ordering));
        add_value(out, random_below(2) ? PICK(dates) : PICK(numbers));
        break;
    case 6:
        add_leaf(out, member, field, "between");
        if (random_below(2))
            add_list(out, dates, ARRAY_LEN(dates), 2);
        else
            add_list(out, numbers, ARRAY_LEN(numbers), 2);
        break;
    case 7:
        add_leaf(out, member, field, PICK(bare));
        break;
    default:
        add_window(out, member, field, PICK(windows));
        break;
    }
}

static void add_builtin_leaf(struct buf *out)
{
    switch (random_below(6)) {
    case 0:
        add_leaf(out, "field", "email", PICK(texts));
        add_value(out, PICK(strings));
        break;
    case 1:
        add_leaf(out, "field", "email", random_below(2) ? "in" : "notEquals");
        if (str_ends(buf_str(out), STR("\"in\"")))
            add_list(out, words, ARRAY_LEN(words), 1 + random_below(3));
        else
            add_value(out, PICK(dates));
        break;
    case 2:
        add_leaf(out, "field", "subscribed", random_below(2) ? "equals" : "notEquals");
        add_value(out, random_below(2) ? "true" : "false");
        break;
    case 3:
        add_leaf(out, "field", "status", random_below(2) ? "in" : "notIn");
        add_list(out, words, ARRAY_LEN(words), 1 + random_below(3));
        break;
    case 4:
        add_leaf(out, "field", PICK(times), random_below(2) ? PICK(ordering) : "equals");
        add_value(out, random_below(2) ? PICK(dates) : PICK(numbers));
        break;
    default:
        add_window(out, "field", PICK(times), PICK(windows));
        break;
    }
}

static void add_occurrence_leaf(struct buf *out)
{
    switch (random_below(3)) {
    case 0:
        add_leaf(out, "field", PICK(events), random_below(2) ? "triggered" : "notTriggered");
        break;
    case 1:
        add_window(out, "field", PICK(events), PICK(occurrences));
        break;
    default:
        add_count(out);
        break;
    }
    add_where(out);
}

static void add_random_leaf(struct buf *out)
{
    switch (random_below(6)) {
    case 0:
        add_builtin_leaf(out);
        break;
    case 1:
        add_occurrence_leaf(out);
        break;
    case 2:
        add_leaf(out, "field", PICK(sets), random_below(2) ? "has" : "notHas");
        break;
    case 3:
        add_leaf(out, "field", "segment." ID,
                 random_below(2) ? "memberOfSegment" : "notMemberOfSegment");
        break;
    case 4:
        add_leaf(out, "field", PICK(data), "anniversaryWithinNext");
        add_value(out, "30");
        break;
    default:
        add_data_leaf(out);
        break;
    }
    buf_add_char(out, '}');
}

static void add_condition(struct buf *out, unsigned levels);

static void add_group(struct buf *out, unsigned levels)
{
    static const char *const endings[] = {"", "", ",\"not\":true", ",\"not\":false"};
    bool has_nested = levels > 1 && random_below(3) > 0;
    uint64_t count = has_nested ? random_below(3) : 1 + random_below(3);

    buf_add_c(out, "{\"filters\":[");
    for (uint64_t i = 0; i < count; i++) {
        if (i > 0)
            buf_add_char(out, ',');
        add_random_leaf(out);
    }
    buf_add_char(out, ']');
    if (has_nested) {
        buf_add_c(out, ",\"conditions\":");
        add_condition(out, levels - 1);
    }
    buf_add_c(out, PICK(endings));
    buf_add_char(out, '}');
}

static void add_condition(struct buf *out, unsigned levels)
{
    /* Deep ones are narrow, else they would be too many filters. */
    uint64_t count = levels > 5 ? 1 : 1 + random_below(3);

    buf_printf(out, "{\"logic\":\"%s\",\"groups\":[", random_below(2) ? "AND" : "OR");
    for (uint64_t i = 0; i < count; i++) {
        if (i > 0)
            buf_add_char(out, ',');
        add_group(out, i == 0 ? levels : 1);
    }
    buf_add_c(out, "]}");
}

#endif

#include "livedraw.h"

#include "base/buf.h"

static const char *const words[] = {"free", "pro",  "Team", "team A", "École", "",
                                    "5",    "true", "東京", "x",      "école", "100%"};
static const char *const events[] = {"seen", "bought", "left", "app.opened", "Très bien", "rare"};

/*
 * In a template # is a digit, % a digit but 0, @ a word, & an event's name and ~ a segment's id.
 */
static const char *const patches[] = {
    "{\"plan\":\"@\"}",
    "{\"plan\":\"@\",\"score\":#}",
    "{\"score\":-#.5}",
    "{\"score\":null,\"plan\":null}",
    "{\"vip\":true}",
    "{\"vip\":false,\"score\":%#}",
    "{\"vip\":null}",
    "{\"tags\":[\"@\",#]}",
    "{\"tags\":[]}",
    "{\"tags\":[true,\"2026-0%-1#\"]}",
    "{\"address\":{\"city\":\"@\",\"zip\":#}}",
    "{\"address\":{\"city\":null,\"deep\":{\"er\":\"@\"}}}",
    "{\"address\":\"@\"}",
    "{\"address\":null}",
    "{\"renewal\":\"2026-0%-1#\"}",
    "{\"renewal\":\"2027-0%-2%T0#:0#:0#Z\"}",
    "{\"renewal\":\"@\"}",
    "{\"number\":#}",
    "{\"mix\":#}",
    "{\"mix\":\"#\"}",
    "{\"mix\":true}",
    "{\"mix\":[#,#]}",
    "{\"mix\":{\"a\":#}}",
};

static const char *const event_data[] = {
    "{\"amount\":#}",
    "{\"amount\":%#,\"plan\":\"@\"}",
    "{\"plan\":\"@\",\"deep\":{\"er\":#}}",
    "{\"amount\":\"#\",\"ok\":true}",
    "{\"ok\":false,\"tags\":[\"@\",#]}",
    "{\"due\":\"2026-0%-1#\",\"amount\":null}",
    "{}",
};

static const char *const own_leaves[] = {
    "{\"field\":\"email\",\"operator\":\"contains\",\"value\":\"#\"}",
    "{\"field\":\"email\",\"operator\":\"notContains\",\"value\":\"U1\"}",
    "{\"field\":\"email\",\"operator\":\"startsWith\",\"value\":\"u#\"}",
    "{\"field\":\"email\",\"operator\":\"endsWith\",\"value\":\"#@Live.example\"}",
    "{\"field\":\"email\",\"operator\":\"equals\",\"value\":\"u%#@live.example\"}",
    "{\"field\":\"email\",\"operator\":\"notIn\",\"value\":[\"u%@live.example\",\"u%#@live."
    "example\"]}",
    "{\"field\":\"subscribed\",\"operator\":\"equals\",\"value\":true}",
    "{\"field\":\"subscribed\",\"operator\":\"notEquals\",\"value\":true}",
    "{\"field\":\"status\",\"operator\":\"equals\",\"value\":\"unsubscribed\"}",
    "{\"field\":\"status\",\"operator\":\"notIn\",\"value\":[\"bounced\",\"subscribed\"]}",
    "{\"field\":\"createdAt\",\"operator\":\"within\",\"value\":0.0%,\"unit\":\"minutes\"}",
    "{\"field\":\"createdAt\",\"operator\":\"olderThan\",\"value\":%,\"unit\":\"hours\"}",
    "{\"field\":\"updatedAt\",\"operator\":\"within\",\"value\":0.0%,\"unit\":\"minutes\"}",
    "{\"field\":\"updatedAt\",\"operator\":\"greaterThan\",\"value\":\"2026-01-0%\"}",
    "{\"field\":\"subscribedAt\",\"operator\":\"olderThan\",\"value\":0.0%,\"unit\":\"minutes\"}",
    "{\"field\":\"subscribedAt\",\"operator\":\"moreThanAhead\",\"value\":%,\"unit\":\"days\"}",
    "{\"field\":\"data.plan\",\"operator\":\"equals\",\"value\":\"@\"}",
    "{\"field\":\"data.plan\",\"operator\":\"notEquals\",\"value\":\"@\"}",
    "{\"field\":\"data.plan\",\"operator\":\"contains\",\"value\":\"TE\"}",
    "{\"field\":\"data.plan\",\"operator\":\"notStartsWith\",\"value\":\"@\"}",
    "{\"field\":\"data.plan\",\"operator\":\"in\",\"value\":[\"@\",\"@\"]}",
    "{\"field\":\"data.plan\",\"operator\":\"greaterThan\",\"value\":\"pro\"}",
    "{\"field\":\"data.plan\",\"operator\":\"isEmpty\"}",
    "{\"field\":\"data.plan\",\"operator\":\"notExists\"}",
    "{\"field\":\"data.score\",\"operator\":\"greaterThan\",\"value\":#}",
    "{\"field\":\"data.score\",\"operator\":\"lessThanOrEqual\",\"value\":-#.5}",
    "{\"field\":\"data.score\",\"operator\":\"between\",\"value\":[-%,%]}",
    "{\"field\":\"data.score\",\"operator\":\"notEquals\",\"value\":#}",
    "{\"field\":\"data.score\",\"operator\":\"in\",\"value\":[#,#,\"#\"]}",
    "{\"field\":\"data.vip\",\"operator\":\"equals\",\"value\":true}",
    "{\"field\":\"data.vip\",\"operator\":\"notEquals\",\"value\":true}",
    "{\"field\":\"data.tags\",\"operator\":\"contains\",\"value\":\"@\"}",
    "{\"field\":\"data.tags\",\"operator\":\"contains\",\"value\":#}",
    "{\"field\":\"data.tags\",\"operator\":\"notContains\",\"value\":true}",
    "{\"field\":\"data.tags\",\"operator\":\"in\",\"value\":[\"2026-0%-1%\",\"@\"]}",
    "{\"field\":\"data.tags\",\"operator\":\"equals\",\"value\":[\"@\",#]}",
    "{\"field\":\"data.tags\",\"operator\":\"notEmpty\"}",
    "{\"field\":\"data.address\",\"operator\":\"exists\"}",
    "{\"field\":\"data.address\",\"operator\":\"notEquals\",\"value\":\"@\"}",
    "{\"field\":\"data.address.city\",\"operator\":\"equals\",\"value\":\"@\"}",
    "{\"field\":\"data.address.deep.er\",\"operator\":\"exists\"}",
    "{\"field\":\"data.address.zip\",\"operator\":\"lessThan\",\"value\":#}",
    "{\"field\":\"data.renewal\",\"operator\":\"equals\",\"value\":\"2026-0%-1%\"}",
    "{\"field\":\"data.renewal\",\"operator\":\"notEquals\",\"value\":\"2026-0%-1%\"}",
    "{\"field\":\"data.renewal\",\"operator\":\"lessThan\",\"value\":\"2026-0%-15\"}",
    "{\"field\":\"data.renewal\",\"operator\":\"greaterThanOrEqual\",\"value\":\"2027-0%-02T00:00:"
    "00Z\"}",
    "{\"field\":\"data.renewal\",\"operator\":\"within\",\"value\":%0,\"unit\":\"days\"}",
    "{\"field\":\"data.renewal\",\"operator\":\"olderThan\",\"value\":%0,\"unit\":\"weeks\"}",
    "{\"field\":\"data.renewal\",\"operator\":\"withinNext\",\"value\":%00,\"unit\":\"days\"}",
    "{\"field\":\"data.number\",\"operator\":\"equals\",\"value\":#}",
    "{\"field\":\"data.number\",\"operator\":\"equals\",\"value\":\"#\"}",
    "{\"field\":\"data.number\",\"operator\":\"contains\",\"value\":\"#\"}",
    "{\"field\":\"data.number\",\"operator\":\"notEquals\",\"value\":\"#\"}",
    "{\"field\":\"data.number\",\"operator\":\"in\",\"value\":[#,\"#\"]}",
    "{\"field\":\"data.number\",\"operator\":\"greaterThan\",\"value\":#}",
    "{\"field\":\"data.mix\",\"operator\":\"equals\",\"value\":\"#\"}",
    "{\"field\":\"data.mix\",\"operator\":\"notContains\",\"value\":\"#\"}",
    "{\"field\":\"data.mix\",\"operator\":\"startsWith\",\"value\":\"tr\"}",
    "{\"field\":\"data.mix\",\"operator\":\"contains\",\"value\":#}",
    "{\"field\":\"data.mix\",\"operator\":\"exists\"}",
    "{\"field\":\"data.unheard.of\",\"operator\":\"notExists\"}",
    "{\"field\":\"event.&\",\"operator\":\"triggered\"}",
    "{\"field\":\"event.&\",\"operator\":\"notTriggered\"}",
    "{\"field\":\"event.&\",\"operator\":\"triggeredWithin\",\"value\":0.0%,\"unit\":\"minutes\"}",
    "{\"field\":\"event.&\",\"operator\":\"triggeredWithin\",\"value\":%,\"unit\":\"days\"}",
    "{\"field\":\"event.&\",\"operator\":\"notTriggeredWithin\",\"value\":%,\"unit\":\"hours\"}",
    "{\"field\":\"event.&\",\"operator\":\"triggeredOlderThan\",\"value\":%,\"unit\":\"days\"}",
    "{\"field\":\"event.&\",\"operator\":\"firstTriggeredWithin\",\"value\":%,\"unit\":\"days\"}",
    "{\"field\":\"event.&\",\"operator\":\"firstTriggeredOlderThan\",\"value\":0.0%,\"unit\":"
    "\"minutes\"}",
    "{\"field\":\"event.&\",\"operator\":\"countAtLeast\",\"value\":#}",
    "{\"field\":\"event.&\",\"operator\":\"countAtMost\",\"value\":#}",
    "{\"field\":\"event.&\",\"operator\":\"countEquals\",\"value\":#}",
    "{\"field\":\"event.&\",\"operator\":\"countAtLeast\",\"value\":%,\"window\":{\"value\":%,"
    "\"unit\":\"days\"}}",
    "{\"field\":\"event.&\",\"operator\":\"countAtMost\",\"value\":#,\"window\":{\"value\":0.%,"
    "\"unit\":\"minutes\"}}",
    "{\"field\":\"event.&\",\"operator\":\"countEquals\",\"value\":#,\"window\":{\"value\":%,"
    "\"unit\":\"hours\"}}",
    "{\"field\":\"event.&\",\"operator\":\"triggered\",\"where\":[{\"property\":\"amount\","
    "\"operator\":\"greaterThan\",\"value\":#}]}",
    "{\"field\":\"event.&\",\"operator\":\"notTriggered\",\"where\":[{\"property\":\"plan\","
    "\"operator\":\"notEquals\",\"value\":\"@\"}]}",
    "{\"field\":\"event.&\",\"operator\":\"triggeredWithin\",\"value\":%,\"unit\":\"days\","
    "\"where\":[{\"property\":\"plan\",\"operator\":\"contains\",\"value\":\"TE\"}]}",
    "{\"field\":\"event.&\",\"operator\":\"triggeredOlderThan\",\"value\":0.%,\"unit\":\"minutes\","
    "\"where\":[{\"property\":\"ok\",\"operator\":\"exists\"}]}",
    "{\"field\":\"event.&\",\"operator\":\"notTriggeredWithin\",\"value\":%,\"unit\":\"hours\","
    "\"where\":[{\"property\":\"tags\",\"operator\":\"contains\",\"value\":\"@\"}]}",
    "{\"field\":\"event.&\",\"operator\":\"firstTriggeredWithin\",\"value\":%,\"unit\":\"days\","
    "\"where\":[{\"property\":\"deep.er\",\"operator\":\"lessThan\",\"value\":%}]}",
    "{\"field\":\"event.&\",\"operator\":\"firstTriggeredOlderThan\",\"value\":%,\"unit\":"
    "\"hours\","
    "\"where\":[{\"property\":\"amount\",\"operator\":\"notExists\"}]}",
    "{\"field\":\"event.&\",\"operator\":\"countAtLeast\",\"value\":%,\"window\":{\"value\":%,"
    "\"unit\":\"days\"},\"where\":[{\"property\":\"amount\",\"operator\":\"in\",\"value\":[#,#,#]},"
    "{\"property\":\"plan\",\"operator\":\"notExists\"}]}",
    "{\"field\":\"event.&\",\"operator\":\"countEquals\",\"value\":#,\"where\":[{\"property\":"
    "\"due\",\"operator\":\"olderThan\",\"value\":%0,\"unit\":\"days\"}]}",
    "{\"field\":\"event.&\",\"operator\":\"countAtMost\",\"value\":#,\"where\":[{\"property\":"
    "\"ok\",\"operator\":\"notEquals\",\"value\":true}]}",
    "{\"field\":\"tag.%\",\"operator\":\"has\"}",
    "{\"field\":\"tag." LIVEDRAW_TAG "\",\"operator\":\"has\"}",
    "{\"field\":\"list.%\",\"operator\":\"notHas\"}",
    "{\"field\":\"event.contact.unsubscribed\",\"operator\":\"triggered\"}",
    "{\"field\":\"event.contact.subscribed\",\"operator\":\"notTriggeredWithin\",\"value\":0.0%,"
    "\"unit\":\"minutes\"}",
};

static const char *const segment_leaves[] = {
    "{\"field\":\"segment.~\",\"operator\":\"memberOfSegment\"}",
    "{\"field\":\"segment.~\",\"operator\":\"notMemberOfSegment\"}",
};

uint32_t livedraw_number(struct livedraw *draw, uint32_t below)
{
    uint64_t x = draw->state += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)((x ^ (x >> 31)) >> 11) % below;
}

#define ONE_OF(draw, array) (array)[livedraw_number(draw, (uint32_t)ARRAY_LEN(array))]

static void expand(struct livedraw *draw, const char *template, struct buf *out)
{
    for (const char *c = template; *c; c++) {
        switch (*c) {
        case '#':
            buf_printf(out, "%u", livedraw_number(draw, 10));
            break;
        case '%':
            buf_printf(out, "%u", 1 + livedraw_number(draw, 9));
            break;
        case '@':
            buf_add_c(out, ONE_OF(draw, words));
            break;
        case '&':
            buf_add_c(out, livedraw_event(draw));
            break;
        case '~':
            buf_add_c(out, draw->segments[livedraw_number(draw, draw->segment_count)]);
            break;
        default:
            buf_add_char(out, *c);
        }
    }
}

static const char *finish(struct livedraw *draw, struct buf *text)
{
    const char *ret = arena_copy(draw->arena, text->at, text->len);
    buf_done(text);
    return ret;
}

const char *livedraw_email(struct livedraw *draw, uint32_t count)
{
    return arena_printf(draw->arena, "u%u@live.example", livedraw_number(draw, count));
}

const char *livedraw_event(struct livedraw *draw)
{
    return livedraw_number(draw, 20)
               ? events[livedraw_number(draw, (uint32_t)ARRAY_LEN(events) - 1)]
               : events[ARRAY_LEN(events) - 1];
}

const char *livedraw_patch(struct livedraw *draw)
{
    struct buf text;
    buf_init(&text, 10000);
    /* "number" is one but for a moment: the mixed rule comes and goes with a single contact. */
    const char *rare = livedraw_number(draw, 40) ? ONE_OF(draw, patches) : "{\"number\":\"#\"}";
    expand(draw, rare, &text);
    return finish(draw, &text);
}

const char *livedraw_event_data(struct livedraw *draw)
{
    struct buf text;
    buf_init(&text, 10000);
    expand(draw, ONE_OF(draw, event_data), &text);
    return finish(draw, &text);
}

static void add_group(struct livedraw *draw, bool own, unsigned depth, struct buf *out);

static void add_condition(struct livedraw *draw, bool own, unsigned depth, struct buf *out)
{
    unsigned groups = 1 + livedraw_number(draw, 3);
    buf_printf(out, "{\"logic\":\"%s\",\"groups\":[", livedraw_number(draw, 2) ? "AND" : "OR");
    for (unsigned i = 0; i < groups; i++) {
        if (i)
            buf_add_char(out, ',');
        add_group(draw, own, depth, out);
    }
    buf_add_c(out, "]}");
}

static void add_group(struct livedraw *draw, bool own, unsigned depth, struct buf *out)
{
    unsigned leaves = 1 + livedraw_number(draw, 2);
    buf_printf(out, "{%s\"filters\":[", livedraw_number(draw, 4) ? "" : "\"not\":true,");
    for (unsigned i = 0; i < leaves; i++) {
        if (i)
            buf_add_char(out, ',');
        bool segment = !own && !livedraw_number(draw, 6);
        expand(draw, segment ? ONE_OF(draw, segment_leaves) : ONE_OF(draw, own_leaves), out);
    }
    buf_add_char(out, ']');
    if (depth && !livedraw_number(draw, 4)) {
        buf_add_c(out, ",\"conditions\":");
        add_condition(draw, own, depth - 1, out);
    }
    buf_add_char(out, '}');
}

const char *livedraw_condition(struct livedraw *draw, bool own)
{
    struct buf text;
    buf_init(&text, 60000);
    add_condition(draw, own, 2, &text);
    return finish(draw, &text);
}

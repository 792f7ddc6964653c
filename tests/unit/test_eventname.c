/* Names that a client may track, and keys of Idempotency-Key: both are only words. */
#include "base/limits.h"
#include "store/eventname.h"
#include "store/idempotency.h"
#include "unit.h"

static const struct {
    const char *name;
    enum eventname_verdict verdict;
} rows[] = {
    {"purchase", EVENTNAME_OK},
    {"a b/c.d \xc3\xa9", EVENTNAME_OK},
    {"Contact", EVENTNAME_OK},
    {"emails.x", EVENTNAME_OK},
    {"email", EVENTNAME_OK},
    {"contact.subscribed2", EVENTNAME_OK},
    {"segment.vip", EVENTNAME_OK},
    {"segment.entry", EVENTNAME_OK}, /* no slug between */
    {"segment.vip.entry.x", EVENTNAME_OK},
    {"", EVENTNAME_BAD},
    {"a\nb", EVENTNAME_BAD},
    {"a\x7f", EVENTNAME_BAD},
    {"contact", EVENTNAME_BAD},
    {"names", EVENTNAME_BAD},
    {"stats", EVENTNAME_BAD},
    {"track", EVENTNAME_BAD},
    {"import", EVENTNAME_BAD},
    {"batch", EVENTNAME_BAD},
    {"email.", EVENTNAME_RESERVED},
    {"email.opened", EVENTNAME_RESERVED},
    {"contact.subscribed", EVENTNAME_RESERVED},
    {"contact.unsubscribed", EVENTNAME_RESERVED},
    {"segment.vip.entry", EVENTNAME_RESERVED},
    {"segment.a.b.exit", EVENTNAME_RESERVED},
    {"segment..entry", EVENTNAME_RESERVED},
};

START_TEST(names)
{
    ck_assert_msg(eventname_judge(str_from(rows[_i].name)) == rows[_i].verdict, "%s",
                  rows[_i].name);
}
END_TEST

START_TEST(length)
{
    char text[LIMIT_EVENT_NAME_BYTES + 1];
    memset(text, 'n', sizeof text);
    ck_assert_int_eq(eventname_judge((struct str){text, sizeof text - 1}), EVENTNAME_OK);
    ck_assert_int_eq(eventname_judge((struct str){text, sizeof text}), EVENTNAME_BAD);
}
END_TEST

START_TEST(idempotency_keys)
{
    char text[LIMIT_IDEMPOTENCY_KEY_CHARS + 1];
    memset(text, '~', sizeof text);
    ck_assert(idempotency_key_ok((struct str){text, sizeof text - 1}));
    ck_assert(!idempotency_key_ok((struct str){text, sizeof text}));
    ck_assert(idempotency_key_ok(STR("a b!")));
    ck_assert(!idempotency_key_ok(STR("")));
    ck_assert(!idempotency_key_ok(STR("a\tb")));
    ck_assert(!idempotency_key_ok(STR("a\x7f")));
    ck_assert(!idempotency_key_ok(STR("\xc3\xa9")));
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {
        {names, ARRAY_LEN(rows)},
        {length, 0},
        {idempotency_keys, 0},
    };
    return UNIT_RUN("eventname", cases);
}

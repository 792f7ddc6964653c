/* Which events a pattern wants, and which patterns are none. */
#include "store/outboxpattern.h"
#include "unit.h"

static const struct {
    const char *pattern;
    const char *type;
    bool is_custom;
    bool wanted;
} wants[] = {
    {"segment.vip.entry", "segment.vip.entry", false, true},
    {"segment.vip.entry", "segment.vip.exit", false, false},
    {"segment.vip.entry", "segment.vips.entry", false, false},
    {"segment.vip.entry", "segment.vip.entry.x", false, false},
    {"segment.*", "segment.vip.entry", false, true},
    {"segment.*", "segment.vip.exit", false, true},
    {"segment.*", "contact.created", false, false},
    {"segment.*", "segments.vip.entry", false, false},
    {"segment.*.exit", "segment.vip.exit", false, true},
    {"segment.*.exit", "segment.vip.entry", false, false},
    {"segment.*.*", "segment.vip.exit", false, true},
    {"segment.vip.*", "segment.vip.exit", false, true},
    {"segment.vip.*", "segment.vip-2.exit", false, false},
    {"segment.vip*", "segment.vip-2.exit", false, true},
    {"segment.vip*", "segment.other.exit", false, false},
    {"segment.*.e*", "segment.vip.exit", false, true},
    {"*.*.exit", "segment.vip.exit", false, true},
    {"*.vip.exit", "segment.vip.exit", false, true},
    {"*.exit", "segment.vip.exit", false, false},
    {"*", "segment.vip.exit", false, true},
    {"*", "contact.created", false, true},
    {"*", "import.completed", false, true},
    {"*.completed", "import.completed", false, true},
    {"contact.*", "contact.unsubscribed", false, true},
    {"contact.sub*", "contact.subscribed", false, true},
    {"contact.sub*", "contact.unsubscribed", false, false},
    {"contact.created", "contact.created", false, true},
    {"contact", "contact.created", false, false},
    /* A custom event is wanted by its name only. */
    {"*", "signup", true, false},
    {"sign*", "signup", true, false},
    {"order.*", "order.paid", true, false},
    {"signup", "signup", true, true},
    {"signup", "Signup", true, false},
    {"order.paid", "order.paid", true, true},
    {"50% off * now", "50% off * now", true, true},
    {"contact.*", "contact.called", true, false},
    {"contact.called", "contact.called", true, true},
    {"segment.*", "segment.chosen", true, false},
    /* And a name is no pattern for what we publish. */
    {"signup", "contact.created", false, false},
};

START_TEST(wants_what_it_names)
{
    ck_assert_msg(outboxpattern_wants(str_from(wants[_i].pattern), str_from(wants[_i].type),
                                      wants[_i].is_custom) == wants[_i].wanted,
                  "%s and %s", wants[_i].pattern, wants[_i].type);
}
END_TEST

static const char *const accepted[] = {
    "*",
    "*.*",
    "*.*.*",
    "segment.*",
    "segment.*.*",
    "segment.*.entry",
    "segment.vip.*",
    "segment.vip*",
    "segment.*.ex*",
    "*.vip.entry",
    "*.deleted.*",
    "contact.*",
    "contact.un*",
    "*.created",
    "import.*",
    "segment.vip.entry",
    "contact.created",
    "signup",
    "order.paid",
    "a*b",
    "50% off * now",
    "Käse",
    "contact.called",
};

START_TEST(accepts)
{
    struct err_info info = {.message = ""};
    ck_assert_msg(outboxpattern_check(str_from(accepted[_i]), "events.0", &info) == 0, "%s: %s",
                  accepted[_i], info.message);
}
END_TEST

static const char *const refused[] = {
    "",
    "segment.*.enter",
    "order.*",
    "*.*.*.*",
    "contact.*.x",
    "sign*",
    "contacts.*",
    "seg*ments.*",
    "a\nb",
    "import.started*",
    "contact.*.*",

    "segment.*.entry.*",
};

START_TEST(refuses)
{
    struct err_info info = {.message = ""};
    ck_assert_msg(outboxpattern_check(str_from(refused[_i]), "events.3", &info) ==
                      ERR_UNPROCESSABLE,
                  "%s", refused[_i]);
    ck_assert_str_eq(info.item.field, "events.3");
    ck_assert_str_eq(info.code, "VALIDATION_ERROR");
}
END_TEST

START_TEST(refuses_what_is_too_long)
{
    char *name = arena_alloc(unit_arena, 500);
    memset(name, 'x', 500);
    ck_assert_int_eq(outboxpattern_check((struct str){name, 440}, "f", NULL), 0);
    ck_assert_int_eq(outboxpattern_check((struct str){name, 441}, "f", NULL), ERR_UNPROCESSABLE);
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {
        {wants_what_it_names, ARRAY_LEN(wants)},
        {accepts, ARRAY_LEN(accepted)},
        {refuses, ARRAY_LEN(refused)},
        {refuses_what_is_too_long, 0},
    };
    return UNIT_RUN("outboxpattern", cases);
}

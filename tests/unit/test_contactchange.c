/* Changes of a contact: status, address and updatedAt by the rules of filters.md §2. */
#include "base/limits.h"
#include "store/contactchange.h"
#include "unit.h"
#include "json/jsonread.h"

#define OLD_MS 1000
#define NOW_MS 2000

static struct contact contact_of(enum contact_status status)
{
    return (struct contact){.email = STR("a@b.c"),
                            .status = status,
                            .data = STR("{\"a\":1}"),
                            .created_ms = OLD_MS,
                            .updated_ms = OLD_MS,
                            .subscribed_ms = OLD_MS};
}

#define SECRET 0
#define PUBLIC 1
#define PUBLIC_OFF 2 /* a public key of a project without publicResubscribe */

static const struct {
    enum contact_status from;
    enum contactchange_subscribe subscribe;
    int key;
    enum contact_status to;
    enum contactchange_subscribe flip;
} rows[] = {
    {CONTACT_SUBSCRIBED, CONTACTCHANGE_KEEP, SECRET, CONTACT_SUBSCRIBED, CONTACTCHANGE_KEEP},
    {CONTACT_SUBSCRIBED, CONTACTCHANGE_SUBSCRIBE, SECRET, CONTACT_SUBSCRIBED, CONTACTCHANGE_KEEP},
    {CONTACT_SUBSCRIBED, CONTACTCHANGE_UNSUBSCRIBE, SECRET, CONTACT_UNSUBSCRIBED,
     CONTACTCHANGE_UNSUBSCRIBE},
    {CONTACT_SUBSCRIBED, CONTACTCHANGE_UNSUBSCRIBE, PUBLIC_OFF, CONTACT_UNSUBSCRIBED,
     CONTACTCHANGE_UNSUBSCRIBE},
    {CONTACT_UNSUBSCRIBED, CONTACTCHANGE_UNSUBSCRIBE, SECRET, CONTACT_UNSUBSCRIBED,
     CONTACTCHANGE_KEEP},
    {CONTACT_UNSUBSCRIBED, CONTACTCHANGE_SUBSCRIBE, SECRET, CONTACT_SUBSCRIBED,
     CONTACTCHANGE_SUBSCRIBE},
    {CONTACT_UNSUBSCRIBED, CONTACTCHANGE_SUBSCRIBE, PUBLIC, CONTACT_SUBSCRIBED,
     CONTACTCHANGE_SUBSCRIBE},
    {CONTACT_UNSUBSCRIBED, CONTACTCHANGE_SUBSCRIBE, PUBLIC_OFF, CONTACT_UNSUBSCRIBED,
     CONTACTCHANGE_KEEP},
    {CONTACT_BOUNCED, CONTACTCHANGE_UNSUBSCRIBE, SECRET, CONTACT_BOUNCED, CONTACTCHANGE_KEEP},
    {CONTACT_BOUNCED, CONTACTCHANGE_SUBSCRIBE, SECRET, CONTACT_SUBSCRIBED, CONTACTCHANGE_SUBSCRIBE},
    {CONTACT_BOUNCED, CONTACTCHANGE_SUBSCRIBE, PUBLIC, CONTACT_BOUNCED, CONTACTCHANGE_KEEP},
    {CONTACT_COMPLAINED, CONTACTCHANGE_UNSUBSCRIBE, SECRET, CONTACT_COMPLAINED, CONTACTCHANGE_KEEP},
    {CONTACT_COMPLAINED, CONTACTCHANGE_SUBSCRIBE, SECRET, CONTACT_SUBSCRIBED,
     CONTACTCHANGE_SUBSCRIBE},
    {CONTACT_COMPLAINED, CONTACTCHANGE_SUBSCRIBE, PUBLIC, CONTACT_COMPLAINED, CONTACTCHANGE_KEEP},
    {CONTACT_SUBSCRIBED, CONTACTCHANGE_BOUNCE, SECRET, CONTACT_BOUNCED, CONTACTCHANGE_UNSUBSCRIBE},
    {CONTACT_UNSUBSCRIBED, CONTACTCHANGE_BOUNCE, SECRET, CONTACT_BOUNCED, CONTACTCHANGE_KEEP},
    {CONTACT_COMPLAINED, CONTACTCHANGE_BOUNCE, SECRET, CONTACT_COMPLAINED, CONTACTCHANGE_KEEP},
    {CONTACT_SUBSCRIBED, CONTACTCHANGE_COMPLAIN, SECRET, CONTACT_COMPLAINED,
     CONTACTCHANGE_UNSUBSCRIBE},
    {CONTACT_BOUNCED, CONTACTCHANGE_COMPLAIN, SECRET, CONTACT_COMPLAINED, CONTACTCHANGE_KEEP},
};

START_TEST(statuses)
{
    struct contact contact = contact_of(rows[_i].from);
    struct contactchange change = {.subscribe = rows[_i].subscribe,
                                   .by_public = rows[_i].key != SECRET,
                                   .public_resubscribe = rows[_i].key == PUBLIC};
    struct contactchange_effect effect;
    struct err_info info = {.code = ""};
    bool changes = rows[_i].from != rows[_i].to;
    ck_assert_int_eq(contactchange_apply(unit_arena, &change, NOW_MS, &contact, &effect, &info), 0);
    ck_assert_int_eq(contact.status, rows[_i].to);
    ck_assert_int_eq(effect.flip, rows[_i].flip);
    ck_assert_int_eq(effect.changed, changes);
    ck_assert_int_eq(contact.updated_ms, changes ? NOW_MS : OLD_MS);
    ck_assert_int_eq(contact.subscribed_ms,
                     changes && rows[_i].to == CONTACT_SUBSCRIBED ? NOW_MS : OLD_MS);
}
END_TEST

static const struct jsonval *parse(const char *json)
{
    const struct jsonval *value;
    struct err_info info = {.code = ""};
    ck_assert_int_eq(jsonread_parse(unit_arena, str_from(json), &value, &info), 0);
    return value;
}

/* Applies a change to the contact of contact_of; returns whether anything changed. */
static bool applies(struct contactchange change, struct contact *ret)
{
    struct contactchange_effect effect;
    struct err_info info = {.code = ""};
    *ret = contact_of(CONTACT_SUBSCRIBED);
    ck_assert_int_eq(contactchange_apply(unit_arena, &change, NOW_MS, ret, &effect, &info), 0);
    ck_assert_int_eq(effect.flip, CONTACTCHANGE_KEEP);
    ck_assert_int_eq(ret->updated_ms, effect.changed ? NOW_MS : OLD_MS);
    return effect.changed;
}

START_TEST(data_and_address)
{
    struct contact contact;
    ck_assert(!applies((struct contactchange){.patch = parse("{\"a\":1}")}, &contact));
    ck_assert(applies((struct contactchange){.patch = parse("{\"b\":2}")}, &contact));
    unit_str_eq(contact.data, "{\"a\":1,\"b\":2}");
    ck_assert(applies((struct contactchange){.patch = parse("{\"a\":null}")}, &contact));
    ck_assert_ptr_null(contact.data.at);
    ck_assert(applies((struct contactchange){.clear_data = true}, &contact));
    ck_assert_ptr_null(contact.data.at);
    ck_assert(!applies((struct contactchange){.clear_data = true, .patch = parse("{\"a\":1}")},
                       &contact));
    ck_assert(!applies((struct contactchange){.email = STR("a@b.c")}, &contact));
    ck_assert(applies((struct contactchange){.email = STR("x@b.c")}, &contact));
    unit_str_eq(contact.email, "x@b.c");
}
END_TEST

START_TEST(the_clock_never_turns_back)
{
    struct contact contact = contact_of(CONTACT_SUBSCRIBED);
    struct contactchange change = {.subscribe = CONTACTCHANGE_UNSUBSCRIBE};
    struct contactchange_effect effect;
    struct err_info info = {.code = ""};
    contact.updated_ms = NOW_MS + 5;
    ck_assert_int_eq(contactchange_apply(unit_arena, &change, NOW_MS, &contact, &effect, &info), 0);
    ck_assert_int_eq(contact.updated_ms, NOW_MS + 5);
}
END_TEST

START_TEST(a_refused_change_touches_nothing)
{
    struct contact contact = contact_of(CONTACT_SUBSCRIBED);
    struct contactchange_effect effect;
    struct err_info info = {.code = ""};
    char *text = arena_alloc(unit_arena, LIMIT_DATA_BYTES + 1);
    memset(text, 'x', LIMIT_DATA_BYTES);
    struct jsonval value = {.type = JSONVAL_STRING, .string = {text, LIMIT_DATA_BYTES - 10}};
    struct str name = STR("b");
    struct jsonval patch = {.type = JSONVAL_OBJECT, .count = 1, .items = &value, .names = &name};
    struct contactchange change = {.subscribe = CONTACTCHANGE_UNSUBSCRIBE, .patch = &patch};
    ck_assert_int_eq(contactchange_apply(unit_arena, &change, NOW_MS, &contact, &effect, &info),
                     ERR_UNPROCESSABLE);
    ck_assert_int_eq(contact.status, CONTACT_SUBSCRIBED);
    ck_assert_int_eq(contact.updated_ms, OLD_MS);
    unit_str_eq(contact.data, "{\"a\":1}");
}
END_TEST

START_TEST(making_one)
{
    struct contact contact = {.email = STR("a@b.c")};
    struct contactchange change = {.patch = parse("{\"a\":null}")};
    struct err_info info = {.code = ""};
    ck_assert_int_eq(contactchange_create(unit_arena, &change, NOW_MS, &contact, &info), 0);
    ck_assert_int_eq(contact.status, CONTACT_SUBSCRIBED);
    ck_assert_int_eq(contact.subscribed_ms, NOW_MS);
    ck_assert_ptr_null(contact.data.at);
    change.subscribe = CONTACTCHANGE_UNSUBSCRIBE;
    ck_assert_int_eq(contactchange_create(unit_arena, &change, NOW_MS, &contact, &info), 0);
    ck_assert_int_eq(contact.status, CONTACT_UNSUBSCRIBED);
    ck_assert(contact.subscribed_ms == INT64_MIN);
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {
        {statuses, ARRAY_LEN(rows)},
        {data_and_address, 0},
        {the_clock_never_turns_back, 0},
        {a_refused_change_touches_nothing, 0},
        {making_one, 0},
    };
    return UNIT_RUN("contactchange", cases);
}

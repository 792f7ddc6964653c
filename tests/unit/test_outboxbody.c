/* Bodies of webhook messages, byte for byte: receivers verify a signature over them. */
#include "store/outboxbody.h"

#include "unit.h"
#include "json/jsonread.h"

#define ANN "11111111-1111-4111-8111-111111111111"
#define SEGMENT "22222222-2222-4222-8222-222222222222"
#define EVENT "33333333-3333-4333-8333-333333333333"
#define AT INT64_C(1767323045006)
#define AT_TEXT "2026-01-02T03:04:05.006Z"

static struct uuid id_of(const char *text)
{
    struct uuid uuid;
    ck_assert(uuid_parse(str_from(text), &uuid));
    return uuid;
}

static struct contact ann(const char *data)
{
    return (struct contact){.uuid = id_of(ANN),
                            .email = STR("ann@example.com"),
                            .status = CONTACT_SUBSCRIBED,
                            .data = str_from(data)};
}

static struct outboxbody_transition entry(const struct contact *contact)
{
    return (struct outboxbody_transition){.type = STR("segment.vip.entry"),
                                          .at_ms = AT,
                                          .sequence = 7,
                                          .segment = id_of(SEGMENT),
                                          .segment_name = STR("V\"I\"P"),
                                          .segment_slug = STR("vip"),
                                          .cause = OUTBOXBODY_DATA,
                                          .has_event = true,
                                          .event = id_of(EVENT),
                                          .contact_id = id_of(ANN),
                                          .contact = contact};
}

#define ENTRY_HEAD                                                                                 \
    "{\"type\":\"segment.vip.entry\",\"timestamp\":\"" AT_TEXT "\",\"data\":{\"sequence\":7,"      \
    "\"segment\":{\"id\":\"" SEGMENT "\",\"name\":\"V\\\"I\\\"P\",\"slug\":\"vip\"},"
#define ENTRY_TAIL "\"cause\":{\"kind\":\"data\",\"eventId\":\"" EVENT "\"}}}"

START_TEST(of_an_entry)
{
    struct contact contact = ann("{\"plan\":\"pro\"}");
    struct outboxbody_transition t = entry(&contact);
    unit_str_eq(outboxbody_transition(unit_arena, &t),
                ENTRY_HEAD "\"contact\":{\"id\":\"" ANN "\",\"email\":\"ann@example.com\","
                           "\"subscribed\":true,\"data\":{\"plan\":\"pro\"}}," ENTRY_TAIL);
}
END_TEST

START_TEST(of_a_contact_that_is_gone)
{
    struct outboxbody_transition t = entry(NULL);
    t.type = STR("segment.vip.exit");
    t.cause = OUTBOXBODY_DELETED;
    t.has_event = false;
    unit_str_eq(outboxbody_transition(unit_arena, &t),
                "{\"type\":\"segment.vip.exit\",\"timestamp\":\"" AT_TEXT
                "\",\"data\":{\"sequence\":7,\"segment\":{\"id\":\"" SEGMENT
                "\",\"name\":\"V\\\"I\\\"P\",\"slug\":\"vip\"},\"contact\":{\"id\":\"" ANN
                "\"},\"cause\":{\"kind\":\"deleted\"}}}");
}
END_TEST

START_TEST(of_a_contact_without_data)
{
    struct contact contact = ann(NULL);
    contact.data = (struct str){NULL, 0};
    contact.status = CONTACT_BOUNCED;
    unit_str_eq(outboxbody_contact(unit_arena, STR("contact.created"), AT, &contact, NULL, 0),
                "{\"type\":\"contact.created\",\"timestamp\":\"" AT_TEXT
                "\",\"data\":{\"contact\":{\"id\":\"" ANN
                "\",\"email\":\"ann@example.com\",\"subscribed\":false,\"data\":{}}}}");
}
END_TEST

START_TEST(of_a_change)
{
    const struct str changed[] = {STR("email"), STR("data.plan")};
    struct contact contact = ann("{\"plan\":\"pro\"}");
    unit_str_eq(outboxbody_contact(unit_arena, STR("contact.updated"), AT, &contact, changed, 2),
                "{\"type\":\"contact.updated\",\"timestamp\":\"" AT_TEXT
                "\",\"data\":{\"contact\":{\"id\":\"" ANN
                "\",\"email\":\"ann@example.com\",\"subscribed\":true,\"data\":{\"plan\":\"pro\"}},"
                "\"changed\":[\"email\",\"data.plan\"]}}");
}
END_TEST

START_TEST(of_a_deletion)
{
    struct contact contact = ann("{\"plan\":\"pro\"}");
    unit_str_eq(outboxbody_contact(unit_arena, STR("contact.deleted"), AT, &contact, NULL, 0),
                "{\"type\":\"contact.deleted\",\"timestamp\":\"" AT_TEXT
                "\",\"data\":{\"contact\":{\"id\":\"" ANN "\"}}}");
}
END_TEST

START_TEST(of_a_custom_event)
{
    struct contact contact = ann("{\"plan\":\"pro\"}");
    struct uuid event = id_of(EVENT);
    unit_str_eq(
        outboxbody_event(unit_arena, &contact, &event, STR("order paid"), STR("{\"sum\":5}"), AT),
        "{\"type\":\"order paid\",\"timestamp\":\"" AT_TEXT
        "\",\"data\":{\"contact\":{\"id\":\"" ANN
        "\",\"email\":\"ann@example.com\",\"subscribed\":true,\"data\":{\"plan\":\"pro\"}},"
        "\"event\":{\"id\":\"" EVENT "\",\"name\":\"order paid\",\"data\":{\"sum\":5},"
        "\"timestamp\":\"" AT_TEXT "\"}}}");
}
END_TEST

START_TEST(of_an_import_and_a_test)
{
    struct uuid webhook = id_of(SEGMENT);
    unit_str_eq(outboxbody_import(unit_arena, AT, STR("{\"id\":\"j\"}")),
                "{\"type\":\"import.completed\",\"timestamp\":\"" AT_TEXT
                "\",\"data\":{\"job\":{\"id\":\"j\"}}}");
    unit_str_eq(outboxbody_test(unit_arena, AT, &webhook),
                "{\"type\":\"webhook.test\",\"timestamp\":\"" AT_TEXT
                "\",\"data\":{\"webhook\":{\"id\":\"" SEGMENT "\"}}}");
}
END_TEST

static const char *long_data(size_t len)
{
    char *text = arena_alloc(unit_arena, len + 20);
    memcpy(text, "{\"note\":\"", 9);
    memset(text + 9, 'x', len);
    memcpy(text + 9 + len, "\"}", 3);
    return text;
}

/* Over 20,000 bytes the data is left out, of the contact first. */
START_TEST(long_ones_lose_their_data)
{
    struct contact contact = ann(long_data(19500));
    struct outboxbody_transition t = entry(&contact);
    struct str body = outboxbody_transition(unit_arena, &t);
    ck_assert_uint_gt(body.len, 19500);
    ck_assert_uint_le(body.len, 20000);
    contact = ann(long_data(20000));
    unit_str_eq(outboxbody_transition(unit_arena, &t),
                ENTRY_HEAD "\"contact\":{\"id\":\"" ANN "\",\"email\":\"ann@example.com\","
                           "\"subscribed\":true,\"dataOmitted\":true}," ENTRY_TAIL);
}
END_TEST

START_TEST(long_events_lose_theirs_last)
{
    struct contact contact = ann(long_data(10000));
    struct uuid event = id_of(EVENT);
    const struct jsonval *root;
    struct str body =
        outboxbody_event(unit_arena, &contact, &event, STR("e"), str_from(long_data(15000)), AT);
    ck_assert_int_eq(jsonread_parse(unit_arena, body, &root, NULL), 0);
    const struct jsonval *data = jsonval_get(root, "data");
    ck_assert_ptr_nonnull(jsonval_get(jsonval_get(data, "contact"), "dataOmitted"));
    ck_assert_ptr_null(jsonval_get(jsonval_get(data, "contact"), "data"));
    ck_assert_ptr_nonnull(jsonval_get(jsonval_get(data, "event"), "data"));
    body = outboxbody_event(unit_arena, &contact, &event, STR("e"), str_from(long_data(30000)), AT);
    ck_assert_uint_lt(body.len, 1000);
}
END_TEST

/* ---- erasing ------------------------------------------------------------------------------- */

static void check_erased(struct str body, const char *expected)
{
    struct str erased, again;
    ck_assert_int_eq(outboxbody_erase(unit_arena, body, &erased, NULL), 0);
    unit_str_eq(erased, expected);
    ck_assert_int_eq(outboxbody_erase(unit_arena, erased, &again, NULL), 0);
    ck_assert(str_eq(erased, again));
}

START_TEST(erased_bodies_keep_ids_only)
{
    const struct str changed[] = {STR("data.ann@example.com")};
    struct contact contact = ann("{\"note\":\"ann@example.com\"}");
    struct outboxbody_transition t = entry(&contact);
    struct uuid event = id_of(EVENT);
    check_erased(outboxbody_transition(unit_arena, &t),
                 ENTRY_HEAD "\"contact\":{\"id\":\"" ANN "\"}," ENTRY_TAIL);
    check_erased(outboxbody_contact(unit_arena, STR("contact.updated"), AT, &contact, changed, 1),
                 "{\"type\":\"contact.updated\",\"timestamp\":\"" AT_TEXT
                 "\",\"data\":{\"contact\":{\"id\":\"" ANN "\"}}}");
    check_erased(outboxbody_event(unit_arena, &contact, &event, STR("order"),
                                  STR("{\"for\":\"ann@example.com\"}"), AT),
                 "{\"type\":\"order\",\"timestamp\":\"" AT_TEXT
                 "\",\"data\":{\"contact\":{\"id\":\"" ANN "\"},\"event\":{\"id\":\"" EVENT
                 "\",\"name\":\"order\",\"timestamp\":\"" AT_TEXT "\"}}}");
}
END_TEST

START_TEST(what_is_no_message_is_not_erased)
{
    static const char *const bodies[] = {"", "null", "{}", "{\"data\":1}", "nonsense"};
    struct str erased;
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        ck_assert_int_eq(outboxbody_erase(unit_arena, str_from(bodies[i]), &erased, NULL),
                         ERR_INTERNAL);
    }
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {
        {of_an_entry, 0},
        {of_a_contact_that_is_gone, 0},
        {of_a_contact_without_data, 0},
        {of_a_change, 0},
        {of_a_deletion, 0},
        {of_a_custom_event, 0},
        {of_an_import_and_a_test, 0},
        {long_ones_lose_their_data, 0},
        {long_events_lose_theirs_last, 0},
        {erased_bodies_keep_ids_only, 0},
        {what_is_no_message_is_not_erased, 0},
    };
    return UNIT_RUN("outboxbody", cases);
}

/* What SES tells, as reports. */
#include "store/sesnotice.h"
#include "unit.h"

#define MAIL(destination, more)                                                                    \
    "\"mail\":{\"timestamp\":\"2026-03-01T10:00:00.000Z\",\"messageId\":\"m\",\"destination\":"    \
    "[" destination "]" more "}"
#define ONE MAIL("\"a@x.com\"", "")
#define TWO MAIL("\"a@x.com\",\"B <b@x.com>\"", "")
#define AT "\"timestamp\":\"2026-03-02T10:00:00.000Z\""
#define TAGS                                                                                       \
    ",\"tags\":{\"campaignId\":[\"7\"],\"sequenceId\":[\"8\"],\"emailId\":[\"e\"]},"               \
    "\"commonHeaders\":{\"subject\":\"Hi\"}"

static const struct {
    const char *json;
    bool understood;
    size_t count;
    enum emailevent_type type; /* of the first: */
    const char *email;
    const char *email_id;
    const char *reason;
    bool is_soft;
} rows[] = {
    {"{\"eventType\":\"Send\",\"send\":{}," ONE "}", true, 1, EMAILEVENT_SENT, "a@x.com", "m", NULL,
     false},
    {"{\"eventType\":\"Send\",\"send\":{}," TWO "}", true, 2, EMAILEVENT_SENT, "a@x.com", NULL,
     NULL, false},
    {"{\"eventType\":\"Send\"," MAIL("\"A@X.com\"", TAGS) "}", true, 1, EMAILEVENT_SENT, "a@x.com",
     "e", NULL, false},
    {"{\"notificationType\":\"Delivery\",\"delivery\":{" AT ",\"recipients\":[\"a@x.com\"]}," ONE
     "}",
     true, 1, EMAILEVENT_DELIVERED, "a@x.com", "m", NULL, false},
    {"{\"notificationType\":\"Bounce\",\"bounce\":{" AT ",\"bounceType\":\"Permanent\","
     "\"bouncedRecipients\":[{\"emailAddress\":\"A <a@x.com>\",\"diagnosticCode\":\"550\"}]}," ONE
     "}",
     true, 1, EMAILEVENT_BOUNCED, "a@x.com", "m", "550", false},
    {"{\"eventType\":\"Bounce\",\"bounce\":{" AT ",\"bounceType\":\"Transient\",\"bounceSubType\":"
     "\"MailboxFull\",\"bouncedRecipients\":[{\"emailAddress\":\"a@x.com\"}]}," ONE "}",
     true, 1, EMAILEVENT_BOUNCED, "a@x.com", "m", "MailboxFull", true},
    {"{\"eventType\":\"Bounce\",\"bounce\":{" AT ",\"bounceType\":\"Undetermined\","
     "\"bouncedRecipients\":[{\"emailAddress\":\"a@x.com\"}]}," ONE "}",
     true, 1, EMAILEVENT_BOUNCED, "a@x.com", "m", NULL, true},
    {"{\"eventType\":\"Complaint\",\"complaint\":{" AT ",\"complaintFeedbackType\":\"abuse\","
     "\"complainedRecipients\":[{\"emailAddress\":\"a@x.com\"}]}," ONE "}",
     true, 1, EMAILEVENT_COMPLAINED, "a@x.com", "m", "abuse", false},
    {"{\"eventType\":\"Complaint\",\"complaint\":{" AT ",\"complaintFeedbackType\":\"not-spam\","
     "\"complainedRecipients\":[{\"emailAddress\":\"a@x.com\"}]}," ONE "}",
     true, 0, EMAILEVENT_COMPLAINED, NULL, NULL, NULL, false},
    {"{\"eventType\":\"Open\",\"open\":{" AT "}," ONE "}", true, 1, EMAILEVENT_OPENED, "a@x.com",
     "m", NULL, false},
    {"{\"eventType\":\"Open\",\"open\":{" AT "}," TWO "}", true, 0, EMAILEVENT_OPENED, NULL, NULL,
     NULL, false},
    {"{\"eventType\":\"Click\",\"click\":{" AT ",\"link\":\"u\"}," ONE "}", true, 1,
     EMAILEVENT_CLICKED, "a@x.com", "m", NULL, false},
    {"{\"eventType\":\"Subscription\",\"subscription\":{" AT
     ",\"newTopicPreferences\":{\"unsubscribeAll\":true}}," ONE "}",
     true, 1, EMAILEVENT_UNSUBSCRIBED, "a@x.com", "m", NULL, false},
    {"{\"eventType\":\"Subscription\",\"subscription\":{" AT
     ",\"newTopicPreferences\":{\"unsubscribeAll\":false}}," ONE "}",
     true, 0, EMAILEVENT_UNSUBSCRIBED, NULL, NULL, NULL, false},
    {"{\"eventType\":\"DeliveryDelay\",\"deliveryDelay\":{" AT "}," ONE "}", true, 0,
     EMAILEVENT_SENT, NULL, NULL, NULL, false},
    {"{\"eventType\":\"Bounce\"," ONE "}", true, 0, EMAILEVENT_BOUNCED, NULL, NULL, NULL, false},
    {"{\"eventType\":\"Bounce\",\"bounce\":7,\"mail\":[]}", true, 0, EMAILEVENT_BOUNCED, NULL, NULL,
     NULL, false},
    {"{\"eventType\":\"Send\"}", false, 0, EMAILEVENT_SENT, NULL, NULL, NULL, false},
    {"[]", false, 0, EMAILEVENT_SENT, NULL, NULL, NULL, false},
    {"Successfully validated SNS topic", false, 0, EMAILEVENT_SENT, NULL, NULL, NULL, false},
};

START_TEST(reads)
{
    struct emailwrite_item *items;
    size_t count;
    bool understood;
    sesnotice_read(unit_arena, str_from(rows[_i].json), &items, &count, &understood);
    ck_assert_int_eq(understood, rows[_i].understood);
    ck_assert_uint_eq(count, rows[_i].count);
    if (count == 0) {
        return;
    }
    ck_assert_int_eq(items[0].type, rows[_i].type);
    ck_assert_int_eq(items[0].is_soft, rows[_i].is_soft);
    unit_str_eq(items[0].email, rows[_i].email);
    if (rows[_i].email_id != NULL) {
        unit_str_eq(items[0].email_id, rows[_i].email_id);
    }
    if (rows[_i].reason != NULL) {
        unit_str_eq(items[0].reason, rows[_i].reason);
    } else {
        ck_assert_ptr_null(items[0].reason.at);
    }
}
END_TEST

START_TEST(several_recipients_are_told_apart)
{
    struct emailwrite_item *items;
    size_t count;
    bool understood;
    sesnotice_read(unit_arena, STR("{\"eventType\":\"Send\"," TWO "}"), &items, &count,
                   &understood);
    ck_assert_uint_eq(count, 2);
    unit_str_eq(items[1].email, "b@x.com");
    ck_assert(!str_eq(items[0].email_id, items[1].email_id));
    ck_assert(str_starts(items[0].email_id, STR("m/")));
    ck_assert_ptr_null(memmem(items[0].email_id.at, items[0].email_id.len, "a@x", 3));
}
END_TEST

START_TEST(tags_and_headers)
{
    struct emailwrite_item *items;
    size_t count;
    bool understood;
    sesnotice_read(unit_arena,
                   STR("{\"eventType\":\"Click\",\"click\":{" AT
                       ",\"link\":\"u\",\"ipAddress\":\"1.2.3.4\",\"userAgent\":\"w\"}," MAIL(
                           "\"a@x.com\"", TAGS) "}"),
                   &items, &count, &understood);
    ck_assert_uint_eq(count, 1);
    unit_str_eq(items[0].campaign, "7");
    unit_str_eq(items[0].sequence, "8");
    unit_str_eq(items[0].subject, "Hi");
    unit_str_eq(items[0].url, "u");
    unit_str_eq(items[0].ip_address, "1.2.3.4");
    unit_str_eq(items[0].user_agent, "w");
    ck_assert_int_eq(items[0].at_ms, INT64_C(1772445600000));
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {
        {reads, ARRAY_LEN(rows)},
        {several_recipients_are_told_apart, 0},
        {tags_and_headers, 0},
    };
    return UNIT_RUN("sesnotice", cases);
}

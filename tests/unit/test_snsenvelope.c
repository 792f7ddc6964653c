/* Messages of SNS: which are read, and what they sign. */
#include "base/timeutil.h"
#include "store/snsenvelope.h"
#include "unit.h"
#include "json/jsonread.h"

#define HEAD                                                                                       \
    "\"MessageId\":\"m\",\"TopicArn\":\"arn:aws:sns:eu-west-1:1:t\",\"Message\":\"x\\ny\","        \
    "\"Timestamp\":\"2026-03-01T10:00:00.000Z\",\"SignatureVersion\":\"2\","                       \
    "\"Signature\":\"AAAA\","
#define PEM "\"SigningCertURL\":\"https://sns.eu-west-1.amazonaws.com/a.pem\""
#define NOTIFICATION "{\"Type\":\"Notification\"," HEAD PEM

static int read(const char *json, struct snsenvelope *ret, struct err_info *info)
{
    const struct jsonval *value = NULL;
    ck_assert_int_eq(jsonread_parse(unit_arena, str_from(json), &value, info), 0);
    return snsenvelope_read(unit_arena, value, ret, info);
}

START_TEST(signs_a_notification)
{
    struct snsenvelope envelope;
    struct err_info info = {.message = ""};
    ck_assert_int_eq(read(NOTIFICATION ",\"Token\":\"t\"}", &envelope, &info), 0);
    unit_str_eq(snsenvelope_signed_text(unit_arena, &envelope),
                "Message\nx\ny\nMessageId\nm\nTimestamp\n2026-03-01T10:00:00.000Z\n"
                "TopicArn\narn:aws:sns:eu-west-1:1:t\nType\nNotification\n");
    ck_assert_int_eq(read(NOTIFICATION ",\"Subject\":\"s\"}", &envelope, &info), 0);
    unit_str_eq(snsenvelope_signed_text(unit_arena, &envelope),
                "Message\nx\ny\nMessageId\nm\nSubject\ns\nTimestamp\n2026-03-01T10:00:00.000Z\n"
                "TopicArn\narn:aws:sns:eu-west-1:1:t\nType\nNotification\n");
}
END_TEST

START_TEST(signs_a_confirmation)
{
    struct snsenvelope envelope;
    struct err_info info = {.message = ""};
    ck_assert_int_eq(read("{\"Type\":\"SubscriptionConfirmation\",\"Token\":\"t\","
                          "\"SubscribeURL\":\"https://sns.eu-west-1.amazonaws.com/?a=b\"," HEAD PEM
                          "}",
                          &envelope, &info),
                     0);
    ck_assert_int_eq(envelope.kind, SNSENVELOPE_CONFIRM);
    unit_str_eq(snsenvelope_signed_text(unit_arena, &envelope),
                "Message\nx\ny\nMessageId\nm\nSubscribeURL\n"
                "https://sns.eu-west-1.amazonaws.com/?a=b\nTimestamp\n2026-03-01T10:00:00.000Z\n"
                "Token\nt\nTopicArn\narn:aws:sns:eu-west-1:1:t\nType\nSubscriptionConfirmation\n");
}
END_TEST

#define CERTIFICATE(url) "{\"Type\":\"Notification\"," HEAD "\"SigningCertURL\":\"" url "\"}"
static const struct {
    const char *json;
    const char *field; /* NULL: it is read */
} urls[] = {
    {CERTIFICATE("https://sns.cn-north-1.amazonaws.com.cn/a/b.pem"), NULL},
    {CERTIFICATE("http://sns.eu-west-1.amazonaws.com/a.pem"), "SigningCertURL"},
    {CERTIFICATE("https://sns.eu-west-1.amazonaws.com.evil.com/a.pem"), "SigningCertURL"},
    {CERTIFICATE("https://sns.eu-west-1.amazonaws.com:8443/a.pem"), "SigningCertURL"},
    {CERTIFICATE("https://a@sns.eu-west-1.amazonaws.com/a.pem"), "SigningCertURL"},
    {CERTIFICATE("https://sns.EU-west-1.amazonaws.com/a.pem"), "SigningCertURL"},
    {CERTIFICATE("https://sns..amazonaws.com/a.pem"), "SigningCertURL"},
    {CERTIFICATE("https://sns.amazonaws.com/a.pem"), "SigningCertURL"},
    {CERTIFICATE("https://sns.a.b.amazonaws.com/a.pem"), "SigningCertURL"},
    {CERTIFICATE("https://sns.eu-west-1.amazonaws.com\\\\@x.com/a.pem"), "SigningCertURL"},
    {CERTIFICATE("https://sns.eu-west-1.amazonaws.com/a.pem#.pem"), "SigningCertURL"},
    {CERTIFICATE("https://sns.eu-west-1.amazonaws.com/a?b=.pem"), "SigningCertURL"},
    {CERTIFICATE("https://sns.eu-west-1.amazonaws.com/a b.pem"), "SigningCertURL"},
    {CERTIFICATE("https://sns.eu-west-1.amazonaws.com"), "SigningCertURL"},
    {"{\"Type\":\"UnsubscribeConfirmation\",\"Token\":\"t\"," HEAD PEM "}", "SubscribeURL"},
    {"{\"Type\":\"SubscriptionConfirmation\",\"Token\":\"t\",\"SubscribeURL\":\"https://x.com/"
     "\"," HEAD PEM "}",
     "SubscribeURL"},
    {"{\"Type\":\"SubscriptionConfirmation\",\"SubscribeURL\":\"https://x.com/\"," HEAD PEM "}",
     "Token"},
    {"{\"Type\":\"Other\"," HEAD PEM "}", "Type"},
    {"{\"Type\":\"Notification\",\"SignatureVersion\":\"1\"}", "SignatureVersion"},
    {"{}", "Type"},
};

START_TEST(judges)
{
    struct snsenvelope envelope;
    struct err_info info = {.message = ""};
    int err = read(urls[_i].json, &envelope, &info);
    if (urls[_i].field == NULL) {
        ck_assert_int_eq(err, 0);
    } else {
        ck_assert_int_eq(err, ERR_INVAL);
        ck_assert_str_eq(info.item.field, urls[_i].field);
    }
}
END_TEST

START_TEST(age)
{
    const struct snsenvelope envelope = {.at_ms = 10000000};
    struct err_info info = {.message = ""};
    ck_assert_int_eq(snsenvelope_check_age(&envelope, 10000000 + 3600000, &info), 0);
    ck_assert_int_eq(snsenvelope_check_age(&envelope, 10000000 + 3600001, &info), ERR_INVAL);
    ck_assert_int_eq(snsenvelope_check_age(&envelope, 10000000 - 300000, &info), 0);
    ck_assert_int_eq(snsenvelope_check_age(&envelope, 10000000 - 300001, &info), ERR_INVAL);
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {
        {signs_a_notification, 0},
        {signs_a_confirmation, 0},
        {judges, ARRAY_LEN(urls)},
        {age, 0},
    };
    return UNIT_RUN("snsenvelope", cases);
}

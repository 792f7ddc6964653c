#include "store/snsenvelope.h"

#include "base/base64.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/timeutil.h"

#define AHEAD_MAX_MS (5 * 60 * 1000)
#define URL_BYTES 2048

static int refuse(struct err_info *info, const char *member, const char *why)
{
    return err_set_at(info, ERR_INVAL, "BAD_REQUEST", member, "%s %s", member, why);
}

/* ---- URLs ---------------------------------------------------------------------------------- */

static bool is_region(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-') {
            return false;
        }
    }
    return text.len > 0;
}

static bool is_plain(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];
        if (c <= 0x20 || c >= 0x7f || c == '\\' || c == '#') {
            return false;
        }
    }
    return text.len > 0 && text.len <= URL_BYTES;
}

/* https://sns.<region>.amazonaws.com[.cn]/…, to the letter: no user, no port, no other spelling. */
static bool is_of_sns(struct str url, struct str *ret_path)
{
    const struct str start = STR("https://sns.");
    struct str path;
    struct str domain;
    if (!is_plain(url) || !str_starts(url, start)) {
        return false;
    }
    struct str rest = {url.at + start.len, url.len - start.len};
    struct str host = str_split(rest, '/', &path);
    struct str region = str_split(host, '.', &domain);
    *ret_path = path;
    return path.at != NULL && is_region(region) &&
           (str_eq_c(domain, "amazonaws.com") || str_eq_c(domain, "amazonaws.com.cn"));
}

static int check_urls(const struct snsenvelope *envelope, struct err_info *info)
{
    static const char must[] =
        "must be an https URL on sns.<region>.amazonaws.com or sns.<region>.amazonaws.com.cn";
    struct str path;
    if (!is_of_sns(envelope->certificate_url, &path)) {
        return refuse(info, "SigningCertURL", must);
    }
    if (!str_ends(path, STR(".pem")) || memchr(path.at, '?', path.len) != NULL) {
        return refuse(info, "SigningCertURL", "must be that of a .pem file");
    }
    if (envelope->kind == SNSENVELOPE_CONFIRM && !is_of_sns(envelope->subscribe_url, &path)) {
        return refuse(info, "SubscribeURL", must);
    }
    return 0;
}

/* ---- members ------------------------------------------------------------------------------- */

static int read_text(const struct jsonval *body, const char *name, bool is_required,
                     struct str *ret, struct err_info *info)
{
    const struct jsonval *value = jsonval_get(body, name);
    *ret = (struct str){NULL, 0};
    if (value == NULL || value->type == JSONVAL_NULL) {
        return is_required ? refuse(info, name,
                                    "is missing: this is no message of Amazon SNS"
                                    " (raw message delivery must be off)")
                           : 0;
    }
    if (value->type != JSONVAL_STRING) {
        return refuse(info, name, "must be a string");
    }
    *ret = value->string;
    return 0;
}

static int read_members(const struct jsonval *body, struct snsenvelope *ret, struct str *signature,
                        struct err_info *info)
{
    bool has_token = ret->kind != SNSENVELOPE_NOTIFICATION;
    const struct {
        const char *name;
        bool is_required;
        struct str *to;
    } members[] = {
        {"MessageId", true, &ret->message_id},
        {"TopicArn", true, &ret->topic_arn},
        {"Message", true, &ret->message},
        {"Subject", false, &ret->subject},
        {"Timestamp", true, &ret->timestamp},
        {"Token", has_token, &ret->token},
        {"SubscribeURL", has_token, &ret->subscribe_url},
        {"SigningCertURL", true, &ret->certificate_url},
        {"Signature", true, signature},
    };
    int err = 0;
    for (size_t i = 0; err == 0 && i < ARRAY_LEN(members); i++) {
        err = read_text(body, members[i].name, members[i].is_required, members[i].to, info);
    }
    return err;
}

static int read_kind(const struct jsonval *body, struct snsenvelope *ret, struct err_info *info)
{
    static const struct {
        const char *word;
        enum snsenvelope_kind kind;
    } kinds[] = {{"Notification", SNSENVELOPE_NOTIFICATION},
                 {"SubscriptionConfirmation", SNSENVELOPE_CONFIRM},
                 {"UnsubscribeConfirmation", SNSENVELOPE_UNSUBSCRIBED}};
    struct str version;
    int err = read_text(body, "Type", true, &ret->type, info);
    if (err == 0) {
        err = read_text(body, "SignatureVersion", true, &version, info);
    }
    if (err < 0) {
        return err;
    }
    if (!str_eq_c(version, "2")) {
        return refuse(info, "SignatureVersion",
                      "must be 2: set the topic's attribute SignatureVersion to 2");
    }
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (str_eq_c(ret->type, kinds[i].word)) {
            ret->kind = kinds[i].kind;
            return 0;
        }
    }
    return refuse(info, "Type",
                  "must be Notification, SubscriptionConfirmation or UnsubscribeConfirmation");
}

/* Six parts, the third of which is sns; the rest is the sender's. */
static bool is_topic(struct str arn)
{
    struct str rest = arn;
    struct str parts[6];
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        if (rest.at == NULL) {
            return false;
        }
        parts[i] = str_split(rest, ':', &rest);
    }
    return rest.at == NULL && is_plain(arn) && arn.len <= SNSENVELOPE_ARN_BYTES &&
           str_eq_c(parts[0], "arn") && str_eq_c(parts[2], "sns") && parts[5].len > 0;
}

int snsenvelope_read(struct arena *arena, const struct jsonval *body, struct snsenvelope *ret,
                     struct err_info *info)
{
    struct str signature;
    *ret = (struct snsenvelope){.kind = SNSENVELOPE_NOTIFICATION};
    int err = read_kind(body, ret, info);
    if (err == 0) {
        err = read_members(body, ret, &signature, info);
    }
    if (err == 0) {
        err = check_urls(ret, info);
    }
    if (err < 0) {
        return err;
    }
    if (!is_plain(ret->message_id) || ret->message_id.len > SNSENVELOPE_ID_BYTES) {
        return refuse(info, "MessageId", "must be 1 to 100 printable ASCII characters");
    }
    if (!is_topic(ret->topic_arn)) {
        return refuse(info, "TopicArn", "must be the ARN of an SNS topic");
    }
    if (timeutil_parse(ret->timestamp, &ret->at_ms) != TIMEUTIL_INSTANT) {
        return refuse(info, "Timestamp", "must be an ISO 8601 instant");
    }
    if (!base64_decode(arena, signature, &ret->signature)) {
        return refuse(info, "Signature", "must be Base64");
    }
    return 0;
}

int snsenvelope_check_age(const struct snsenvelope *envelope, int64_t now_ms, struct err_info *info)
{
    if (envelope->at_ms < now_ms - SNSENVELOPE_MAX_AGE_MS) {
        return refuse(info, "Timestamp", "is more than an hour ago");
    }
    if (envelope->at_ms > now_ms + AHEAD_MAX_MS) {
        return refuse(info, "Timestamp", "is more than 5 minutes ahead of the server's clock");
    }
    return 0;
}

/* ---- what is signed ------------------------------------------------------------------------ */

struct str snsenvelope_signed_text(struct arena *arena, const struct snsenvelope *envelope)
{
    bool is_notification = envelope->kind == SNSENVELOPE_NOTIFICATION;
    const struct {
        const char *name;
        struct str value;
        bool is_signed;
    } lines[] = {
        {"Message", envelope->message, true},
        {"MessageId", envelope->message_id, true},
        {"Subject", envelope->subject, is_notification && envelope->subject.at != NULL},
        {"SubscribeURL", envelope->subscribe_url, !is_notification},
        {"Timestamp", envelope->timestamp, true},
        {"Token", envelope->token, !is_notification},
        {"TopicArn", envelope->topic_arn, true},
        {"Type", envelope->type, true},
    };
    struct buf text;
    buf_init(&text, 2 * LIMIT_BODY_BYTES);
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        if (lines[i].is_signed) {
            buf_add_c(&text, lines[i].name);
            buf_add_c(&text, "\n");
            buf_add_str(&text, lines[i].value);
            buf_add_c(&text, "\n");
        }
    }
    struct str copy = str_copy(arena, buf_str(&text));
    buf_done(&text);
    return copy;
}

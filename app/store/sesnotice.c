#include "store/sesnotice.h"

#include "base/hash.h"
#include "base/timeutil.h"
#include "store/email.h"
#include "json/jsonread.h"

#define RECIPIENT_HASH_BYTES 8
#define TEXT_BYTES 2000 /* of a reason, a URL, a user agent: more is cut */

/* One notice while it is read. */
struct notice {
    struct arena *arena;
    const struct jsonval *mail;
    const struct jsonval *about; /* its bounce, complaint, delivery, open or click */
    struct emailwrite_item common;
    bool is_single; /* one recipient */
    struct emailwrite_item *items;
    size_t count;
    size_t room;
};

/* ---- pieces -------------------------------------------------------------------------------- */

static struct str text_of(const struct jsonval *object, const char *name)
{
    const struct jsonval *value = object != NULL ? jsonval_get(object, name) : NULL;
    bool is_text = value != NULL && value->type == JSONVAL_STRING && value->string.len > 0;
    return is_text ? value->string : (struct str){NULL, 0};
}

/* At most TEXT_BYTES, whole characters. */
static struct str cut_text(const struct jsonval *object, const char *name)
{
    struct str text = text_of(object, name);
    if (text.len > TEXT_BYTES) {
        text.len = TEXT_BYTES;
        while (text.len > 0 && ((unsigned char)text.at[text.len] & 0xC0) == 0x80) {
            text.len--;
        }
    }
    return text;
}

/* The first value of a message tag: tags are lists. */
static struct str tag_of(const struct jsonval *mail, const char *name)
{
    const struct jsonval *tags = jsonval_get(mail, "tags");
    const struct jsonval *values = tags != NULL ? jsonval_get(tags, name) : NULL;
    bool has_one = values != NULL && values->type == JSONVAL_LIST && values->count > 0 &&
                   values->items[0].type == JSONVAL_STRING && values->items[0].string.len > 0 &&
                   values->items[0].string.len <= EMAILEVENT_ID_CHARS;
    return has_one ? values->items[0].string : (struct str){NULL, 0};
}

/* "Ann <ann@example.com>" is ann@example.com. */
static bool read_address(struct arena *arena, struct str text, struct str *ret)
{
    const char *open = text.len > 0 ? memrchr(text.at, '<', text.len) : NULL;
    if (open != NULL && text.at[text.len - 1] == '>') {
        text = (struct str){open + 1, (size_t)(text.at + text.len - 1 - (open + 1))};
    }
    return email_normalise(arena, text, ret);
}

/* A message to several is one of each, whose name must not tell the address. */
static struct str id_for(const struct notice *notice, struct str address)
{
    uint8_t digest[32];
    char hex[2 * RECIPIENT_HASH_BYTES + 1];
    if (notice->is_single) {
        return notice->common.email_id;
    }
    hash_sha256(address.at, address.len, digest);
    hash_hex(digest, RECIPIENT_HASH_BYTES, hex);
    return str_from(
        arena_printf(notice->arena, STR_FMT "/%s", STR_ARG(notice->common.email_id), hex));
}

static void add(struct notice *notice, struct str recipient, struct str reason)
{
    struct str address;
    if (recipient.at == NULL || !read_address(notice->arena, recipient, &address)) {
        return;
    }
    struct emailwrite_item item = notice->common;
    item.email = address;
    item.email_id = id_for(notice, address);
    item.reason = reason;
    notice->items = arena_grow(notice->arena, notice->items, notice->count, &notice->room,
                               sizeof *notice->items);
    notice->items[notice->count++] = item;
}

/* The recipients of a list of addresses. */
static void add_addresses(struct notice *notice, const struct jsonval *list)
{
    for (size_t i = 0; list != NULL && list->type == JSONVAL_LIST && i < list->count; i++) {
        if (list->items[i].type == JSONVAL_STRING) {
            add(notice, list->items[i].string, (struct str){NULL, 0});
        }
    }
}

/* The recipients of a list of objects, with what their member `reason` says, else `fallback`. */
static void add_recipients(struct notice *notice, const char *name, const char *reason,
                           struct str fallback)
{
    const struct jsonval *list = notice->about != NULL ? jsonval_get(notice->about, name) : NULL;
    for (size_t i = 0; list != NULL && list->type == JSONVAL_LIST && i < list->count; i++) {
        struct str why = cut_text(&list->items[i], reason);
        add(notice, text_of(&list->items[i], "emailAddress"), why.at != NULL ? why : fallback);
    }
}

/* ---- kinds --------------------------------------------------------------------------------- */

static void read_sent(struct notice *notice)
{
    add_addresses(notice, jsonval_get(notice->mail, "destination"));
}

static void read_delivery(struct notice *notice)
{
    if (notice->about != NULL) {
        add_addresses(notice, jsonval_get(notice->about, "recipients"));
    }
}

static void read_bounce(struct notice *notice)
{
    struct str type = text_of(notice->about, "bounceType");
    notice->common.is_soft = type.at != NULL && !str_eq_c(type, "Permanent");
    add_recipients(notice, "bouncedRecipients", "diagnosticCode",
                   cut_text(notice->about, "bounceSubType"));
}

static void read_complaint(struct notice *notice)
{
    struct str type = cut_text(notice->about, "complaintFeedbackType");
    if (type.at == NULL || !str_eq_c(type, "not-spam")) {
        add_recipients(notice, "complainedRecipients", "", type);
    }
}

static void read_use(struct notice *notice)
{
    notice->common.url = cut_text(notice->about, "link");
    notice->common.ip_address = cut_text(notice->about, "ipAddress");
    notice->common.user_agent = cut_text(notice->about, "userAgent");
    if (notice->is_single) {
        add_addresses(notice, jsonval_get(notice->mail, "destination"));
    }
}

/* Only who wants no more messages at all is unsubscribed. */
static void read_subscription(struct notice *notice)
{
    const struct jsonval *wishes =
        notice->about != NULL ? jsonval_get(notice->about, "newTopicPreferences") : NULL;
    const struct jsonval *all = wishes != NULL ? jsonval_get(wishes, "unsubscribeAll") : NULL;
    if (all != NULL && all->type == JSONVAL_BOOL && all->boolean && notice->is_single) {
        add_addresses(notice, jsonval_get(notice->mail, "destination"));
    }
}

static const struct {
    const char *word;
    const char *member; /* where it says more; "" : nowhere */
    enum emailevent_type type;
    void (*read)(struct notice *notice);
} kinds[] = {
    {"Send", "send", EMAILEVENT_SENT, read_sent},
    {"Delivery", "delivery", EMAILEVENT_DELIVERED, read_delivery},
    {"Bounce", "bounce", EMAILEVENT_BOUNCED, read_bounce},
    {"Complaint", "complaint", EMAILEVENT_COMPLAINED, read_complaint},
    {"Open", "open", EMAILEVENT_OPENED, read_use},
    {"Click", "click", EMAILEVENT_CLICKED, read_use},
    {"Subscription", "subscription", EMAILEVENT_UNSUBSCRIBED, read_subscription},
};

/* ---- the notice ---------------------------------------------------------------------------- */

/* What all its reports have in common. Returns false when that is not there. */
static bool read_common(struct notice *notice)
{
    const struct jsonval *destination = jsonval_get(notice->mail, "destination");
    struct emailwrite_item *common = &notice->common;
    struct str time = text_of(notice->about, "timestamp");
    struct str id = tag_of(notice->mail, "emailId");
    if (time.at == NULL) { /* a sent message has that of its mail only */
        time = text_of(notice->mail, "timestamp");
    }
    common->email_id = id.at != NULL ? id : text_of(notice->mail, "messageId");
    common->campaign = tag_of(notice->mail, "campaignId");
    common->sequence = tag_of(notice->mail, "sequenceId");
    common->subject = cut_text(jsonval_get(notice->mail, "commonHeaders"), "subject");
    notice->is_single =
        destination == NULL || destination->type != JSONVAL_LIST || destination->count <= 1;
    return timeutil_parse(time, &common->at_ms) == TIMEUTIL_INSTANT && common->email_id.len > 0 &&
           common->email_id.len <= EMAILEVENT_ID_CHARS - 2 * RECIPIENT_HASH_BYTES - 1;
}

void sesnotice_read(struct arena *arena, struct str message, struct emailwrite_item **ret,
                    size_t *ret_count, bool *ret_understood)
{
    const struct jsonval *root = NULL;
    struct notice notice = {.arena = arena};
    struct err_info ignored = {0};
    *ret = NULL;
    *ret_count = 0;
    *ret_understood = false;
    if (jsonread_parse(arena, message, &root, &ignored) < 0) {
        return;
    }
    struct str word = text_of(root, "eventType");
    word = word.at != NULL ? word : text_of(root, "notificationType");
    notice.mail = jsonval_get(root, "mail");
    *ret_understood = word.at != NULL && notice.mail != NULL;
    for (size_t i = 0; *ret_understood && i < ARRAY_LEN(kinds); i++) {
        if (!str_eq_c(word, kinds[i].word)) {
            continue;
        }
        notice.about = jsonval_get(root, kinds[i].member);
        notice.common.type = kinds[i].type;
        if (read_common(&notice)) {
            kinds[i].read(&notice);
        }
        break;
    }
    *ret = notice.items;
    *ret_count = notice.count;
}

#include "store/contactchange.h"

#include "store/contactdata.h"
#include "json/jsonread.h"

/* The status after the change. */
static enum contact_status next_status(const struct contactchange *change, enum contact_status now)
{
    switch (change->subscribe) {
    case CONTACTCHANGE_KEEP:
        break;
    case CONTACTCHANGE_UNSUBSCRIBE:
        return now == CONTACT_SUBSCRIBED ? CONTACT_UNSUBSCRIBED : now;
    case CONTACTCHANGE_SUBSCRIBE:
        if (change->by_public && (now != CONTACT_UNSUBSCRIBED || !change->public_resubscribe)) {
            return now;
        }
        return CONTACT_SUBSCRIBED;
    case CONTACTCHANGE_BOUNCE:
        return now == CONTACT_COMPLAINED ? now : CONTACT_BOUNCED;
    case CONTACTCHANGE_COMPLAIN:
        return CONTACT_COMPLAINED;
    }
    return now;
}

/* The data after the change; `data` itself when it stays as it is. */
static int next_data(struct arena *arena, const struct contactchange *change, struct str data,
                     struct str *ret, struct err_info *info)
{
    *ret = data;
    if (change->patch == NULL && !change->clear_data) {
        return 0;
    }
    const struct jsonval *stored = NULL;
    if (data.at != NULL && jsonread_parse(arena, data, &stored, info) < 0) {
        return err_set(info, ERR_INTERNAL, NULL, "stored contact data is no JSON");
    }
    const struct jsonval *base = change->clear_data ? NULL : stored;
    const struct jsonval *merged = contactdata_merge(arena, base, change->patch);
    if (merged == stored || (merged != NULL && stored != NULL && jsonval_equal(merged, stored))) {
        return 0;
    }
    return contactdata_print(arena, merged, ret, info);
}

int contactchange_apply(struct arena *arena, const struct contactchange *change, int64_t now_ms,
                        struct contact *contact, struct contactchange_effect *ret,
                        struct err_info *info)
{
    struct str data;
    int err = next_data(arena, change, contact->data, &data, info);
    if (err < 0) {
        return err;
    }
    enum contact_status status = next_status(change, contact->status);
    bool new_email = change->email.at != NULL && !str_eq(change->email, contact->email);
    *ret = (struct contactchange_effect){.flip = CONTACTCHANGE_KEEP};
    if (!new_email && status == contact->status && data.at == contact->data.at) {
        return 0;
    }
    ret->changed = true;
    if (status != contact->status && status == CONTACT_SUBSCRIBED) {
        ret->flip = CONTACTCHANGE_SUBSCRIBE;
        contact->subscribed_ms = now_ms;
    } else if (status != contact->status && contact->status == CONTACT_SUBSCRIBED) {
        ret->flip = CONTACTCHANGE_UNSUBSCRIBE;
    }
    contact->status = status;
    contact->data = data;
    if (new_email) {
        contact->email = change->email;
    }
    if (now_ms > contact->updated_ms) {
        contact->updated_ms = now_ms;
    }
    return 0;
}

int contactchange_create(struct arena *arena, const struct contactchange *change, int64_t now_ms,
                         struct contact *contact, struct err_info *info)
{
    struct str data;
    int err = next_data(arena, change, (struct str){0}, &data, info);
    if (err < 0) {
        return err;
    }
    contact->status = next_status(change, CONTACT_SUBSCRIBED);
    contact->data = data;
    contact->created_ms = now_ms;
    contact->updated_ms = now_ms;
    contact->subscribed_ms = contact->status == CONTACT_SUBSCRIBED ? now_ms : INT64_MIN;
    return 0;
}

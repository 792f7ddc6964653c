/*
 * What a change does to a contact: address, status and data, by the rules of filters.md §2 and
 * http-api §1.5. Pure: no I/O, no clock.
 */
#ifndef MUSTER_STORE_CONTACTCHANGE_H
#define MUSTER_STORE_CONTACTCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "store/contact.h"
#include "json/jsonval.h"

enum contactchange_subscribe {
    CONTACTCHANGE_KEEP,
    CONTACTCHANGE_SUBSCRIBE,
    CONTACTCHANGE_UNSUBSCRIBE,
    CONTACTCHANGE_BOUNCE,  /* for good: a hard one */
    CONTACTCHANGE_COMPLAIN /* outranks a bounce */
};

struct contactchange {
    struct str email; /* the new address, normalised; at == NULL: keep */
    enum contactchange_subscribe subscribe;
    const struct jsonval *patch; /* of contactdata_read; NULL: none */
    bool clear_data;             /* before the patch */
    bool by_public;              /* a public key asks */
    bool public_resubscribe;     /* the project lets public keys subscribe again */
};

/* What came of it. */
struct contactchange_effect {
    bool changed; /* anything at all: the row is to be written and marked */
    /* CONTACTCHANGE_KEEP, or which way `subscribed` flipped. */
    enum contactchange_subscribe flip;
};

/*
 * Applies the change to a contact as stored. Nothing is touched, not even updated_ms, when nothing
 * really changes, nor on an error. New text stands in `arena`.
 * Returns 0; ERR_UNPROCESSABLE when the data would be more than LIMIT_DATA_BYTES; ERR_INTERNAL when
 * the stored data does not parse.
 */
int contactchange_apply(struct arena *arena, const struct contactchange *change, int64_t now_ms,
                        struct contact *contact, struct contactchange_effect *ret,
                        struct err_info *info) MUST_CHECK;

/*
 * Fills a contact that is made by the change; subscribed unless it says otherwise (http-api,
 * decision 7). uuid, ordinal and email are the caller's. Errors as contactchange_apply.
 */
int contactchange_create(struct arena *arena, const struct contactchange *change, int64_t now_ms,
                         struct contact *contact, struct err_info *info) MUST_CHECK;

#endif

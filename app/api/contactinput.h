/*
 * What a client says of one contact, alone or in a list: the shared part of POST /contacts,
 * PATCH /contacts/:id, /contacts/batch, /v1/track and /v1/track/batch.
 */
#ifndef MUSTER_API_CONTACTINPUT_H
#define MUSTER_API_CONTACTINPUT_H

#include "api/api.h"
#include "store/contactchange.h"
#include "store/contactdata.h"
#include "store/contactwrite.h"

struct contactinput {
    struct str email; /* normalised; at == NULL: not given */
    enum contactchange_subscribe subscribe;
    struct contactdata_input data;
    bool clear_data; /* `data` was sent as null */
};

/*
 * Reads email, subscribed and data of `object`. Returns 0; ERR_UNPROCESSABLE for a wrong type, an
 * address that is none (INVALID_EMAIL), or data over its limit; ERR_INVAL as contactdata_read.
 */
int contactinput_read(struct arena *arena, const struct jsonval *object, struct contactinput *ret,
                      struct err_info *info) MUST_CHECK;

/* The handles for a write on behalf of a request. */
struct contactwrite_handles contactinput_handles(const struct api_request *req);

/*
 * For routes that only make new contacts, before anything is named or made for one: returns 0, or
 * ERR_CONFLICT with the words `exists` when the address has a contact, or an err of the database.
 * Who comes in between is found when the contact is written.
 */
int contactinput_check_new(const struct api_request *req, struct str email, const char *exists,
                           struct err_info *info) MUST_CHECK;

/*
 * Reads the list member `name` of the body, whose elements must be 1 to LIMIT_BATCH_ITEMS objects,
 * into one item each through `read`; what `read` refuses becomes the item's problem. Returns 0, or
 * ERR_UNPROCESSABLE when there is no such list or it is too long.
 */
int contactinput_read_batch(const struct api_request *req, const char *name,
                            int (*read)(struct arena *arena, const struct jsonval *object,
                                        struct contactwrite_item *item, struct err_info *info),
                            struct contactwrite_batch *ret, struct err_info *info) MUST_CHECK;

/* Writes `errors` of a batch into the open object: {index, code, message} of each item that failed.
 */
void contactinput_write_errors(struct jsonwrite *w, const struct contactwrite_batch *batch);

#endif

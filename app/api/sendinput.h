/* The body of POST /v1/send, read and judged. */
#ifndef MUSTER_API_SENDINPUT_H
#define MUSTER_API_SENDINPUT_H

#include "api/api.h"
#include "store/contactwrite.h"
#include "store/message.h"

struct sendinput {
    struct contactwrite_item *items; /* the addresses of `to`, each once */
    size_t count;
    bool has_template;
    struct uuid template;
    struct message_new message; /* what it says; of no contact yet */
};

/*
 * Reads {to, subject, body, template, from, name, replyTo, subscribed, data, headers}. Texts live
 * in the arena or borrow from the body. Returns 0; ERR_UNPROCESSABLE with the field for what is
 * missing, of another type or over its limit; ERR_INVAL as contactdata_read.
 */
int sendinput_read(const struct api_request *req, struct sendinput *ret,
                   struct err_info *info) MUST_CHECK;

#endif

/*
 * What stands in a message that is handed out: its own texts, else those of its campaign, else
 * those of its template, with the variables of its contact filled in. Pure.
 */
#ifndef MUSTER_FLOW_LETTER_H
#define MUSTER_FLOW_LETTER_H

#include "flow/render.h"
#include "store/messageclaim.h"

/* Texts live in the arena or in the claim; at == NULL: none. */
struct letter {
    struct str subject;
    struct str body;
    struct str sender; /* address; "": the sender's own default */
    struct str sender_name;
    struct str reply_to;
    const struct jsonval *headers; /* an object of strings; NULL: none */
};

/*
 * Makes the letter of a claim, whose contact is known. `urls` has the links of the contact, the
 * rest of it is not looked at. Returns 0, or
 * ERR_UNPROCESSABLE when there is nothing in it, it comes out too long, or what is stored does not
 * read back.
 */
int letter_make(struct arena *arena, const struct messageclaim *claim,
                const struct render_vars *urls, struct letter *ret,
                struct err_info *info) MUST_CHECK;

#endif

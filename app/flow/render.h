/*
 * Text with variables, as templates and WEBHOOK steps have it: {{id}} {{email}} {{key}}
 * {{data.key}}
 * {{event.key}} {{unsubscribeUrl}} {{subscribeUrl}} {{manageUrl}}, a fallback {{key ?? text}} (text
 * in quotes or not), {{{key}}} for a value that is not escaped. Keys nest by dots. What is unknown,
 * null or an empty string is the fallback, without one nothing. Lists and objects come out as JSON.
 * What is no variable ("{{" without an end, a name that is none) stays as it stands. Pure.
 */
#ifndef MUSTER_FLOW_RENDER_H
#define MUSTER_FLOW_RENDER_H

#include "base/arena.h"
#include "base/err.h"
#include "store/contact.h"
#include "json/jsonval.h"

/* Of what comes out. A message may have 50 headers, and a claim 1,000 messages. */
#define RENDER_BYTES_MAX (4 * 1024 * 1024)
#define RENDER_HEADER_BYTES_MAX (16 * 1024) /* of RENDER_HEADER */

/* What variables stand for. Texts are borrowed; at == NULL: empty. */
struct render_vars {
    struct str id;    /* of the contact, as text */
    struct str email; /* of the contact */
    struct str status;
    bool subscribed;
    const struct jsonval *data;  /* of the contact; NULL: none */
    const struct jsonval *own;   /* asked before data: what came with this message; NULL: none */
    const struct jsonval *event; /* of the event that began it; NULL: none */
    struct str unsubscribe_url;
    struct str subscribe_url;
    struct str manage_url;
};

/* How a value is put in; {{{key}}} puts it in plain, but for a header, where it makes no
 * difference.
 */
enum render_mode {
    RENDER_PLAIN,  /* as it is: strings of a webhook's JSON body, which are escaped when printed */
    RENDER_HTML,   /* & < > " ' as entities: bodies */
    RENDER_HEADER, /* control characters become spaces, those of the text too: subjects, names … */
    RENDER_URL     /* all but A-Z a-z 0-9 - . _ ~ as %XX */
};

/*
 * The contact's side of `vars`: id, email, status and data, parsed into the arena. The rest is left
 * as it is. Returns 0 or ERR_INTERNAL (data that is no JSON).
 */
int render_contact(struct arena *arena, const struct contact *contact, struct render_vars *vars,
                   struct err_info *info) MUST_CHECK;

/*
 * `text` with its variables replaced, in the arena. Returns 0, or ERR_UNPROCESSABLE when more than
 * RENDER_BYTES_MAX (RENDER_HEADER_BYTES_MAX) come out.
 */
int render_text(struct arena *arena, struct str text, const struct render_vars *vars,
                enum render_mode mode, struct str *ret, struct err_info *info) MUST_CHECK;

/* True when `text` has a variable. */
bool render_has_variable(struct str text);

#endif

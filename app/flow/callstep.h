/*
 * What a WEBHOOK step asks for: method, URL, headers and body for one contact, with the variables
 * of flow/render.h filled in; without a body of its own that of http-api §1.9. Pure.
 */
#ifndef MUSTER_FLOW_CALLSTEP_H
#define MUSTER_FLOW_CALLSTEP_H

#include "base/uuid.h"
#include "flow/definition.h"
#include "store/contact.h"

#define CALLSTEP_BODY_BYTES (1024 * 1024) /* of what is sent */

/* Whom it is about. Text is borrowed. */
struct callstep_subject {
    const struct contact *contact;
    struct str context; /* JSON object: the trigger's event data; at == NULL: {} */
    struct uuid workflow;
    struct str workflow_name;
    struct uuid execution;
    int64_t started_ms;
};

/* The request; in the arena. */
struct callstep {
    const char *method;
    struct str url;
    const char *const *headers; /* lines "Name: value" ("Name;" without a value), ended by NULL */
    struct str body;            /* at == NULL: none */
};

/*
 * Makes the request of a WEBHOOK step. Values are put into the URL with what is special in it as
 * %XX ({{{key}}} plain), into headers in one line. A body that is an object or a list, or a text
 * that holds one, has them in its strings, and is JSON whatever they hold; another text is sent as
 * it is. With GET there is no body. Content-Type is application/json where the step names none.
 * Returns 0; ERR_UNPROCESSABLE when the URL, a header or the body comes out too long; ERR_INTERNAL
 * for stored JSON that is none.
 */
int callstep_make(struct arena *arena, const struct definition_step *step,
                  const struct callstep_subject *subject, struct callstep *ret,
                  struct err_info *info) MUST_CHECK;

#endif

/*
 * What a webhook subscribes to: names of events and patterns (http-api §4.3). Pure.
 *
 * A part (between dots) that is "*" stands for any one part; a "*" at the very end stands for
 * whatever follows: "segment.*.exit", "segment.*", "contact.sub*", "*". Patterns speak of what
 * Muster itself publishes. A custom event, whose name may contain anything, is wanted only where
 * its name stands literally.
 */
#ifndef MUSTER_STORE_OUTBOXPATTERN_H
#define MUSTER_STORE_OUTBOXPATTERN_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"

/* True when `pattern` wants an event of this type. */
bool outboxpattern_wants(struct str pattern, struct str type, bool is_custom);

/*
 * Judges a pattern. Returns 0, or ERR_UNPROCESSABLE (VALIDATION_ERROR, at `field`) when it is
 * empty, too long for an event's name, holds control characters, or is a pattern that nothing
 * published can match.
 */
int outboxpattern_check(struct str pattern, const char *field, struct err_info *info) MUST_CHECK;

#endif

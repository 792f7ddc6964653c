/* What an address is. Pure: no I/O. */
#ifndef MUSTER_STORE_EMAIL_H
#define MUSTER_STORE_EMAIL_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"

/*
 * The stored form of an address: ASCII white space trimmed at both ends, ASCII letters in lower
 * case. Returns false, and leaves `ret` alone, when what is left is no address.
 *
 * The rule: at most LIMIT_EMAIL_BYTES bytes; exactly one @; a local part; a domain that neither
 * begins nor ends with a dot and has no two dots in a row; no blank and no control character
 * anywhere. That catches slips of the pen; whether mail arrives is for a message to find out.
 */
bool email_normalise(struct arena *arena, struct str given, struct str *ret) MUST_CHECK;

#endif

/* Base64 with the alphabet and padding of RFC 4648 §4. */
#ifndef MUSTER_BASE_BASE64_H
#define MUSTER_BASE_BASE64_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/str.h"

/* Returns the text, NUL-terminated behind its length. */
struct str base64_encode(struct arena *arena, const void *bytes, size_t len);

/* Reads a text; padding is required, white space and anything else refused. False: it is none. */
bool base64_decode(struct arena *arena, struct str text, struct str *ret);

#endif

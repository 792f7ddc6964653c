/*
 * Signatures of messages. Source: Standard Webhooks 1.0.0, "Signature scheme" (symmetric).
 */
#ifndef MUSTER_DELIVER_SIGNATURE_H
#define MUSTER_DELIVER_SIGNATURE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

/*
 * Returns the value of the header webhook-signature, NUL-terminated in `arena`: for each of the
 * `count` secrets (their bytes, not the whsec_ text) "v1," and the base64 of HMAC-SHA256 over
 * "<id>.<timestamp>.<body>", with blanks between. `timestamp_s`: seconds since 1970, UTC.
 */
const char *signature_header(struct arena *arena, const struct str *secrets, size_t count,
                             struct str id, int64_t timestamp_s, struct str body);

#endif

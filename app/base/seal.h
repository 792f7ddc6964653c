/*
 * Secrets at rest that must be readable again: AES-256-GCM under a master key that is never in the
 * database. What a sealed text belongs to is bound to it as associated data, so that one moved to
 * another row does not open.
 */
#ifndef MUSTER_BASE_SEAL_H
#define MUSTER_BASE_SEAL_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#define SEAL_KEY_ID_BYTES 8
#define SEAL_NONCE_BYTES 12
#define SEAL_TAG_BYTES 16
/* A sealed text: nonce, ciphertext as long as the text, tag. */
#define SEAL_EXTRA_BYTES (SEAL_NONCE_BYTES + SEAL_TAG_BYTES)

/* A master key. */
struct seal {
    unsigned char key[32];
    unsigned char key_id[SEAL_KEY_ID_BYTES]; /* first bytes of the key's SHA-256 */
};

/*
 * Reads the master key from a file: 32 bytes, or their hex or base64 text with white space around.
 * Returns 0; ERR_NOT_FOUND when the path is NULL or "" or no such file is there; or ERR_INVAL when
 * it cannot be read or holds no key. The message is for the administrator.
 */
int seal_load(const char *path, struct seal *ret, struct err_info *info) MUST_CHECK;

/* Seals `text`, bound to `owner` (such as "webhook:7:<uuid>"); the result stands in the arena. */
struct str seal_close(const struct seal *seal, struct arena *arena, struct str owner,
                      struct str text);

/*
 * Opens what seal_close made. Returns 0, or ERR_CORRUPT when it is of another key or another owner,
 * or damaged.
 */
int seal_open(const struct seal *seal, struct arena *arena, struct str owner, struct str sealed,
              struct str *ret, struct err_info *info) MUST_CHECK;

#endif

/*
 * Signatures under a certificate that somebody publishes: RSA with SHA-256 (PKCS #1 v1.5). Who the
 * certificate belongs to is not asked: the caller knows by where it fetched it.
 */
#ifndef MUSTER_BASE_CERTIFICATE_H
#define MUSTER_BASE_CERTIFICATE_H

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

/*
 * Whether `signature` is one of `text` by the key of the certificate (PEM), which must be valid at
 * now_ms. Returns 0; ERR_INVAL for what is no such certificate or is not valid then; ERR_DENIED
 * when the signature is another's, or one of another text.
 */
int certificate_verify(struct str pem, int64_t now_ms, struct str text, struct str signature,
                       struct err_info *info) MUST_CHECK;

#endif

/*
 * A message of Amazon SNS over HTTPS: its shape, and the text that it signs (SignatureVersion 2).
 * Pure: no I/O, no clock.
 */
#ifndef MUSTER_STORE_SNSENVELOPE_H
#define MUSTER_STORE_SNSENVELOPE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "json/jsonval.h"

enum snsenvelope_kind { SNSENVELOPE_NOTIFICATION, SNSENVELOPE_CONFIRM, SNSENVELOPE_UNSUBSCRIBED };

#define SNSENVELOPE_ID_BYTES 100
#define SNSENVELOPE_ARN_BYTES 300
#define SNSENVELOPE_MAX_AGE_MS (60 * 60 * 1000) /* http-api §4.5 */

/* Texts are borrowed; at == NULL: not there. */
struct snsenvelope {
    enum snsenvelope_kind kind;
    struct str type;
    struct str message_id;
    struct str topic_arn;
    struct str message;
    struct str subject;
    struct str timestamp;
    int64_t at_ms;
    struct str token;
    struct str subscribe_url; /* of SNSENVELOPE_CONFIRM: where one says yes */
    struct str certificate_url;
    struct str signature; /* decoded */
};

/*
 * Reads one. Returns 0, or ERR_INVAL (400) with the member that is missing or wrong: not a message
 * of SNS, another SignatureVersion than 2, a URL that is not https on sns.<region>.amazonaws.com or
 * .com.cn.
 */
int snsenvelope_read(struct arena *arena, const struct jsonval *body, struct snsenvelope *ret,
                     struct err_info *info) MUST_CHECK;

/* Returns 0, or ERR_INVAL when it is over an hour old, or ahead by more than five minutes. */
int snsenvelope_check_age(const struct snsenvelope *envelope, int64_t now_ms,
                          struct err_info *info) MUST_CHECK;

/* What the signature is of. */
struct str snsenvelope_signed_text(struct arena *arena, const struct snsenvelope *envelope);

#endif

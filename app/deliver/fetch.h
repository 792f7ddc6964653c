/*
 * Fetches a small file or says yes to a link, over guarded https (deliver/guarded.h); one at a
 * time, in the time of one message.
 */
#ifndef MUSTER_DELIVER_FETCH_H
#define MUSTER_DELIVER_FETCH_H

#include "base/arena.h"
#include "base/err.h"
#include "base/urlguard.h"

#define FETCH_BYTES (64 * 1024) /* of an answer; a longer one is refused */

struct fetch_config {
    const struct urlguard *guard;
    const char *connect_to; /* host:port that is spoken to in place of all others; "": none */
    const char *ca_file;    /* authorities that are trusted in place of the system's; "": those */
};

/*
 * GETs a URL; the body stands in the arena. Returns 0 after a complete 2xx answer;
 * ERR_UNPROCESSABLE for a URL that is refused; ERR_UNAVAILABLE, with words, for everything else: it
 * may go well later.
 */
int fetch_get(const struct fetch_config *config, struct arena *arena, struct str url,
              struct str *ret_body, struct err_info *info) MUST_CHECK;

#endif

/*
 * What keeps a server that we speak to from doing harm: every address is judged at the moment of
 * connecting (base/urlguard.h), no redirects, no proxy, no passwords, a bounded time. Source of the
 * rules: engineering.md R12, R15-R20.
 */
#ifndef MUSTER_DELIVER_GUARDED_H
#define MUSTER_DELIVER_GUARDED_H

#include <curl/curl.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "base/urlguard.h"

/* What is known of a connection. */
struct guarded {
    const struct urlguard *guard; /* borrowed */
    bool is_http;                 /* and not https */
    bool is_connected;
    bool is_refused; /* the guard said no */
};

/* Puts a handle under guard for its life; `guarded` stays where it is meanwhile. */
void guarded_attach(struct guarded *guarded, CURL *easy);

/*
 * Makes the handle ready for a URL; forgets what was known. Returns 0, or ERR_UNPROCESSABLE as
 * urlguard_check_url.
 */
int guarded_set_url(struct guarded *guarded, CURL *easy, struct str url,
                    struct err_info *info) MUST_CHECK;

#endif

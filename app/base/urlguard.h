/*
 * Which URLs and which addresses a webhook may go to: global unicast only, https only, unless the
 * operator opened a range. URLs are parsed by libcurl's own parser, which is the one that sends, so
 * that both sides read the same host out of them. Pure: nothing is resolved here; the sender asks
 * again with the address that it really connects to.
 */
#ifndef MUSTER_BASE_URLGUARD_H
#define MUSTER_BASE_URLGUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct sockaddr;

#define URLGUARD_URL_BYTES 2048
#define URLGUARD_MAX_RANGES 32

/* A range that the operator opened; IPv4 is kept as ::ffff:a.b.c.d. */
struct urlguard_range {
    uint8_t address[16];
    unsigned bits;   /* of 128 */
    bool plain_http; /* "http://…": http and every port too; else https and the ports it always has
                      */
};

/* What the operator allows beyond the rules; all zero: nothing. */
struct urlguard {
    struct urlguard_range ranges[URLGUARD_MAX_RANGES];
    unsigned count;
};

/*
 * Reads MUSTER_WEBHOOK_ALLOW: a comma list of [scheme://]address[/bits], such as
 * "http://127.0.0.0/8, 10.1.0.0/16"; NULL and "" allow nothing. Returns 0, or ERR_INVAL with words
 * that quote the item.
 */
int urlguard_parse(const char *text, struct urlguard *ret, struct err_info *info) MUST_CHECK;

/*
 * Judges a URL when it is registered, and again before it is sent to. Returns 0, or
 * ERR_UNPROCESSABLE with a message that says what is wrong and what would be right (no code, no
 * field: the caller knows them).
 */
int urlguard_check_url(const struct urlguard *guard, struct str url,
                       struct err_info *info) MUST_CHECK;

/*
 * Whether the sender may connect to this address (AF_INET, AF_INET6; anything else: no) for a URL
 * of scheme http (is_http) or https. For CURLOPT_OPENSOCKETFUNCTION.
 */
bool urlguard_allows(const struct urlguard *guard, const struct sockaddr *address, bool is_http);

#endif

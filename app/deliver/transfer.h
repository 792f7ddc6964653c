/*
 * One message under way: a guarded libcurl handle (deliver/guarded.h), what the receiver answered
 * so far, and the judgement at the end. Handles are used again. Source of the rules: engineering.md
 * R12, R15-R20.
 */
#ifndef MUSTER_DELIVER_TRANSFER_H
#define MUSTER_DELIVER_TRANSFER_H

#include <curl/curl.h>

#include "deliver/guarded.h"
#include "deliver/sender.h"

struct transfer {
    struct transfer *next; /* for the list that it is in */
    CURL *easy;
    struct guarded guarded;
    struct curl_slist *headers;
    int64_t start_us;
    bool has_own_budget; /* not SENDER_BUDGET_MS */
    bool is_too_long;
    size_t header_bytes;
    size_t body_bytes;
    char reply[SENDER_REPLY_BYTES];
    struct sender_result result; /* once it is over */
    struct err_info refusal;     /* has the words of result.problem when the URL was refused */
};

/* A handle with nothing to do. `guard` is borrowed for its life. Free with transfer_free (NULL
 * allowed). */
struct transfer *transfer_new(const struct urlguard *guard);
void transfer_free(struct transfer *transfer);
AUTO_DEFINE(transfer);

/* Makes it ready to send a message. Returns false when its URL is refused: then it is over, and
 * `result` says why. */
bool transfer_begin(struct transfer *transfer, const struct sender_message *message);

/* Sets `result` by how the transfer ended. */
void transfer_end(struct transfer *transfer, CURLcode code);

#endif

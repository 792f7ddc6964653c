#include "deliver/transfer.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/timeutil.h"

/* A longer reply is read and dropped up to here, so that a receiver with a chatty page succeeds. */
#define BODY_MAX_BYTES (1024 * 1024)
#define HEADERS_MAX_BYTES (64 * 1024)
#define REPLY_BUFFER_BYTES (16L * 1024)
#define HEADER_BYTES 512

static const char no_connection[] =
    "No connection: the host name did not resolve, nobody accepted within 5 seconds, or the "
    "address is not a public one.";
static const char no_tls[] = "TLS failed: the certificate must be valid for the host name and "
                             "signed by a known authority.";
static const char too_slow[] = "No complete answer within 15 seconds.";
static const char too_late[] = "No complete answer in time.";
static const char too_long[] =
    "The answer was too long: more than 64 KiB of headers or 1 MiB of body.";
static const char cut_short[] = "The connection ended before the answer was complete.";
static const char redirect[] = "Redirects are not followed; set the webhook to the final URL.";

/* ---- the answer ----------------------------------------------------------------------------- */

static size_t on_header(char *at, size_t size, size_t count, void *owner)
{
    struct transfer *transfer = owner;
    (void)at;
    transfer->header_bytes += size * count;
    if (transfer->header_bytes > HEADERS_MAX_BYTES)
        transfer->is_too_long = true;
    return transfer->is_too_long ? 0 : size * count;
}

static size_t on_body(char *at, size_t size, size_t count, void *owner)
{
    struct transfer *transfer = owner;
    size_t len = size * count;
    if (transfer->body_bytes < sizeof transfer->reply) {
        size_t room = sizeof transfer->reply - transfer->body_bytes;
        memcpy(transfer->reply + transfer->body_bytes, at, len < room ? len : room);
    }
    transfer->body_bytes += len;
    if (transfer->body_bytes > BODY_MAX_BYTES)
        transfer->is_too_long = true;
    return transfer->is_too_long ? 0 : len;
}

/* ---- the handle ----------------------------------------------------------------------------- */

static void set_policy(CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)SENDER_CONNECT_MS);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, REPLY_BUFFER_BYTES);
}

static void set_callbacks(struct transfer *transfer)
{
    CURL *easy = transfer->easy;
    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
}

struct transfer *transfer_new(const struct urlguard *guard)
{
    struct transfer *transfer = arena_xmalloc(sizeof *transfer);
    *transfer = (struct transfer){.easy = curl_easy_init(), .guarded.guard = guard};
    if (!transfer->easy)
        abort(); /* only without memory */
    guarded_attach(&transfer->guarded, transfer->easy);
    set_policy(transfer->easy);
    set_callbacks(transfer);
    return transfer;
}

void transfer_free(struct transfer *transfer)
{
    if (!transfer)
        return;
    curl_easy_cleanup(transfer->easy);
    curl_slist_free_all(transfer->headers);
    free(transfer);
}

static void add_header(struct transfer *transfer, const char *line)
{
    struct curl_slist *longer = curl_slist_append(transfer->headers, line);
    if (!longer)
        abort();
    transfer->headers = longer;
}

static void add_webhook_headers(struct transfer *transfer, const struct sender_message *message)
{
    char line[HEADER_BYTES];
    add_header(transfer, "Content-Type: application/json");
    snprintf(line, sizeof line, "webhook-id: %s", message->id);
    add_header(transfer, line);
    snprintf(line, sizeof line, "webhook-timestamp: %lld", (long long)message->timestamp_s);
    add_header(transfer, line);
    snprintf(line, sizeof line, "webhook-signature: %s", message->signature);
    add_header(transfer, line);
}

static void set_headers(struct transfer *transfer, const struct sender_message *message)
{
    curl_slist_free_all(transfer->headers);
    transfer->headers = NULL;
    add_header(transfer, "Expect:"); /* none: no round trip before a long body */
    if (message->id)
        add_webhook_headers(transfer, message);
    for (const char *const *line = message->headers; line && *line; line++)
        add_header(transfer, *line);
    curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->headers);
}

/* Handles are used again: every option of one message is set for the next. */
static void set_request(struct transfer *transfer, const struct sender_message *message)
{
    CURL *easy = transfer->easy;
    transfer->has_own_budget = message->budget_ms > 0;
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS,
                     (long)(transfer->has_own_budget ? message->budget_ms : SENDER_BUDGET_MS));
    if (message->body.at) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)message->body.len);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, message->body.at);
    } else {
        curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    }
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, message->method ? message->method : "POST");
    set_headers(transfer, message);
}

bool transfer_begin(struct transfer *transfer, const struct sender_message *message)
{
    transfer->start_us = timeutil_mono_us();
    transfer->is_too_long = false;
    transfer->header_bytes = transfer->body_bytes = 0;
    transfer->result = (struct sender_result){.owner = message->owner};
    transfer->refusal = (struct err_info){0};
    if (guarded_set_url(&transfer->guarded, transfer->easy, message->url, &transfer->refusal) < 0) {
        transfer->result.problem = str_from(transfer->refusal.message);
        transfer->result.is_refused = true;
        return false;
    }
    set_request(transfer, message);
    return true;
}

/* ---- the judgement -------------------------------------------------------------------------- */

static const char *problem_of(const struct transfer *transfer, CURLcode code)
{
    if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CONNECT_ERROR)
        return no_tls;
    if (!transfer->guarded.is_connected)
        return no_connection;
    if (transfer->is_too_long)
        return too_long;
    if (code != CURLE_OPERATION_TIMEDOUT)
        return cut_short;
    return transfer->has_own_budget ? too_late : too_slow;
}

void transfer_end(struct transfer *transfer, CURLcode code)
{
    struct sender_result *result = &transfer->result;
    long status = 0;
    curl_off_t retry_after_s = 0;
    result->is_refused = transfer->guarded.is_refused;
    if (transfer->guarded.is_connected)
        result->duration_ms = (timeutil_mono_us() - transfer->start_us) / 1000;
    result->reply = (struct str){transfer->reply, transfer->body_bytes < sizeof transfer->reply
                                                      ? transfer->body_bytes
                                                      : sizeof transfer->reply};
    if (code != CURLE_OK) {
        result->problem = str_from(problem_of(transfer, code));
        return;
    }
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(transfer->easy, CURLINFO_RETRY_AFTER, &retry_after_s);
    result->status = (int)status;
    result->retry_after_s = retry_after_s;
    if (status >= 300 && status <= 399) {
        char *target = NULL;
        curl_easy_getinfo(transfer->easy, CURLINFO_REDIRECT_URL, &target);
        result->redirect = str_from(target);
        result->problem = str_from(redirect);
    }
}

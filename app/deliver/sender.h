/*
 * Sends messages over HTTP, many at once, in one thread. Hostile receivers are expected: what a
 * reply may cost is bounded in bytes and in time, redirects are not followed, and every address is
 * judged at the moment of connecting (base/urlguard.h), so that a name which resolves to something
 * else by then gains nothing. Knows no queue and no database.
 */
#ifndef MUSTER_DELIVER_SENDER_H
#define MUSTER_DELIVER_SENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "base/urlguard.h"

#define SENDER_BUDGET_MS 15000  /* of a whole attempt; http-api §4.7 */
#define SENDER_CONNECT_MS 5000  /* of it, for name, connection and TLS */
#define SENDER_REPLY_BYTES 1024 /* of the reply's body that are kept */

struct sender;

/* Nothing connects yet. `guard` is borrowed for the sender's life. Free with sender_free (NULL
 * allowed), which ends what is in flight without a result. */
struct sender *sender_new(const struct urlguard *guard);
void sender_free(struct sender *sender);
AUTO_DEFINE(sender);

/* A message: a webhook, or with id NULL any request. All of it is borrowed until its result has
 * been taken. */
struct sender_message {
    struct str url;
    const char *method;    /* NULL: POST */
    const char *id;        /* webhook-id; NULL: none of the headers of webhooks */
    int64_t timestamp_s;   /* webhook-timestamp */
    const char *signature; /* webhook-signature */
    /* Without an id: lines "Name: value" ("Name;" without a value), ended by NULL. */
    const char *const *headers;
    struct str body;   /* at == NULL: none */
    int64_t budget_ms; /* of the whole attempt; 0: SENDER_BUDGET_MS */
    void *owner;       /* the caller's, comes back with the result */
};

/*
 * What came of it. Words are for the user of the webhook and tell apart nothing about where the
 * connection went: a forbidden address, an unknown host name and a closed port read alike and take
 * no time.
 */
struct sender_result {
    void *owner;
    int status;            /* of a complete answer; 0: there was none */
    int64_t retry_after_s; /* what its Retry-After asks for; <= 0: nothing */
    int64_t duration_ms;   /* 0 when no connection was made */
    struct str problem;    /* empty after a complete answer that is no redirect */
    struct str redirect;   /* where such a one points to; empty: nowhere */
    struct str reply;      /* first SENDER_REPLY_BYTES of the body, also of one that was cut */
    bool is_refused;       /* the guard said no; for counting only */
};

/* Begins to send. Never fails: what goes wrong is told by the result. */
void sender_start(struct sender *sender, const struct sender_message *message);

/* Moves everything on, waiting up to timeout_ms for something to happen. Returns at once when a
 * result is waiting. */
void sender_run(struct sender *sender, int timeout_ms);

/* Takes a result; its views are valid until the next call of any sender function. Returns false
 * when none is waiting. */
bool sender_take(struct sender *sender, struct sender_result *ret);

/* Messages whose result has not been taken. */
size_t sender_in_flight(const struct sender *sender);

#endif

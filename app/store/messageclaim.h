/*
 * Handing out messages. A claim is a lease: it pushes due_ms ahead, so that what a sender did not
 * report when the lease ends is handed out again, and two senders never get one at once. Whatever
 * would keep a message back is looked at again here, in the transaction of the claim: is its
 * campaign cancelled, its contact gone, unsubscribed or suppressed, then it is dropped instead.
 * Campaign and contacts are held until the claim is committed: whoever cancels or opts out waits
 * for it, or it finds that he did.
 */
#ifndef MUSTER_STORE_MESSAGECLAIM_H
#define MUSTER_STORE_MESSAGECLAIM_H

#include "store/contact.h"
#include "store/message.h"
#include "store/template.h"

#define MESSAGECLAIM_MAX 1000
#define MESSAGECLAIM_LEASE_MAX_S 3600

/* What a message is of, apart from /v1/send. */
struct messageclaim_origin {
    enum message_source source;
    uint32_t number;
    bool is_there;
    struct uuid uuid;
    struct campaign campaign; /* of a campaign */
};

/* One message that may go out. Texts live in the arena. */
struct messageclaim {
    struct uuid uuid;
    enum message_source source;
    uint32_t ordinal;
    uint32_t template_id;
    unsigned claims;    /* how often it was handed out before */
    struct str content; /* JSON of store/message.c; at == NULL: none */
    enum campaign_type type;
    const struct messageclaim_origin *origin; /* NULL: /v1/send */
    const struct template *template;          /* NULL: none */
    const struct contact *contact;
    void *letter; /* what `render` made of it */
};

/*
 * Makes the letter of a claim, behind `taken` others. Called inside the transaction, which may run
 * again; no I/O. Returns 0; ERR_UNPROCESSABLE: it cannot be made, the message is dropped;
 * ERR_UNAVAILABLE: the answer is full, this one and those behind it stay where they are; or another
 * err, which ends the claim.
 */
typedef int messageclaim_render(void *ctx, struct messageclaim *claim, size_t taken,
                                struct err_info *info);

struct messageclaim_query {
    uint32_t project_id;
    size_t limit;     /* 1 to MESSAGECLAIM_MAX */
    int64_t lease_ms; /* above 0 */
    messageclaim_render *render;
    void *render_ctx;
};

struct messageclaim_list {
    struct messageclaim *at;
    size_t count;
    int64_t lease_until_ms;
};

/*
 * Claims up to `limit` messages that are due, /v1/send's first and campaigns' last (the order of
 * enum message_source), of each the oldest first. Fewer come while senders hold or wait for others.
 * In its own transaction. Returns 0, an err of `render`, or an err of the database.
 */
int messageclaim_run(struct db *db, struct arena *arena, const struct messageclaim_query *query,
                     struct messageclaim_list *ret, struct err_info *info) MUST_CHECK;

#endif

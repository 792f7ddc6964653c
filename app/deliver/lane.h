/*
 * Lanes: one for each webhook that has work, with the messages claimed for it and how many of them
 * may be in flight at once. What keeps one endpoint from harming another is decided here; no clock,
 * no network, no database.
 */
#ifndef MUSTER_DELIVER_LANE_H
#define MUSTER_DELIVER_LANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "store/delivery.h"
#include "store/webhook.h"

#define LANE_WINDOW_MAX 8 /* in flight to one endpoint; engineering.md R13 */
#define LANE_MAX 2048     /* endpoints at once; the others wait for the next round */

struct lane;

/* Messages of one claim, and the endpoint as it was then. Owned by its lane until all are over. */
struct lane_batch {
    struct lane_batch *next;
    struct lane *lane;
    struct arena *arena;
    struct webhook_endpoint endpoint;
    struct delivery_claim *claims; /* in the arena */
    size_t count;
    size_t started; /* claims before this one were given out */
    size_t over;    /* so many of those need nothing any more */
    int64_t renewed_us;
};

/* How much of the sender's time an endpoint may take from others. */
enum lane_trust {
    LANE_TRUSTED, /* it answered quickly the last time */
    LANE_UNKNOWN, /* nothing is known of it yet */
    LANE_SUSPECT  /* it did not answer, late, or that it was busy */
};
#define LANE_TRUSTS 3

struct lane {
    uint32_t project_id;
    uint32_t webhook_id;
    bool has_due; /* the queue has, or may have, more than was claimed */
    enum lane_trust trust;
    unsigned window; /* 1 … LANE_WINDOW_MAX: messages that may be in flight */
    unsigned in_flight;
    unsigned busy_count;        /* times in a row that it asked for less (429, 502, 504) */
    size_t appetite;            /* messages that the next claim should bring */
    int64_t claimed_us;         /* when the last claim was */
    int64_t hold_until_us;      /* nothing is claimed before */
    struct lane_batch *batches; /* oldest first */
};

/* What an attempt said about the endpoint. */
enum lane_news {
    LANE_QUICK,    /* a complete answer, soon */
    LANE_SLOW,     /* a complete answer, late */
    LANE_BUSY,     /* an answer that asks for less */
    LANE_NO_REPLY, /* none */
    LANE_NO_NEWS   /* it was not sent */
};

struct lane_table {
    struct lane *lanes[LANE_MAX];
    size_t count;
    size_t turn; /* the lane that is asked first next time */
};

/* Frees every lane with its batches. */
void lane_table_done(struct lane_table *table);

/* The lane of a webhook, made when there is none: a new one has to earn its window. NULL when the
 * table is full of lanes with messages. */
struct lane *lane_of(struct lane_table *table, uint32_t project_id, uint32_t webhook_id);

/* The i-th lane in this turn's order, i < table->count; and the end of the turn, which lets another
 * one be first. */
struct lane *lane_in_turn(const struct lane_table *table, size_t i);
void lane_next_turn(struct lane_table *table);

/* A new batch with room for `max` claims and an arena of its own; lane_add_batch makes it the
 * lane's, and lane_drop_batch frees it (NULL allowed) where it is nobody's. */
struct lane_batch *lane_new_batch(size_t max);
void lane_add_batch(struct lane *lane, struct lane_batch *batch);
void lane_drop_batch(struct lane_batch *batch);

/* Messages that were claimed and not given out. */
size_t lane_waiting(const struct lane *lane);

/* How many messages to claim now; 0: none. */
size_t lane_wants(const struct lane *lane, int64_t now_us);

/* Looks how long the last claim lasted and sets how much the next one brings: about half a second's
 * worth, so that little is held by a sender that dies. `count` came of `asked`. */
void lane_claimed(struct lane *lane, size_t asked, size_t count, int64_t now_us);

/* The next message to send, or NULL when there is none or the window is full. It is in flight until
 * lane_over. ret_batch: where it stands. */
struct delivery_claim *lane_give(struct lane *lane, struct lane_batch **ret_batch);

/* Takes back what was not given out: one batch's, or NULL when there is none. They are as good as
 * given out, but not in flight. */
struct delivery_claim *lane_withdraw(struct lane *lane, struct lane_batch **ret_batch,
                                     size_t *ret_count);

/* The message needs nothing any more (its result is written, or nobody wants it): when it was the
 * last of the batch, batch and claim are gone. */
void lane_over(struct lane_batch *batch);

/* An attempt ended: it is not in flight any more, and the window follows what it said. */
void lane_learn(struct lane *lane, enum lane_news news);

#endif
